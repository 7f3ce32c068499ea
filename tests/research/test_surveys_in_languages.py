"""Surveys in several languages: translations as they are written, and the one dataset that answers to them become."""

import csv
import io
import json
from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest

from models.languages import Language
from privacy import domains
from resolvers.insight.labels import words_in
from tests.support.callers import User
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import Crowd, buyer, closed, crowd, publish
from tests.support.surveys import drafted, in_days, opened, scheduled, status_of, submitted

TAKEN: dict[str, Any] = {
    "key": "taken",
    "text": "Do you take it?",
    "help": "Every day.",
    "kind": "SINGLE_CHOICE",
    "required": True,
    "options": [
        {"code": "a1", "label": "Yes", "translations": [{"language": "FR", "label": "Oui"}]},
        {"code": "a2", "label": "No", "translations": [{"language": "FR", "label": "Non"}]},
    ],
    "translations": [{"language": "FR", "text": "Le prenez-vous ?", "help": "Chaque jour."}],
}
BURDEN: dict[str, Any] = {
    "key": "burden", "text": "A burden?", "kind": "SCALE", "required": False, "minimum": 0, "maximum": 3,
    "translations": [{"language": "FR", "text": "Une gêne ?"}],
}  # fmt: skip
FRENCH = [{"language": "FR", "title": "Sommeil", "description": "Comment vous dormez."}]
WRITTEN = {"questions": [TAKEN, BURDEN], "translations": FRENCH}
STORED = """query ($id: ID!) { survey(id: $id) {
  translations { language title description }
  questions { translations { language text help } options { translations { language label } } }
} }"""
READ = """query ($id: ID!, $in: Language!) @inContext(language: $in) { survey(id: $id) {
  title description questions { key text help options { code label } } participation { answers { codes number } }
} }"""
TABLE = """query ($id: ID!, $in: Language!) @inContext(language: $in) { insight(id: $id) {
  dataset { title variables { name label categories { code label } } }
  variable { label } cells { count category { code label } by { code label } }
  regrouped: cells(by: []) { count category { code label } }
  reconciled { cells { count category { code label } } }
  csv jsonStat
} }"""


def with_question(question: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return deepcopy(question) | changed


def without_translations(question: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in deepcopy(question).items() if name != "translations"}
    if "options" in plain:
        plain["options"] = [{"code": each["code"], "label": each["label"]} for each in plain["options"]]
    return plain


async def stored(network: Network, manager: User, survey: str) -> Any:
    return (await network.ask(manager, STORED, {"id": survey}))["data"]["survey"]


async def read(network: Network, who: User, survey: str, language: str) -> Any:
    answer = await network.ask(who, READ, {"id": survey, "in": language})
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["survey"]


async def test_staff_read_what_they_wrote(network: Network, survey_manager: User, community_id: UUID) -> None:
    survey = await drafted(network, survey_manager, community_id, **WRITTEN)
    found = await stored(network, survey_manager, survey)
    assert found["translations"] == FRENCH
    taken, burden = found["questions"]
    assert taken == {
        "translations": TAKEN["translations"],
        "options": [{"translations": each["translations"]} for each in TAKEN["options"]],
    }
    assert burden == {"translations": [BURDEN["translations"][0] | {"help": None}], "options": []}


async def test_translations_stay_when_they_are_left_out_and_go_when_they_are_null(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    survey = await drafted(network, survey_manager, community_id, **WRITTEN)
    before = await stored(network, survey_manager, survey)
    plain = [without_translations(TAKEN), without_translations(BURDEN)]
    given: dict[str, Any] = {"survey": survey, "title": "Sleeping", "questions": plain}
    assert await network.refusals(survey_manager, "surveyRevise", **given) == []
    assert await stored(network, survey_manager, survey) == before
    emptied = [with_question(one, translations=[]) for one in plain]
    emptied[0]["options"] = [one | {"translations": []} for one in emptied[0]["options"]]
    given = {"survey": survey, "translations": None, "questions": emptied}
    assert await network.refusals(survey_manager, "surveyRevise", **given) == []
    found = await stored(network, survey_manager, survey)
    assert found["translations"] == []
    assert [each["translations"] for each in found["questions"]] == [[], []]


async def test_each_fault_is_at_its_own_place(network: Network, survey_manager: User, community_id: UUID) -> None:
    question = with_question(
        TAKEN,
        translations=[
            {"language": "EN", "text": "Do you?"},
            {"language": "FR", "text": " "},
            {"language": "FR", "text": "x" * 1_001, "help": " "},
        ],
        options=[
            TAKEN["options"][0] | {"translations": [{"language": "EN", "label": "Yes"}]},
            TAKEN["options"][1]
            | {"translations": [{"language": "FR", "label": "a\nb"}, {"language": "FR", "label": " "}]},
        ],
    )
    titles = [
        {"language": "EN", "title": "Sleep", "description": " "},
        {"language": "FR", "title": "", "description": "Dormir."},
        {"language": "FR", "title": "x" * 1_000, "description": "Dormir."},
    ]
    given = {
        "community": f"com_{community_id}", "title": "Sleep", "description": "How.", "closesOn": in_days(30),
        "offeredTo": ["HOSPITAL"], "questions": [question], "translations": titles,
    }  # fmt: skip
    found = await network.refusals(survey_manager, "surveyCreate", **given)
    assert sorted(found) == sorted([
        ("INVALID", "input.questions.0.translations.0.language"),
        ("INVALID", "input.questions.0.translations.1.text"),
        ("TOO_LONG", "input.questions.0.translations.2.text"),
        ("INVALID", "input.questions.0.translations.2.help"),
        ("INVALID", "input.questions.0.translations.2.language"),
        ("INVALID", "input.questions.0.options.0.translations.0.language"),
        ("INVALID", "input.questions.0.options.1.translations.0.label"),
        ("INVALID", "input.questions.0.options.1.translations.1.label"),
        ("INVALID", "input.questions.0.options.1.translations.1.language"),
        ("INVALID", "input.translations.0.language"),
        ("INVALID", "input.translations.0.description"),
        ("INVALID", "input.translations.1.title"),
        ("TOO_LONG", "input.translations.2.title"),
        ("INVALID", "input.translations.2.language"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    "half",
    [
        {"translations": []},
        {"questions": [TAKEN, with_question(BURDEN, translations=[])]},
        {"questions": [with_question(TAKEN, translations=[{"language": "FR", "text": "Le prenez-vous ?"}]), BURDEN]},
        {"questions": [with_question(TAKEN, help=None), BURDEN]},
        {"questions": [
            with_question(TAKEN, options=[TAKEN["options"][0], TAKEN["options"][1] | {"translations": []}]), BURDEN,
        ]},
    ],
    ids=["title", "question", "help", "help without a hint", "option"],
)  # fmt: skip
async def test_half_a_language_cannot_be_scheduled(
    network: Network, survey_manager: User, community_id: UUID, half: dict[str, Any]
) -> None:
    survey = await drafted(network, survey_manager, community_id, **WRITTEN | half)
    assert await network.refused(survey_manager, "surveySchedule", survey=survey) == ("INVALID", "input.survey")
    assert await status_of(network, survey) == "DRAFT"


async def test_a_language_that_is_added_to_a_scheduled_survey_is_whole(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    plain = [without_translations(TAKEN), without_translations(BURDEN)]
    survey = await scheduled(network, survey_manager, community_id, questions=plain)
    given: dict[str, Any] = {"survey": survey, "translations": FRENCH}
    assert await network.refusals(survey_manager, "surveyRevise", **given) == [
        ("INVALID", "input.questions.0.translations"),
        ("INVALID", "input.questions.0.options.0.translations"),
        ("INVALID", "input.questions.0.options.1.translations"),
        ("INVALID", "input.questions.1.translations"),
    ]
    given = {"survey": survey, "questions": [TAKEN, BURDEN]}
    assert await network.refused(survey_manager, "surveyRevise", **given) == ("INVALID", "input.translations")
    given |= {"translations": FRENCH}
    assert await network.refusals(survey_manager, "surveyRevise", **given) == []
    assert (await stored(network, survey_manager, survey))["translations"] == FRENCH


async def test_members_see_corrections_in_french_and_nothing_else(
    network: Network, survey_manager: User, community_id: UUID, ada: User
) -> None:
    misspelt = with_question(
        TAKEN, translations=[{"language": "FR", "text": "Le prennez-vous ?", "help": "Chaque jour."}]
    )
    given: dict[str, Any] = {"questions": [misspelt, BURDEN], "translations": FRENCH}
    survey = await opened(network, survey_manager, community_id, ada, **given)
    corrected = {"survey": survey, "questions": [TAKEN, BURDEN]}
    assert await network.refusals(survey_manager, "surveyRevise", **corrected) == []
    assert (await read(network, ada, survey, "FR"))["questions"][0]["text"] == "Le prenez-vous ?"
    other = with_question(
        TAKEN,
        translations=[{"language": "FR", "text": "Le voulez-vous ?", "help": "Chaque nuit."}],
        options=[
            TAKEN["options"][0] | {"translations": [{"language": "FR", "label": "Non"}]},
            TAKEN["options"][1] | {"translations": [{"language": "FR", "label": "Oui"}]},
        ],
    )
    titles = [{"language": "FR", "title": "Douleur", "description": "Comment vous mangez."}]
    given = {"survey": survey, "questions": [other, BURDEN], "translations": titles}
    assert sorted(await network.refusals(survey_manager, "surveyRevise", **given)) == sorted(
        ("TOO_LATE", f"input.{path}")
        for path in (
            "questions.0.translations.0.text",
            "questions.0.translations.0.help",
            "questions.0.options.0.translations.0.label",
            "questions.0.options.1.translations.0.label",
            "translations.0.title",
            "translations.0.description",
        )
    )


async def test_a_member_may_change_their_language_in_the_middle(
    network: Network, survey_manager: User, community_id: UUID, ada: User
) -> None:
    survey = await opened(network, survey_manager, community_id, ada, **WRITTEN)
    answers: list[dict[str, Any]] = [{"question": "taken", "codes": ["a2"]}, {"question": "burden", "number": 2}]
    saving = """mutation ($input: SurveySaveInput!) @inContext(language: FR) {
        surveySave(input: $input) { userErrors { code } } }"""
    saved = await network.ask(ada, saving, {"input": {"survey": survey, "answers": answers[:1]}})
    assert saved["data"]["surveySave"]["userErrors"] == []
    french, english = await read(network, ada, survey, "FR"), await read(network, ada, survey, "EN")
    assert (french["title"], english["title"]) == ("Sommeil", "Sleep")
    assert french["questions"][0]["options"] == [{"code": "a1", "label": "Oui"}, {"code": "a2", "label": "Non"}]
    assert english["questions"][0]["options"] == [{"code": "a1", "label": "Yes"}, {"code": "a2", "label": "No"}]
    assert french["participation"] == english["participation"] == {"answers": [{"codes": ["a2"], "number": None}]}
    await submitted(network, ada, survey, *answers)
    found = await network.database.fetch(
        "SELECT a.codes, a.number FROM research.answer a JOIN research.answer_sheet s ON s.id = a.answer_sheet_id"
        " WHERE s.survey_id = $1 ORDER BY a.codes",
        key(survey),
    )
    assert [tuple(row) for row in found] == [([], 2), (["a2"], None)]


async def translated_crowd(network: Network) -> Crowd:
    """A crowd whose survey is in French too, as surveyCreate stores it."""
    people = await crowd(network.database, [{"q": "AB"[n % 2], "r": "AB"[n % 3 == 0]} for n in range(300)])
    for statement in (
        """UPDATE catalog.survey SET title = 'Sleep', translations =
            '{"fr": {"title": "Sommeil", "description": "Dormir."}}' WHERE id = $1""",
        """UPDATE catalog.question SET translations = jsonb_build_object('fr', jsonb_build_object(
            'text', 'En français, ' || key)) WHERE survey_id = $1""",
        """UPDATE catalog.question_option o SET translations = jsonb_build_object('fr', jsonb_build_object(
            'label', 'Réponse ' || o.code)) FROM catalog.question q WHERE q.id = o.question_id AND q.survey_id = $1""",
    ):
        await network.database.execute(statement, people.survey)
    return people


async def test_one_dataset_has_labels_in_both_languages(network: Network) -> None:
    people = await translated_crowd(network)
    dataset = await closed(network, people)
    laboratory = await buyer(network, people.community)
    payload = await publish(network, laboratory, dataset, "q", "r")
    assert payload["userErrors"] == []
    insight = payload["insight"]["id"]
    french, english = [
        (await network.ask(laboratory, TABLE, {"id": insight, "in": language}))["data"]["insight"]
        for language in ("FR", "EN")
    ]
    assert (french["dataset"]["title"], english["dataset"]["title"]) == ("Sommeil", "Sleep")
    assert (french["variable"]["label"], english["variable"]["label"]) == ("En français, q", "q?")
    for cells in ("cells", "regrouped"):
        labels = {cell["category"]["code"]: cell["category"]["label"] for cell in french[cells]}
        assert labels == {
            "A": "Réponse A",
            "B": "Réponse B",
            "C": "Réponse C",
            "D": "Réponse D",
            "UNKNOWN": labels["UNKNOWN"],
        }
        assert labels["UNKNOWN"] != next(
            c["category"]["label"] for c in english[cells] if c["category"]["code"] == "UNKNOWN"
        )
    for other in (french["reconciled"]["cells"], english["reconciled"]["cells"]):
        assert {cell["category"]["code"] for cell in other} == {"A", "B", "C", "D", "UNKNOWN"}
    assert french["reconciled"]["cells"][0]["category"]["label"] == "Réponse A"
    assert without_labels(french) == without_labels(english)
    table, same = (list(csv.DictReader(io.StringIO(each["csv"]))) for each in (french, english))
    assert {row["q_label"] for row in table if row["q_code"] == "A"} == {"Réponse A"}
    assert [{n: v for n, v in row.items() if not n.endswith("_label")} for row in table] == [
        {n: v for n, v in row.items() if not n.endswith("_label")} for row in same
    ]
    document, in_english = json.loads(french["jsonStat"]), json.loads(english["jsonStat"])
    assert document["label"] == "Sommeil\N{NO-BREAK SPACE}: En français, q, par En français, r"
    assert in_english["label"] == "Sleep: q?, by r?"
    assert "registre public" in document["source"]
    assert "entry" in in_english["source"]
    assert document["dimension"]["measure"]["category"]["label"]["count"] == "Effectif"
    assert (document["value"], document["id"]) == (in_english["value"], in_english["id"])


def without_labels(found: Any) -> Any:
    """The same without texts for people."""
    if isinstance(found, dict):
        texts = ("label", "title", "csv", "jsonStat")
        return {name: without_labels(value) for name, value in found.items() if name not in texts}
    return [without_labels(each) for each in found] if isinstance(found, list) else found


def test_domains_are_the_same_in_every_language_but_for_their_labels() -> None:
    id = UUID(int=1)
    for language in Language:
        for kind in ("SINGLE_CHOICE", "MULTIPLE_CHOICE", "SCALE", "NUMBER", "DATE", "TEXT"):
            options = (("a1", "Yes"), ("a2", "No")) if "CHOICE" in kind else ()
            question = domains.SurveyQuestion(
                id=id, key="k", text="T?", kind=kind, options=options, minimum=0, maximum=3,
                bins=(0.5, 1, 1000) if kind == "NUMBER" else (), max_choices=None,
            )  # fmt: skip
            english = domains.survey_variables([question])
            other = domains.survey_variables([question], words_in(language))
            assert structure(other) == structure(english)
    entries = [domains.CatalogueEntry(id, "some-drug", "Some drug")]
    indicators = [
        domains.TrackedIndicator(id, "pain", "Pain", 0, 10, None),
        domains.TrackedIndicator(id, "weight", "Weight", 30, 200.5, "kg"),
    ]
    english = domains.tracking_variables(entries, indicators, entries)
    french = domains.tracking_variables(entries, indicators, entries, words_in(Language.FR))
    assert structure(french) == structure(english)
    assert [each.label for each in french] != [each.label for each in english]


def structure(variables: Any) -> Any:
    """What counts of variables depend on, and no label."""
    return domains.slots(variables), [
        (
            each.name, each.rule, each.ordinal, each.max_per_member, each.subject,
            [(one.code, one.value, one.low, one.high) for one in each.categories],
        )
        for each in variables
    ]  # fmt: skip
