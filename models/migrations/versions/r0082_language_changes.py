"""Language changes."""

from models.migrations import frozen

revision = "0082"
down_revision = "0080"
upgrade, downgrade = frozen.steps(__file__)
