"""Staff roles."""

from models.migrations import frozen

revision = "0025"
down_revision = "0024"
upgrade, downgrade = frozen.steps(__file__)
