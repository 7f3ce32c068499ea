"""Undecided requests of licences come first, and a first password is confirmed as such."""

from models.migrations import frozen

revision = "0113"
down_revision = "0112"
# Mailers of older servers fail at letters that they do not know: not compatible.
upgrade, downgrade = frozen.steps(__file__)
