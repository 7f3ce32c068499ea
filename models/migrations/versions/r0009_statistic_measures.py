"""Statistic measures."""

from models.migrations import frozen

revision = "0009"
down_revision = "0008"
upgrade, downgrade = frozen.steps(__file__)
