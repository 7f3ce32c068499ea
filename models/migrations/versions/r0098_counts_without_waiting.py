"""Counts of requests, and of what members have read, are committed without waiting for the disk or a standby."""

from models.migrations import frozen

revision = "0098"
down_revision = "0097"
compatible_since = "0097"
upgrade, downgrade = frozen.steps(__file__)
