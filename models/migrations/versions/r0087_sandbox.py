"""A database without anybody's data can become a sandbox, where nothing is spent and nobody registers."""

from models.migrations import frozen

revision = "0087"
down_revision = "0085"
# Changes nothing outside of sandboxes, which only newer versions make.
compatible_since = "0085"
upgrade, downgrade = frozen.steps(__file__)
