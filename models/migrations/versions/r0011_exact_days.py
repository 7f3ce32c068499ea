"""Exact days."""

from models.migrations import frozen

revision = "0011"
down_revision = "0010"
upgrade, downgrade = frozen.steps(__file__)
