"""Writing surveys: what survey managers make and revise, whom and what is refused, versions, and twins."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from models.viewers import Audience
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.surveys import (
    QUESTIONS,
    TREATED,
    drafted,
    in_days,
    scheduled,
    status_of,
    uuid,
    wanted,
)
from tests.support.town import Person, Town

SHOWN = """
    survey {
      community { id } title description status version opensOn closesOn minimumParticipants offeredTo completedCount
      eligibility { kinds sexes bornFrom bornTo treatments { id } regions }
      questions {
        position key text help kind required options { code label } minimum maximum bins maxChoices
        visibleWhen { question operator values }
      }
    }
"""
EMPTY: dict[str, Any] = dict.fromkeys(("help", "minimum", "maximum", "bins", "maxChoices"))
EMPTY |= {"options": [], "visibleWhen": []}


async def surveys_of(here: Town, home: UUID) -> int:
    return int(await here.value("SELECT count(*) FROM catalog.survey WHERE community_id = $1", home))


async def test_a_survey_is_written_as_a_draft_of_every_kind_of_question(here: Town, boss: Person, home: UUID) -> None:
    treatment = f"trt_{(await factories.treatment(here.database))['id']}"
    more = [
        {"key": "years", "text": "Years?", "kind": "NUMBER", "required": True, "minimum": 0, "bins": [0, 1, 5, 100]},
        {
            "key": "since", "text": " Since?\n", "help": "A day.", "kind": "DATE", "required": False,
            "visibleWhen": [TREATED, {"question": "years", "operator": "GREATER_THAN", "values": ["1"]}],
        },
    ]  # fmt: skip
    eligibility = {"kinds": ["RELATIVE", "PATIENT"], "sexes": ["FEMALE"], "bornFrom": 1950, "treatments": [treatment]}
    given = wanted(home, questions=QUESTIONS + more, eligibility=eligibility | {"regions": [" Bretagne"]})
    payload = await here.do(boss, "surveyCreate", SHOWN, **given)
    assert payload == {
        "survey": {
            "community": {"id": f"com_{home}"},
            "title": "Sleep",
            "description": "How you sleep.",
            "status": "DRAFT",
            "version": 1,
            "opensOn": None,
            "closesOn": in_days(30),
            "minimumParticipants": 2,
            "offeredTo": ["HOSPITAL"],
            "completedCount": 0,
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


async def test_a_draft_is_the_houses_alone(here: Town, boss: Person, home: UUID, ada: Person) -> None:
    survey = await drafted(here, boss, home)
    query = "query ($id: ID!) { survey(id: $id) { status } node(id: $id) { id } }"
    assert (await here.ask(ada, query, {"id": survey}))["data"] == {"survey": None, "node": None}
    assert (await here.ask(boss, query, {"id": survey}))["data"]["survey"] == {"status": "DRAFT"}


@pytest.mark.parametrize("role", [StaffRole.MODERATOR, StaffRole.DATA_STEWARD, None])
async def test_who_is_no_survey_manager_is_forbidden_all_of_it(
    here: Town, boss: Person, home: UUID, role: StaffRole | None
) -> None:
    other = await here.staff(*([role] if role else []))
    draft, waiting = await drafted(here, boss, home), await scheduled(here, boss, home)
    for mutation, given in {
        "surveyCreate": wanted(home),
        "surveyRevise": {"survey": draft, "title": "Mine"},
        "surveySchedule": {"survey": draft},
        "surveyClose": {"survey": waiting},
    }.items():
        answer = await here.answer(other, mutation, "__typename", **given)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await surveys_of(here, home) == 2
    assert (await status_of(here, draft), await status_of(here, waiting)) == ("DRAFT", "WAITING")
    assert await here.value("SELECT title FROM catalog.survey WHERE id = $1", uuid(draft)) == "Sleep"


async def test_a_member_has_none_of_these_mutations(here: Town, ada: Person) -> None:
    answer = await here.answer(ada, "surveyClose", "__typename", survey="svy_x")
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
async def test_what_is_no_survey_is_refused_and_nothing_is_written(
    here: Town, boss: Person, home: UUID, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    before = await here.value("SELECT count(*) FROM catalog.survey")
    assert await here.refused(boss, "surveyCreate", **wanted(home, **change)) == expected
    assert await here.value("SELECT count(*) FROM catalog.survey") == before


async def test_rules_in_a_circle_are_refused_each_at_its_place(here: Town, boss: Person, home: UUID) -> None:
    circle = [
        {"key": one, "text": "?", "kind": "TEXT", "required": False,
         "visibleWhen": [{"question": other, "operator": "ANSWERED", "values": []}]}
        for one, other in (("a", "b"), ("b", "a"))
    ]  # fmt: skip
    payload = await here.do(boss, "surveyCreate", "survey { id }", **wanted(home, questions=QUESTIONS + circle))
    assert [error["path"] for error in payload["userErrors"]] == [
        ["input", "questions", str(place), "visibleWhen"] for place in (4, 5)
    ]
    assert (payload["survey"], await surveys_of(here, home)) == (None, 0)


async def test_a_draft_is_revised_in_place(here: Town, boss: Person, home: UUID) -> None:
    survey = await drafted(here, boss, home)
    given = {"title": "Nights", "closesOn": in_days(60), "questions": QUESTIONS[:1]}
    fields = "survey { title description version closesOn questions { key } }"
    payload = await here.do(boss, "surveyRevise", fields, survey=survey, **given)
    assert payload["survey"] == {
        "title": "Nights",
        "description": "How you sleep.",
        "version": 1,
        "closesOn": in_days(60),
        "questions": [{"key": "treated"}],
    }
    assert await here.value("SELECT count(*) FROM catalog.question WHERE survey_id = $1", uuid(survey)) == 1


async def test_a_survey_that_members_see_gets_a_new_version(here: Town, boss: Person, home: UUID) -> None:
    survey = await scheduled(here, boss, home)
    payload = await here.do(boss, "surveyRevise", "survey { version }", survey=survey, title="Nights")
    assert payload["survey"] == {"version": 1}
    for version in (2, 3):
        fields = "survey { version questions { key } }"
        payload = await here.do(boss, "surveyRevise", fields, survey=survey, questions=QUESTIONS[:version])
        keys = [{"key": question["key"]} for question in QUESTIONS[:version]]
        assert payload["survey"] == {"version": version, "questions": keys}
    counts = "SELECT version, count(*) FROM catalog.question WHERE survey_id = $1 GROUP BY version ORDER BY version"
    assert [tuple(row) for row in await here.database.fetch(counts, uuid(survey))] == [(1, 4), (2, 2), (3, 3)]


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
async def test_a_revision_that_is_refused_leaves_all_as_it_was(
    here: Town, boss: Person, home: UUID, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    survey = await scheduled(here, boss, home)
    given = {"survey": survey, "title": "Nights", "questions": QUESTIONS[:1]} | change
    assert await here.refused(boss, "surveyRevise", **given) == expected
    row = await here.row("SELECT title, version FROM catalog.survey WHERE id = $1", uuid(survey))
    assert row == {"title": "Sleep", "version": 1}
    assert await here.value("SELECT count(*) FROM catalog.question WHERE survey_id = $1", uuid(survey)) == 4


async def test_twins_with_one_id_write_one_survey(here: Town, boss: Person, home: UUID) -> None:
    given = wanted(home, clientMutationId="one")
    made = await asyncio.gather(*(here.do(boss, "surveyCreate", "survey { id }", **given) for _ in range(4)))
    assert len({one["survey"]["id"] for one in made}) == 1
    assert await surveys_of(here, home) == 1


async def test_twins_that_revise_leave_whole_versions(here: Town, boss: Person, home: UUID) -> None:
    survey = await scheduled(here, boss, home)
    revised = [here.do(boss, "surveyRevise", "survey { id }", survey=survey, questions=QUESTIONS) for _ in range(4)]
    assert [one["userErrors"] for one in await asyncio.gather(*revised)] == [[]] * 4
    assert await here.value("SELECT version FROM catalog.survey WHERE id = $1", uuid(survey)) == 5
    assert await here.value("SELECT count(*) FROM catalog.question WHERE survey_id = $1", uuid(survey)) == 20


async def test_the_houses_statements_change_no_survey_but_as_a_survey_manager(
    here: Town, boss: Person, home: UUID
) -> None:
    draft, waiting = await drafted(here, boss, home), await scheduled(here, boss, home)
    closed = await scheduled(here, boss, home)
    await here.do(boss, "surveyClose", "__typename", survey=closed)
    moderator = await here.staff(StaffRole.MODERATOR)
    retitle = "UPDATE catalog.survey SET title = 'Mine' WHERE id = $1"
    drop = "DELETE FROM catalog.question WHERE survey_id = $1"
    ask = """
        INSERT INTO catalog.question (survey_id, version, position, key, text, kind, required)
        VALUES ($1, $2, 9, 'mine', 'Mine?', 'TEXT', false)
    """
    for who, survey, statement, expected in (
        (boss, draft, retitle, "UPDATE 1"), (boss, waiting, retitle, "UPDATE 1"), (boss, closed, retitle, "UPDATE 0"),
        (moderator, draft, retitle, "UPDATE 0"), (None, draft, retitle, "UPDATE 0"),
        (boss, draft, drop, "DELETE 4"), (boss, waiting, drop, "DELETE 0"), (moderator, draft, drop, "DELETE 0"),
    ):  # fmt: skip
        async with viewing(here.database, Audience.MANAGER, None if who is None else who.id):
            assert await here.database.execute(statement, uuid(survey)) == expected
    for who, survey, version, fits in (
        (boss, draft, 1, True), (boss, waiting, 2, True), (boss, draft, 2, False), (boss, waiting, 1, False),
        (boss, closed, 1, False), (boss, closed, 2, False), (moderator, draft, 1, False),
    ):  # fmt: skip
        async with viewing(here.database, Audience.MANAGER, who.id):
            if fits:
                await here.database.execute(ask, uuid(survey), version)
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await here.database.execute(ask, uuid(survey), version)
    for statement in (
        "UPDATE catalog.survey SET status = 'OPEN'",
        "UPDATE catalog.survey SET minimum_participants = 1",
        "DELETE FROM catalog.survey",
        "UPDATE catalog.question SET text = 'Mine?'",
        "UPDATE catalog.survey_progress SET completed_count = 9",
        "UPDATE catalog.notice SET text = 'Nothing.'",
        "SELECT FROM research.consent",
        "SELECT FROM research.answer",
        "SELECT research.close_at_once(id) FROM catalog.survey",
    ):
        async with viewing(here.database, Audience.MANAGER, boss.id):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await here.database.execute(statement)
    async with viewing(here.database, Audience.MANAGER, moderator.id):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only survey managers may do this"):
            await here.database.execute("SELECT catalog.schedule_survey($1)", uuid(waiting))
