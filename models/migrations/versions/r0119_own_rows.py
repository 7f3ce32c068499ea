"""Views of members' rows with the viewer's own, which statements read that lead to nobody else's."""

from models.migrations import frozen

revision = "0119"
down_revision = "0118"
# Older servers do not read the views.
compatible_since = "0115"
upgrade, downgrade = frozen.steps(__file__)
