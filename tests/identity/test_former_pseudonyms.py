"""Pseudonyms that a member has given up are reserved for them, so that nobody can pose as them."""

from typing import Any

import pytest

from resolvers.identity.accounts_rules import RESERVED_DAYS
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.network import Network
from tests.support.newcomers import NOTICE, PASSWORD, TERMS

LATER = (
    "UPDATE identity.pseudonym_look SET until = until - make_interval(days => $1, secs => $2) WHERE until IS NOT NULL"
)


async def renamed(network: Network, who: User, name: str) -> list[str]:
    payload = await network.do(who, "profileUpdate", "__typename", pseudonym=name)
    return [error["code"] for error in payload["userErrors"]]


async def registered(network: Network, name: str) -> list[str]:
    asked: dict[str, Any] = {"email": f"{abs(hash(name))}@people.example", "password": PASSWORD, "pseudonym": name}
    payload = await network.do(
        ANYBODY, "register", "__typename", kind="PATIENT", ofAge=True, noticeVersion=NOTICE, termsVersion=TERMS, **asked
    )
    return [error["code"] for error in payload["userErrors"]]


async def free_to_rename(network: Network, who: User) -> None:
    await network.database.execute("UPDATE identity.account SET renamed_at = '{}' WHERE member_id = $1", who.id)


@pytest.mark.parametrize(
    ("former", "alike"),
    [("Ottilie", "ottilie"), ("Gaspard", "G\u0430spard"), ("Illia", "lllia"), ("Zoé-Anne", "Zoe\u0301-Anne")],
)
async def test_a_former_pseudonym_is_free_for_its_holder_alone(network: Network, former: str, alike: str) -> None:
    holder, other = await network.member(), await network.member()
    assert await renamed(network, holder, former) == []
    assert await renamed(network, holder, f"{former} new") == []
    for name in (former, alike):
        assert await renamed(network, other, name) == ["TAKEN"]
        assert await registered(network, name) == ["TAKEN"]
    found = await network.ask(other, "query ($name: String!) { member(pseudonym: $name) { id } }", {"name": former})
    assert found["data"] == {"member": None}
    await free_to_rename(network, holder)
    assert await renamed(network, holder, former) == []
    assert await renamed(network, other, f"{former} new") == ["TAKEN"]  # which is now the former one


async def test_a_former_pseudonym_is_free_for_everybody_in_the_end(network: Network) -> None:
    holder, other = await network.member(), await network.member()
    for name in ("Philibert", "Philibert II"):
        assert await renamed(network, holder, name) == []
    await network.database.execute(LATER, RESERVED_DAYS, -60)
    assert await renamed(network, other, "Philibert") == ["TAKEN"]
    await network.database.execute(LATER, 0, 61)
    assert await renamed(network, other, "Philibert") == []
    # It is the other's now, and no longer the former holder's.
    await free_to_rename(network, holder)
    assert await renamed(network, holder, "Philibert") == ["TAKEN"]


async def test_the_name_before_the_former_one_stays_reserved_for_its_own_time(network: Network) -> None:
    holder, other = await network.member(), await network.member()
    for name in ("Anatole", "Anatole II"):
        assert await renamed(network, holder, name) == []
    await network.database.execute(LATER, RESERVED_DAYS - 1, 0)
    await free_to_rename(network, holder)
    assert await renamed(network, holder, "Anatole III") == []
    await network.database.execute(LATER, 1, 1)
    assert await renamed(network, other, "Anatole") == []
    assert await renamed(network, other, "Anatole II") == ["TAKEN"]


async def test_a_change_of_case_reserves_nothing_and_is_still_free(network: Network) -> None:
    holder = await network.member()
    assert await renamed(network, holder, "Balthazar") == []
    for name in ("BALTHAZAR", "balthazar", "Balthazar"):
        assert await renamed(network, holder, name) == []
    held = (
        "SELECT count(*) FROM identity.pseudonym_look WHERE member_id = $1 AND look LIKE '%th%' AND until IS NOT NULL"
    )
    assert await network.value(held, holder.id) == 0


async def test_going_back_and_forth_is_limited_like_any_change(network: Network) -> None:
    holder = await network.member()
    assert await renamed(network, holder, "Hortense") == []
    assert await renamed(network, holder, "Hortense II") == []
    assert await renamed(network, holder, "Hortense") == ["LIMIT_REACHED"]


async def test_an_erased_members_pseudonyms_are_free_and_nothing_of_them_is_kept(network: Network) -> None:
    holder, other = await network.member(), await network.member()
    for name in ("Eulalie", "Eulalie II"):
        assert await renamed(network, holder, name) == []
    account = await network.value("SELECT id FROM identity.account WHERE member_id = $1", holder.id)
    async with network.database.transaction():
        await network.database.execute("SELECT set_config('cohorte.member', $1, true)", str(holder.id))
        assert await network.value("SELECT identity.delete_account($1)", account)
    assert await network.value("SELECT count(*) FROM identity.pseudonym_look WHERE member_id = $1", holder.id) == 0
    for name in ("Eulalie", "Eulalie II"):
        assert await renamed(network, other, name) == []


async def test_expired_reservations_are_deleted(network: Network) -> None:
    holder = await network.member()
    for name in ("Clotaire", "Clotaire II"):
        assert await renamed(network, holder, name) == []
    former = "SELECT count(*) FROM identity.pseudonym_look WHERE member_id = $1 AND until IS NOT NULL"
    await network.database.execute("SELECT identity.forget_waiting()")
    assert await network.value(former, holder.id) > 0
    await network.database.execute(LATER, RESERVED_DAYS, 1)
    await network.database.execute("SELECT identity.forget_waiting()")
    assert await network.value(former, holder.id) == 0
