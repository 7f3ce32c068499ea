"""Revising a survey that members can see, and putting one back to draft: answers mean what was asked."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.security.publisher import PUBLISHER
from models.viewers import Audience
from privacy import noise
from resolvers.jobs import settle_surveys
from tests import factories
from tests.models.test_scopes import viewing
from tests.server.test_scheduler import as_
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import closed, crowd
from tests.support.surveys import (
    becomes_ready,
    consents,
    drafted,
    in_days,
    opened,
    participation,
    scheduled,
    status_of,
    submitted,
)

YES_NO = [{"code": "a1", "label": "Yes"}, {"code": "a2", "label": "No"}]
TAKEN = {"key": "taken", "text": "Do you take it?", "kind": "SINGLE_CHOICE", "required": True, "options": YES_NO}
WEIGHT = {"key": "weight", "text": "Wieght in kg", "kind": "NUMBER", "required": True, "bins": [50, 75, 100]}
ASKED = [TAKEN, WEIGHT]
HEIGHT = {"text": "Height in cm", "bins": [150, 165, 180]}
SWAPPED = [{"code": "a1", "label": "No"}, {"code": "a2", "label": "Yes"}]
ANSWERS: list[dict[str, Any]] = [{"question": "taken", "codes": ["a1"]}, {"question": "weight", "number": 80}]
OWN = """
    query ($id: ID!) {
      survey(id: $id) {
        version
        participation { answers { question { text options { code label } } codes number } }
      }
    }
"""
TOO_LATE = "TOO_LATE"


@pytest.fixture
def without_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Yields nothing; switches the noise off, so that a small dataset is open."""
    monkeypatch.setattr(noise, "draw", lambda counts, *_: [count + 1_000 for count in counts])


async def revised(network: Network, manager: User, survey: str, **given: Any) -> list[tuple[str, str]]:
    """The codes and paths of a revision's user errors."""
    payload = await network.do(manager, "surveyRevise", "survey { id }", survey=survey, **given)
    return [(error["code"], ".".join(error["path"])) for error in payload["userErrors"]]


async def scheduled_or_opened(
    network: Network, manager: User, community_id: UUID, status: str, *members: User, **given: Any
) -> str:
    """The id of a survey that members see: it is WAITING or OPEN."""
    if status == "OPEN":
        return await opened(network, manager, community_id, *members, **given)
    for who in members:
        await consents(network, who)
    survey = await scheduled(network, manager, community_id, **given)
    assert await status_of(network, survey) == status
    return survey


async def current(network: Network, survey: str) -> dict[str, Any]:
    return dict(await network.row("SELECT status, version, title FROM catalog.survey WHERE id = $1", key(survey)))


@pytest.mark.parametrize("status", ["WAITING", "OPEN"])
async def test_kept_keys_and_codes_keep_their_meaning(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User, status: str
) -> None:
    survey = await scheduled_or_opened(network, survey_manager, community_id, status, ada, ben, questions=ASKED)
    if status == "OPEN":
        await submitted(network, ada, survey, *ANSWERS)
    changed = [TAKEN | {"options": SWAPPED}, WEIGHT | HEIGHT]
    assert await revised(network, survey_manager, survey, questions=changed) == [
        (TOO_LATE, "input.questions.0.options.0.label"),
        (TOO_LATE, "input.questions.0.options.1.label"),
        (TOO_LATE, "input.questions.1.bins"),
        (TOO_LATE, "input.questions.1.text"),
    ]
    assert (await current(network, survey))["version"] == 1
    assert await network.value("SELECT count(*) FROM catalog.question WHERE survey_id = $1", key(survey)) == 2
    added = [TAKEN, WEIGHT, WEIGHT | HEIGHT | {"key": "height", "required": False}]
    assert await revised(network, survey_manager, survey, questions=added) == []
    assert (await current(network, survey))["version"] == 2


async def test_a_key_that_an_earlier_version_asked_stays_reserved(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    survey = await opened(network, survey_manager, community_id, ada, ben, questions=ASKED)
    await submitted(network, ada, survey, *ANSWERS)
    assert await revised(network, survey_manager, survey, questions=[TAKEN]) == []
    assert await revised(network, survey_manager, survey, questions=[TAKEN, WEIGHT | HEIGHT]) == [
        (TOO_LATE, "input.questions.1.bins"),
        (TOO_LATE, "input.questions.1.text"),
    ]
    assert await revised(network, survey_manager, survey, questions=[TAKEN, WEIGHT]) == []


async def test_the_latest_version_decides_which_options_are_offered(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    survey = await scheduled(network, survey_manager, community_id, questions=[TAKEN])
    rest = [*YES_NO, {"code": "a3", "label": "Other"}]
    assert await revised(network, survey_manager, survey, questions=[TAKEN | {"options": rest}]) == []
    more = [*rest, {"code": "a4", "label": "Sometimes"}]
    assert await revised(network, survey_manager, survey, questions=[TAKEN | {"options": more}]) == [
        (TOO_LATE, "input.questions.0.options.3")
    ]


async def test_branching_and_bounds_are_read_from_what_is_stored(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    shown = [{"question": "taken", "operator": "IN", "values": ["a1", "a2"]}]
    scale = {"key": "pain", "text": "Pain?", "kind": "SCALE", "required": False, "minimum": 0, "maximum": 10}
    many = TAKEN | {"key": "many", "kind": "MULTIPLE_CHOICE", "maxChoices": 2, "help": "One or two."}
    asked = [*ASKED, scale | {"visibleWhen": shown}, many]
    survey = await scheduled(network, survey_manager, community_id, questions=asked)
    assert await revised(network, survey_manager, survey, questions=asked) == []
    changed = [*ASKED, scale | {"maximum": 5}, many | {"maxChoices": 1, "help": "One."}]
    assert await revised(network, survey_manager, survey, questions=changed) == [
        (TOO_LATE, "input.questions.2.visibleWhen"),
        (TOO_LATE, "input.questions.2.maximum"),
        (TOO_LATE, "input.questions.3.maxChoices"),
        (TOO_LATE, "input.questions.3.help"),
    ]


async def test_members_see_their_answers_in_the_words_they_were_asked_in(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    misspelt = [{"code": "a1", "label": "Yse"}, {"code": "a2", "label": "No"}]
    first = [TAKEN | {"options": misspelt}, WEIGHT]
    survey = await opened(network, survey_manager, community_id, ada, ben, questions=first)
    await submitted(network, ada, survey, *ANSWERS)
    assert await revised(network, survey_manager, survey, questions=[WEIGHT | {"text": "Weight in kg"}, TAKEN]) == []
    await submitted(network, ben, survey, *ANSWERS)
    expected = [
        (ada, [("Do you take it?", misspelt, ["a1"], None), ("Wieght in kg", [], [], 80)]),
        (ben, [("Weight in kg", [], [], 80), ("Do you take it?", YES_NO, ["a1"], None)]),
    ]
    for who, answers in expected:
        shown = (await network.ask(who, OWN, {"id": survey}))["data"]["survey"]
        assert shown["version"] == 2
        assert [
            (one["question"]["text"], one["question"]["options"], one["codes"], one["number"])
            for one in shown["participation"]["answers"]
        ] == answers


@pytest.mark.usefixtures("without_noise")
async def test_a_closed_survey_counts_answers_in_the_words_they_were_given_under(
    network: Network, survey_manager: User
) -> None:
    people = await crowd(network.database, [{"q": "ABD"[n % 3], "r": "A"} for n in range(30)])
    survey = f"svy_{people.survey}"
    labels = {"A": "Answer A", "B": "Answer B", "C": "Answer C", "E": "Answer E"}
    offered = [{"code": code, "label": label} for code, label in labels.items()]
    one = {"key": "q", "text": "q?", "kind": "SINGLE_CHOICE", "required": False, "options": offered}
    assert await revised(network, survey_manager, survey, questions=[one]) == []
    dataset = key(await closed(network, people))
    variable = await network.value(
        "SELECT position FROM insight.variable WHERE dataset_id = $1 AND name = 'q'", dataset
    )
    categories = await network.database.fetch(
        "SELECT code, label FROM insight.category WHERE dataset_id = $1 AND variable = $2 ORDER BY place",
        dataset, variable,
    )  # fmt: skip
    assert [tuple(each) for each in categories] == [
        *labels.items(), ("D", "Answer D"), ("UNKNOWN", "Not answered"),
    ]  # fmt: skip
    counts = await network.value("SELECT research.histogram($1, $2)", dataset, [variable])
    assert counts == [10, 10, 0, 0, 10, 0]
    names = await network.database.fetch("SELECT name FROM insight.variable WHERE dataset_id = $1", dataset)
    assert "r" not in {row["name"] for row in names}


@pytest.mark.parametrize(
    ("title", "description", "expected"),
    [
        ("Sleep.", "How you  sleep", []),
        ("Nights", "How you sleep.", [(TOO_LATE, "input.title")]),
        ("Sleep", "How you do not sleep.", [(TOO_LATE, "input.description")]),
        ("No sleep", "Why you sleep.", [(TOO_LATE, "input.title"), (TOO_LATE, "input.description")]),
    ],
)
async def test_the_title_and_description_of_an_open_survey_can_only_be_corrected(
    network: Network, survey_manager: User, survey: str, title: str, description: str, expected: list[tuple[str, str]]
) -> None:
    found = await revised(network, survey_manager, survey, title=title, description=description)
    assert found == expected
    assert (await current(network, survey))["title"] == ("Sleep" if expected else title)


async def test_words_of_the_catalogue_can_be_corrected(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    asked = [TAKEN | {"text": "Do you take quxiprilol?"}]
    survey = await scheduled(network, survey_manager, community_id, questions=asked)
    corrected = [TAKEN | {"text": "Do you take quxipralol?"}]
    assert await revised(network, survey_manager, survey, questions=corrected) == [(TOO_LATE, "input.questions.0.text")]
    await factories.treatment(network.database, name="Quxipralol")
    assert await revised(network, survey_manager, survey, questions=corrected) == []


TERMS = {
    "minimumParticipants": 500,
    "opensOn": in_days(3),
    "offeredTo": ["MUTUAL", "LABORATORY"],
    "eligibility": {"sexes": ["FEMALE"], "regions": ["corse"]},
}


@pytest.mark.parametrize("status", ["WAITING", "OPEN"])
async def test_the_terms_of_a_survey_that_members_see_stay(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User, status: str
) -> None:
    survey = await scheduled_or_opened(network, survey_manager, community_id, status, ada, ben)
    assert await revised(network, survey_manager, survey, **TERMS) == [(TOO_LATE, f"input.{name}") for name in TERMS]
    assert await revised(network, survey_manager, survey, opensOn=None) == [(TOO_LATE, "input.opensOn")]
    kept = "SELECT minimum_participants, offered_to FROM catalog.survey WHERE id = $1"
    assert tuple((await network.row(kept, key(survey))).values()) == (100_000, ["HOSPITAL"])
    assert await network.value("SELECT sexes FROM catalog.eligibility WHERE survey_id = $1", key(survey)) == []


async def test_everything_in_a_draft_can_change(network: Network, survey_manager: User, community_id: UUID) -> None:
    survey = await drafted(network, survey_manager, community_id, questions=ASKED, opensOn=in_days(1))
    changed = [TAKEN | {"options": SWAPPED}, WEIGHT | HEIGHT]
    fields = """
        survey {
          title minimumParticipants opensOn offeredTo eligibility { kinds sexes regions } version
          questions { text }
        }
    """
    payload = await network.do(
        survey_manager, "surveyRevise", fields, survey=survey, questions=changed, title="Nights", **TERMS
    )
    assert payload["survey"] == {
        "title": "Nights",
        "minimumParticipants": 500,
        "opensOn": in_days(3),
        "offeredTo": ["LABORATORY", "MUTUAL"],
        "eligibility": {"kinds": [], "sexes": ["FEMALE"], "regions": ["Corse"]},
        "version": 1,
        "questions": [{"text": "Do you take it?"}, {"text": "Height in cm"}],
    }
    payload = await network.do(survey_manager, "surveyRevise", fields, survey=survey, opensOn=None)
    assert (payload["survey"]["opensOn"], payload["survey"]["minimumParticipants"]) == (None, 500)
    payload = await network.do(survey_manager, "surveyRevise", fields, survey=survey, eligibility=None)
    assert payload["survey"]["eligibility"] == {"kinds": [], "sexes": [], "regions": []}
    required = ("title", "description", "questions", "minimumParticipants", "closesOn", "offeredTo")
    refused = await revised(network, survey_manager, survey, **dict.fromkeys(required))
    assert sorted(refused) == sorted(("INVALID", f"input.{name}") for name in required)
    for given, path in (
        ({"minimumParticipants": 0}, "input.minimumParticipants"),
        ({"opensOn": in_days(-2)}, "input.opensOn"),
        ({"opensOn": in_days(31)}, "input.opensOn"),
        ({"offeredTo": []}, "input.offeredTo"),
        ({"eligibility": {"regions": ["Atlantis"]}}, "input.eligibility.regions.0"),
    ):
        assert await revised(network, survey_manager, survey, **given) == [("INVALID", path)]


# Back to draft


@pytest.mark.usefixtures("hurried")
async def test_a_waiting_survey_goes_back_to_draft_and_can_be_scheduled_again(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    for who in (ada, ben):
        await consents(network, who)
    survey = await scheduled(network, survey_manager, community_id, questions=ASKED)
    assert await revised(network, survey_manager, survey, questions=[TAKEN]) == []
    await becomes_ready(network, survey)
    await network.events()
    payload = await network.do(
        survey_manager, "surveyUnschedule", "survey { status version questions { key } }", survey=survey
    )
    assert payload["survey"] == {"status": "DRAFT", "version": 3, "questions": [{"key": "taken"}]}
    hidden = await network.ask(ada, "query ($id: ID!) { survey(id: $id) { id } }", {"id": survey})
    assert hidden["data"] == {"survey": None}
    assert await network.refused(ada, "surveySubmit", survey=survey, answers=ANSWERS) == ("NOT_FOUND", "input.survey")
    assert await network.refused(survey_manager, "surveyUnschedule", survey=survey) == ("CONFLICT", "input.survey")
    async with as_(PUBLISHER, network) as publisher:
        await settle_surveys(publisher)  # would have opened it
        assert await status_of(network, survey) == "DRAFT"
        changed = [TAKEN | {"options": SWAPPED}, WEIGHT | HEIGHT]
        assert await revised(network, survey_manager, survey, questions=changed, minimumParticipants=300) == []
        assert await network.events() == []
        assert await participation(network, ada, survey) is None
        payload = await network.do(survey_manager, "surveySchedule", "survey { status version }", survey=survey)
        assert payload["survey"] == {"status": "WAITING", "version": 3}
        await becomes_ready(network, survey)
        await settle_surveys(publisher)
    assert await status_of(network, survey) == "OPEN"
    await network.deliver()
    assert await participation(network, ada, survey) == "INVITED"
    assert [one["kind"] for one in await network.events()].count("surveyOpened") == 1
    await submitted(network, ada, survey, *ANSWERS)
    assert await network.value("SELECT count(*) FROM catalog.question WHERE survey_id = $1", key(survey)) == 2


async def test_only_a_waiting_survey_goes_back_to_draft(
    network: Network, survey_manager: User, survey: str, ada: User
) -> None:
    await submitted(network, ada, survey)
    assert await network.refused(survey_manager, "surveyUnschedule", survey=survey) == (TOO_LATE, "input.survey")
    assert await status_of(network, survey) == "OPEN"
    await network.do(survey_manager, "surveyClose", "__typename", survey=survey)
    assert await network.refused(survey_manager, "surveyUnschedule", survey=survey) == (TOO_LATE, "input.survey")
    assert await status_of(network, survey) == "CLOSED"
    assert await network.refused(survey_manager, "surveyUnschedule", survey="svy_x") == ("NOT_FOUND", "input.survey")


async def test_only_survey_managers_put_a_survey_back_to_draft(
    network: Network, survey_manager: User, steward: User, community_id: UUID, ada: User
) -> None:
    survey = await scheduled(network, survey_manager, community_id)
    answer = await network.answer(steward, "surveyUnschedule", "__typename", survey=survey)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    for statement in ("SELECT catalog.unschedule_survey($1)", "SELECT catalog.set_survey_terms($1, NULL, 200, '{}')"):
        async with viewing(network.database, Audience.MANAGER, steward.id):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only survey managers may do this"):
                await network.database.execute(statement, key(survey))
        async with viewing(network.database, Audience.PATIENT, ada.id):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await network.database.execute(statement, key(survey))
    async with viewing(network.database, Audience.MANAGER, survey_manager.id):
        terms = "SELECT catalog.set_survey_terms($1, NULL, 200, '{}')"
        assert await network.database.fetchval(terms, key(survey)) is False
        regions = "UPDATE catalog.eligibility SET regions = '{Corse}' WHERE survey_id = $1"
        assert await network.database.execute(regions, key(survey)) == "UPDATE 0"
    assert await status_of(network, survey) == "WAITING"


async def test_the_table_refuses_another_kind_of_question_with_an_earlier_key(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    survey = await scheduled(network, survey_manager, community_id, questions=ASKED)
    insert = """
        INSERT INTO catalog.question (survey_id, version, position, key, text, kind, required, bins)
        VALUES ($1, 2, 1, 'weight', 'Weight in kg', $2, true, $3)
    """
    for kind, bins, fits in (("NUMBER", [50, 75, 100], True), ("NUMBER", [50, 75], False), ("TEXT", None, False)):
        async with viewing(network.database, Audience.MANAGER, survey_manager.id):
            if fits:
                await network.database.execute(insert, key(survey), kind, bins)
            else:
                with pytest.raises(asyncpg.CheckViolationError, match="another question with this key"):
                    await network.database.execute(insert, key(survey), kind, bins)


async def test_a_survey_opens_or_goes_back_to_draft_and_never_both(
    network: Network, survey_manager: User, community_id: UUID, ada: User
) -> None:
    await consents(network, ada)
    outcomes = Counter[str]()
    async with as_(PUBLISHER, network) as publisher:
        for _ in range(4):
            survey = await scheduled(network, survey_manager, community_id)
            await becomes_ready(network, survey)
            back, _ = await asyncio.gather(
                network.do(survey_manager, "surveyUnschedule", "survey { id }", survey=survey),
                settle_surveys(publisher),
            )
            status = await status_of(network, survey)
            outcomes[status] += 1
            refused = [error["code"] for error in back["userErrors"]]
            assert (status, refused) in (("DRAFT", []), ("OPEN", [TOO_LATE]))
            await network.deliver()
            invited = await participation(network, ada, survey)
            assert invited == ("INVITED" if status == "OPEN" else None)
            threshold = "SELECT threshold FROM research.survey_opening WHERE survey_id = $1"
            assert await network.value(threshold, key(survey)) is None
    assert sum(outcomes.values()) == 4


# Versions


@pytest.mark.parametrize("mutation", ["surveySave", "surveySubmit"])
async def test_answers_to_a_version_that_is_no_longer_asked_are_refused(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User, mutation: str
) -> None:
    survey = await opened(network, survey_manager, community_id, ada, ben, questions=ASKED)
    corrected = [TAKEN, WEIGHT | {"text": "Weight in kg"}]
    assert await revised(network, survey_manager, survey, questions=corrected) == []
    for version in (0, 1, 3):
        stale: dict[str, Any] = {"survey": survey, "version": version, "answers": ANSWERS}
        assert await network.refused(ada, mutation, **stale) == ("CONFLICT", "input.version")
    assert await participation(network, ada, survey) == "INVITED"
    for current_one in ({"version": 2}, {"version": None}, {}):
        given: dict[str, Any] = {"survey": survey, "answers": ANSWERS} | current_one
        payload = await network.do(ada, mutation, "participation { status }", **given)
        assert payload["userErrors"] == []


async def test_concurrent_revisions_and_submissions_leave_answers_to_one_version_each(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    people = [await network.member(community_id) for _ in range(4)]
    survey = await opened(network, survey_manager, community_id, *people, questions=ASKED)
    more = [*ASKED, WEIGHT | HEIGHT | {"key": "height", "required": False}]
    forms = [ASKED, more, ASKED]
    await asyncio.gather(
        *(network.do(survey_manager, "surveyRevise", "__typename", survey=survey, questions=form) for form in forms),
        *(network.do(who, "surveySubmit", "__typename", survey=survey, answers=ANSWERS) for who in people),
    )
    versions = await network.database.fetch(
        """
        SELECT p.id, count(*) AS answers, count(DISTINCT q.version) AS versions
        FROM research.participation p JOIN research.answer a USING (answer_sheet_id)
        JOIN catalog.question q ON q.id = a.question_id WHERE p.survey_id = $1 GROUP BY p.id
        """,
        key(survey),
    )
    assert [(row["answers"], row["versions"]) for row in versions] == [(2, 1)] * 4
    assert (await current(network, survey))["version"] == 4


async def test_questions_are_checked_before_what_they_asked(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    survey = await scheduled(network, survey_manager, community_id, questions=ASKED)
    invalid = [TAKEN, WEIGHT | {"bins": [3, 1]}]
    assert await revised(network, survey_manager, survey, questions=invalid) == [("INVALID", "input.questions.1.bins")]
