"""What PostgreSQL decides between two simultaneous uses of a second factor."""

import asyncpg
import pytest

from tests import factories


async def test_a_step_is_used_once_and_none_before_it(admin: asyncpg.Connection) -> None:
    factor = (await factories.second_factor(admin, last_step=7))["id"]
    use = "SELECT identity.use_totp($1, $2)"
    # Two requests that have both read the step 7 as the last.
    assert [await admin.fetchval(use, factor, step) for step in (8, 8, 7, 9, 8)] == [True, False, False, True, False]


async def test_a_passkeys_count_is_noted_by_the_request_that_read_the_last_one(admin: asyncpg.Connection) -> None:
    known = {"kind": "PASSKEY", "credential_id": b"id", "public_key": b"key", "sign_count": 5}
    factor = (await factories.second_factor(admin, **known))["id"]
    use = "SELECT identity.use_passkey($1, $2, $3)"
    assert [await admin.fetchval(use, factor, 5, count) for count in (6, 6, 7)] == [True, False, False]


async def test_a_sign_in_that_has_seen_no_factor_holds_the_account(fresh: str, owner: asyncpg.Connection) -> None:
    """So that the first factor is added after it, and closes its session."""
    account = (await factories.account(owner))["id"]
    other = await asyncpg.connect(fresh)
    try:
        async with owner.transaction():
            assert await owner.fetch("SELECT * FROM identity.second_factors_of($1)", account) == []
            with pytest.raises(asyncpg.LockNotAvailableError):
                await other.execute("SELECT FROM identity.account WHERE id = $1 FOR UPDATE NOWAIT", account)
        await other.execute("SELECT FROM identity.account WHERE id = $1 FOR UPDATE NOWAIT", account)
    finally:
        await other.close()
