"""Users of organizations: invitations, roles, removal and leaving, and what another organization sees of it."""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from models.identity.organization_users import UserRole
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY, Ask, Caller
from tests.support.eventually import becomes
from tests.support.network import Network
from tests.support.newcomers import PASSWORD, code_in
from tests.support.subscribers import socket

USERS = "{ organization { users(first: 20) { nodes { id email role status isViewer joinedAt expiresAt } } } }"
JOIN = "mutation ($input: OrganizationJoinInput!) { organizationJoin(input: $input) { userErrors { code path } } }"
SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code } } }"
CODE = [{"code": "INVALID", "path": ["input", "code"]}]


def address() -> str:
    return f"{uuid4().hex[:12]}@lab.example"


async def colleague(network: Network, user: User, role: UserRole, **given: Any) -> User:
    """Another signed-in user of an organization."""
    of = {"organization_id": user.id, "email_verified": True, "role": role}
    return await network.signed_in(user.name, user.id, **of | given)


async def users(network: Network, who: Caller) -> dict[str, dict[str, Any]]:
    """The users of the caller's organization, by address."""
    answer = await network.ask(who, USERS)
    assert "errors" not in answer, answer["errors"]
    return {user["email"]: user for user in answer["data"]["organization"]["users"]["nodes"]}


async def id_of(network: Network, who: Caller) -> str:
    """The caller's own id as a user."""
    [found] = [user["id"] for user in (await users(network, who)).values() if user["isViewer"]]
    return str(found)


async def invited(network: Network, admin: Caller, role: str = "ANALYST", to: str = "") -> tuple[str, str]:
    """An invited person's email address and their code."""
    to = to or address()
    given = {"email": to, "role": role, "locale": "en"}
    payload = await network.do(admin, "organizationUserInvite", "organizationUser { email role status }", **given)
    assert payload == {"organizationUser": {"email": to, "role": role, "status": "INVITED"}, "userErrors": []}
    return to, code_in(await network.mailbox.next(to))


async def join(ask: Ask, code: str, password: str = PASSWORD) -> list[dict[str, Any]]:
    """The refusals of accepting an invitation."""
    answer = await ask(ANYBODY, JOIN, {"input": {"code": code, "password": password}})
    assert "errors" not in answer, answer["errors"]
    return list(answer["data"]["organizationJoin"]["userErrors"])


async def sign_in(ask: Ask, email: str, password: str = PASSWORD) -> str | None:
    """The token of a new session; None if it is refused."""
    answer = await ask(ANYBODY, SIGN_IN, {"input": {"email": email, "password": password}})
    token: str | None = answer["data"]["signIn"]["token"]
    return token


async def is_forbidden(network: Network, who: Caller, mutation: str, **given: Any) -> bool:
    answer = await network.answer(who, mutation, "", **given)
    return [(error["extensions"]["code"], error["path"]) for error in answer.get("errors", [])] == [
        ("FORBIDDEN", [mutation])
    ]


async def test_an_invited_person_joins_with_the_code_and_signs_in(network: Network, laboratory_user: User) -> None:
    email, code = await invited(network, laboratory_user)
    assert await sign_in(network.ask, email) is None
    assert await join(network.ask, code.lower(), "short") == [{"code": "INVALID", "path": ["input", "password"]}]
    assert await join(network.ask, code.lower()) == []
    token = await sign_in(network.ask, email)
    assert token is not None
    query = "{ viewer { audience organization { name } organizationUser { email role status lastSignedInOn } } }"
    today = await network.value("SELECT catalog.today()")
    user = {"email": email, "role": "ANALYST", "status": "ACTIVE", "lastSignedInOn": str(today)}
    assert (await network.ask(Caller("new", token), query))["data"]["viewer"] == {
        "audience": "BUYER", "organization": {"name": laboratory_user.name}, "organizationUser": user,
    }  # fmt: skip
    assert await join(network.ask, code) == CODE
    locale = await network.value("SELECT locale FROM identity.account WHERE email = $1", email)
    assert locale == "en"


async def test_an_invitation_can_be_repeated_cancelled_and_expires(network: Network, laboratory_user: User) -> None:
    email, first = await invited(network, laboratory_user)
    _, second = await invited(network, laboratory_user, "READER", to=email)
    listed = (await users(network, laboratory_user))[email]
    assert (listed["role"], listed["status"]) == ("READER", "INVITED")
    assert await join(network.ask, first) == CODE
    await network.do(laboratory_user, "organizationUserRemove", "userId", user=listed["id"])
    assert email not in await users(network, laboratory_user)
    assert await join(network.ask, second) == CODE
    email, late = await invited(network, laboratory_user)
    await network.database.execute(
        "UPDATE insight.organization_user SET expires_at = now() - interval '1 second' WHERE email = $1", email
    )
    assert await join(network.ask, late) == CODE
    assert email not in await users(network, laboratory_user)
    await network.database.execute("SELECT identity.forget_waiting()")
    assert await network.count("insight.organization_user", email=email) == 0
    assert await network.count("identity.account", email=email) == 0


async def test_of_two_uses_of_a_code_at_once_one_opens_the_account(network: Network, laboratory_user: User) -> None:
    email, code = await invited(network, laboratory_user)
    results = await asyncio.gather(*(join(network.ask, code, f"{PASSWORD} {n}") for n in range(3)))
    assert sorted(map(len, results)) == [0, 1, 1]
    assert [refused for refused in results if refused] == [CODE, CODE]
    assert await network.count("identity.account", email=email) == 1
    signed_in = [await sign_in(network.ask, email, f"{PASSWORD} {n}") for n in range(3)]
    assert [token is not None for token in signed_in] == [refused == [] for refused in results]


async def test_an_invitation_does_not_tell_that_an_address_has_an_account(
    network: Network, laboratory_user: User
) -> None:
    taken = address()
    await factories.account(network.database, email=taken, locale="en", email_verified=True)
    fields = "organizationUser { role status joinedAt lastSignedInOn } userErrors { code }"
    answers = [
        await network.do(laboratory_user, "organizationUserInvite", fields, email=email, role="READER", locale="en")
        for email in (taken, address())
    ]
    assert answers[0] == answers[1]
    mail = await network.mailbox.next(taken)
    assert laboratory_user.name in mail.get_content()
    with pytest.raises(AssertionError):  # no code, which its owner could not use
        code_in(mail)
    listed = await users(network, laboratory_user)
    assert {listed[taken][name] for name in ("status", "joinedAt")} == {"INVITED", None}
    assert await network.count("identity.account", email=taken) == 1


async def test_an_account_opened_meanwhile_makes_the_code_void(network: Network, laboratory_user: User) -> None:
    email, code = await invited(network, laboratory_user)
    await factories.account(network.database, email=email)
    assert await join(network.ask, code) == CODE
    assert await network.count("identity.account", email=email) == 1


async def test_a_colleagues_address_is_refused(network: Network, laboratory_user: User) -> None:
    email, code = await invited(network, laboratory_user)
    assert await join(network.ask, code) == []
    refused = await network.refused(laboratory_user, "organizationUserInvite", email=email, role="READER")
    assert refused == ("TAKEN", "input.email")
    other = await network.buyer()
    assert await network.refusals(other, "organizationUserInvite", email=email, role="READER") == []


async def test_an_organization_has_a_limited_number_of_users(network: Network, laboratory_user: User) -> None:
    for _ in range(99):
        await factories.organization_user(network.database, organization_id=laboratory_user.id)
    refused = await network.refused(laboratory_user, "organizationUserInvite", email=address(), role="READER")
    assert refused == ("LIMIT_REACHED", "input")


async def test_a_role_changes_at_once(network: Network, laboratory_user: User) -> None:
    reader = await colleague(network, laboratory_user, UserRole.READER)
    key = {"name": "Reporting", "expiresAt": f"{await network.tomorrow()}T12:00:00Z"}
    assert await is_forbidden(network, reader, "apiKeyCreate", **key)
    user = await id_of(network, reader)
    fields = "organizationUser { role }"
    changed = await network.do(laboratory_user, "organizationUserUpdate", fields, user=user, role="ADMINISTRATOR")
    assert changed == {"organizationUser": {"role": "ADMINISTRATOR"}, "userErrors": []}
    create = partial(network.answer, reader, "apiKeyCreate", "", **key)
    answer = await becomes(create, lambda found: "errors" not in found)
    assert answer["data"]["apiKeyCreate"]["userErrors"] == []


async def test_the_only_administrator_stays(network: Network, laboratory_user: User) -> None:
    own = await id_of(network, laboratory_user)
    await colleague(network, laboratory_user, UserRole.ANALYST)
    await invited(network, laboratory_user, "ADMINISTRATOR")  # who may never accept
    refused = await network.refused(laboratory_user, "organizationUserUpdate", user=own, role="READER")
    assert refused == ("NOT_ELIGIBLE", "input.role")
    refused = await network.refused(laboratory_user, "organizationUserRemove", user=own)
    assert refused == ("NOT_ELIGIBLE", "input.user")
    assert (await users(network, laboratory_user))[await email_of(network, own)]["role"] == "ADMINISTRATOR"


async def email_of(network: Network, user: str) -> str:
    email: str = await network.value("SELECT email FROM insight.organization_user WHERE id = $1", UUID(user[4:]))
    return email


@pytest.mark.parametrize("mutation", ["organizationUserUpdate", "organizationUserRemove"])
async def test_two_administrators_cannot_end_one_another_at_once(network: Network, mutation: str) -> None:
    given = {"role": "READER"} if mutation == "organizationUserUpdate" else {}
    for _ in range(5):
        one = await network.buyer()
        two = await colleague(network, one, UserRole.ADMINISTRATOR)
        ids = [await id_of(network, who) for who in (one, two)]
        await asyncio.gather(
            network.answer(one, mutation, "", user=ids[1], **given),
            network.answer(two, mutation, "", user=ids[0], **given),
        )
        left = await network.count("insight.organization_user", organization_id=one.id, role="ADMINISTRATOR")
        assert left == 1


async def test_removal_ends_sessions_and_streams_and_keeps_what_is_the_organizations(
    network: Network, laboratory_user: User
) -> None:
    email, code = await invited(network, laboratory_user, "ADMINISTRATOR")
    assert await join(network.ask, code) == []
    token = await sign_in(network.ask, email)
    assert token is not None
    leaver = Caller("leaver", token)
    key = {"name": "Reporting", "expiresAt": f"{await network.tomorrow()}T12:00:00Z"}
    await network.do(leaver, "apiKeyCreate", "secret", **key)
    account = await network.value("SELECT id FROM identity.account WHERE email = $1", email)
    await factories.second_factor(network.database, account_id=account)
    user = await id_of(network, leaver)
    async with socket(network.ask, leaver) as stream:
        await stream.subscribe("1", "subscription { insightPublished { id } }")
        removed = await network.do(laboratory_user, "organizationUserRemove", "userId", user=user)
        assert removed == {"userId": user, "userErrors": []}
        assert await stream.closed() == (4403, "Forbidden")
    answer = await network.ask(leaver, "{ viewer { audience } }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    assert await sign_in(network.ask, email) is None
    for table, column in (("account", "id"), ("session", "account_id"), ("second_factor", "account_id")):
        assert await network.count(f"identity.{table}", **{column: account}) == 0
    assert email not in await users(network, laboratory_user)
    assert await network.count("insight.api_key", organization_id=laboratory_user.id) == 1
    await network.mailbox.next(email)  # about the removal: the invitation was read
    again, _ = await invited(network, laboratory_user, to=email)
    assert again == email


async def test_a_user_leaves_with_their_password(network: Network, laboratory_user: User) -> None:
    email, code = await invited(network, laboratory_user, "READER")
    assert await join(network.ask, code) == []
    token = await sign_in(network.ask, email)
    assert token is not None
    leaver = Caller("leaver", token)
    refused = await network.refused(leaver, "organizationLeave", password="no lamps at all")
    assert refused == ("WRONG_CREDENTIALS", "input.password")
    left = await network.do(leaver, "organizationLeave", "query { organization { name } }", password=PASSWORD)
    assert left == {"query": None, "userErrors": []}
    assert await network.count("identity.account", email=email) == 0
    assert email not in await users(network, laboratory_user)


async def test_a_role_that_was_given_up_does_not_last_for_the_document(network: Network, laboratory_user: User) -> None:
    admin = await colleague(network, laboratory_user, UserRole.ADMINISTRATOR)
    user, before = await id_of(network, admin), await network.count("insight.api_key")
    document = f"""mutation {{
        a: organizationUserUpdate(input: {{user: "{user}", role: READER}}) {{ userErrors {{ code }} }}
        b: apiKeyCreate(input: {{name: "Late", expiresAt: "{await network.tomorrow()}T12:00:00Z"}}) {{
          userErrors {{ code }}
        }}
        c: organizationUserRemove(input: {{user: "{user}"}}) {{ userErrors {{ code }} }}
    }}"""
    answer = await network.ask(admin, document)
    assert answer["data"] == {"a": {"userErrors": []}, "b": None, "c": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN", "FORBIDDEN"]
    assert await network.count("insight.api_key") == before


async def test_a_role_that_is_missing_is_named_in_french(network: Network, laboratory_user: User) -> None:
    reader = await colleague(network, laboratory_user, UserRole.READER)
    document = """mutation @inContext(language: FR) {
        webhookTest(input: {webhook: "whk_00000000-0000-4000-8000-000000000000"}) { userErrors { code } }
    }"""
    [error] = (await network.ask(reader, document))["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN", "role": "ADMINISTRATOR"}
    assert "administration" in error["message"]
    assert "ADMINISTRATOR" not in error["message"]


async def test_the_only_administrator_cannot_leave(network: Network, laboratory_user: User) -> None:
    email, code = await invited(network, laboratory_user, "ADMINISTRATOR")
    assert await join(network.ask, code) == []
    token = await sign_in(network.ask, email)
    assert token is not None
    admin = Caller("administrator", token)
    own = await id_of(network, laboratory_user)
    assert await network.refusals(admin, "organizationUserRemove", user=own) == []
    assert await network.refused(admin, "organizationLeave", password=PASSWORD) == ("NOT_ELIGIBLE", "input")
    assert await network.count("identity.account", email=email) == 1


async def test_another_organization_neither_sees_nor_changes_a_user(network: Network, laboratory_user: User) -> None:
    reader = await colleague(network, laboratory_user, UserRole.READER)
    user = await id_of(network, reader)
    other = await network.buyer()
    query = """query ($id: ID!, $org: ID!) {
        user: node(id: $id) { id }
        node(id: $org) { ... on Organization { users { nodes { id } } } }
    }"""
    ids = {"id": user, "org": f"org_{laboratory_user.id}"}
    assert (await network.ask(other, query, ids))["data"] == {"user": None, "node": {"users": {"nodes": []}}}
    assert (await network.ask(laboratory_user, query, ids))["data"]["user"] == {"id": user}
    for mutation, given in (("organizationUserUpdate", {"role": "ANALYST"}), ("organizationUserRemove", {})):
        assert await network.refused(other, mutation, user=user, **given) == ("NOT_FOUND", "input.user")
    assert (await users(network, laboratory_user))[await email_of(network, user)]["role"] == "READER"


async def test_data_stewards_read_users_and_other_staff_do_not(
    network: Network, laboratory_user: User, steward: User, survey_manager: User
) -> None:
    query = "query ($id: ID!) { node(id: $id) { ... on Organization { users { nodes { role status } } } } }"
    ids = {"id": f"org_{laboratory_user.id}"}
    found = [(await network.ask(who, query, ids))["data"]["node"]["users"] for who in (steward, survey_manager)]
    assert found == [{"nodes": [{"role": "ADMINISTRATOR", "status": "ACTIVE"}]}, {"nodes": []}]


async def test_users_of_one_organization_may_use_the_same_client_mutation_id(
    network: Network, laboratory_user: User
) -> None:
    two = await colleague(network, laboratory_user, UserRole.ADMINISTRATOR)
    key = {"expiresAt": f"{await network.tomorrow()}T12:00:00Z", "clientMutationId": "1"}
    made = [
        await network.do(who, "apiKeyCreate", "apiKey { name }", name=name, **key)
        for who, name in ((laboratory_user, "One"), (two, "Two"), (laboratory_user, "One"))
    ]
    assert [each["apiKey"]["name"] for each in made] == ["One", "Two", "One"]
    assert await network.count("insight.api_key", organization_id=laboratory_user.id) == 2


async def test_a_readers_first_reset_does_not_end_the_organizations_keys(
    network: Network, laboratory_user: User
) -> None:
    for role, left in ((UserRole.READER, 1), (UserRole.ADMINISTRATOR, 0)):
        account = await factories.account(network.database, organization_id=laboratory_user.id, role=role)
        await factories.api_key(network.database, organization_id=laboratory_user.id)
        await network.database.execute(
            "SELECT identity.end_access(a) FROM identity.account a WHERE a.id = $1", account["id"]
        )
        assert await network.count("insight.api_key", organization_id=laboratory_user.id) == left


async def test_a_user_has_the_address_of_their_account(network: Network, laboratory_user: User) -> None:
    user = await id_of(network, laboratory_user)
    moved, _ = await invited(network, laboratory_user)
    await network.database.execute(
        "UPDATE identity.account SET email = $2 WHERE organization_id = $1", laboratory_user.id, moved
    )
    assert [(each["id"], email) for email, each in (await users(network, laboratory_user)).items()] == [(user, moved)]


async def test_an_organizations_accounts_do_not_sleep(network: Network, laboratory_user: User) -> None:
    await network.database.execute(
        "UPDATE identity.account SET signed_in_on = '2001-01-01' WHERE organization_id = $1", laboratory_user.id
    )
    assert await network.value("SELECT identity.settle_sleeper(24, 60, 7)") is False
    assert await network.count("identity.account", organization_id=laboratory_user.id) == 1


async def test_no_user_exists_without_an_organization_or_the_other_way_round(network: Network) -> None:
    organization = await factories.organization(network.database)
    with pytest.raises(asyncpg.CheckViolationError):
        await factories.account(network.database, organization_id=organization["id"], organization_user_id=None)


async def test_mail_about_events_goes_to_users_by_role(network: Network, community_id: UUID) -> None:
    organization = await factories.organization(network.database)
    people: dict[str, str] = {}
    for role in UserRole:
        made = await factories.account(
            network.database, organization_id=organization["id"], role=role, email_verified=True
        )
        people[made["email"]] = role.value
    licence = await factories.licence(
        network.database, organization_id=organization["id"], community_id=community_id, status="REQUESTED"
    )
    assert licence["requested_at"] is not None
    async with network.database.transaction():
        await network.database.execute("UPDATE insight.licence SET status = 'GRANTED' WHERE id = $1", licence["id"])
        sent = await network.database.fetch("SELECT recipient FROM identity.outbox_entry WHERE letter LIKE 'LICENCE_%'")
    assert {people[row["recipient"]] for row in sent if row["recipient"] in people} == {"ADMINISTRATOR", "ANALYST"}
    told = """
        SELECT identity.is_told_of(u.id, $2) FROM insight.organization_user u
        WHERE u.organization_id = $1 AND u.role = 'READER'
    """
    assert await network.value(told, organization["id"], "INSIGHT_PUBLISHED")
    assert not await network.value(told, organization["id"], "DATASET_FROZEN")
