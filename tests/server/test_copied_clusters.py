"""Standbys of real clusters that are not this database's: of another cluster, and of a copy that goes on by itself."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from commands.databases import at
from models.migrations.declared import build
from models.viewers import Audience
from server.databases.standbys import NEVER, Primary, Standby
from tests.server.test_standbys import database
from tests.support.clusters import run, throwaway_cluster
from tests.support.eventually import becomes, until
from tests.support.standbys import Replica, replica

SECONDS = 60
COPY = "tests_copy"
MUCH = "CREATE TABLE public.much AS SELECT repeat(n::text, 100) FROM generate_series(1, 20000) n"
LITTLE = "CREATE TABLE public.little ()"
REPLAYED = "SELECT (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint"
LEFT = "theirs is not read from: it is not a standby of this database's primary, but of a copy"
STATE = "SELECT pg_is_in_recovery()"


class Pool:
    """What a standby opens once it can be read from."""

    def terminate(self) -> None:
        pass


async def pools() -> Any:
    return {Audience.PUBLIC: Pool()}


@contextlib.asynccontextmanager
async def watching(*watched: Primary | Standby) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.watch()) for each in watched]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def standby_at(address: str, name: str, primary: Primary) -> Standby:
    return Standby(name, lambda: asyncpg.connect(address), pools, primary)


async def looks(primary: Primary, number: int = 4) -> None:
    """Waits until the primary has been looked at so many times."""
    for _ in range(number):
        await primary.answers_after(primary.answered_at)


async def go_on(address: str, segments: int) -> None:
    """Has a primary write so many more files of its log."""
    for _ in range(segments):
        await run(address, "CREATE TABLE public.one (); DROP TABLE public.one")
        await run(address, "SELECT pg_switch_wal()")


@pytest_asyncio.fixture(scope="module")
async def standby(template: str) -> AsyncIterator[Replica]:
    async with replica(template) as found:
        yield found


@pytest.mark.slow
async def test_only_standbys_of_the_primary_are_read_from_and_after_a_failover_those_of_the_new_one(
    template: str, standby: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    async with database(template) as address, replica(template, COPY) as copy:
        name = address.partition("?")[0].rpartition("/")[2]
        leads_to = [address]
        primary = Primary(lambda: asyncpg.connect(leads_to[0]), SECONDS, SECONDS)
        ours = standby_at(at(standby.dsn, name), "ours", primary)
        async with watching(primary, ours):
            await until(lambda: ours.current_until > NEVER)
            await copy.superuser.execute("SELECT pg_promote()")
            await becomes(lambda: copy.superuser.fetchval(STATE), lambda found: found is False)
            async with replica(copy.dsn, COPY) as another:
                # Both write: the primary first a little, which is within the copy's position, and then more.
                lacking_since = time.monotonic()
                await run(address, LITTLE)
                await looks(primary, 3)
                assert await another.superuser.fetchval(REPLAYED) > primary.samples[-1][1]
                await go_on(address, 4)
                await looks(primary, 2)
                theirs = standby_at(at(another.dsn, name), "theirs", primary)
                async with watching(theirs):
                    await looks(primary)
                    assert theirs.position
                    assert theirs.current_until < lacking_since
                    assert theirs.shown is None
                    # Its log grows beyond the primary's.
                    await go_on(copy.dsn, 9)
                    await until(lambda: theirs.failures > 1)
                    assert caplog.text.count(LEFT) == 1
                    await until(lambda: ours.current_until > primary.samples[-3][0])
                    assert not ours.failures

                    # The copy becomes the primary.
                    leads_to[0] = at(copy.dsn, name)
                    assert primary.connection is not None
                    primary.connection.terminate()
                    await until(lambda: theirs.current_until > NEVER and theirs.shown == primary.last_mark)
                    assert theirs.pools
                    assert ours.current_until == NEVER
                    await looks(primary)
                    assert ours.current_until == NEVER


@pytest.mark.slow
async def test_a_copy_that_was_read_from_is_left_once_it_goes_on_by_itself(
    template: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A standby that is promoted without the primary's knowledge, with one that follows it."""
    async with (
        database(template) as address,
        replica(template, COPY) as copy,
        replica(template, "tests_another") as another,
    ):
        for setting, value in (("primary_conninfo", copy.dsn), ("primary_slot_name", "")):
            await another.superuser.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
        await another.superuser.execute("SELECT pg_reload_conf()")
        name = address.partition("?")[0].rpartition("/")[2]
        primary = Primary(lambda: asyncpg.connect(address), SECONDS, SECONDS)
        theirs = standby_at(at(another.dsn, name), "theirs", primary)
        async with watching(primary, theirs):
            await until(lambda: theirs.current_until > NEVER)
            assert theirs.is_complete(0)
            await copy.superuser.execute("SELECT pg_promote()")
            await becomes(lambda: copy.superuser.fetchval(STATE), lambda found: found is False)
            await run(address, MUCH)
            await looks(primary, 2)
            last = primary.samples[-1][0]
            await looks(primary)
            assert theirs.current_until < last
            assert not theirs.is_complete(0)


@pytest.mark.slow
async def test_a_standby_of_another_cluster_is_not_read_from(
    template: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with throwaway_cluster() as elsewhere:
        await run(elsewhere, "CREATE DATABASE cohorte")
        await build(at(elsewhere, "cohorte"))
        async with database(template) as address, replica(elsewhere) as another:
            primary = Primary(lambda: asyncpg.connect(address), SECONDS, SECONDS)
            theirs = standby_at(at(another.dsn, "cohorte"), "theirs", primary)
            async with watching(primary, theirs):
                await until(lambda: theirs.failures > 1)
    assert caplog.text.count("theirs is not read from: it is not a standby of this database's cluster") == 1
    assert not theirs.pools


async def test_a_mark_is_made_if_something_was_written_and_seen_by_others(template: str) -> None:
    async with database(template) as address:
        one, other = (Primary(lambda: asyncpg.connect(address), SECONDS, SECONDS) for _ in range(2))
        connection = await asyncpg.connect(address)
        await one.look(connection)
        made = [one.last_mark]
        assert made[0] is not None
        settled = one.marked_at
        await one.look(connection)
        if one.samples[-1][1] == settled:  # nobody has written meanwhile
            assert one.last_mark == made[0]
        made = [one.last_mark]
        await run(address, MUCH)
        await one.look(connection)
        made.append(one.last_mark)
        other.mark, other.marked_at = made[0], 0  # as of a process that looked before
        await other.look(connection)
        assert other.last_mark == made[1] != made[0]
        assert other.marked_at is not None
        marks = await connection.fetchval("SELECT catalog.timeline_marks()")
        assert marks[:2] == made[::-1]
        for _ in range(40):
            await connection.execute("SELECT catalog.mark_timeline((catalog.timeline_marks())[1])")
        assert await connection.fetchval("SELECT cardinality(catalog.timeline_marks())") == 32
        assert await connection.fetchval("SELECT catalog.mark_timeline($1)", uuid4()) is None
        await connection.close()


def test_a_position_counts_with_a_mark_that_was_made_before_it() -> None:
    async def never() -> Any:
        raise AssertionError

    first, second, unknown = uuid4(), uuid4(), uuid4()
    primary = Primary(never, SECONDS, SECONDS)
    primary.samples.extend([(0.5, 90, first), (1.0, 100, first), (2.0, 200, second)])
    known: list[tuple[int, list[UUID], float]] = [
        (150, [first], 1.0), (250, [second, first], 2.0), (250, [first], 1.0), (250, [unknown], NEVER),
        (50, [first], NEVER),
        (99, [first], 0.5), (100, [first], 1.0), (200, [second, first], 2.0),  # as old as the last time it was enough
    ]  # fmt: skip
    for position, marks, at_most in known:
        assert primary.time_of(position, marks) == at_most
    assert primary.has_made_any([unknown, first])
    assert not primary.has_made_any([unknown])
    for position, seen_at, marks, left in (
        (201, 1.5, [second, first], True),  # further than the primary was afterwards
        (201, 2.5, [second, first], False),  # it may have gone on since
        (200, 1.5, [second, first], False),
        (200, 1.5, [unknown], True),  # without a mark that was made before
        (199, 1.5, [unknown], False),  # it may be behind
    ):
        assert primary.is_left_by(position, seen_at, marks) is left
