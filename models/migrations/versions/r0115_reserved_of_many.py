"""What is reserved of many members' allowances is computed by one statement."""

from models.migrations import frozen

revision = "0115"
down_revision = "0112"
# Only functions of the database call the ones that are replaced.
compatible_since = "0112"
upgrade, downgrade = frozen.steps(__file__)
