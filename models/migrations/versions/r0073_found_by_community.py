"""Found by community."""

from models.migrations import frozen

revision = "0073"
down_revision = "0072"
upgrade, downgrade = frozen.steps(__file__)
