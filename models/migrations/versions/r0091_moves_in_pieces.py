"""Members and their rows move in pieces after a merger, and an erasure locks what is shared last."""

from models.migrations import frozen

revision = "0091"
down_revision = "0082"
upgrade, downgrade = frozen.steps(__file__)
