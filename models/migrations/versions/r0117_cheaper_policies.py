"""The policies of profiles and memberships have fewer subselects, and the viewer's communities are found sooner."""

from models.migrations import frozen

revision = "0117"
down_revision = "0116"
# The policies admit the same rows, and the function returns the same communities.
compatible_since = "0115"
upgrade, downgrade = frozen.steps(__file__)
