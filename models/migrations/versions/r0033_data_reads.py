"""The trail of reads of members' data by staff and relatives."""

from models.migrations import frozen

revision = "0033"
down_revision = "0032"
upgrade, downgrade = frozen.steps(__file__)
