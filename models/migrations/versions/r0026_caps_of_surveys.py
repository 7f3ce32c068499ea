"""Caps of surveys."""

from models.migrations import frozen

revision = "0026"
down_revision = "0020"
upgrade, downgrade = frozen.steps(__file__)
