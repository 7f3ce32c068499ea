"""Stored regions."""

from models.migrations import frozen

revision = "0016"
down_revision = "0015"
upgrade, downgrade = frozen.steps(__file__)
