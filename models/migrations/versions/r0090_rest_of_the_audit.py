"""Openings are charged until they end, and no piece of a merger depends on who moves."""

from models.migrations import frozen

revision = "0090"
down_revision = "0089"
# Jobs of older servers would move members without an end, and older surveys could ask for too few: not compatible.
upgrade, downgrade = frozen.steps(__file__)
