"""Rate limits."""

from models.migrations import frozen

revision = "0028"
down_revision = "0027"
upgrade, downgrade = frozen.steps(__file__)
