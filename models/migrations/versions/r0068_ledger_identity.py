"""The public ledger has an identity of its own."""

from models.migrations import frozen

revision = "0068"
down_revision = "0067"
upgrade, downgrade = frozen.steps(__file__)
