"""Caps of surveys."""

from models.migrations import frozen

revision = "0026"
down_revision = "0025"
upgrade, downgrade = frozen.steps(__file__)
