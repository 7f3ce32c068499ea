"""Associations."""

from models.migrations import frozen

revision = "0049"
down_revision = "0048"
upgrade, downgrade = frozen.steps(__file__)
