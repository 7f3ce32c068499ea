"""The first privacy notice and help lines, and what older rows lack."""

from models.migrations import frozen

revision = "0037"
down_revision = "0036"
upgrade, downgrade = frozen.steps(__file__)
