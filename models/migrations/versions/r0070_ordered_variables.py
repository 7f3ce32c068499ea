"""Ordered variables, and values of categories as they were meant."""

from models.migrations import frozen

revision = "0070"
down_revision = "0069"
upgrade, downgrade = frozen.steps(__file__)
