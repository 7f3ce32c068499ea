"""Search in languages."""

from models.migrations import frozen

revision = "0055"
down_revision = "0052"
upgrade, downgrade = frozen.steps(__file__)
