"""Everybody who signs in reads and changes the language of their account."""

from models.migrations import frozen

revision = "0089"
down_revision = "0088"
compatible_since = "0088"
upgrade, downgrade = frozen.steps(__file__)
