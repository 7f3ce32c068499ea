"""Licence costs."""

from models.migrations import frozen

revision = "0075"
down_revision = "0074"
upgrade, downgrade = frozen.steps(__file__)
