"""Which role of an organization's user each mutation of the buyer view requires: every mutation is classified."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLObjectType

from models.identity.organization_users import UserRole
from models.viewers import Audience
from tests import factories
from tests.support.client import views
from tests.support.network import Network
from tests.support.unreadable import unreadable

ADMINISTRATOR, ANALYST, READER = UserRole
NOBODY = UUID(int=0, version=4)
KEY, HOOK, USER, DATASET = f"key_{NOBODY}", {"webhook": f"whk_{NOBODY}"}, f"usr_{NOBODY}", f"dst_{NOBODY}"
QUESTION = {"variable": "sex", "precision": "WITHIN_50"}
# Whatever the input, users without the role are refused: these name objects that do not exist.
REQUIRES: Mapping[str, tuple[UserRole, dict[str, Any]]] = {
    "apiKeyCreate": (ADMINISTRATOR, {"name": " ", "expiresAt": "2001-01-01T00:00:00Z"}),
    "apiKeyRevoke": (ADMINISTRATOR, {"apiKey": KEY}),
    "dataUseLinkResults": (ANALYST, {"dataUse": "use_999999", "url": "https://lab.example/"}),
    "insightPlanPublish": (ANALYST, {"dataset": DATASET, "questions": [QUESTION]}),
    "insightPublish": (ANALYST, {"dataset": DATASET, **QUESTION}),
    "licenceRequest": (
        ADMINISTRATOR,
        {"community": f"com_{NOBODY}", "purpose": "Sleep", "purposeKind": "EDUCATION", "undertakings": "0",
         "startsOn": "2999-01-01", "endsOn": "2999-02-01"},
    ),
    "mailedEventsChoose": (READER, {"events": []}),
    "organizationLeave": (READER, {"password": "no lamps at all"}),
    "organizationUserInvite": (ADMINISTRATOR, {"email": "analyst@lab.example", "role": "READER"}),
    "organizationUserRemove": (ADMINISTRATOR, {"user": USER}),
    "organizationUserUpdate": (ADMINISTRATOR, {"user": USER, "role": "READER"}),
    "webhookCreate": (ADMINISTRATOR, {"url": "http://127.0.0.1:9000/", "description": " ", "events": []}),
    "webhookDelete": (ADMINISTRATOR, HOOK),
    "webhookPause": (ADMINISTRATOR, HOOK),
    "webhookResume": (ADMINISTRATOR, HOOK),
    "webhookRotate": (ADMINISTRATOR, HOOK),
    "webhookTest": (ADMINISTRATOR, HOOK),
}  # fmt: skip


def mutations(audience: Audience) -> set[str]:
    root = views()[audience]._schema.mutation_type
    assert isinstance(root, GraphQLObjectType)
    return set(root.fields)


def test_every_mutation_of_buyers_states_a_role() -> None:
    of_any_account = mutations(Audience.PATIENT) & mutations(Audience.BUYER)
    mend = "say which role it requires, in REQUIRES in tests/graph/test_buyer_mutations.py"
    assert mutations(Audience.BUYER) - of_any_account == set(REQUIRES), mend


@pytest.mark.parametrize("role", UserRole)
async def test_users_may_use_the_mutations_of_their_role_and_no_others(network: Network, role: UserRole) -> None:
    organization = await factories.organization(network.database)
    of = {"organization_id": organization["id"], "email_verified": True, "role": role}
    user = await network.signed_in("user", organization["id"], **of)
    account = await network.value("SELECT id FROM identity.account WHERE organization_id = $1", organization["id"])
    await factories.credential(network.database, account_id=account, password_hash="$argon2id$none")
    roles = list(UserRole)  # each includes those after it
    inputs = [(name, least, input) for name, (least, given) in REQUIRES.items() for input in (given, unreadable(given))]
    for mutation, least, input in inputs:
        answer = await network.answer(user, mutation, "", **input)
        codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
        if roles.index(role) > roles.index(least):
            assert codes == ["FORBIDDEN"], mutation
            assert answer["errors"][0]["path"] == [mutation]
            assert answer["errors"][0]["extensions"]["role"] == least.value
        elif mutation != "organizationLeave":  # whose password is checked first: no hash matches
            assert "FORBIDDEN" not in codes, mutation
    assert await network.count("insight.organization_user", organization_id=organization["id"]) <= 2
