"""Members leave a dataset while it is counted, and a database has marks that its copies lack."""

from models.migrations import frozen

revision = "0121"
down_revision = "0120"
# `research.histogram`, which they use, keeps members from leaving until the publication commits, as before.
compatible_since = "0115"
upgrade, downgrade = frozen.steps(__file__)
