"""Makes a sandbox: the graph over synthetic twins of an installation's datasets: `python -m commands.sandbox`.

Its database is its own, so that nothing of it can reach the ledger, the budgets and the members of the installation.
docs/sandbox.md describes it.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from commands.cluster import Unavailable
from commands.loading.files import read_text
from commands.opened import database
from commands.owner import Connection, NotDone, run
from commands.twins import RESPONDENTS, Description, describe, fill
from models.connecting import COMMAND_SECONDS, connect
from models.failures import FAILURES, reason
from models.identity.organizations import OrganizationKind, PurposeKind
from models.insight.undertakings import IN_FORCE
from models.logins import NoOwnerPassword, role_dsn
from models.migrations.revisions import OtherRevision, expect_current
from models.viewers import Audience
from resolvers.identity.api_keys_mutations import store_api_key
from settings import Settings, SettingsError

PURPOSE = "Writing code in the sandbox"
VALID = timedelta(days=365)


def main(arguments: Sequence[str]) -> int:
    """Does what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m commands.sandbox",
        description="Describe the datasets of an installation, draw synthetic twins of them in a database of their "
        "own, and give organizations keys to it.",
    )
    actions = parser.add_subparsers(required=True, dest="action", metavar="ACTION")
    actions.add_parser(
        "describe", help="print what is public of the datasets of COHORTE_DATABASE_URL, with the public view's rights"
    )
    filling = actions.add_parser(
        "fill", help="make the empty database of COHORTE_DATABASE_URL a sandbox, or add twins to it, as its owner"
    )
    filling.add_argument("file", type=Path, metavar="FILE", help="what `describe` has printed")
    opening = actions.add_parser(
        "key", help="open an organization in the sandbox, with licences for all datasets, and print an API key"
    )
    opening.add_argument("name", metavar="NAME", help="the organization's name")
    opening.add_argument(
        "--kind", choices=list(OrganizationKind), default=OrganizationKind.LABORATORY, help="default: %(default)s"
    )
    given = parser.parse_args(arguments)
    if given.action == "describe":
        return print_description()

    async def work(connection: Connection) -> None:
        if given.action == "fill":
            drawn = await fill(connection, read_description(given.file))
            print(f"{drawn} twins of {RESPONDENTS:,} synthetic respondents were drawn. Their server publishes them.")
        else:
            print(await open_organization(connection, given.name, OrganizationKind(given.kind)))

    return run(work)


def print_description() -> int:
    """Prints the description of the settings' datasets; the exit status."""
    try:
        settings = Settings.from_environment(os.environ)
        with database(settings) as dsn:
            login = role_dsn(dsn, Audience.PUBLIC, settings.role_key, settings.role_prefix)
            described = asyncio.run(described_at(login))
    except (SettingsError, Unavailable, OtherRevision, NoOwnerPassword) as error:
        print(error, file=sys.stderr)
        return 1
    except FAILURES as error:
        print(f"Nothing was described: {reason(error)}.", file=sys.stderr)
        return 1
    print(json.dumps(described, ensure_ascii=False))
    return 0


async def described_at(dsn: str) -> Description:
    """The description of the datasets of the database at `dsn`, which is an address of the public view's role."""
    await expect_current(dsn)
    connection = await connect(dsn, answer_seconds=COMMAND_SECONDS)
    try:
        return await describe(connection)
    finally:
        await connection.close()


def read_description(file: Path) -> Description:
    try:
        described: Description = json.loads(read_text(file, "utf-8"))
    except ValueError:
        raise NotDone(f"{file} is not a description: print one with `describe`.") from None
    return described


async def open_organization(connection: Connection, name: str, kind: OrganizationKind) -> str:
    """A new API key of the organization of this name, which is opened unless it exists, with licences for all datasets.

    Raises NotDone if the database is not a sandbox.
    """
    if not await connection.fetchval("SELECT insight.is_sandbox()"):
        raise NotDone("This is not a sandbox: organizations get their keys from the graph.")
    await connection.execute(
        "INSERT INTO insight.organization (name, kind) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, kind.value
    )
    organization: UUID = await connection.fetchval(
        "SELECT id FROM insight.organization WHERE lower(name) = lower($1)", name
    )
    # Granted at once, as every request in a sandbox.
    await connection.execute(
        """
        INSERT INTO insight.licence
            (organization_id, community_id, purpose, purpose_kind, undertakings, starts_on, ends_on, status)
        SELECT $1, c.id, $2, $3, $4, catalog.today(), catalog.today() + $5::integer, 'REQUESTED'
        FROM (SELECT DISTINCT community_id AS id FROM insight.dataset) c
        WHERE NOT EXISTS (
            SELECT FROM insight.licence l WHERE l.organization_id = $1 AND l.community_id = c.id
                AND l.status = 'GRANTED' AND l.ends_on >= catalog.today() + $5::integer)
        """,
        organization, PURPOSE, PurposeKind.SCIENTIFIC_RESEARCH.value, IN_FORCE, VALID.days,
    )  # fmt: skip
    return (await store_api_key(connection, organization, "Sandbox", datetime.now(UTC) + VALID)).text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
