"""Creating organizations: names are unique, and the contact opens the account with a code sent by mail."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from models.identity.organizations import OrganizationKind
from models.viewers import Audience
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.network import Network
from tests.support.newcomers import CLOSED_CODE, REQUEST_RESET, RESET, Mailbox, code_in, done, sign_in, tried

FIELDS = "organization { id name kind licences { id } }"
WRITTEN = """
    SELECT (SELECT count(*) FROM insight.organization) AS organizations,
        (SELECT count(*) FROM identity.account) AS accounts,
        (SELECT count(*) FROM identity.password_reset) AS codes
"""


@pytest.fixture
def sent_mail(network: Network) -> Mailbox:
    """Yields the mails that the module's server has sent."""
    return network.mailbox


def wanted(**given: Any) -> dict[str, Any]:
    number = uuid4().hex[:8]
    asked = {"name": f"Institut {number}", "kind": "HOSPITAL", "contactEmail": f"contact-{number}@institut.example"}
    return asked | given


async def test_an_organizations_contact_chooses_a_password_and_signs_in(
    network: Network, steward: User, sent_mail: Mailbox
) -> None:
    asked = wanted(name="  Institut Curieux ", contactEmail="Contact@Curieux.example", locale="en")
    payload = await network.do(steward, "organizationCreate", FIELDS, **asked)
    organization = payload["organization"]
    assert organization | {"id": None} == {"id": None, "name": "Institut Curieux", "kind": "HOSPITAL", "licences": []}
    mail = await sent_mail.next("contact@curieux.example")
    assert mail["Subject"] == "Your organization's account at Cohorte"
    assert "Institut Curieux" in mail.get_content().splitlines()
    code = code_in(mail)
    left = await network.value("SELECT max(expires_at) - now() FROM identity.password_reset")
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
    refused = await tried(network.ask, "contact@curieux.example", "six amber lamps")
    assert [error["code"] for error in refused] == ["WRONG_CREDENTIALS"]  # there is no password yet
    chosen = {"code": code, "password": "six amber lamps"}
    assert await done(network.ask, ANYBODY, RESET, chosen) == []
    assert (await sent_mail.next("contact@curieux.example"))["Subject"] == "Your password was set"
    assert await done(network.ask, ANYBODY, RESET, chosen) == [CLOSED_CODE]
    contact = await sign_in(network.ask, "contact@curieux.example", "six amber lamps")
    assert await network.ask(contact, "{ viewer { audience organization { id } } }") == {
        "data": {"viewer": {"audience": "BUYER", "organization": {"id": organization["id"]}}}
    }


async def test_a_contact_whose_code_has_expired_requests_another(
    network: Network, steward: User, sent_mail: Mailbox
) -> None:
    asked = wanted()
    await network.do(steward, "organizationCreate", "__typename", **asked)
    first = await sent_mail.next(asked["contactEmail"])
    assert first["Subject"] == "Le compte de votre organisation sur Cohorte"  # French by default
    await network.database.execute("UPDATE identity.password_reset SET expires_at = now()")
    lapsed = {"code": code_in(first), "password": "six amber lamps"}
    assert await done(network.ask, ANYBODY, RESET, lapsed) == [CLOSED_CODE]
    assert await done(network.ask, ANYBODY, REQUEST_RESET, {"email": asked["contactEmail"]}) == []
    chosen = {"code": code_in(await sent_mail.next(asked["contactEmail"])), "password": "six amber lamps"}
    assert await done(network.ask, ANYBODY, RESET, chosen) == []
    await sign_in(network.ask, asked["contactEmail"], "six amber lamps")


NAME = ("TAKEN", "input.name")


@pytest.mark.parametrize(
    ("given", "refusals"),
    [
        ({"name": " "}, [("INVALID", "input.name")]),
        ({"name": "n" * 201}, [("TOO_LONG", "input.name")]),
        ({"name": "two\nlines"}, [("INVALID", "input.name")]),
        ({"locale": "French"}, [("INVALID", "input.locale")]),
        ({"name": "MUTUELLE DE L'EST"}, [NAME]),
        ({"name": " mutuelle de l'Est", "contactEmail": "known@people.example"}, [NAME]),
    ],
)
async def test_a_refused_request_creates_no_organization(
    network: Network, steward: User, given: dict[str, Any], refusals: list[tuple[str, str]]
) -> None:
    existing = "SELECT EXISTS (SELECT FROM insight.organization WHERE name = 'Mutuelle de l''Est')"
    if not await network.value(existing):
        mutual = await factories.organization(network.database, name="Mutuelle de l'Est", kind=OrganizationKind.MUTUAL)
        account = await factories.account(network.database, organization_id=mutual["id"])
        await factories.credential(network.database, account_id=account["id"])
        await factories.account(network.database, email="known@people.example")
    before = await network.row(WRITTEN)
    payload = await network.do(steward, "organizationCreate", FIELDS, **wanted(**given))
    errors = [(error["code"], ".".join(error["path"])) for error in payload["userErrors"]]
    assert (payload["organization"], errors) == (None, refusals)
    assert await network.row(WRITTEN) == before


@pytest.mark.parametrize("roles", [[], [StaffRole.SURVEY_MANAGER, StaffRole.MODERATOR]])
async def test_only_data_stewards_create_organizations(network: Network, roles: list[StaffRole]) -> None:
    clerk, before = await network.staff(*roles), await network.row(WRITTEN)
    answer = await network.answer(clerk, "organizationCreate", FIELDS, **wanted())
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await network.row(WRITTEN) == before
    opening = "SELECT identity.open_organization('N', 'MUTUAL', 'a@people.example', 'en', 'CODE', '1 day')"
    async with network.database.transaction():
        await network.database.execute(f"SET LOCAL ROLE {Audience.MANAGER.role}")
        await network.database.execute("SELECT set_config('cohorte.staff', $1, true)", str(clerk.id))
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only data stewards may do this"):
            async with network.database.transaction():
                await network.database.execute(opening)


USERS = """query ($id: ID!) {
  node(id: $id) { ... on Organization { name kind users { nodes { email role status joinedAt } } } }
}"""


async def test_a_steward_does_not_learn_whether_an_address_has_an_account(
    network: Network, steward: User, sent_mail: Mailbox
) -> None:
    member = await network.member()
    french = "UPDATE identity.account SET locale = 'fr-FR' WHERE member_id = $1 RETURNING email"
    address = await network.value(french, member.id)
    seen, shown = [], []
    for email in (address, f"nobody-{uuid4().hex[:8]}@people.example"):
        asked = wanted(contactEmail=email)
        payload = await network.do(steward, "organizationCreate", FIELDS, **asked)
        assert payload["userErrors"] == []
        answer = (await network.ask(steward, USERS, {"id": payload["organization"]["id"]}))["data"]["node"]
        [user] = answer["users"]["nodes"]
        assert user.pop("joinedAt") is not None
        assert (answer.pop("name"), user.pop("email")) == (asked["name"], email)
        seen.append(answer)
        # Nor by giving the organization another contact.
        again = await network.do(steward, "organizationCreate", FIELDS, **asked | wanted(name=asked["name"].upper()))
        shown.append((again["organization"]["kind"], again["userErrors"]))
        assert await network.value("SELECT count(*) FROM insight.organization WHERE lower(name) = lower($1)",
                                   asked["name"]) == 1  # fmt: skip
    assert seen == [seen[0]] * 2
    assert shown == [shown[0]] * 2
    mail = await sent_mail.next(address)
    assert (mail["Subject"], mail["Content-Language"]) == ("Vous avez un compte sur Cohorte", "fr")
    assert await network.value("SELECT count(*) FROM identity.account WHERE email = $1", address) == 1


async def test_an_organization_that_was_opened_or_has_a_licence_is_not_replaced(
    network: Network, steward: User
) -> None:
    opened, licensed = [await factories.organization(network.database, name=wanted()["name"]) for _ in range(2)]
    account = await factories.account(network.database, organization_id=opened["id"])
    await factories.credential(network.database, account_id=account["id"])
    await factories.licence(network.database, organization_id=licensed["id"])
    for organization in (opened, licensed):
        refused = await network.refused(steward, "organizationCreate", **wanted(name=organization["name"]))
        assert refused == NAME
        assert await network.value("SELECT name FROM insight.organization WHERE id = $1", organization["id"])


@pytest.mark.parametrize("shared", ["name", "contactEmail"])
async def test_concurrent_requests_with_one_name_or_address_open_one_account(
    network: Network, steward: User, shared: str
) -> None:
    asked = [wanted() for _ in range(4)]
    asked = [each | {shared: asked[0][shared]} for each in asked]
    payloads = await asyncio.gather(
        *(network.do(steward, "organizationCreate", "__typename", **each) for each in asked)
    )
    assert [payload["userErrors"] for payload in payloads] == [[]] * 4
    addresses = [each["contactEmail"] for each in asked]
    assert await network.value("SELECT count(*) FROM identity.account WHERE email = ANY ($1)", addresses) == 1
    names = [each["name"] for each in asked]
    opened = await network.value("SELECT count(*) FROM insight.organization WHERE name = ANY ($1)", names)
    assert opened == (1 if shared == "name" else 4)


async def test_a_repeated_request_creates_one_organization_and_mails_one_code(
    network: Network, steward: User, sent_mail: Mailbox
) -> None:
    asked = wanted(clientMutationId="once")
    first, again = [await network.do(steward, "organizationCreate", FIELDS, **asked) for _ in range(2)]
    assert first == again
    await sent_mail.next(asked["contactEmail"])
    assert [to for to, _ in sent_mail.all()].count(asked["contactEmail"]) == 1


@pytest.mark.parametrize("stored", ["Société de l’Été {}", "Socie\u0301te\u0301 de l’E\u0301te\u0301  {}"])
async def test_a_name_that_looks_like_another_organizations_is_taken(
    network: Network, steward: User, stored: str
) -> None:
    number = uuid4().hex[:8]
    organization = await factories.organization(network.database, name=stored.format(number))
    account = await factories.account(network.database, organization_id=organization["id"])
    await factories.credential(network.database, account_id=account["id"])
    for alike in (
        "Société de l’Été {}",
        "Socie\u0301te\u0301 de l’E\u0301te\u0301 {}",
        "Société  de l’été {}",
        "So\u200bciété de l’Été {}",
    ):
        asked = wanted(name=alike.format(number))
        assert await network.refusals(steward, "organizationCreate", **asked) == [NAME]
