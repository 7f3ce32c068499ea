"""Second factors."""

from models.migrations import frozen

revision = "0039"
down_revision = "0038"
upgrade, downgrade = frozen.steps(__file__)
