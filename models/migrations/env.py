"""Alembic's environment: within `run.upgrade` on its connection, and on Alembic's own command line on a new one.

`alembic current`, `history` and `upgrade` find this by [tool.alembic] in pyproject.toml, and the database by
COHORTE_DATABASE_URL.
"""

import asyncio
import os

from alembic import command, context
from alembic.util import CommandError
from sqlalchemy import Connection, text

from models.metadata import metadata
from models.migrations import run
from models.role_names import PREFIX


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, **run.COMPARISON)
    with context.begin_transaction():
        # Held until the transaction ends. Roles belong to the cluster, and a lock to this database: see policies.py.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('cohorte.migrate'))"))
        run.refuse_unknown(context.get_context().get_current_heads())
        context.run_migrations()
        for revision in context.get_context().get_current_heads():
            run.note_compatibility(connection, revision)


chosen = getattr(context.config.cmd_opts, "cmd", [None])[0]
if chosen is command.revision:
    raise CommandError("Run `python -m commands.new migration NAME [TABLE ...]`: it writes the SQL, too.")
bound = context.config.attributes.get("connection")
if context.is_offline_mode():
    raise CommandError("--sql is not supported: the frozen SQL is in models/migrations/versions.")
if bound is not None:
    migrate(bound)
elif not (address := os.environ.get("COHORTE_DATABASE_URL")):
    raise CommandError("Set COHORTE_DATABASE_URL to the address of the database, as its owner.")
else:
    context.config.attributes["role_prefix"] = os.environ.get("COHORTE_ROLE_PREFIX", "").strip() or PREFIX
    asyncio.run(run.on_a_connection(address, migrate))
