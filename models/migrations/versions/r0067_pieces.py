"""Datasets are frozen in pieces."""

from models.migrations import frozen

revision = "0067"
down_revision = "0066"
upgrade, downgrade = frozen.steps(__file__)
