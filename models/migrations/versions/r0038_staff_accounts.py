"""Staff accounts."""

from models.migrations import frozen

revision = "0038"
down_revision = "0037"
upgrade, downgrade = frozen.steps(__file__)
