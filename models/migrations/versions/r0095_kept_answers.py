"""Writes to the tables of which servers keep answers are told to all of them."""

from models.migrations import frozen

revision = "0095"
down_revision = "0094"
compatible_since = "0091"
upgrade, downgrade = frozen.steps(__file__)
