"""Mails that have failed come after new ones, and surveys may end because entries of the ledger were lost."""

from models.migrations import frozen

revision = "0069"
down_revision = "0068"
upgrade, downgrade = frozen.steps(__file__)
