"""Creating and revising surveys: what survey managers write, who is refused, versions, and concurrent requests."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from models.viewers import Audience
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
from tests.support.surveys import QUESTIONS, TREATED, drafted, in_days, scheduled, status_of, wanted

SHOWN = """
    survey {
      community { id } title description status version opensOn closesOn minimumParticipants offeredTo
      progress { completed }
      eligibility { kinds sexes bornFrom bornTo treatments { id } regions }
      questions {
        position key text help kind required options { code label } minimum maximum bins maxChoices
        visibleWhen { question operator values }
      }
    }
"""
EMPTY: dict[str, Any] = dict.fromkeys(("help", "minimum", "maximum", "bins", "maxChoices"))
EMPTY |= {"options": [], "visibleWhen": []}


async def surveys_of(network: Network, community_id: UUID) -> int:
    return int(await network.value("SELECT count(*) FROM catalog.survey WHERE community_id = $1", community_id))


async def test_a_draft_is_created_with_every_kind_of_question(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    treatment = f"trt_{(await factories.treatment(network.database))['id']}"
    more = [
        {"key": "years", "text": "Years?", "kind": "NUMBER", "required": True, "minimum": 0, "bins": [0, 1, 5, 100]},
        {
            "key": "since", "text": " Since?\n", "help": "A day.", "kind": "DATE", "required": False,
            "visibleWhen": [TREATED, {"question": "years", "operator": "GREATER_THAN", "values": ["1"]}],
        },
    ]  # fmt: skip
    eligibility = {"kinds": ["RELATIVE", "PATIENT"], "sexes": ["FEMALE"], "bornFrom": 1950, "treatments": [treatment]}
    given = wanted(community_id, questions=QUESTIONS + more, eligibility=eligibility | {"regions": [" Bretagne"]})
    payload = await network.do(survey_manager, "surveyCreate", SHOWN, **given)
    assert payload == {
        "survey": {
            "community": {"id": f"com_{community_id}"},
            "title": "Sleep",
            "description": "How you sleep.",
            "status": "DRAFT",
            "version": 1,
            "opensOn": None,
            "closesOn": in_days(30),
            "minimumParticipants": 200,
            "offeredTo": ["HOSPITAL"],
            "progress": None,
            "eligibility": {
                "kinds": ["PATIENT", "RELATIVE"], "sexes": ["FEMALE"], "bornFrom": 1950, "bornTo": None,
                "treatments": [{"id": treatment}], "regions": ["Bretagne"],
            },
            "questions": [
                EMPTY | {"position": place} | question | ({"text": "Since?"} if question["key"] == "since" else {})
                for place, question in enumerate(QUESTIONS + more, start=1)
            ],
        },
        "userErrors": [],
    }  # fmt: skip


async def test_the_minimum_of_participants_is_what_the_community_needs_or_more(
    network: Network, survey_manager: User
) -> None:
    demanding = (await factories.community(network.database, needed_count=300))["id"]
    asked = "survey { minimumParticipants }"
    made = await network.do(survey_manager, "surveyCreate", asked, **wanted(demanding))
    assert made["survey"] == {"minimumParticipants": 300}
    made = await network.do(survey_manager, "surveyCreate", asked, **wanted(demanding, minimumParticipants=301))
    assert made["survey"] == {"minimumParticipants": 301}
    for refused in (200, 299):
        given = wanted(demanding, minimumParticipants=refused)
        assert await network.refused(survey_manager, "surveyCreate", **given) == (
            "INVALID",
            "input.minimumParticipants",
        )
    small = (await factories.community(network.database))["id"]
    given = wanted(small, minimumParticipants=199)
    assert await network.refused(survey_manager, "surveyCreate", **given) == ("INVALID", "input.minimumParticipants")
    assert await surveys_of(network, small) == 0


async def test_only_staff_see_a_draft(network: Network, survey_manager: User, community_id: UUID, ada: User) -> None:
    survey = await drafted(network, survey_manager, community_id)
    query = "query ($id: ID!) { survey(id: $id) { status } node(id: $id) { id } }"
    assert (await network.ask(ada, query, {"id": survey}))["data"] == {"survey": None, "node": None}
    assert (await network.ask(survey_manager, query, {"id": survey}))["data"]["survey"] == {"status": "DRAFT"}


async def test_only_staff_see_whom_a_waiting_survey_waits_for(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    eligibility = {"bornFrom": 1950}
    survey = await drafted(network, survey_manager, community_id, minimumParticipants=5_000, eligibility=eligibility)
    await network.do(survey_manager, "surveySchedule", "__typename", survey=survey)
    query = "query ($id: ID!) { survey(id: $id) { status minimumParticipants eligibility { bornFrom } } }"
    whole = {"status": "WAITING", "minimumParticipants": 5_000, "eligibility": eligibility}
    outsider = await network.member()
    for who in (ada, outsider):
        hidden = {"status": "WAITING", "minimumParticipants": None, "eligibility": None}
        assert (await network.ask(who, query, {"id": survey}))["data"]["survey"] == hidden
        async with viewing(network.database, Audience.PATIENT, who.id):
            assert (
                await network.database.fetch("SELECT FROM catalog.eligibility WHERE survey_id = $1", key(survey)) == []
            )
    buyer = await network.buyer()
    assert (await network.ask(buyer, query, {"id": survey}))["data"] == {"survey": None}
    assert (await network.ask(survey_manager, query, {"id": survey}))["data"]["survey"] == whole
    await network.database.execute("UPDATE catalog.survey SET status = 'OPEN' WHERE id = $1", key(survey))
    for who in (ada, outsider, buyer, survey_manager):
        assert (await network.ask(who, query, {"id": survey}))["data"]["survey"] == whole | {"status": "OPEN"}


@pytest.mark.parametrize("role", [StaffRole.MODERATOR, StaffRole.DATA_STEWARD, None])
async def test_staff_who_are_not_survey_managers_are_forbidden(
    network: Network, survey_manager: User, community_id: UUID, role: StaffRole | None
) -> None:
    other = await network.staff(*([role] if role else []))
    draft, waiting = (
        await drafted(network, survey_manager, community_id),
        await scheduled(network, survey_manager, community_id),
    )
    for mutation, given in {
        "surveyCreate": wanted(community_id),
        "surveyRevise": {"survey": draft, "title": "Mine"},
        "surveySchedule": {"survey": draft},
        "surveyClose": {"survey": waiting},
    }.items():
        answer = await network.answer(other, mutation, "__typename", **given)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await surveys_of(network, community_id) == 2
    assert (await status_of(network, draft), await status_of(network, waiting)) == ("DRAFT", "WAITING")
    assert await network.value("SELECT title FROM catalog.survey WHERE id = $1", key(draft)) == "Sleep"


async def test_the_patient_view_lacks_these_mutations(network: Network, ada: User) -> None:
    answer = await network.answer(ada, "surveyClose", "__typename", survey="svy_x")
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"community": "com_x"}, ("NOT_FOUND", "input.community")),
        ({"community": "com_00000000-0000-4000-8000-000000000000"}, ("NOT_FOUND", "input.community")),
        ({"title": " "}, ("INVALID", "input.title")),
        ({"title": "t" * 201}, ("TOO_LONG", "input.title")),
        ({"description": ""}, ("INVALID", "input.description")),
        ({"description": "d" * 5001}, ("TOO_LONG", "input.description")),
        ({"closesOn": in_days(-2)}, ("INVALID", "input.closesOn")),
        ({"opensOn": in_days(-2)}, ("INVALID", "input.opensOn")),
        ({"opensOn": in_days(31)}, ("INVALID", "input.closesOn")),
        ({"minimumParticipants": 0}, ("INVALID", "input.minimumParticipants")),
        ({"minimumParticipants": 1}, ("INVALID", "input.minimumParticipants")),
        ({"minimumParticipants": 199}, ("INVALID", "input.minimumParticipants")),
        ({"minimumParticipants": 1_000_001}, ("INVALID", "input.minimumParticipants")),
        ({"offeredTo": []}, ("INVALID", "input.offeredTo")),
        ({"questions": []}, ("INVALID", "input.questions")),
        ({"questions": QUESTIONS[1:]}, ("INVALID", "input.questions.0.visibleWhen.0.question")),
        ({"questions": [*QUESTIONS, QUESTIONS[0]]}, ("INVALID", "input.questions.4.key")),
        ({"eligibility": {"bornFrom": 1899}}, ("INVALID", "input.eligibility.bornFrom")),
        ({"eligibility": {"bornTo": 2999}}, ("INVALID", "input.eligibility.bornTo")),
        ({"eligibility": {"bornFrom": 1990, "bornTo": 1980}}, ("INVALID", "input.eligibility.bornTo")),
        ({"eligibility": {"treatments": ["trt_x"]}}, ("NOT_FOUND", "input.eligibility.treatments.0")),
        (
            {"eligibility": {"treatments": ["trt_00000000-0000-4000-8000-000000000000"]}},
            ("NOT_FOUND", "input.eligibility.treatments.0"),
        ),
        ({"eligibility": {"regions": [""]}}, ("INVALID", "input.eligibility.regions.0")),
    ],
)
async def test_an_invalid_survey_is_refused_and_not_stored(
    network: Network,
    survey_manager: User,
    community_id: UUID,
    change: dict[str, Any],
    expected: tuple[str, str],
) -> None:
    before = await network.value("SELECT count(*) FROM catalog.survey")
    assert await network.refused(survey_manager, "surveyCreate", **wanted(community_id, **change)) == expected
    assert await network.value("SELECT count(*) FROM catalog.survey") == before


async def test_circular_rules_are_refused_each_with_its_path(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    circle = [
        {"key": one, "text": "?", "kind": "TEXT", "required": False,
         "visibleWhen": [{"question": other, "operator": "ANSWERED", "values": []}]}
        for one, other in (("a", "b"), ("b", "a"))
    ]  # fmt: skip
    payload = await network.do(
        survey_manager, "surveyCreate", "survey { id }", **wanted(community_id, questions=QUESTIONS + circle)
    )
    assert [error["path"] for error in payload["userErrors"]] == [
        ["input", "questions", str(place), "visibleWhen"] for place in (4, 5)
    ]
    assert (payload["survey"], await surveys_of(network, community_id)) == (None, 0)


async def test_a_draft_is_revised_in_place(network: Network, survey_manager: User, community_id: UUID) -> None:
    survey = await drafted(network, survey_manager, community_id)
    given = {"title": "Nights", "closesOn": in_days(60), "questions": QUESTIONS[:1]}
    fields = "survey { title description version closesOn questions { key } }"
    payload = await network.do(survey_manager, "surveyRevise", fields, survey=survey, **given)
    assert payload["survey"] == {
        "title": "Nights",
        "description": "How you sleep.",
        "version": 1,
        "closesOn": in_days(60),
        "questions": [{"key": "treated"}],
    }
    assert await network.value("SELECT count(*) FROM catalog.question WHERE survey_id = $1", key(survey)) == 1


async def test_revising_a_visible_survey_creates_a_version(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    survey = await scheduled(network, survey_manager, community_id)
    payload = await network.do(survey_manager, "surveyRevise", "survey { version }", survey=survey, title="Nights")
    assert payload["survey"] == {"version": 1}
    for version in (2, 3):
        fields = "survey { version questions { key } }"
        payload = await network.do(survey_manager, "surveyRevise", fields, survey=survey, questions=QUESTIONS[:version])
        keys = [{"key": question["key"]} for question in QUESTIONS[:version]]
        assert payload["survey"] == {"version": version, "questions": keys}
    counts = "SELECT version, count(*) FROM catalog.question WHERE survey_id = $1 GROUP BY version ORDER BY version"
    assert [tuple(row) for row in await network.database.fetch(counts, key(survey))] == [(1, 4), (2, 2), (3, 3)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": ""}, ("INVALID", "input.title")),
        ({"closesOn": in_days(-2)}, ("INVALID", "input.closesOn")),
        ({"questions": []}, ("INVALID", "input.questions")),
        ({"questions": QUESTIONS[1:]}, ("INVALID", "input.questions.0.visibleWhen.0.question")),
        ({"survey": "svy_x"}, ("NOT_FOUND", "input.survey")),
        ({"survey": "svy_00000000-0000-4000-8000-000000000000"}, ("NOT_FOUND", "input.survey")),
    ],
)
async def test_a_refused_revision_changes_nothing(
    network: Network,
    survey_manager: User,
    community_id: UUID,
    change: dict[str, Any],
    expected: tuple[str, str],
) -> None:
    survey = await scheduled(network, survey_manager, community_id)
    given = {"survey": survey, "title": "Nights", "questions": QUESTIONS[:1]} | change
    assert await network.refused(survey_manager, "surveyRevise", **given) == expected
    row = await network.row("SELECT title, version FROM catalog.survey WHERE id = $1", key(survey))
    assert row == {"title": "Sleep", "version": 1}
    assert await network.value("SELECT count(*) FROM catalog.question WHERE survey_id = $1", key(survey)) == 4


async def test_concurrent_requests_with_one_id_create_one_survey(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    given = wanted(community_id, clientMutationId="one")
    made = await asyncio.gather(
        *(network.do(survey_manager, "surveyCreate", "survey { id }", **given) for _ in range(4))
    )
    assert len({one["survey"]["id"] for one in made}) == 1
    assert await surveys_of(network, community_id) == 1


async def test_concurrent_revisions_leave_complete_versions(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    survey = await scheduled(network, survey_manager, community_id)
    revised = [
        network.do(survey_manager, "surveyRevise", "survey { id }", survey=survey, questions=QUESTIONS)
        for _ in range(4)
    ]
    assert [one["userErrors"] for one in await asyncio.gather(*revised)] == [[]] * 4
    assert await network.value("SELECT version FROM catalog.survey WHERE id = $1", key(survey)) == 5
    assert await network.value("SELECT count(*) FROM catalog.question WHERE survey_id = $1", key(survey)) == 20


async def test_nobody_replaces_or_schedules_a_change_that_they_have_not_read(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    survey = await drafted(network, survey_manager, community_id)
    other = await network.staff(StaffRole.SURVEY_MANAGER)
    answer = await network.ask(other, "query ($id: ID!) { survey(id: $id) { revision } }", {"id": survey})
    read = answer["data"]["survey"]
    assert read == {"revision": 1}
    fields = "survey { revision title questions { key } }"
    given = {"survey": survey, "revision": 1, "questions": QUESTIONS[:1]}
    assert (await network.do(survey_manager, "surveyRevise", fields, **given))["survey"]["revision"] == 2
    conflict = ("CONFLICT", "input.revision")
    assert await network.refused(other, "surveyRevise", survey=survey, title="Nights", **read) == conflict
    assert await network.refused(other, "surveySchedule", survey=survey, **read) == conflict
    assert await status_of(network, survey) == "DRAFT"
    given = {"survey": survey, "revision": 2, "title": "Nights"}
    kept = {"revision": 3, "title": "Nights", "questions": [{"key": "treated"}]}
    assert (await network.do(other, "surveyRevise", fields, **given))["survey"] == kept
    revised = [network.do(other, "surveyRevise", "survey { id }", survey=survey, revision=3) for _ in range(4)]
    outcomes = [[error["code"] for error in one["userErrors"]] for one in await asyncio.gather(*revised)]
    assert sorted(outcomes) == [[], *[["CONFLICT"]] * 3]
    payload = await network.do(other, "surveySchedule", "survey { status }", survey=survey, revision=4)
    assert payload["survey"] == {"status": "WAITING"}


async def test_staff_statements_change_surveys_only_as_survey_managers(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    draft, waiting = (
        await drafted(network, survey_manager, community_id),
        await scheduled(network, survey_manager, community_id),
    )
    closed = await scheduled(network, survey_manager, community_id)
    await network.do(survey_manager, "surveyClose", "__typename", survey=closed)
    moderator = await network.staff(StaffRole.MODERATOR)
    retitle = "UPDATE catalog.survey SET title = 'Mine' WHERE id = $1"
    drop = "DELETE FROM catalog.question WHERE survey_id = $1"
    ask = """
        INSERT INTO catalog.question (survey_id, version, position, key, text, kind, required)
        VALUES ($1, $2, 9, 'mine', 'Mine?', 'TEXT', false)
    """
    for who, survey, statement, expected in (
        (survey_manager, draft, retitle, "UPDATE 1"), (survey_manager, waiting, retitle, "UPDATE 1"),
        (survey_manager, closed, retitle, "UPDATE 0"),
        (moderator, draft, retitle, "UPDATE 0"), (None, draft, retitle, "UPDATE 0"),
        (survey_manager, draft, drop, "DELETE 4"), (survey_manager, waiting, drop, "DELETE 0"),
        (moderator, draft, drop, "DELETE 0"),
    ):  # fmt: skip
        async with viewing(network.database, Audience.MANAGER, None if who is None else who.id):
            assert await network.database.execute(statement, key(survey)) == expected
    for who, survey, version, fits in (
        (survey_manager, draft, 1, True), (survey_manager, waiting, 2, True), (survey_manager, draft, 2, False),
        (survey_manager, waiting, 1, False), (survey_manager, closed, 1, False), (survey_manager, closed, 2, False),
        (moderator, draft, 1, False),
    ):  # fmt: skip
        async with viewing(network.database, Audience.MANAGER, who.id):
            if fits:
                await network.database.execute(ask, key(survey), version)
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await network.database.execute(ask, key(survey), version)
    for statement in (
        "UPDATE catalog.survey SET status = 'OPEN'",
        "UPDATE catalog.survey SET minimum_participants = 1",
        "DELETE FROM catalog.survey",
        "UPDATE catalog.question SET text = 'Mine?'",
        "UPDATE catalog.survey_progress SET completed = 9",
        "UPDATE catalog.notice SET text = 'Nothing.'",
        "SELECT FROM research.consent",
        "SELECT FROM research.answer",
        "SELECT research.delete_answers(id, id, id) FROM catalog.survey",
        "SELECT catalog.close_survey(id) FROM catalog.survey",
        "SELECT catalog.schedule_survey(id, 200000) FROM catalog.survey",
        "SELECT catalog.open_survey(id) FROM catalog.survey",
        "SELECT research.look(id) FROM catalog.survey",
        "SELECT FROM research.survey_opening",
        "SELECT FROM insight.count_release",
    ):
        async with viewing(network.database, Audience.MANAGER, survey_manager.id):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await network.database.execute(statement)
