"""Factories of accounts and sessions."""

from datetime import timedelta
from typing import Any

import asyncpg

from models.identity import accounts, data_exports, organization_users, second_factors
from models.identity import staff as staff_tables
from tests.factories.members import member
from tests.factories.organizations import organization
from tests.factories.rows import NOON, Connection, digest, fake, numbers


async def staff(connection: Connection, **given: Any) -> asyncpg.Record:
    """Staff with every role in force, as if they had a second factor."""
    roles = list(accounts.StaffRole)
    return await fake(connection, accounts.Staff, given, name="Camille", roles=roles, has_second_factor=True)


async def staff_change(connection: Connection, **given: Any) -> asyncpg.Record:
    of = {"staff_id": staff}
    return await fake(
        connection, staff_tables.StaffChange, given, of, kind=staff_tables.StaffChangeKind.CREATED, roles=["MODERATOR"]
    )


async def account(connection: Connection, **given: Any) -> asyncpg.Record:
    """An account, of a member unless an organization or staff is given: an organization's is an administrator's."""
    if given.get("organization_id") is not None and "organization_user_id" not in given:
        given.setdefault("email", f"account-{next(numbers)}@example.org")
        user = await organization_user(
            connection,
            organization_id=given["organization_id"],
            email=given["email"],
            role=given.pop("role", organization_users.UserRole.ADMINISTRATOR),
            demonstration=given.get("demonstration", False),
        )
        given["organization_user_id"] = user["id"]
    whose = {"member_id": member} if not {"organization_id", "staff_id"} & set(given) else {}
    # The server does not speak its language, so what a request says decides; without that, it is English.
    email, locale = f"account-{next(numbers)}@example.org", "nl-NL"
    return await fake(connection, accounts.Account, given, whose, email=email, locale=locale)


async def organization_user(connection: Connection, **given: Any) -> asyncpg.Record:
    """A user who has joined, unless `code_hash`, `locale`, `expires_at` and a `joined_at` of None are given."""
    role = organization_users.UserRole.ADMINISTRATOR
    email = f"user-{next(numbers)}@example.org"
    given = {"joined_at": NOON} | given
    return await fake(
        connection,
        organization_users.OrganizationUser,
        given,
        {"organization_id": organization},
        email=email,
        role=role,
    )


async def release_requester(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, organization_users.ReleaseRequester, given, name="analyst@lab.example")


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


async def second_factor(connection: Connection, **given: Any) -> asyncpg.Record:
    """An authenticator app, unless another kind is given with what verifies it."""
    of = {"account_id": account}
    app = {} if "kind" in given else {"kind": "TOTP", "secret": b"\x00JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "last_step": 0}
    return await fake(connection, second_factors.SecondFactor, given | app, of, name="Phone")


async def recovery_code(connection: Connection, **given: Any) -> asyncpg.Record:
    of = {"account_id": account}
    return await fake(connection, second_factors.RecoveryCode, given, of, code_hash=digest(f"code {next(numbers)}"))


async def second_factor_challenge(connection: Connection, **given: Any) -> asyncpg.Record:
    of, token, expires = {"account_id": account}, digest(f"challenge {next(numbers)}"), NOON + timedelta(days=3650)
    row = second_factors.SecondFactorChallenge
    return await fake(connection, row, given, of, token_hash=token, purpose="SIGN_IN", expires_at=expires)


async def session(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"account_id": account}
    token = digest(f"token {next(numbers)}")
    expires = NOON + timedelta(days=3650)
    return await fake(connection, accounts.Session, given, parents, token_hash=token, expires_at=expires)
