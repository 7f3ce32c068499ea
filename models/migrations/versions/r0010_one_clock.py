"""One clock."""

from models.migrations import frozen

revision = "0010"
down_revision = "0009"
upgrade, downgrade = frozen.steps(__file__)
