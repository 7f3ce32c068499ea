"""Search in languages."""

from models.migrations import frozen

revision = "0064"
down_revision = "0063"
upgrade, downgrade = frozen.steps(__file__)
