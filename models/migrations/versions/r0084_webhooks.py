"""Webhooks."""

from models.migrations import frozen

revision = "0084"
down_revision = "0083"
upgrade, downgrade = frozen.steps(__file__)
