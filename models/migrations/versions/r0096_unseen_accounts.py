"""Staff who open an organization do not learn whether its contact has an account."""

from models.migrations import frozen

revision = "0096"
down_revision = "0095"
compatible_since = "0091"  # older servers report the address no more
upgrade, downgrade = frozen.steps(__file__)
