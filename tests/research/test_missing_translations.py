"""Texts without a translation: which are listed, for whom, and that they are gone once they are translated."""

import json
from typing import Any

import pytest

from models.identity.accounts import StaffRole
from models.research.translations import TranslatedKind
from resolvers.research.translations import LISTS, _texts_of
from tests import factories
from tests.graph.test_every_text import IN_LANGUAGE
from tests.support.callers import User
from tests.support.network import Network

EDITOR, SURVEYS = StaffRole.CATALOGUE_EDITOR, StaffRole.SURVEY_MANAGER
LISTED = """query ($kind: TranslatedKind, $in: Language, $after: Cursor) {
  missingTranslations(kind: $kind, language: $in, first: 100, after: $after) {
    nodes { language subject { id } field option text } pageInfo { hasNextPage endCursor } } }"""
IN_FRENCH = dict.fromkeys(("name", "description", "title", "unit"), "En français") | {"lay_names": ["En français"]}
FRENCH = json.dumps({"fr": IN_FRENCH})


async def listed(network: Network, who: User, id: str, **given: Any) -> list[tuple[str, str | None, str]]:
    """The field, the option and the text of each text of one subject, of all pages."""
    found, after = [], None
    while True:
        answer = await network.ask(who, LISTED, given | {"after": after})
        page = answer["data"]["missingTranslations"]
        found += [(n["field"], n["option"], n["text"]) for n in page["nodes"] if n["subject"]["id"] == id]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


ENTRIES: dict[str, tuple[str, str, dict[str, Any], list[tuple[str, str | None, str]]]] = {
    "CONDITION": ("con", "condition", {"name": "Untold"}, [("name", None, "Untold")]),
    "COMMUNITY": (
        "com", "community", {"name": "Untold", "description": "Of it."},
        [("description", None, "Of it."), ("name", None, "Untold")],
    ),
    "INDICATOR": (
        "ind", "indicator", {"name": "Untold", "unit": "nights", "lay_names": ["Of it", "Its own"]},
        [("layNames", None, "Of it, Its own"), ("name", None, "Untold"), ("unit", None, "nights")],
    ),
    "TREATMENT": ("trt", "treatment", {"name": "Untold", "kind": "DEVICE"}, [("name", None, "Untold")]),
    "SURVEY": (
        "svy", "survey", {"title": "Untold", "description": "Of it.", "status": "DRAFT"},
        [("description", None, "Of it."), ("title", None, "Untold")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENTRIES)
async def test_a_text_is_listed_until_it_is_translated(network: Network, kind: str) -> None:
    prefix, factory, given, expected = ENTRIES[kind]
    made = await getattr(factories, factory)(network.database, **given)
    done = await getattr(factories, factory)(network.database, translations=FRENCH)
    staff = await network.staff(EDITOR, SURVEYS)
    assert await listed(network, staff, f"{prefix}_{made['id']}", kind=kind) == expected
    assert await listed(network, staff, f"{prefix}_{made['id']}", kind=kind, **{"in": "FR"}) == expected
    assert await listed(network, staff, f"{prefix}_{made['id']}") == expected
    assert await listed(network, staff, f"{prefix}_{done['id']}") == []
    assert await listed(network, staff, f"{prefix}_{made['id']}", **{"in": "EN"}) == []
    other = next(each.value for each in TranslatedKind if each.value != kind)
    assert await listed(network, staff, f"{prefix}_{made['id']}", kind=other) == []
    blank = json.dumps({"fr": {name: type(text)() for name, text in IN_FRENCH.items()}})
    await network.database.execute(
        f"UPDATE catalog.{factory} SET translations = $2 WHERE id = $1", made["id"], blank
    )  # fmt: skip
    # A blank is none, but an empty list says that there are no such names in French.
    left = [each for each in expected if each[0] not in LISTS.values()]
    assert await listed(network, staff, f"{prefix}_{made['id']}") == left
    await network.database.execute(
        f"UPDATE catalog.{factory} SET translations = $2 WHERE id = $1", made["id"], FRENCH
    )  # fmt: skip
    assert await listed(network, staff, f"{prefix}_{made['id']}") == []


def test_every_translated_field_of_what_people_write_is_listed() -> None:
    """Fields of datasets are in both languages from the start."""
    types = {
        "con": "Condition",
        "com": "Community",
        "ind": "Indicator",
        "trt": "Treatment",
        "svy": "Survey",
        "qst": "Question",
        "asn": "Association",
    }
    listed = set()
    for kind in TranslatedKind:
        for texts in _texts_of(kind):
            named = "QuestionOption" if texts.columns == ("label",) else types[texts.prefix]
            listed |= {f"{named}.{LISTS.get(column, column)}" for column in texts.columns}
    written = {*types.values(), "QuestionOption"}
    assert listed == {field for field in IN_LANGUAGE if field.partition(".")[0] in written}


async def test_what_nobody_is_shown_any_more_is_not_listed(network: Network) -> None:
    staff = await network.staff(EDITOR, SURVEYS)
    survivor = await factories.community(network.database)
    gone = [
        f"con_{(await factories.condition(network.database, retired_on=factories.NOON.date()))['id']}",
        f"ind_{(await factories.indicator(network.database, retired_on=factories.NOON.date()))['id']}",
        f"trt_{(await factories.treatment(network.database, kind='DEVICE', retired_on=factories.NOON.date()))['id']}",
        f"trt_{(await factories.treatment(network.database, kind='MEDICATION'))['id']}",  # the same in every language
        f"com_{(await factories.community(network.database, status='MERGED', merged_into_id=survivor['id']))['id']}",
        f"svy_{(await factories.survey(network.database, status='CLOSED'))['id']}",
    ]
    for id in gone:
        assert await listed(network, staff, id) == [], id


async def test_questions_and_options_are_those_of_the_current_version(network: Network) -> None:
    staff = await network.staff(SURVEYS)
    survey = await factories.survey(network.database, status="DRAFT", version=2)
    of = {"survey_id": survey["id"], "position": 1, "key": "q", "kind": "SINGLE_CHOICE", "help": "Think"}
    former = await factories.question(network.database, **of, version=1, text="Earlier?")
    question = await factories.question(network.database, **of, version=2, text="Now?")
    for each in (former, question):
        await factories.question_option(network.database, question_id=each["id"], code="YES", label="Yes")
    assert await listed(network, staff, f"qst_{question['id']}") == [
        ("help", None, "Think"), ("label", "YES", "Yes"), ("text", None, "Now?"),
    ]  # fmt: skip
    assert await listed(network, staff, f"qst_{former['id']}") == []
    await network.database.execute("UPDATE catalog.survey SET status = 'CLOSED' WHERE id = $1", survey["id"])
    assert await listed(network, staff, f"qst_{question['id']}") == []


async def test_an_associations_page_lacks_either_language(network: Network) -> None:
    staff = await network.staff(EDITOR)
    member = await factories.member(network.database, kind="ASSOCIATION")
    await factories.association(
        network.database, member_id=member["id"], description="Nous aidons",
        translations=json.dumps({"fr": {"description": "Nous aidons"}}),
    )  # fmt: skip
    id, missing = f"asn_{member['id']}", [("description", None, "Nous aidons")]
    assert await listed(network, staff, id) == missing
    assert await listed(network, staff, id, **{"in": "EN"}) == missing
    assert await listed(network, staff, id, **{"in": "FR"}) == []


async def test_editors_and_survey_managers_read_the_list_and_drafts_are_the_latters(network: Network) -> None:
    condition = f"con_{(await factories.condition(network.database))['id']}"
    draft = f"svy_{(await factories.survey(network.database, status='DRAFT'))['id']}"
    open_ = f"svy_{(await factories.survey(network.database, status='OPEN'))['id']}"
    for role in StaffRole:
        staff = await network.staff(role)
        seen = {id for id in (condition, draft, open_) if await listed(network, staff, id)}
        expected = {EDITOR: {condition, open_}, SURVEYS: {condition, draft, open_}}.get(role, set())
        assert (role, seen) == (role, expected)
    for who in (await network.member(), await network.buyer()):
        assert "data" not in await network.ask(who, LISTED, {})


async def test_the_demonstration_lacks_no_translation(network: Network) -> None:
    """Of what it shows in French; other tests' rows are not of it."""
    missing = """
        SELECT name FROM catalog.condition WHERE demonstration AND NOT translations -> 'fr' ? 'name'
        UNION SELECT name FROM catalog.treatment
            WHERE demonstration AND kind <> 'MEDICATION' AND NOT translations -> 'fr' ? 'name'
        UNION SELECT full_name FROM catalog.association
            WHERE demonstration AND description IS NOT NULL AND NOT translations ?& '{en,fr}'
    """
    assert await network.database.fetch(missing) == []
