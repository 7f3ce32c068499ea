"""Catalogue by mutation."""

from models.migrations import frozen

revision = "0041"
down_revision = "0039"
upgrade, downgrade = frozen.steps(__file__)
