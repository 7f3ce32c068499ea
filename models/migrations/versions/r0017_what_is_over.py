"""Password hashes that are renewed, and former pseudonyms."""

from models.migrations import frozen

revision = "0017"
down_revision = "0014"
upgrade, downgrade = frozen.steps(__file__)
