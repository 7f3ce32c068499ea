"""Exports and mails to organizations are in the language of the account."""

from models.migrations import frozen

revision = "0088"
down_revision = "0087"
# Older servers call the replaced functions with the arguments that they have, and read columns by name.
compatible_since = "0087"
upgrade, downgrade = frozen.steps(__file__)
