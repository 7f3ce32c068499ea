"""Network counts."""

from models.migrations import frozen

revision = "0062"
down_revision = "0061"
upgrade, downgrade = frozen.steps(__file__)
