"""Consent notices in two languages, and no answers of closed surveys."""

from models.migrations import frozen

revision = "0019"
down_revision = "0014"
upgrade, downgrade = frozen.steps(__file__)
