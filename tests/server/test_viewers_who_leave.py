"""Queries that are on their way to the database while the viewer's account is deleted."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.callers import User
from tests.support.clusters import clone
from tests.support.eventually import becomes
from tests.support.network import Network, network_on
from tests.support.waiters import waiters

PROFILE, ACCOUNT, MEMBER = (
    f"DELETE FROM {table} WHERE {column} = $1"
    for table, column in (("care.profile", "member_id"), ("identity.account", "member_id"), ("care.member", "id"))
)
QUERIES = {
    "planned": "{ me { sex } }",
    "an alias": "{ myself: me { sex } }",
    "the last field": "{ viewer { audience } me { sex } }",
    "a field between": "{ viewer { audience } me { sex } network { communities } }",
    "a fragment": "{ ...mine } fragment mine on Query { me { sex } }",
    "one of two": "query ($no: Boolean = false) { me @include(if: $no) { sex } mine: me { sex } }",
    "executed": "{ dataUses(first: 1) { nodes { ledgerEntry { line } } } me { sex } }",  # by graphql-core
}


@pytest_asyncio.fixture(scope="module")
async def alone(template: str) -> AsyncIterator[Network]:
    """Yields a network of its own, whose profiles a test may lock."""
    async with clone(template) as dsn, network_on(dsn) as network:
        yield network


async def asked_meanwhile(network: Network, who: User, document: str, *statements: str) -> httpx.Response:
    """The response to a query that waits to read profiles while these statements about a member are committed."""
    await network.ask(who, "{ viewer { audience } }")  # from now on the session is known
    async with network.database.transaction():
        await network.database.execute("LOCK TABLE care.profile")
        asked = asyncio.create_task(network.ask.post(who, document))
        await becomes(lambda: waiters(network.database), lambda found: len(found) == 1)
        for statement in statements:
            await network.database.execute(statement, who.id)
    return await asked


@pytest.mark.parametrize("query", QUERIES)
async def test_a_viewer_who_leaves_while_they_are_read_is_no_longer_signed_in(alone: Network, query: str) -> None:
    who = await alone.member()
    response = await asked_meanwhile(alone, who, QUERIES[query], ACCOUNT, MEMBER)
    assert code_of(response) == "UNAUTHENTICATED"
    assert response.status_code == 401
    assert "data" not in response.json()


async def test_a_viewer_without_rows_whose_session_is_open_is_a_fault_and_not_null(alone: Network) -> None:
    who = await alone.member()
    response = await asked_meanwhile(alone, who, QUERIES["planned"], PROFILE)
    assert (response.status_code, code_of(response)) == (500, "INTERNAL_SERVER_ERROR")


async def test_a_null_below_that_has_the_name_of_the_viewers_field_is_an_answer(alone: Network) -> None:
    who = await alone.member()
    await alone.database.execute("UPDATE care.profile SET birth_year = NULL WHERE member_id = $1", who.id)
    for query in ("{ me { me: birthYear } }", "{ a: regions me { me: birthYear } }"):
        answer = await alone.ask(who, query)
        assert answer["data"]["me"] == {"me": None}
    answer = await alone.ask(who, "{ a: regions me { me: birthYear } b: regions }")
    assert answer["data"]["me"] == {"me": None}


def code_of(response: httpx.Response) -> Any:
    return response.json()["errors"][0]["extensions"]["code"]
