"""The French legal texts have the words of the pages and of the server, in new versions."""

from models.migrations import frozen

revision = "0111"
down_revision = "0110"
# Rows only: older servers show the versions that are in force.
compatible_since = "0110"
upgrade, downgrade = frozen.steps(__file__)
