"""The database says which older servers may go on."""

from models.migrations import frozen

revision = "0079"
down_revision = "0075"
compatible_since = "0075"
upgrade, downgrade = frozen.steps(__file__)
