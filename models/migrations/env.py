"""The only place that tells Alembic what to compare and where to write; it runs inside models/migrations/run.py."""

from alembic import context
from sqlalchemy import text

from models.everything import metadata
from models.migrations.run import COMPARISON

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, **COMPARISON)
with context.begin_transaction():
    # Held until the transaction ends. A lock is one database's: what belongs to the cluster (roles) is not under it.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('cohorte.migrate'))"))
    context.run_migrations()
