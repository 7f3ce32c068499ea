"""Own indicators."""

from models.migrations import frozen

revision = "0044"
down_revision = "0043"
upgrade, downgrade = frozen.steps(__file__)
