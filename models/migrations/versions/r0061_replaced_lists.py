"""Lists of communities: loading and mutations replace them by the same functions."""

from models.migrations import frozen

revision = "0061"
down_revision = "0052"
upgrade, downgrade = frozen.steps(__file__)
