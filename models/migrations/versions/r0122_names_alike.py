"""An organization's name is taken by every name that looks the same."""

from models.migrations import frozen

revision = "0122"
down_revision = "0120"
# open_organization has the same arguments and result, and older servers do not call plain_name.
compatible_since = "0115"
upgrade, downgrade = frozen.steps(__file__)
