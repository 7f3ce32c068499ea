"""The database says which older servers may go on."""

from models.migrations import frozen

revision = "0079"
down_revision = "0073"
compatible_since = "0073"
upgrade, downgrade = frozen.steps(__file__)
