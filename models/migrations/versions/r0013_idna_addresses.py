"""E-mail addresses whose domain is outside of ASCII get its IDNA form; accounts are found by older forms."""

import idna
from alembic import op
from sqlalchemy import text

from models.migrations import frozen

revision = "0013"
down_revision = "0012"
create, downgrade = frozen.steps(__file__)
COLUMNS = (("identity.account", "email"), ("identity.registration", "email"), ("identity.mail", "recipient"))


def upgrade() -> None:
    """An address stays as it is if another account has its IDNA form: both are still found as they are written."""
    create()
    bind = op.get_bind()
    for table, column in COLUMNS:
        for id, address in bind.execute(text(f"SELECT id, {column} FROM {table} WHERE {column} ~ '[^ -~]'")).all():
            local, _, domain = address.rpartition("@")
            try:
                written = f"{local}@{idna.encode(domain, uts46=True).decode()}".lower()
            except idna.IDNAError:
                continue
            unless = "" if table != "identity.account" else f" AND NOT EXISTS (SELECT FROM {table} WHERE email = :to)"
            bind.execute(text(f"UPDATE {table} SET {column} = :to WHERE id = :id{unless}"), {"to": written, "id": id})
