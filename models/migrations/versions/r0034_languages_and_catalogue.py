"""Languages and catalogue."""

from models.migrations import frozen

revision = "0034"
down_revision = "0033"
upgrade, downgrade = frozen.steps(__file__)
