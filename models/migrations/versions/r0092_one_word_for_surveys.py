"""The French consent notices call a survey what the pages and the server call it, with the spaces that French has."""

from models.migrations import frozen

revision = "0092"
down_revision = "0091"
# Rows only: older servers show the versions that are in force.
compatible_since = "0091"
upgrade, downgrade = frozen.steps(__file__)
