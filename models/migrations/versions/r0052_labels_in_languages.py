"""Labels in languages."""

from models.migrations import frozen

revision = "0052"
down_revision = "0050"
upgrade, downgrade = frozen.steps(__file__)
