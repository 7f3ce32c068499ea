"""Registrations side by side."""

from models.migrations import frozen

revision = "0027"
down_revision = "0026"
upgrade, downgrade = frozen.steps(__file__)
