"""Ledger entries commit to cells with a salt."""

from models.migrations import frozen

revision = "0022"
down_revision = "0021"
upgrade, downgrade = frozen.steps(__file__)
