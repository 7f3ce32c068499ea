"""Runs the SQL files of a migration, which stand beside it; every migration of versions/ uses this."""

from collections.abc import Callable
from pathlib import Path

from alembic import op
from alembic.util import CommandError
from sqlalchemy import Connection

from models.role_names import PREFIX, named


def steps(migration: str) -> tuple[Callable[[], None], Callable[[], None]]:
    """`upgrade` and `downgrade` of the migration at this path.

    Its SQL is in the file of the same name that ends in `.sql`, or in the `.sql` files of the folder of that name,
    which run in the order of their names. `downgrade` raises CommandError.
    """
    path = Path(migration).with_suffix("")

    def upgrade() -> None:
        for file in sorted(path.glob("*.sql")) if path.is_dir() else [path.with_suffix(".sql")]:
            execute(op.get_bind(), named(file.read_text(encoding="utf-8"), role_prefix()))

    return upgrade, refuse


def role_prefix() -> str:
    """The prefix of the roles' names in the installation that is being migrated."""
    config = op.get_context().config
    return PREFIX if config is None else str(config.attributes.get("role_prefix", PREFIX))


def refuse() -> None:
    raise CommandError("Migrations go forward only. Restore a backup instead.")


def execute(bind: Connection, script: str) -> None:
    """Runs a script of several statements, which cannot be prepared."""
    bind.connection.dbapi_connection.run_async(lambda driver: driver.execute(script))  # type: ignore[union-attr]
