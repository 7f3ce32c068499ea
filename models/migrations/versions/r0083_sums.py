"""Sums."""

from models.migrations import frozen

revision = "0083"
down_revision = "0082"
upgrade, downgrade = frozen.steps(__file__)
