"""The progress of a survey looks up who may answer it once, and not for each member of the community."""

from models.migrations import frozen

revision = "0094"
down_revision = "0093"
compatible_since = "0091"
upgrade, downgrade = frozen.steps(__file__)
