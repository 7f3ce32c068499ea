"""Provokes each refusal that docs/starting.md lists, and compares its message with the page."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from models.identity.accounts import StaffRole
from resolvers.identity.passwords import HASHER
from tests import factories
from tests.support.client import ANYBODY, Caller
from tests.support.network import Network
from tests.support.newcomers import PASSWORD, REGISTER, RESET, newcomer
from tests.support.population import KINDS
from tests.support.surveys import drafted, opened, scheduled, wanted

GUIDE = (Path(__file__).parents[2] / "docs/starting.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (`{1,2})(.+?)\1 \| .+ \|$", re.MULTILINE)
WHY = "userErrors { message }"

Provoke = Callable[[Network], Awaitable[dict[str, Any]]]
PROVOKED: dict[str, Provoke] = {}


def provokes(message: str) -> Callable[[Provoke], Provoke]:
    """Marks a function whose response has this message."""

    def marked(provoke: Provoke) -> Provoke:
        PROVOKED[message] = provoke
        return provoke

    return marked


@provokes("Cannot query field 'surveyCreate' on type 'Mutation'. It may be available after signing in.")
async def without_a_token(network: Network) -> dict[str, Any]:
    return await network.answer(ANYBODY, "surveyCreate", WHY, **wanted(await a_draft(network)))


@provokes("Invalid or expired token: sign in again, or use another API key.")
async def with_another_token(network: Network) -> dict[str, Any]:
    return await network.ask(Caller("anybody", "none"), "{ viewer { id } }")


@provokes("This requires the role SURVEY_MANAGER. An administrator can give it to you.")
async def with_another_role(network: Network) -> dict[str, Any]:
    editor = await network.staff(StaffRole.CATALOGUE_EDITOR)
    return await network.answer(editor, "surveyCreate", WHY, **wanted(await a_draft(network)))


@provokes("This requires the role MODERATOR. You can use yours once you have set a second factor: secondFactorStart.")
async def without_a_second_factor(network: Network) -> dict[str, Any]:
    invited = await factories.staff(
        network.database, roles=[], withheld_roles=[StaffRole.MODERATOR], has_second_factor=False
    )
    moderator = await network.signed_in("moderator", invited["id"], staff_id=invited["id"])
    given = {"member": f"mem_{(await network.member()).id}", "verified": True, "reason": "Known."}
    return await network.answer(moderator, "associationVerify", WHY, **given)


@provokes("Another administrator has to do this: it is about you.")
async def for_oneself(network: Network) -> dict[str, Any]:
    administrator = await network.staff(StaffRole.ADMINISTRATOR)
    roles = ["ADMINISTRATOR", "SURVEY_MANAGER"]
    return await network.answer(administrator, "staffUpdate", WHY, staff=f"stf_{administrator.id}", roles=roles)


@provokes("This code is invalid or has expired. Request a new one.")
async def with_another_code(network: Network) -> dict[str, Any]:
    return await network.ask(ANYBODY, RESET, {"input": {"code": "A" * 32, "password": PASSWORD}})


@provokes("The second factor is not accepted. No code is accepted twice.")
async def with_other_digits(network: Network) -> dict[str, Any]:
    staff = await factories.staff(network.database)
    who = await network.signed_in("staff", staff["id"], staff_id=staff["id"])
    account = await network.value("SELECT id FROM identity.account WHERE staff_id = $1", staff["id"])
    await factories.credential(network.database, account_id=account, password_hash=HASHER.hash(PASSWORD))
    given = {"kind": "TOTP", "name": "Phone", "password": PASSWORD}
    challenge = (await network.do(who, "secondFactorStart", "challenge", **given))["challenge"]
    return await network.answer(who, "secondFactorConfirm", WHY, challenge=challenge, totp="letters")


@provokes("It was changed meanwhile. Read it again, and then repeat the change if it still applies.")
async def of_an_earlier_version(network: Network) -> dict[str, Any]:
    editor = await network.staff(StaffRole.CATALOGUE_EDITOR)
    given = {"community": f"com_{await a_draft(network)}", "version": 0, "indicators": []}
    return await network.answer(editor, "communityIndicatorsSet", WHY, **given)


@provokes("This does not exist, or you have no access to it.")
async def of_a_draft(network: Network) -> dict[str, Any]:
    return await network.answer(await network.member(), "communityJoin", WHY, community=f"com_{await a_draft(network)}")


@provokes("This community is a draft. A catalogue editor has to open it first: communityOpen.")
async def before_the_community_is_open(network: Network) -> dict[str, Any]:
    manager = await network.staff(StaffRole.SURVEY_MANAGER)
    survey = await drafted(network, manager, await a_draft(network))
    return await network.answer(manager, "surveySchedule", WHY, survey=survey)


@provokes("Some texts of the survey are translated, and others are not. Revise it to translate the rest.")
async def half_translated(network: Network) -> dict[str, Any]:
    manager = await network.staff(StaffRole.SURVEY_MANAGER)
    french = [{"language": "FR", "title": "Sommeil", "description": "Comment vous dormez."}]
    survey = await drafted(network, manager, await a_community(network), translations=french)
    return await network.answer(manager, "surveySchedule", WHY, survey=survey)


@provokes("The survey has not opened yet.")
async def before_it_opens(network: Network) -> dict[str, Any]:
    manager, community = await network.staff(StaffRole.SURVEY_MANAGER), await a_community(network)
    member, survey = await network.member(community), await scheduled(network, manager, community)
    return await network.answer(member, "surveySubmit", WHY, survey=survey, answers=[])


@provokes("Consent first, with `consentSet`, to every kind of organization in the survey's `offeredTo`.")
async def without_consent(network: Network) -> dict[str, Any]:
    manager, community = await network.staff(StaffRole.SURVEY_MANAGER), await a_community(network)
    member, survey = await network.member(community), await opened(network, manager, community)
    return await network.answer(member, "surveySubmit", WHY, survey=survey, answers=[])


@provokes("Accept version 2026-2, which `privacyNotice` returns.")
async def of_an_earlier_notice(network: Network) -> dict[str, Any]:
    return await network.ask(ANYBODY, REGISTER, {"input": newcomer("Heron", noticeVersion="2025-1")})


@provokes("This requires a licence for the dataset's community that is in force today. See `licenceRequest`.")
async def without_a_licence(network: Network) -> dict[str, Any]:
    dataset = await factories.dataset(network.database, offered_to=KINDS)
    await factories.variable(network.database, dataset_id=dataset["id"], position=1, name="q")
    given = {"dataset": f"dst_{dataset['id']}", "variable": "q", "precision": "WITHIN_20"}
    document = f"mutation ($input: InsightInput!) {{ insightPublish(input: $input) {{ {WHY} }} }}"
    return await network.ask(await network.buyer(), document, {"input": given})


async def a_draft(network: Network) -> Any:
    return (await factories.community(network.database, status="DRAFT"))["id"]


async def a_community(network: Network) -> Any:
    return (await factories.community(network.database))["id"]


@pytest.mark.parametrize("message", PROVOKED, ids=lambda message: PROVOKED[message].__name__)
async def test_who_leaves_the_road_reads_what_to_do(network: Network, message: str) -> None:
    answer = await PROVOKED[message](network)
    payloads = [each for each in (answer.get("data") or {}).values() if each]
    errors = [*answer.get("errors", ()), *(error for each in payloads for error in each["userErrors"])]
    assert message in [error["message"] for error in errors]


def test_the_guide_has_a_row_for_each_of_these_messages() -> None:
    assert [message for _, message in ROW.findall(GUIDE)] == list(PROVOKED)
