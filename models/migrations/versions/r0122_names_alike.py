"""Names that look the same are taken, and lists and searches leave out accents and what one cannot see."""

from models.migrations import frozen

revision = "0122"
down_revision = "0121"
# Functions have the same arguments and results. Older servers sort treatments and organizations without an index.
compatible_since = "0115"
upgrade, downgrade = frozen.steps(__file__)
