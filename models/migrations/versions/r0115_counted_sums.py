"""Which release has the numbers of members of the groups that sums are of."""

from models.migrations import frozen

revision = "0115"
down_revision = "0114"
# Older servers would show a centred sum as the two sums of MEANS: not compatible.
upgrade, downgrade = frozen.steps(__file__)
