"""Several mails."""

from models.migrations import frozen

revision = "0069"
down_revision = "0068"
upgrade, downgrade = frozen.steps(__file__)
