"""Clearer messages and comments in functions, which do what they did."""

from models.migrations import frozen

revision = "0008"
down_revision = "0007"
upgrade, downgrade = frozen.steps(__file__)
