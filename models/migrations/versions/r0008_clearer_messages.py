"""Clearer messages and comments in functions, whose behaviour is unchanged."""

from models.migrations import frozen

revision = "0008"
down_revision = "0007"
upgrade, downgrade = frozen.steps(__file__)
