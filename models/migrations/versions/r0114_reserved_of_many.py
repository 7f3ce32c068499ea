"""What is reserved of many members' allowances is computed by one statement."""

from models.migrations import frozen

revision = "0114"
down_revision = "0113"
# Only functions of the database call the ones that are replaced.
compatible_since = "0113"
upgrade, downgrade = frozen.steps(__file__)
