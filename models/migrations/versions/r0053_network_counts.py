"""Network counts."""

from models.migrations import frozen

revision = "0053"
down_revision = "0052"
upgrade, downgrade = frozen.steps(__file__)
