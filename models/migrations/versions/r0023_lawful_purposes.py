"""Kinds of purpose, undertakings, and links to results."""

from models.migrations import frozen

revision = "0023"
down_revision = "0022"
upgrade, downgrade = frozen.steps(__file__)
