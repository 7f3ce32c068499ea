"""Readers of releases."""

from models.migrations import frozen

revision = "0031"
down_revision = "0030"
upgrade, downgrade = frozen.steps(__file__)
