"""The public ledger has an identity of its own."""

from models.migrations import frozen

revision = "0070"
down_revision = "0065"
upgrade, downgrade = frozen.steps(__file__)
