"""The schemas, roles, tables, functions and policies that every database starts from."""

from models.migrations import frozen

revision = "0007"
down_revision = None
upgrade, downgrade = frozen.steps(__file__)
