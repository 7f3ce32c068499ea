"""Courses, evaluations and side effects have a copy of the profile's `sharing`, which their policies ask."""

from models.migrations import frozen

revision = "0118"
down_revision = "0117"
# The policies admit the same rows, and triggers fill in the copies of what older servers write.
compatible_since = "0115"
upgrade, downgrade = frozen.steps(__file__)
