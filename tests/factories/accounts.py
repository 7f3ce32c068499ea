"""Factories of accounts and sessions."""

from datetime import timedelta
from typing import Any

import asyncpg

from models.identity import accounts, data_exports
from tests.factories.members import member
from tests.factories.rows import NOON, Connection, digest, fake, numbers


async def staff(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, accounts.Staff, given, name="Camille", roles=list(accounts.StaffRole))


async def account(connection: Connection, **given: Any) -> asyncpg.Record:
    """An account, of a member unless an organization or staff is given."""
    whose = {"member_id": member} if not {"organization_id", "staff_id"} & set(given) else {}
    # The server does not speak its language, so what a request says decides; without that, it is English.
    email, locale = f"account-{next(numbers)}@example.org", "nl-NL"
    return await fake(connection, accounts.Account, given, whose, email=email, locale=locale)


async def credential(connection: Connection, **given: Any) -> asyncpg.Record:
    """A credential that no password matches."""
    return await fake(connection, accounts.Credential, given, {"account_id": account}, password_hash="none")


async def data_export(connection: Connection, **given: Any) -> asyncpg.Record:
    """An address whose token nobody has."""
    parents = {"account_id": account, "session_id": session}
    token, expires = digest(f"export {next(numbers)}"), NOON + timedelta(days=3650)
    return await fake(
        connection, data_exports.DataExport, given, parents, token_hash=token, format="JSON", expires_at=expires
    )


async def session(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"account_id": account}
    token = digest(f"token {next(numbers)}")
    expires = NOON + timedelta(days=3650)
    return await fake(connection, accounts.Session, given, parents, token_hash=token, expires_at=expires)
