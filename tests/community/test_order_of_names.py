"""Lists by name, in the order in which people look names up: accents, capitals and ligatures do not decide."""

from typing import Any
from uuid import UUID

import pytest

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind, Sharing
from models.name_order import order_of_names
from tests import factories
from tests.support.client import ANYBODY
from tests.support.network import Network

ORDERED = ["CPAP", "Écho", "echos", "Œstrogène", "Öl", "oméga", "Zèbre", "zinc oral"]
SHUFFLED = ["zinc oral", "Écho", "Œstrogène", "CPAP", "Zèbre", "Öl", "oméga", "echos"]
OF_COMMUNITY = "query ($id: ID!) { node(id: $id) { ... on Community { %s } } }"


def marked(mark: str, nodes: list[dict[str, Any]], name: str = "name") -> list[str]:
    """The names of a list that end in the mark, without it."""
    return [node[name].removesuffix(mark) for node in nodes if node[name].endswith(mark)]


async def treatments(network: Network, search: str = "") -> list[dict[str, Any]]:
    """All pages of a list of treatments, of two each."""
    found: list[dict[str, Any]] = []
    document = """query ($after: Cursor, $search: String) { treatments(first: 2, after: $after, search: $search) {
        nodes { name } pageInfo { hasNextPage endCursor } } }"""
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        answer = await network.ask(ANYBODY, document, {"after": page["endCursor"], "search": search or None})
        found += answer["data"]["treatments"]["nodes"]
        page = answer["data"]["treatments"]["pageInfo"]
    return found


async def test_treatments_are_in_the_order_of_names_page_by_page(network: Network) -> None:
    mark = f" {next(factories.numbers)}x"
    for name in SHUFFLED:
        await factories.treatment(network.database, name=name + mark)
    assert marked(mark, await treatments(network)) == ORDERED
    assert marked(mark, await treatments(network, mark.strip())) == ORDERED


@pytest.mark.parametrize(
    ("table", "index"), [("catalog.treatment", "ix_treatment_named"), ("insight.organization", "ix_organization_named")]
)
async def test_long_lists_are_read_from_an_index(network: Network, table: str, index: str) -> None:
    async with network.database.transaction():
        await network.database.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        rows = await network.database.fetch(
            f"EXPLAIN SELECT * FROM {table} t ORDER BY {order_of_names('t.name')}, t.id LIMIT 20"
        )
    plan = "\n".join(row[0] for row in rows)
    assert index in plan, plan
    assert "Sort" not in plan, plan


async def test_associations_and_contacts_are_in_the_order_of_names(network: Network, community_id: UUID) -> None:
    moderator, mark = await network.staff(StaffRole.MODERATOR), f" asso {next(factories.numbers)}"
    for name in SHUFFLED:
        who = await network.member(community_id, kind=MemberKind.ASSOCIATION, pseudonym=name + mark)
        await network.do(who, "associationUpdate", "__typename", fullName=name + mark)
        given = {"member": who.graph_id, "verified": True, "reason": "Read."}
        await network.do(moderator, "associationVerify", "__typename", **given)
    of = {"id": f"com_{community_id}"}
    mia = await network.member(community_id)
    found = await network.ask(mia, OF_COMMUNITY % "associations { pseudonym } contacts { fullName }", of)
    assert marked(mark, found["data"]["node"]["associations"], "pseudonym") == ORDERED
    assert marked(mark, found["data"]["node"]["contacts"], "fullName") == ORDERED


async def test_ambassadors_are_in_the_order_of_names(network: Network, community_id: UUID) -> None:
    mark = f" {next(factories.numbers)}a"
    for name in SHUFFLED[:4]:
        who = await factories.member(network.database, pseudonym=name + mark, sharing=Sharing.ALL_MEMBERS)
        of = {"member_id": who["id"], "community_id": community_id}
        await factories.membership(network.database, role="AMBASSADOR", **of)
    found = await network.ask(
        await network.member(community_id), OF_COMMUNITY % "ambassadors { pseudonym }", {"id": f"com_{community_id}"}
    )
    there = marked(mark, found["data"]["node"]["ambassadors"], "pseudonym")
    assert there == [name for name in ORDERED if name in SHUFFLED[:4]]


async def test_ones_own_entries_are_in_the_order_of_names(network: Network) -> None:
    mia = await network.member()
    for name in SHUFFLED:
        await factories.own_treatment(network.database, member_id=mia.id, name=name)
        await factories.own_indicator(network.database, member_id=mia.id, name=name)
    me = (await network.ask(mia, "{ me { ownTreatments { name } ownIndicators { name } } }"))["data"]["me"]
    assert [[each["name"] for each in me[list]] for list in ("ownTreatments", "ownIndicators")] == [ORDERED, ORDERED]


async def test_organizations_and_staff_are_in_the_order_of_names(network: Network) -> None:
    mark = f" {next(factories.numbers)}o"
    for name in SHUFFLED:
        await factories.organization(network.database, name=name + mark)
        await factories.staff(network.database, name=name + mark)
    admin = await network.staff(StaffRole.ADMINISTRATOR, StaffRole.DATA_STEWARD)
    answer = await network.ask(
        admin, "{ organizations(first: 100) { nodes { name } } staff(first: 100) { nodes { name } } }"
    )
    for each in ("organizations", "staff"):
        assert marked(mark, answer["data"][each]["nodes"]) == ORDERED
