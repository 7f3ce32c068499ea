"""Whoever has left a community may not edit their posts there, by the database too. Removing them stays possible."""

from models.migrations import frozen

revision = "0123"
down_revision = "0122"
# Servers of 0122 refuse such an edit themselves; earlier ones would answer it with an internal error.
compatible_since = "0122"
upgrade, downgrade = frozen.steps(__file__)
