"""Merging of indicators and treatments."""

from models.migrations import frozen

revision = "0057"
down_revision = "0052"
upgrade, downgrade = frozen.steps(__file__)
