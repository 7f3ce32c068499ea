"""Associations: names that register, their pages and who reads them, and what their verification stands for."""

import asyncio
import itertools
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind
from models.migrations import run
from resolvers.identity.associations_rules import ADDRESS_LENGTH, DESCRIPTION_LENGTH, FULL_NAME_LENGTHS
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.declared import empty
from tests.support.network import Network
from tests.support.newcomers import NOTICE, PASSWORD, TERMS

NAMES = [  # of associations that exist, with every sign that such names have
    "Association François Aupetit (AFA)",
    "AFDER",
    "Association Française des Sclérosés en Plaques (AFSEP)",
    "A.F.S.E.P.",
    "Association nationale de défense contre l'arthrite rhumatoïde (ANDAR)",
    "Association pour l’Information et la Recherche sur le Syndrome SAPHO",
    "Association Française contre les Myopathies – Téléthon",
    "France Parkinson",
    "Fibromyalgie SOS & Cie : l'« entraide »",
    "Cœur-Poumon n° 1, Œuvre d'Alsace",
    "Vivre 100 % avec/malgré la SEP !",
]
PAGE = "id fullName website email phone postalAddress description descriptions { language text }"
numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="module")
async def moderator(network: Network) -> User:
    """Yields a signed-in moderator."""
    return await network.staff(StaffRole.MODERATOR)


@pytest_asyncio.fixture
async def association(network: Network, community_id: UUID) -> User:
    """Yields a signed-in association of the test's community, not verified."""
    return await network.member(community_id, kind=MemberKind.ASSOCIATION)


async def verify(network: Network, moderator: User, who: User, *, verified: bool = True, reason: str = "Read.") -> None:
    payload = await network.do(
        moderator, "associationVerify", "member { verified }", member=who.graph_id, verified=verified, reason=reason
    )
    assert payload == {"member": {"verified": verified}, "userErrors": []}


async def page(network: Network, who: User, by: Any, fields: str = PAGE) -> Any:
    """An association's page, as a caller finds it by its id."""
    answer = await network.ask(by, f'{{ node(id: "asn_{who.id}") {{ ... on Association {{ {fields} }} }} }}')
    return answer["data"]["node"]


async def contacts(network: Network, community: UUID, by: Any) -> list[str]:
    answer = await network.ask(by, f'{{ node(id: "com_{community}") {{ ... on Community {{ contacts {{ id }} }} }} }}')
    return [each["id"] for each in answer["data"]["node"]["contacts"]]


async def is_verified(network: Network, who: User) -> bool:
    return bool(await network.value("SELECT verified FROM care.member WHERE id = $1", who.id))


@pytest.mark.parametrize("name", NAMES)
async def test_associations_register_under_their_names(network: Network, name: str) -> None:
    given = {
        "email": f"association-{next(numbers)}@people.example", "password": PASSWORD, "pseudonym": name,
        "kind": "ASSOCIATION", "noticeVersion": NOTICE, "termsVersion": TERMS,
    }  # fmt: skip
    assert await network.refusals(ANYBODY, "register", **given) == []


async def test_an_association_has_a_page_under_its_name_and_a_person_has_none(
    network: Network, association: User
) -> None:
    fields = "... on Member { association { fullName website descriptions { text } verifications { verified } } }"
    answer = await network.ask(association, f'{{ node(id: "{association.graph_id}") {{ {fields} }} }}')
    assert answer["data"]["node"]["association"] == {
        "fullName": association.name, "website": None, "descriptions": [], "verifications": [],
    }  # fmt: skip
    for kind in (MemberKind.PATIENT, MemberKind.RELATIVE):
        person = await network.member(kind=kind)
        answer = await network.ask(person, f'{{ node(id: "{person.graph_id}") {{ {fields} }} }}')
        assert answer["data"]["node"] == {"association": None}
        assert ("NOT_ELIGIBLE", "input") in await network.refusals(person, "associationUpdate", phone="3114")
        assert await page(network, person, person) is None


async def test_an_association_changes_its_page(network: Network, association: User, ada: User) -> None:
    given: dict[str, Any] = {
        "fullName": "  Association  Française des Sclérosés en\u00a0Plaques ",
        "website": "https://www.afsep.fr/contact?x=1",
        "email": "Contact@AFSEP.example", "phone": "+33\u00a01 (0) 42-00.40/40",
        "postalAddress": "2 rue Farman\r\n31700 Blagnac",
        "descriptions": [{"language": "FR", "text": "Nous aidons."}, {"language": "EN", "text": "We help."}],
    }  # fmt: skip
    assert await network.refusals(association, "associationUpdate", **given) == []
    expected: dict[str, Any] = {
        "id": f"asn_{association.id}",
        "fullName": "Association Française des Sclérosés en Plaques",
        "website": "https://www.afsep.fr/contact?x=1",
        "email": "contact@afsep.example",
        "phone": "+33 1 (0) 42-00.40/40",
        "postalAddress": "2 rue Farman\n31700 Blagnac",
        "description": "We help.",
        "descriptions": [{"language": "EN", "text": "We help."}, {"language": "FR", "text": "Nous aidons."}],
    }
    assert await page(network, association, ada) == expected
    assert await network.refusals(association, "associationUpdate") == []
    assert await page(network, association, ada) == expected
    french = [{"language": "FR", "text": "Nous aidons."}]
    assert await network.refusals(association, "associationUpdate", descriptions=french, website=None, phone=" ") == []
    expected |= {"description": "Nous aidons.", "descriptions": french, "website": None, "phone": None}
    assert await page(network, association, ada) == expected
    cleared: dict[str, Any] = dict.fromkeys(("email", "postalAddress", "descriptions"))
    assert await network.refusals(association, "associationUpdate", **cleared) == []
    expected |= cleared | {"description": None, "descriptions": []}
    assert await page(network, association, ada) == expected


WRONG: list[tuple[str, Any, str]] = [
    *(("website", url, "INVALID") for url in (
        "http://afa.org", "afa.org", "https://localhost", "https://10.0.0.1", "javascript:alert(1)", "https://a b.org",
        "https://u:p@afa.org", "https://afa.org:8443", "https://afa.example/\u202e", "https://", "https://afa.org\n",
    ) if url.strip() == url),
    ("website", "https://afa.org/" + "a" * 500, "TOO_LONG"),
    *(("phone", phone, "INVALID") for phone in (
        "12", "1" * 16, "call me", "+", "01 02 03 04 05 ext. 6", "0 1\u200c2 3", "++33 1",
    )),
    ("phone", "1 " * 40, "TOO_LONG"),
    *(("email", address, "INVALID") for address in ("afa", "é@afa.org", "a b@afa.org")),
    *(("fullName", name, "INVALID") for name in ("", "AF", " \u200b ", "123", "A\u202eFA", "Cohorte", "Équipe",
                                                 "One\nTwo", None)),
    ("fullName", "a" * (FULL_NAME_LENGTHS[1] + 1), "TOO_LONG"),
    ("fullName", "\ufb03" * (FULL_NAME_LENGTHS[1] // 2), "TOO_LONG"),  # three letters once it is normalized
    ("postalAddress", "a" * (ADDRESS_LENGTH + 1), "TOO_LONG"),
    ("postalAddress", "1 rue\u202e Farman", "INVALID"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "code"), WRONG)
async def test_contacts_that_cannot_be_right_are_refused(
    network: Network, association: User, field: str, value: Any, code: str
) -> None:
    before = await page(network, association, association)
    refused = await network.refusals(association, "associationUpdate", **{field: value})
    assert refused == [(code, f"input.{field}")]
    assert await page(network, association, association) == before


async def test_the_longest_texts_are_stored(network: Network, association: User) -> None:
    given = {
        "fullName": "é" * FULL_NAME_LENGTHS[1], "phone": "3114", "postalAddress": "é" * ADDRESS_LENGTH,
        "descriptions": [{"language": "EN", "text": "é" * DESCRIPTION_LENGTH}],
    }  # fmt: skip
    assert await network.refusals(association, "associationUpdate", **given) == []


async def test_visitors_find_verified_associations_where_they_are_and_nobody_else(
    network: Network, community_id: UUID, association: User, ada: User, moderator: User
) -> None:
    here = f"asn_{association.id}"
    steward = await network.staff(StaffRole.DATA_STEWARD)
    everybody = (ANYBODY, ada, moderator, steward)

    async def found() -> list[bool]:
        listed = [await contacts(network, community_id, by) for by in everybody]
        assert all(each in ([], [here]) for each in listed)
        known = [await page(network, association, by) is not None for by in everybody]
        assert known[1:] == [True] * 3  # members and staff know of every association
        return [bool(each) for each in listed] + known[:1]

    assert await found() == [False] * 5
    await verify(network, moderator, association)
    assert await found() == [True] * 5
    other = (await factories.community(network.database))["id"]
    await network.do(association, "communityJoin", "__typename", community=f"com_{other}")
    assert await contacts(network, other, ANYBODY) == [here]
    await network.do(association, "communityLeave", "__typename", community=f"com_{community_id}")
    assert await contacts(network, community_id, ANYBODY) == []
    await verify(network, moderator, association, verified=False)
    assert await contacts(network, other, ANYBODY) == []
    assert await page(network, association, ANYBODY) is None
    await verify(network, moderator, association)
    assert await contacts(network, other, ANYBODY) == [here]
    await network.database.execute("DELETE FROM care.member WHERE id = $1", association.id)
    assert await contacts(network, other, ANYBODY) == []


async def test_buyers_read_no_association(network: Network, laboratory_user: User, association: User) -> None:
    answer = await network.ask(laboratory_user, f'{{ node(id: "asn_{association.id}") {{ id }} }}')
    assert answer["data"]["node"] is None


async def test_contacts_are_in_the_order_of_their_names(network: Network, community_id: UUID, moderator: User) -> None:
    made = [await network.member(community_id, kind=MemberKind.ASSOCIATION) for _ in range(3)]
    for who, name in zip(made, ("Cystic", "asthma", "Breath"), strict=True):
        await network.do(who, "associationUpdate", "__typename", fullName=name)
        await verify(network, moderator, who)
    assert await contacts(network, community_id, ANYBODY) == [f"asn_{made[n].id}" for n in (1, 2, 0)]


@pytest.mark.parametrize("change", ["pseudonym", "fullName"])
async def test_a_verified_association_that_changes_its_name_is_no_longer_verified(
    network: Network, community_id: UUID, association: User, moderator: User, change: str
) -> None:
    fields = "verifications { verified fullName reason decidedBy }"
    await verify(network, moderator, association, reason="  Statutes read. ")
    new = f"Other {uuid4()}"[: 29 if change == "pseudonym" else 40]
    mutation = "profileUpdate" if change == "pseudonym" else "associationUpdate"
    # The same name, and everything else, change nothing.
    same = association.name
    for name, given in (
        (mutation, {change: same}),
        ("associationUpdate", {"website": "https://afa.org", "phone": "3114"}),
    ):
        assert await network.refusals(association, name, **given) == []
    assert await is_verified(network, association)
    assert await network.refusals(association, mutation, **{change: new}) == []
    assert not await is_verified(network, association)
    assert await contacts(network, community_id, ANYBODY) == []
    of_staff = {"verified": True, "fullName": same, "reason": "Statutes read.", "decidedBy": moderator.name}
    ended = {"verified": False, "fullName": new if change == "fullName" else same, "reason": None, "decidedBy": None}
    assert (await page(network, association, moderator, fields))["verifications"] == [ended, of_staff]
    # A change of one that is not verified is nothing to record.
    assert await network.refusals(association, "associationUpdate", fullName=f"{new} again") == []
    await verify(network, moderator, association, reason="Called them.")
    history = (await page(network, association, moderator, fields))["verifications"]
    assert [(each["verified"], each["reason"]) for each in history] == [
        (True, "Called them."), (False, None), (True, "Statutes read."),
    ]  # fmt: skip


async def test_the_history_is_for_moderators_and_the_association(
    network: Network, association: User, ada: User, moderator: User
) -> None:
    fields = "verifications { id reason }"
    await verify(network, moderator, association, reason="Statutes read.")
    for by, is_seen in (
        (moderator, True),
        (association, True),
        (ada, False),
        (await network.staff(StaffRole.DATA_STEWARD, StaffRole.ADMINISTRATOR), False),
        (await network.member(kind=MemberKind.ASSOCIATION), False),
    ):
        found = (await page(network, association, by, fields))["verifications"]
        assert [each["reason"] for each in found] == (["Statutes read."] if is_seen else [])
    document = f'{{ node(id: "asn_{association.id}") {{ ... on Association {{ verifications {{ decidedBy }} }} }} }}'
    answer = await network.ask(association, document)
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"  # staff are named to staff


@pytest.mark.parametrize(("reason", "code"), [("", "INVALID"), (" \u200b\n", "INVALID"), ("w" * 1_001, "TOO_LONG")])
@pytest.mark.parametrize("verified", [True, False])
async def test_a_verification_needs_a_reason(
    network: Network, association: User, moderator: User, reason: str, code: str, *, verified: bool
) -> None:
    given = {"member": association.graph_id, "verified": verified, "reason": reason}
    assert await network.refusals(moderator, "associationVerify", **given) == [(code, "input.reason")]
    assert not await is_verified(network, association)
    assert await network.count("care.verification", member_id=association.id) == 0


async def test_a_verification_outlives_its_moderator_without_their_name(network: Network, association: User) -> None:
    leaving, staying = [await network.staff(StaffRole.MODERATOR) for _ in range(2)]
    await verify(network, leaving, association)
    await network.database.execute("DELETE FROM identity.staff WHERE id = $1", leaving.id)
    found = await page(network, association, staying, "verifications { reason decidedBy }")
    assert found["verifications"] == [{"reason": "Read.", "decidedBy": None}]
    assert await is_verified(network, association)


async def test_a_rename_and_a_verification_at_once_leave_no_name_verified_unseen(
    network: Network, moderator: User
) -> None:
    for _ in range(5):
        who = await network.member(kind=MemberKind.ASSOCIATION)
        new = f"Other {uuid4()}"
        await asyncio.gather(
            network.do(who, "associationUpdate", "__typename", fullName=new),
            network.do(
                moderator, "associationVerify", "__typename", member=who.graph_id, verified=True, reason="Read."
            ),
        )
        latest = await network.row(
            "SELECT verified, full_name FROM care.verification WHERE member_id = $1"
            " ORDER BY created_at DESC, id DESC LIMIT 1",
            who.id,
        )
        # Either the new name was there to be read, or the change has ended the verification.
        assert await is_verified(network, who) == latest["verified"]
        assert latest["full_name"] == new


@pytest.mark.slow
async def test_associations_of_before_have_pages_where_they_are_verified(server: str) -> None:
    async with empty(server) as dsn:
        await run.upgrade(dsn, "0048")
        connection = await asyncpg.connect(dsn)
        try:
            community = (await factories.community(connection))["id"]
            made = {}
            for kind, verified in (("ASSOCIATION", True), ("ASSOCIATION", False), ("PATIENT", False)):
                member = await factories.member(connection, kind=kind, verified=verified)
                await factories.membership(connection, member_id=member["id"], community_id=community)
                if kind == "ASSOCIATION":
                    made[member["id"]] = (member["pseudonym"], [community] if verified else [])
            await run.upgrade(dsn)
            rows = await connection.fetch("SELECT * FROM catalog.association")
        finally:
            await connection.close()
    assert {row["member_id"]: (row["full_name"], row["community_ids"]) for row in rows} == made
