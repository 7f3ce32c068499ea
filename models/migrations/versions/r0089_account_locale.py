"""Everybody who signs in reads and changes the language of their account."""

from models.migrations import frozen

revision = "0089"
down_revision = "0085"
compatible_since = "0085"
upgrade, downgrade = frozen.steps(__file__)
