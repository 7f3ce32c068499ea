"""Catalogue sources."""

from models.migrations import frozen

revision = "0043"
down_revision = "0037"
upgrade, downgrade = frozen.steps(__file__)
