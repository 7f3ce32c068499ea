"""Catalogue sources."""

from models.migrations import frozen

revision = "0043"
down_revision = "0041"
upgrade, downgrade = frozen.steps(__file__)
