"""Mail waits."""

from models.migrations import frozen

revision = "0030"
down_revision = "0028"
upgrade, downgrade = frozen.steps(__file__)
