"""Pseudonym looks, of members and registrations that there are."""

import unicodedata
from collections.abc import Mapping
from functools import cache

from alembic import op
from sqlalchemy import text

from models.migrations import frozen

revision = "0014"
down_revision = "0013"
create, downgrade = frozen.steps(__file__)
HOLDERS = "SELECT id, pseudonym, '{column}' AS holder, demonstration FROM {table} ORDER BY {order}, id"
BATCH = 5_000
MARKS = "\u200e\u200f"  # of direction: the table puts them around letters that are written from right to left


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


# The keys of a name as they were computed at this revision.


@cache
def prototypes() -> Mapping[str, str]:
    """For each character, the text that represents all its lookalikes in Unicode's confusables.txt (UTS 39)."""
    # Imported here, because the table takes a moment to load.
    from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]

    found: dict[str, str] = {}
    for name, others in confusables_data.items():
        # A character lists its one prototype. A prototype lists its characters: several, or one that lists it back.
        source, target = name.strip(MARKS), others[0]["c"].strip(MARKS)
        if len(source) == 1 and len(others) == 1 and found.get(target) != source:
            found[source] = target
    return found


def skeleton(text: str) -> str:
    """The text with each character replaced by its prototype (UTS 39, section 4)."""
    table = prototypes()
    characters = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFD", "".join(_prototype(character, table) for character in characters))


def _prototype(character: str, table: Mapping[str, str]) -> str:
    seen = {character}
    found = table.get(character, character)
    while len(found) == 1 and found in table and found not in seen:
        seen.add(found)
        found = table[found]
    return found if len(found) == 1 else "".join(table.get(each, each) for each in found)


def in_lower_case(text: str) -> str:
    """The skeleton of the text in lower case: the same for `Camille`, `CAMILLE` and one with a Cyrillic letter."""
    return skeleton(skeleton(text.lower()).lower()).lower()


def looks(name: str) -> list[str]:
    """The keys of a name, sorted. Two names that share a key look alike, as written or in another case.

    One key is not enough, because a capital I looks like a small l, but a small i does not: `Iris` looks like `lris`,
    and in another case, `IRIS`, like `lRIS`; but `Elia` does not look like `Ella`.
    """
    written = skeleton(name)
    keys = {in_lower_case(name), written, written.lower(), skeleton(name.upper()), skeleton(name.title())}
    return sorted(keys)
