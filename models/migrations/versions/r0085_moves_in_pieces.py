"""Members and their rows move in pieces after a merger, and an erasure locks what is shared last."""

from models.migrations import frozen

revision = "0085"
down_revision = "0084"
# Drops functions that jobs of older servers call: not compatible.
upgrade, downgrade = frozen.steps(__file__)
