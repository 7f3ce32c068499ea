"""Accounts."""

from models.migrations import frozen

revision = "0036"
down_revision = "0035"
upgrade, downgrade = frozen.steps(__file__)
