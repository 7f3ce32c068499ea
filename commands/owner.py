"""Runs an operator's command on the database of the settings, as its owner, and says in one sentence why it failed."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import asyncpg

from commands.cluster import Unavailable
from commands.loading.entries import NotLoaded
from commands.opened import database
from models.codecs import use_exact_days
from models.connecting import COMMAND_SECONDS, connect
from models.failures import FAILURES, reason
from models.migrations.revisions import OtherRevision, expect_current
from settings import Settings, SettingsError

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class NotDone(Exception):
    """Nothing was changed; the text says why."""


def run(work: Callable[[Connection], Awaitable[None]]) -> int:
    """Does the work in one transaction: everything or nothing. The exit status."""
    try:
        with database(Settings.from_environment(os.environ)) as dsn:
            asyncio.run(carry_out(dsn, work))
    except (SettingsError, Unavailable, OtherRevision, NotLoaded, NotDone) as error:
        print(error, file=sys.stderr)
        return 1
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidAuthorizationSpecificationError):
        print("COHORTE_DATABASE_URL must have the login of the database's owner for this command.", file=sys.stderr)
        return 1
    except FAILURES as error:
        print(f"Nothing was changed: {reason(error)}.", file=sys.stderr)
        return 1
    return 0


async def carry_out(dsn: str, work: Callable[[Connection], Awaitable[None]]) -> None:
    await expect_current(dsn)
    connection = await connect(dsn, answer_seconds=COMMAND_SECONDS)
    try:
        await use_exact_days(connection)
        async with connection.transaction():
            await work(connection)
    finally:
        await connection.close()
