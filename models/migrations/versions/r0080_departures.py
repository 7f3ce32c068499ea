"""Erasures and withdrawn consents are stored as digests, for a backup that is restored not to undo them."""

from models.migrations import frozen

revision = "0080"
down_revision = "0079"
compatible_since = "0079"
upgrade, downgrade = frozen.steps(__file__)
