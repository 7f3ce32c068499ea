"""Language changes."""

from models.migrations import frozen

revision = "0082"
down_revision = "0080"
# Older servers keep an account's earlier language for a minute at most: they do not listen to this channel.
compatible_since = "0080"
upgrade, downgrade = frozen.steps(__file__)
