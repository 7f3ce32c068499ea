"""Organizations have several users, with roles."""

from models.migrations import frozen

revision = "0091"
down_revision = "0090"
# Older servers open organizations' accounts without a user, and fail at the new letters: not compatible.
upgrade, downgrade = frozen.steps(__file__)
