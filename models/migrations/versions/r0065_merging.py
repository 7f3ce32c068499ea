"""Merging of indicators and treatments."""

from models.migrations import frozen

revision = "0065"
down_revision = "0064"
upgrade, downgrade = frozen.steps(__file__)
