"""Outbox."""

from models.migrations import frozen

revision = "0024"
down_revision = "0021"
upgrade, downgrade = frozen.steps(__file__)
