"""A database has marks that its copies lack."""

from models.migrations import frozen

revision = "0121"
down_revision = "0120"
# Servers that know no marks compare positions alone, as before.
compatible_since = "0115"
upgrade, downgrade = frozen.steps(__file__)
