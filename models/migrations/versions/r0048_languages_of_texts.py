"""Languages of texts."""

from models.migrations import frozen

revision = "0048"
down_revision = "0044"
upgrade, downgrade = frozen.steps(__file__)
