"""Who reads insights and memberships, how much one account reads and joins, and the terms of use."""

from models.migrations import frozen

revision = "0021"
down_revision = "0020"
upgrade, downgrade = frozen.steps(__file__)
