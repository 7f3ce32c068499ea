"""Members of a community are in the order of their ids, cursors are of one list, erasures are not counted."""

from models.migrations import frozen

revision = "0099"
down_revision = "0098"
# Makes older servers not ready: they call what counted erasures, and sort the members of a community that they list.
upgrade, downgrade = frozen.steps(__file__)
