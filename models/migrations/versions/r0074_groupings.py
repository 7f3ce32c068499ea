"""Groupings."""

from models.migrations import frozen

revision = "0074"
down_revision = "0073"
upgrade, downgrade = frozen.steps(__file__)
