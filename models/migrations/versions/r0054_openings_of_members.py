"""Openings of members."""

from models.migrations import frozen

revision = "0054"
down_revision = "0053"
upgrade, downgrade = frozen.steps(__file__)
