"""Consent notices in two languages, no answers of closed surveys, and addresses of exports."""

from models.migrations import frozen

revision = "0019"
down_revision = "0018"
upgrade, downgrade = frozen.steps(__file__)
