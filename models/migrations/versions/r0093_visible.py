"""Lists find the rows that a viewer may read without those that are hidden."""

from models.migrations import frozen

revision = "0093"
down_revision = "0092"
compatible_since = "0091"
upgrade, downgrade = frozen.steps(__file__)
