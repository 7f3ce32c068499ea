"""Second factors and accounts."""

from models.migrations import frozen

revision = "0050"
down_revision = "0049"
upgrade, downgrade = frozen.steps(__file__)
