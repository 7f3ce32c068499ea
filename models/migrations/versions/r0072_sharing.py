"""Sharing."""

from models.migrations import frozen

revision = "0072"
down_revision = "0071"
upgrade, downgrade = frozen.steps(__file__)
