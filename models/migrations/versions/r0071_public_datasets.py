"""Public datasets."""

from models.migrations import frozen

revision = "0071"
down_revision = "0070"
upgrade, downgrade = frozen.steps(__file__)
