"""Public counts."""

from models.migrations import frozen

revision = "0020"
down_revision = "0019"
upgrade, downgrade = frozen.steps(__file__)
