"""What a database already had when it was migrated: things that are over no longer count."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.migrations import run
from tests import factories
from tests.support.declared import empty


@pytest.mark.slow
async def test_what_was_over_before_the_migration_is_over_after_it(server: str) -> None:
    async with empty(server) as dsn:
        await run.upgrade(dsn, "0014")
        connection = await asyncpg.connect(dsn)
        try:
            made = await planted(connection)
            await run.upgrade(dsn)
            flags = {row["id"]: dict(row) for row in await connection.fetch("SELECT * FROM care.flag")}
            parts = {row["id"]: row["status"] for row in await connection.fetch("SELECT * FROM research.participation")}
            notified = {row["id"] for row in await connection.fetch("SELECT id FROM care.notification")}
        finally:
            await connection.close()

    def flag(name: str) -> tuple[Any, ...]:
        return tuple(flags[made[name]][column] for column in ("status", "staff_id", "resolution", "resolved_at"))

    assert flag("reopened") == ("OPEN", None, None, None)
    assert flag("of a removed post")[:3] == ("LAPSED", None, None)
    assert isinstance(flag("of a removed post")[3], datetime)
    assert flag("of a post removed by a moderator") == ("UPHELD", made["staff"], "A number", factories.NOON)
    assert flag("dismissed")[:3] == ("DISMISSED", None, "Fine")
    names = ("open", "closed", "started", "completed", "left")
    assert {name: parts.get(made[name]) for name in names} == {
        "open": "INVITED", "closed": "LAPSED", "started": "LAPSED", "completed": "COMPLETED", "left": None,
    }  # fmt: skip
    kept = {name for name, id in made.items() if name.startswith("news") and id in notified}
    assert kept == {"news of an open survey", "news of a reply", "news of a care link", "news of moderation"}


async def planted(connection: asyncpg.Connection) -> dict[str, Any]:
    """Rows as the previous revision stored them, by name."""
    insert = "INSERT INTO identity.staff (name, roles) VALUES ('Camille', '{MODERATOR}') RETURNING id"
    made: dict[str, Any] = {"staff": await connection.fetchval(insert)}
    here, elsewhere = await communities(connection)
    discussion = (await factories.discussion(connection, community_id=here))["id"]
    post = (await factories.post(connection, discussion_id=discussion))["id"]
    removed, moderated = [
        (await factories.post(connection, discussion_id=discussion, removed=True, body=None))["id"] for _ in range(2)
    ]
    await factories.removal(
        connection, post_id=moderated, staff_id=made["staff"], reason="A number", created_at=factories.NOON
    )
    decided = {"resolution": "Fine", "resolved_at": factories.NOON + timedelta(days=1)}
    for name, given in {
        "reopened": {"post_id": post, "staff_id": made["staff"], **decided},
        "of a removed post": {"post_id": removed, **decided},
        "of a post removed by a moderator": {"post_id": moderated},
        "dismissed": {"post_id": removed, "status": "DISMISSED", **decided},
    }.items():
        made[name] = (await factories.flag(connection, **given))["id"]
    member = (await factories.member(connection))["id"]
    await factories.membership(connection, member_id=member, community_id=here)
    own = {"member_id": member}
    surveys = {
        status: (await factories.survey(connection, status="OPEN", community_id=here))["id"]
        for status in ("OPEN", "CLOSED", "RELEASED", "ARCHIVED")
    }
    for status, id in surveys.items():
        await connection.execute("UPDATE catalog.survey SET status = $2 WHERE id = $1", id, status)
    of_others = (await factories.survey(connection, status="OPEN", community_id=elsewhere))["id"]
    for name, survey, status in (
        ("open", surveys["OPEN"], "INVITED"),
        ("closed", surveys["CLOSED"], "INVITED"),
        ("started", surveys["RELEASED"], "STARTED"),
        ("completed", surveys["ARCHIVED"], "COMPLETED"),
        ("left", of_others, "INVITED"),
    ):
        made[name] = (await factories.participation(connection, **own, survey_id=survey, status=status))["id"]
    ended = await factories.care_link(connection, status="ENDED")
    accepted = await factories.care_link(connection, status="ACCEPTED")
    for name, kind, kind_of, subject, whose in (
        ("news of an open survey", "SURVEY_OPEN", "svy", surveys["OPEN"], member),
        ("news of a closed survey", "SURVEY_OPEN", "svy", surveys["CLOSED"], member),
        ("news of a survey elsewhere", "SURVEY_OPEN", "svy", of_others, member),
        ("news of a reply", "REPLY", "pst", post, member),
        ("news of a removed reply", "REPLY", "pst", removed, member),
        ("news of moderation", "MODERATION", "pst", moderated, member),
        ("news of a care link", "CARE_LINK", "mbr", accepted["patient_id"], accepted["relative_id"]),
        ("news of an ended care link", "CARE_LINK", "mbr", ended["patient_id"], ended["relative_id"]),
        ("news of an ended care link to its patient", "CARE_LINK", "mbr", ended["relative_id"], ended["patient_id"]),
    ):
        given = {"kind": kind, "subject_type": kind_of, "subject_id": subject, "member_id": whose}
        made[name] = (await factories.notification(connection, **given))["id"]
    return made


async def communities(connection: asyncpg.Connection) -> list[UUID]:
    """Two communities, without the columns that a later revision adds and their factory fills."""
    condition = (await factories.condition(connection))["id"]
    return [
        await connection.fetchval(
            "INSERT INTO catalog.community (condition_id, slug, name, description) VALUES ($1, $2, $2, $2)"
            " RETURNING id",
            condition,
            slug,
        )
        for slug in ("here", "elsewhere")
    ]
