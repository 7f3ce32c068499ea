"""Openings of members."""

from models.migrations import frozen

revision = "0063"
down_revision = "0062"
upgrade, downgrade = frozen.steps(__file__)
