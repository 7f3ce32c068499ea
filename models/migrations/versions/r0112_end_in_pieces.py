"""Datasets end at once, and a job deletes their records in pieces. Reactions are deleted with the account."""

from models.migrations import frozen

revision = "0112"
down_revision = "0111"
# Older servers delete no records of a dataset that they end: the job of the first server of this version does.
compatible_since = "0111"
upgrade, downgrade = frozen.steps(__file__)
