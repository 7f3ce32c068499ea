"""Datasets are frozen in pieces."""

from models.migrations import frozen

revision = "0068"
down_revision = "0065"
upgrade, downgrade = frozen.steps(__file__)
