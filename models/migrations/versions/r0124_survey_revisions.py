"""A survey counts its changes, so that nobody replaces a change that they have not read."""

from models.migrations import frozen

revision = "0124"
down_revision = "0123"
# Older servers do not raise the number: what they change is not noticed by who gives it.
compatible_since = "0115"
upgrade, downgrade = frozen.steps(__file__)
