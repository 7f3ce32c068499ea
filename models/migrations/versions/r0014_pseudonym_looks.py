"""Pseudonym looks, of members and registrations that there are."""

from alembic import op
from sqlalchemy import text

from models.appearance import looks
from models.migrations import frozen

revision = "0014"
down_revision = "0013"
create, downgrade = frozen.steps(__file__)
HOLDERS = "SELECT id, pseudonym, '{column}' AS holder, demonstration FROM {table} ORDER BY {order}, id"
BATCH = 5_000


def upgrade() -> None:
    """Of pseudonyms that look alike already, each stays as it is, and the first has the look."""
    create()
    bind = op.get_bind()
    of_members = HOLDERS.format(column="member_id", table="care.member", order="joined_on")
    of_registrations = HOLDERS.format(column="registration_id", table="identity.registration", order="created_at")
    for query in (of_members, of_registrations):
        rows = [
            {"look": look, "id": id, "demonstration": demonstration, "holder": holder}
            for id, pseudonym, holder, demonstration in bind.execute(text(query)).all()
            for look in looks(pseudonym)
        ]
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            bind.execute(
                text(
                    f"INSERT INTO identity.pseudonym_look (look, {batch[0]['holder']}, demonstration)"
                    " VALUES (:look, :id, :demonstration) ON CONFLICT DO NOTHING"
                ),
                batch,
            )
