"""Closing and verifying."""

from models.migrations import frozen

revision = "0032"
down_revision = "0031"
upgrade, downgrade = frozen.steps(__file__)
