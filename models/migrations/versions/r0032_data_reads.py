"""The trail of reads of members' data by staff and relatives."""

from models.migrations import frozen

revision = "0032"
down_revision = "0021"
upgrade, downgrade = frozen.steps(__file__)
