"""Frozen records are counted once, before their dataset is locked, and limits survive a clock that is set back."""

from models.migrations import frozen

revision = "0116"
down_revision = "0115"
# One function that older servers do not call, and two whose arguments and results mean the same.
compatible_since = "0115"
upgrade, downgrade = frozen.steps(__file__)
