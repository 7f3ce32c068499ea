"""A member's rights over every table: the export of their data, and what deleting the account leaves."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from operator import not_
from pathlib import Path
from typing import Any

import asyncpg
import pytest_asyncio
from sqlalchemy import Column, Table, Uuid

from models.metadata import metadata
from models.security.read_rules import SCOPES
from models.viewers import Audience, Viewer
from resolvers.exporting import camel
from resolvers.identity.passwords import hash_password
from resolvers.identity.personal_data import IN_EVERY_TABLE, MEMBER_TABLES, NOT_EXPORTED, OF_THE_MEMBER
from tests.support.callers import open_session
from tests.support.client import ANYBODY, Ask, Caller, serving
from tests.support.clusters import clone
from tests.support.eventually import becomes
from tests.support.exports import exported
from tests.support.newcomers import (
    PASSWORD,
    REGISTER,
    VERIFY,
    Mailbox,
    becomes_closed,
    code_in,
    done,
    join,
    newcomer,
    sign_in,
)
from tests.support.small_network import SMALL, SmallNetwork, at_rest

EXPORT = "mutation { dataExport(input: {format: JSON}) { address userErrors { code } } }"
DELETE = "mutation ($input: AccountDeleteInput!) { accountDelete(input: $input) { userErrors { code path message } } }"
PERSONAL = ("care", "identity", "research")
PUBLISHED = "catalog.association"  # about a member too, in a schema whose other tables are about nobody
ADDRESS = "leaving@people.example"


@dataclass
class Leaving:
    """A signed-in member with a row in every table that can have one; these words mark their own rows."""

    ask: Ask
    owner: asyncpg.Connection
    who: Caller
    viewer: Viewer
    mailbox: Mailbox


@pytest_asyncio.fixture
async def leaving(template: str, in_small_template: SmallNetwork, tmp_path: Path) -> AsyncIterator[Leaving]:
    """Yields a signed-in member who has rows in every table and can delete their account."""
    async with clone(template, SMALL) as dsn:
        owner = await asyncpg.connect(dsn)
        async with serving_member(dsn, owner, in_small_template.viewers[Audience.PATIENT], tmp_path) as made:
            yield made
        await owner.close()


@asynccontextmanager
async def serving_member(dsn: str, owner: asyncpg.Connection, viewer: Viewer, folder: Path) -> AsyncIterator[Leaving]:
    """A server on the database at `dsn`, for its member, who gets rows in every table."""
    await owner.execute(
        "UPDATE identity.account SET email = $2, email_verified = true, notice_version = '2025-1' WHERE id = $1",
        viewer.account,
        ADDRESS,
    )
    await owner.execute(
        "INSERT INTO identity.credential (account_id, password_hash) VALUES ($1, $2)",
        viewer.account,
        await hash_password(PASSWORD),
    )
    await plant(owner, viewer)
    assert viewer.account is not None
    token = await open_session(owner, viewer.account)  # as with the second factor, which signing in would ask for
    async with serving(dsn, data=folder) as ask:
        yield Leaving(ask, owner, Caller(ADDRESS, token), viewer, Mailbox(folder))


async def plant(owner: asyncpg.Connection, viewer: Viewer) -> None:
    """Inserts rows that the small network lacks, each with the member's own word in it."""
    member = viewer.member
    await at_rest(owner)
    await owner.execute(
        "INSERT INTO research.consent_change (member_id, purpose, granted, notice_version)"
        " VALUES ($1, 'SURVEY_RESEARCH', true, '2025-1')",
        member,
    )
    await owner.execute(
        "INSERT INTO research.record (dataset_id, member_id, codes)"
        " SELECT dataset_id, member_id, '\\x0100' FROM research.enrolment WHERE member_id = $1",
        member,
    )
    # Another member has a notification about the member, whose address is waiting for a code again.
    other = await owner.fetchval("SELECT id FROM care.member WHERE pseudonym = 'Small Association'")
    await owner.execute(
        "INSERT INTO care.notification (member_id, kind, subject_type, subject_id) VALUES ($1, 'CARE_LINK', 'mbr', $2)",
        other,
        member,
    )
    await owner.execute(
        "INSERT INTO identity.password_reset (code_hash, account_id, expires_at) VALUES ('x', $1, now())",
        viewer.account,
    )
    await owner.execute(
        "INSERT INTO identity.email_change (code_hash, account_id, email, reverts, expires_at)"
        " VALUES ('x', $1, 'other@people.example', false, now())",
        viewer.account,
    )
    await owner.execute(
        "INSERT INTO identity.data_export (account_id, session_id, token_hash, format, expires_at)"
        " SELECT account_id, id, 'x', 'JSON', now() FROM identity.session WHERE account_id = $1 LIMIT 1",
        viewer.account,
    )
    await owner.execute(
        "INSERT INTO identity.registration (email, pseudonym, kind, sex, locale, notice_version, expires_at)"
        " VALUES ($1, 'Waiting', 'PATIENT', 'UNKNOWN', 'en', '1', now())",
        ADDRESS,
    )
    # Of associations alone, which the member is none of.
    await owner.execute(
        "SET session_replication_role = replica; "
        f"INSERT INTO care.pin SELECT false, '{member}', community_id, discussion_id, created_at FROM care.pin; "
        "SET session_replication_role = DEFAULT"
    )
    await owner.execute(
        "INSERT INTO identity.mutation (caller, name, client_mutation_id, input_hash) VALUES ($1, 'x', 'x', 'x')",
        member,
    )


def tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.schema in PERSONAL or table.fullname == PUBLISHED]


def test_every_table_and_every_column_is_exported_or_left_out_for_a_reason() -> None:
    names = {table.fullname for table in tables()}
    mend = "list a table in MEMBER_TABLES or NOT_EXPORTED of resolvers/identity/personal_data.py, with the reason"
    assert (set(MEMBER_TABLES) | set(NOT_EXPORTED)) ^ names == set(), mend
    assert set(MEMBER_TABLES) & set(NOT_EXPORTED) == set(), mend
    for table in tables():
        if table.fullname in MEMBER_TABLES:
            own = MEMBER_TABLES[table.fullname]
            mend = f"members may not read {table.fullname}, so they cannot export it: list it in NOT_EXPORTED"
            assert Audience.PATIENT in SCOPES[table.fullname].readers, mend
            columns = {column.name for column in table.columns}
            covered = [*own.exported, *own.left_out, *IN_EVERY_TABLE, *(columns & set(OF_THE_MEMBER))]
            file = "resolvers/identity/personal_data.py"
            mend = f"export each column of {table.fullname}, or leave it out with a reason, in {file}"
            assert (table.fullname, sorted(covered)) == (table.fullname, sorted(columns)), mend
    reasons = [*NOT_EXPORTED.values(), *IN_EVERY_TABLE.values()]
    reasons += [reason for own in MEMBER_TABLES.values() for reason in own.left_out.values()]
    assert all(len(reason.split()) > 4 for reason in reasons)


def test_only_columns_with_the_members_own_id_are_left_out_as_such() -> None:
    for table in tables():
        if table.fullname in MEMBER_TABLES:
            left = [f"{name} = $1" for name in OF_THE_MEMBER if name in table.columns]
            # Of an account and its sessions, the account has the id; the condition of the others is on it.
            assert (table.fullname, left) == (table.fullname, left[:1])
            assert not left or MEMBER_TABLES[table.fullname].condition == left[0]


def test_no_table_of_other_schemas_references_a_member_or_an_account() -> None:
    pointing = [
        str(key.parent)
        for table in metadata.sorted_tables
        if table not in tables()
        for key in table.foreign_keys
        if key.column.table.fullname in ("care.member", "identity.account")
    ]
    assert pointing == []


def test_no_id_of_other_schemas_could_be_a_members_unseen() -> None:
    """Each id references a table, is a row's own, or is listed here: with the tables whose ids it holds."""
    known = {
        "catalog.source_entry.row_id": "catalog.condition, catalog.community, catalog.indicator, catalog.treatment",
        "catalog.catalogue_change.subject_id": "catalog.condition, catalog.community, catalog.indicator, "
        "catalog.treatment",
        "insight.webhook_delivery.subject_id": "insight.insight, insight.licence, insight.dataset",
        "insight.variable.subject_id": "catalog.question, catalog.treatment, catalog.indicator",
    }
    free = [
        f"{table.fullname}.{column.name}"
        for table in metadata.sorted_tables
        if table.schema not in PERSONAL
        for column in table.columns
        if isinstance(column.type, Uuid) and not column.foreign_keys and column.name != "id"
    ]
    in_keys = {
        f"{table.fullname}.{column.name}"
        for table in metadata.sorted_tables
        for key in table.foreign_key_constraints
        for column in key.columns
    }
    assert [name for name in free if name not in in_keys] == list(known)


# References to another member than the one whose row it is, which are cleared when that other member leaves.
CLEARED = {"care.data_read.relative_id": "the relative who read: the patient still sees that a relative did"}


def test_every_reference_to_a_member_is_deleted_cleared_or_kept_for_a_reason() -> None:
    for table in tables():
        gone = {
            key.ondelete
            for key in table.foreign_keys
            if key.column.table.fullname in ("care.member", "identity.account")
            and f"{table.fullname}.{key.parent.name}" not in CLEARED
        }
        stays = table.fullname in MEMBER_TABLES and MEMBER_TABLES[table.fullname].stays is not None
        assert (table.fullname, gone) == (table.fullname, gone & ({"SET NULL"} if stays else {"CASCADE"}))
    columns = {f"{table.fullname}.{column.name}": column for table in tables() for column in table.columns}
    assert {key.ondelete for name in CLEARED for key in columns[name].foreign_keys} == {"SET NULL"}


# The prefix of an id, by the table whose row it names; ids of other tables are as they are stored.
PREFIXES = {
    "care.catalogue_proposal": "prp_", "care.own_indicator": "own_", "care.own_observation": "oob_",
    "care.own_treatment": "otr_", "care.own_course": "ocr_",
    "catalog.condition": "con_",
    "care.care_link": "lnk_", "care.course": "crs_", "care.data_read": "drd_",
    "care.discussion": "dis_", "care.evaluation": "evl_",
    "care.appeal": "apl_",
    "care.flag": "flg_", "care.member": "mbr_", "care.notification": "ntf_", "care.observation": "obs_",
    "care.post": "pst_", "catalog.community": "com_", "catalog.indicator": "ind_", "catalog.question": "qst_",
    "catalog.survey": "svy_", "catalog.treatment": "trt_", "identity.session": "ses_", "insight.dataset": "dst_",
    "identity.account": "acc_", "identity.second_factor": "sfa_", "research.participation": "prt_",
}  # fmt: skip


async def test_an_export_contains_every_column_of_the_members_own_rows(leaving: Leaving) -> None:
    given = await exported(leaving.ask, leaving.who)
    assert list(given) == [own.kind for own in MEMBER_TABLES.values()] + ["records", "dataUses", "privacyLoss"]
    for table, own in MEMBER_TABLES.items():
        columns = ", ".join(own.exported)
        rows = await leaving.owner.fetch(
            f"SELECT row_to_json(t)::text AS row FROM (SELECT {columns} FROM {table} WHERE {own.condition}) t",
            leaving.viewer.member,
        )
        expected = [as_in_the_graph(table, json.loads(row["row"])) for row in rows]
        assert rows, f"no row of {table} is tried: plant one in tests/support/small_network.py"
        names = [camel(name) for name in own.exported]
        assert (table, by_text([{name: row[name] for name in names} for row in given[own.kind]])) == (
            table,
            by_text(expected),
        )
    text = json.dumps(given)
    for word in (
        "Small Patient",
        ADDRESS,
        "Bretagne",
        "one cup",
        "It helped.",
        "First words",
        "noted",
        "Look",
        "words",
    ):
        assert word in text
    assert "argon2" not in text


def as_in_the_graph(table: str, row: dict[str, Any]) -> dict[str, Any]:
    columns = metadata.tables[table].columns
    return {camel(name): graph_id(columns[name], value) for name, value in row.items()}


def graph_id(column: Column[Any], value: Any) -> Any:
    targets = [key.column.table.fullname for key in column.foreign_keys]
    if column.name == "id":
        targets = [column.table.fullname]
    return f"{PREFIXES.get(targets[0], '')}{value}" if targets and value is not None else value


def by_text(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


async def test_an_export_contains_nothing_of_other_members(leaving: Leaving, tmp_path: Path) -> None:
    ada = await join(leaving.ask, leaving.mailbox, "Ada")
    given = await exported(leaving.ask, ada)
    rows = {kind: len(rows) for kind, rows in given.items() if rows}
    assert rows == {"members": 1, "profiles": 1, "accounts": 1, "sessions": 1, "privacyLoss": 1}


async def test_only_members_can_export_personal_data(leaving: Leaving) -> None:
    manager = await leaving.ask.sign_in("manager")
    for who in (ANYBODY, manager):
        for document in (EXPORT, 'mutation { accountDelete(input: {password: "x"}) { userErrors { code } } }'):
            answer = await leaving.ask(who, document)
            assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def dump(owner: asyncpg.Connection) -> dict[str, set[str]]:
    """Every row of every table, as text."""
    found = {}
    for table in metadata.sorted_tables:
        rows = await owner.fetch(f"SELECT t::text AS row FROM {table.fullname} t")
        found[table.fullname] = {row["row"] for row in rows}
    return found


async def test_a_deleted_member_is_named_nowhere_and_others_keep_every_row(leaving: Leaving) -> None:
    owner, viewer = leaving.owner, leaving.viewer
    mine: dict[str, set[str]] = {}
    words = {str(viewer.member), str(viewer.account), ADDRESS, "Small Patient"}
    for table, own in MEMBER_TABLES.items():
        rows = await owner.fetch(f"SELECT t::text AS row FROM {table} t WHERE {own.condition}", viewer.member)
        mine[table] = {row["row"] for row in rows}
    # The scheduler looks at surveys that wait once a day: it has done so, and changes nothing meanwhile.
    await owner.execute("UPDATE research.survey_opening SET looked_on = catalog.today()")
    before = await dump(owner)
    (wrong,) = await done(leaving.ask, leaving.who, DELETE, {"password": "not my password"})
    assert (wrong["code"], wrong["path"]) == ("WRONG_CREDENTIALS", ["input", "password"])
    untouched = await dump(owner)
    counted = ("identity.attempt", "identity.rate_limit")
    assert {table: rows for table, rows in untouched.items() if table not in counted} == {
        table: rows for table, rows in before.items() if table not in counted
    }

    assert await done(leaving.ask, leaving.who, DELETE, {"password": PASSWORD}) == []
    assert (await leaving.mailbox.next(ADDRESS))["Subject"] == "Your account was deleted"
    await gone(owner)
    after = await dump(owner)
    named = [(table, row) for table, rows in after.items() for row in rows if any(word in row for word in words)]
    assert named == []
    for table, own in MEMBER_TABLES.items():
        count = len(before[table]) - len(after[table])
        told_of = 1 if table == "care.notification" else 0  # another member's notification about the deleted member
        assert (table, count) == (table, 0 if own.stays else len(mine[table]) + told_of)
        # All rows of others are unchanged.
        others = before[table] - mine[table]
        if table == "care.notification":
            others = {row for row in others if str(viewer.member) not in row}
        assert (table, others - after[table]) == (table, set())
    assert await owner.fetchval("SELECT count(*) FROM care.flag WHERE note = 'Look'") == 0
    assert await owner.fetchval("SELECT count(*) FROM care.flag WHERE member_id IS NULL AND note IS NULL") >= 1


async def gone(owner: asyncpg.Connection) -> None:
    await becomes(lambda: owner.fetchval("SELECT count(*) FROM identity.outbox_entry"), not_)


async def test_posts_of_a_deleted_member_can_be_read_without_an_author(leaving: Leaving) -> None:
    discussion = await leaving.owner.fetchval("SELECT id FROM care.discussion WHERE title = 'Rare question'")
    document = '{ discussion(id: "dis_%s") { title author { pseudonym } posts { nodes { body author { id } } } } }'
    reader = await leaving.ask.sign_in("patient")
    before = (await leaving.ask(reader, document % discussion))["data"]["discussion"]
    assert before["author"] == {"pseudonym": "Small Patient"}
    assert await done(leaving.ask, leaving.who, DELETE, {"password": PASSWORD}) == []
    after = (await leaving.ask(reader, document % discussion))["data"]["discussion"]
    assert after["title"] == "Rare question"
    assert after["author"] is None
    assert after["posts"]["nodes"] == [{"body": post["body"], "author": None} for post in before["posts"]["nodes"]]
    answer = await leaving.ask(reader, '{ member(pseudonym: "Small Patient") { id } }')
    assert answer == {"data": {"member": None}}


async def test_deleting_an_account_ends_its_sessions_and_frees_address_and_pseudonym(leaving: Leaving) -> None:
    assert leaving.viewer.account is not None
    other = Caller(ADDRESS, await open_session(leaving.owner, leaving.viewer.account))
    assert await done(leaving.ask, leaving.who, DELETE, {"password": PASSWORD}) == []
    for session in (leaving.who, other):
        await becomes_closed(leaving.ask, session)
    wanted = newcomer("new", email=ADDRESS, pseudonym="Small Patient")
    assert await done(leaving.ask, ANYBODY, REGISTER, wanted) == []
    mails = [await leaving.mailbox.next(ADDRESS) for _ in range(2)]
    (verify,) = [mail for mail in mails if mail["Subject"] == "Your code for Cohorte"]
    assert await done(leaving.ask, ANYBODY, VERIFY, {"code": code_in(verify), "password": PASSWORD}) == []
    again = await sign_in(leaving.ask, ADDRESS)
    answer = await leaving.ask(
        again, "{ me { member { pseudonym communities { name } } region observations { nodes { id } } } }"
    )
    assert answer["data"]["me"] == {
        "member": {"pseudonym": "Small Patient", "communities": []},
        "region": None,
        "observations": {"nodes": []},
    }


async def test_concurrent_requests_delete_an_account_once(leaving: Leaving) -> None:
    input = {"password": PASSWORD, "clientMutationId": "leave"}
    answers = await asyncio.gather(*(leaving.ask(leaving.who, DELETE, {"input": input}) for _ in range(2)))
    assert {"data": {"accountDelete": {"userErrors": []}}} in answers
    others = [answer for answer in answers if answer != {"data": {"accountDelete": {"userErrors": []}}}]
    codes = [error["extensions"]["code"] for answer in others for error in answer["errors"]]
    assert set(codes) <= {"FORBIDDEN", "UNAUTHENTICATED"}
    assert await leaving.owner.fetchval("SELECT count(*) FROM identity.mutation") == 0


async def test_password_attempts_are_limited_when_deleting_an_account(leaving: Leaving) -> None:
    for _ in range(10):
        (wrong,) = await done(leaving.ask, leaving.who, DELETE, {"password": "not my password"})
        assert wrong["code"] == "WRONG_CREDENTIALS"
    (wrong,) = await done(leaving.ask, leaving.who, DELETE, {"password": PASSWORD})
    assert (wrong["code"], wrong["path"]) == ("LIMIT_REACHED", ["input"])
    assert await leaving.owner.fetchval("SELECT count(*) FROM care.member WHERE id = $1", leaving.viewer.member) == 1
