"""Sums."""

from models.migrations import frozen

revision = "0083"
down_revision = "0082"
# Older servers would show a released sum as a table of counts: not compatible.
upgrade, downgrade = frozen.steps(__file__)
