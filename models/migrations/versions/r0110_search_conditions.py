"""Conditions are searched by their names in both languages, and by their codes."""

from models.migrations import frozen

revision = "0110"
down_revision = "0099"
# A generated column and its index: older servers write the others as before.
compatible_since = "0098"
upgrade, downgrade = frozen.steps(__file__)
