"""Regions as datasets spell them."""

from models.migrations import frozen

revision = "0012"
down_revision = "0011"
upgrade, downgrade = frozen.steps(__file__)
