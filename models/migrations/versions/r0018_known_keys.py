"""Known keys."""

from models.migrations import frozen

revision = "0018"
down_revision = "0017"
upgrade, downgrade = frozen.steps(__file__)
