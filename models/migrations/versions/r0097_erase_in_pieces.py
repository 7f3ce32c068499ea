"""Members with very many rows are erased in pieces, cleaning is done in batches, departures are repeated one by one."""

from models.migrations import frozen

revision = "0097"
down_revision = "0096"
# Makes older servers not ready: they find members by pseudonym without an index, would leave what was begun of an
# erasure where it is, and cannot repeat departures after a restore.
upgrade, downgrade = frozen.steps(__file__)
