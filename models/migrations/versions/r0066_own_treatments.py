"""Own treatments."""

from models.migrations import frozen

revision = "0066"
down_revision = "0065"
upgrade, downgrade = frozen.steps(__file__)
