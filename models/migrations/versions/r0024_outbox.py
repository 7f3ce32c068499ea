"""Outbox."""

from models.migrations import frozen

revision = "0024"
down_revision = "0023"
upgrade, downgrade = frozen.steps(__file__)
