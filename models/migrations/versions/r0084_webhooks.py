"""Webhooks."""

from models.migrations import frozen

revision = "0084"
down_revision = "0083"
# Mailers of older servers fail at letters that they do not know: not compatible.
upgrade, downgrade = frozen.steps(__file__)
