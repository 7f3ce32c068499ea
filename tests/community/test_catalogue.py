"""The catalogue by mutation: entries are created, changed, retired and listed by catalogue editors, with a history."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from commands.loading import writing
from models.identity.accounts import StaffRole
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.ids import key
from tests.support.network import Network

FRENCH = [{"language": "FR", "name": "Sclérose en plaques"}]
TEXTS = "translations { language name description }"


@pytest_asyncio.fixture(scope="module")
async def editor(network: Network) -> User:
    """Yields signed-in staff who may edit the catalogue."""
    return await network.staff(StaffRole.CATALOGUE_EDITOR)


def a_name() -> str:
    return f"Entry {next(factories.numbers)}"


async def created(network: Network, who: User, entry: str, /, **given: Any) -> dict[str, Any]:
    """A new entry of a kind: its id, its slug and its version."""
    needed: dict[str, dict[str, Any]] = {
        "condition": {},
        "indicator": {"kind": "MEASUREMENT", "scale": "QUANTITY", "minimum": 0, "maximum": 100},
        "treatment": {"kind": "MEDICATION"},
        "community": {"description": "Who live with it."},
    }
    given = {"name": a_name(), **needed[entry], **given}
    if entry == "community" and "condition" not in given:
        given["condition"] = (await created(network, who, "condition"))["id"]
    fields = "id version" if entry == "condition" else "id slug version"
    payload = await network.do(who, f"{entry}Create", f"{entry} {{ {fields} }}", **given)
    assert payload["userErrors"] == []
    made: dict[str, Any] = payload[entry]
    return made


async def changes_of(network: Network, who: User, id: str) -> set[tuple[Any, ...]]:
    document = """
        query Changes($id: ID) { catalogueChanges(subject: $id, first: 100) {
            nodes { field before after changedBy subject { id } } } }
    """
    found = (await network.ask(who, document, {"id": id}))["data"]["catalogueChanges"]["nodes"]
    assert all(change["subject"] == {"id": id} and change["changedBy"] for change in found)
    return {(change["field"], change["before"], change["after"]) for change in found}


# Creating and changing


async def test_a_condition_is_created_and_changed_with_its_codes_and_translations(
    network: Network, editor: User
) -> None:
    name = a_name()
    payload = await network.do(
        editor, "conditionCreate", f"condition {{ id name icd10 orpha hpo version retiredOn {TEXTS} }}",
        name=f" {name} ", icd10="g35", orpha="802", hpo="HP:0000716", translations=FRENCH,
    )  # fmt: skip
    made = payload["condition"]
    assert payload["userErrors"] == []
    assert made == {
        "id": made["id"], "name": name, "icd10": "G35", "orpha": "802", "hpo": "HP:0000716", "version": 1,
        "retiredOn": None,
        "translations": [{"language": "FR", "name": "Sclérose en plaques", "description": None}],
    }  # fmt: skip
    given = {"condition": made["id"], "version": 1, "name": f"{name} (MS)", "orpha": None}
    payload = await network.do(editor, "conditionUpdate", f"condition {{ name icd10 orpha version {TEXTS} }}", **given)
    assert payload["condition"] == {
        "name": f"{name} (MS)", "icd10": "G35", "orpha": None, "version": 2, "translations": made["translations"]
    }  # fmt: skip
    assert await changes_of(network, editor, made["id"]) == {
        (None, None, name), ("name", name, f"{name} (MS)"), ("orpha", "802", None)
    }  # fmt: skip


async def test_an_indicator_is_created_and_found_by_its_names_in_every_language(network: Network, editor: User) -> None:
    number = next(factories.numbers)
    fields = "id slug kind scale unit ucum minimum maximum hpo loinc layNames searchWords"
    payload = await network.do(
        editor, "indicatorCreate", f"indicator {{ {fields} }}",
        name=f"Glucose n° {number}", kind="MEASUREMENT", scale="QUANTITY", minimum=1, maximum=40.5, unit="mmol/L",
        ucum="mmol/L", loinc="2345-7", layNames=[f"sugar{number}"], searchWords="glycaemia",
        translations=[{"language": "FR", "name": f"Glycémie{number}"}],
    )  # fmt: skip
    assert payload["userErrors"] == []
    made = payload["indicator"]
    assert made == {
        "id": made["id"], "slug": f"glucose-n-{number}", "kind": "MEASUREMENT", "scale": "QUANTITY", "unit": "mmol/L",
        "ucum": "mmol/L", "minimum": 1, "maximum": 40.5, "hpo": None, "loinc": "2345-7", "layNames": [f"sugar{number}"],
        "searchWords": f"glycaemia, Glycémie{number}, sugar{number}",
    }  # fmt: skip
    for word in (f"glycemie{number}", f"sugar{number}"):
        found = await network.ask(ANYBODY, f'{{ indicators(search: "{word}") {{ id }} }}')
        assert found["data"] == {"indicators": [{"id": made["id"]}]}


async def test_an_indicator_has_its_unit_and_everyday_names_in_other_languages(network: Network, editor: User) -> None:
    number = next(factories.numbers)
    french = {"language": "FR", "name": f"Arrêt n° {number}", "unit": "jours", "layNames": [f"crevé{number}", "À plat"]}
    fields = "id version unit layNames searchWords translations { language name unit layNames }"
    made = (
        await network.do(
            editor, "indicatorCreate", f"indicator {{ {fields} }}", name=f"Sick leave n° {number}", kind="MEASUREMENT",
            scale="QUANTITY", minimum=0, maximum=31, unit="days", layNames=[f"off{number}"], translations=[french],
        )
    )["indicator"]  # fmt: skip
    assert made["translations"] == [french]
    for language, word, shown in (("FR", f"creve{number}", french), ("EN", f"off{number}", made)):
        query = f'query @inContext(language: {language}) {{ indicators(search: "{word}") {{ unit layNames }} }}'
        found = (await network.ask(ANYBODY, query))["data"]["indicators"]
        assert found == [{"unit": shown["unit"], "layNames": shown["layNames"]}]
    # All texts of the language are replaced: what is left out is shown in English again.
    given = {"indicator": made["id"], "version": 1, "translations": [{"language": "FR", "name": french["name"]}]}
    payload = await network.do(editor, "indicatorUpdate", f"indicator {{ {fields} }}", **given)
    plain = {"language": "FR", "name": french["name"], "unit": None, "layNames": []}
    assert payload["indicator"]["translations"] == [plain]
    query = f'query @inContext(language: FR) {{ indicators(search: "off{number}") {{ unit layNames }} }}'
    found = (await network.ask(ANYBODY, query))["data"]["indicators"]
    assert found == [{"unit": "days", "layNames": [f"off{number}"]}]


async def test_a_treatment_is_created_with_its_codes_and_loses_them_with_its_kind(
    network: Network, editor: User
) -> None:
    code = f"{60_000_000 + next(factories.numbers)}"
    made = await created(network, editor, "treatment", inn="methotrexate", atc="l04ax03", nationalCode=code)
    given = {"treatment": made["id"], "version": 1, "kind": "THERAPY"}
    refused = await network.refusals(editor, "treatmentUpdate", **given)
    assert refused == [("INVALID", f"input.{name}") for name in ("inn", "atc", "nationalCode")]
    given |= {"inn": None, "atc": None, "nationalCode": None}
    payload = await network.do(editor, "treatmentUpdate", "treatment { kind inn atc nationalCode version }", **given)
    assert payload["treatment"] == {"kind": "THERAPY", "inn": None, "atc": None, "nationalCode": None, "version": 2}


async def test_a_community_is_created_as_a_draft_and_opened(network: Network, editor: User) -> None:
    french = {"language": "FR", "name": "Ensemble", "description": "Pour tous."}
    made = await created(network, editor, "community", neededCount=300, translations=[french])
    assert (await network.ask(ANYBODY, f'{{ community(slug: "{made["slug"]}") {{ id }} }}'))["data"] == {
        "community": None
    }
    assert await network.refused(editor, "communityClose", community=made["id"]) == ("TOO_EARLY", "input.community")
    fields = f"community {{ status readiness {{ needed }} version {TEXTS} }}"
    payload = await network.do(editor, "communityOpen", fields, community=made["id"])
    assert payload["community"] == {
        "status": "OPEN", "readiness": {"needed": 300}, "version": 2, "translations": [french]
    }  # fmt: skip
    shown = await network.ask(ANYBODY, f'{{ community(slug: "{made["slug"]}") {{ id status }} }}')
    assert shown["data"] == {"community": {"id": made["id"], "status": "OPEN"}}
    assert await network.refused(editor, "communityOpen", community=made["id"]) == ("CONFLICT", "input.community")
    assert ("status", "DRAFT", "OPEN") in await changes_of(network, editor, made["id"])


# What is in use


async def test_bounds_only_widen_and_a_unit_keeps_its_meaning(network: Network, editor: User) -> None:
    unit = {"unit": "Kg", "ucum": "kg"}
    made = await created(network, editor, "indicator", minimum=10, maximum=300, **unit)
    given = {"indicator": made["id"], "version": 1}
    for change, path in (({"minimum": 11}, "minimum"), ({"maximum": 299}, "maximum"), ({"ucum": "g"}, "ucum")):
        assert await network.refused(editor, "indicatorUpdate", **given, **change) == ("TOO_LATE", f"input.{path}")
    payload = await network.do(
        editor, "indicatorUpdate", "indicator { minimum maximum unit ucum version }",
        **given, minimum=5, maximum=400, unit="kg",
    )  # fmt: skip
    assert payload["indicator"] == {"minimum": 5, "maximum": 400, "unit": "kg", "ucum": "kg", "version": 2}
    plain = await created(network, editor, "indicator", unit="points")
    given = {"indicator": plain["id"], "version": 1, "unit": "marks"}
    assert await network.refused(editor, "indicatorUpdate", **given) == ("TOO_LATE", "input.unit")


async def test_a_retired_treatment_is_for_those_who_follow_it(
    network: Network, editor: User, community_id: UUID, ada: User, ben: User
) -> None:
    name = a_name()
    made = await created(network, editor, "treatment", name=name)
    given = {"community": f"com_{community_id}", "version": 1, "treatments": [made["id"]]}
    assert await network.refusals(editor, "communityTreatmentsSet", **given) == []
    course = {"treatment": made["id"], "startedOn": "2020-01-01"}
    assert await network.refusals(ada, "courseStart", **course) == []
    for _ in range(2):  # repeating it changes nothing
        assert await network.refusals(editor, "treatmentRetire", treatment=made["id"]) == []
    assert await network.refused(ben, "courseStart", **course) == ("TOO_LATE", "input.treatment")
    assert await network.refusals(ada, "courseStart", **course | {"startedOn": "2021-01-01"}) == []
    document = f"""{{ treatments(search: "{name}") {{ nodes {{ id }} }}
        node(id: "com_{community_id}") {{ ... on Community {{ treatments {{ nodes {{ id }} }} }} }} }}"""
    there = {"nodes": [{"id": made["id"]}]}
    nothing: dict[str, Any] = {"nodes": []}
    for who, seen in ((ada, there), (ben, nothing), (ANYBODY, nothing), (editor, there)):
        assert (await network.ask(who, document))["data"] == {"treatments": seen, "node": {"treatments": seen}}
    assert await network.value("SELECT version FROM catalog.community WHERE id = $1", community_id) == 2
    again = {"community": f"com_{community_id}", "version": 2, "treatments": [made["id"]]}
    assert await network.refusals(editor, "communityTreatmentsSet", **again) == []  # it was there before
    elsewhere = await created(network, editor, "community")
    given = {"community": elsewhere["id"], "version": 1, "treatments": [made["id"]]}
    assert await network.refused(editor, "communityTreatmentsSet", **given) == ("TOO_LATE", "input.treatments.0")
    assert await network.refusals(editor, "treatmentRetire", treatment=made["id"], retired=False) == []
    assert await network.refusals(ben, "courseStart", **course) == []


async def test_a_retired_indicator_is_for_those_who_record_it(
    network: Network, editor: User, ada: User, ben: User
) -> None:
    name = a_name()
    made = await created(network, editor, "indicator", name=name, kind="SYMPTOM")
    entry = {"entries": [{"indicator": made["id"], "value": 3}]}
    assert await network.refusals(ada, "observationsRecord", observedOn="2021-03-01", **entry) == []
    assert await network.refusals(editor, "indicatorRetire", indicator=made["id"]) == []
    assert await network.refusals(ada, "observationsRecord", observedOn="2021-03-02", **entry) == []
    refused = await network.refused(ben, "observationsRecord", observedOn="2021-03-02", **entry)
    assert refused == ("TOO_LATE", "input.entries.0.indicator")
    for who, seen in ((ada, 1), (ben, 0), (ANYBODY, 0), (editor, 1)):
        found = await network.ask(who, f'{{ indicators(search: "{name}") {{ id }} }}')
        assert len(found["data"]["indicators"]) == seen
    course = await factories.course(network.database, member_id=ben.id)
    evaluation = {"course": f"crs_{course['id']}", "effectiveness": 1, "convenience": 1, "satisfaction": 1}
    effects = [{"indicator": made["id"], "severity": "MILD", "serious": False}]
    refused = await network.refused(ben, "courseEvaluate", **evaluation, sideEffects=effects)
    assert refused == ("TOO_LATE", "input.sideEffects.0.indicator")


async def test_no_community_gathers_around_a_retired_condition(network: Network, editor: User) -> None:
    condition = (await created(network, editor, "condition"))["id"]
    assert await network.refusals(editor, "conditionRetire", condition=condition) == []
    given = {"name": a_name(), "description": "Together.", "condition": condition}
    assert await network.refused(editor, "communityCreate", **given) == ("TOO_LATE", "input.condition")


# Two editors at once


@pytest.mark.parametrize("kind", ["condition", "community", "indicator", "treatment"])
async def test_of_two_changes_of_one_version_the_second_is_refused(network: Network, editor: User, kind: str) -> None:
    made = await created(network, editor, kind)
    other = await network.staff(StaffRole.CATALOGUE_EDITOR)
    answers = await asyncio.gather(
        *(
            network.refusals(who, f"{kind}Update", **{kind: made["id"]}, version=1, name=a_name())
            for who in (editor, other)
        )
    )
    assert sorted(answers) == [[], [("CONFLICT", "input.version")]]
    assert await network.value(f"SELECT version FROM catalog.{kind} WHERE id = $1", UUID(made["id"][4:])) == 2


@pytest.mark.parametrize("kind", ["community", "indicator", "treatment"])
async def test_of_two_entries_with_one_slug_one_is_created(network: Network, editor: User, kind: str) -> None:
    slug = f"same-{next(factories.numbers)}"
    by_kind: dict[str, dict[str, Any]] = {
        "community": {"description": "Together."},
        "indicator": {"kind": "MOOD", "scale": "RATING_0_10", "minimum": 0, "maximum": 10},
        "treatment": {"kind": "DEVICE"},
    }
    needed = by_kind[kind]
    if kind == "community":
        needed["condition"] = (await created(network, editor, "condition"))["id"]
    answers = await asyncio.gather(
        *(network.refusals(editor, f"{kind}Create", name=a_name(), slug=slug, **needed) for _ in range(3))
    )
    assert sorted(answers) == [[], [("TAKEN", "input.slug")], [("TAKEN", "input.slug")]]


@pytest.mark.parametrize("alike", ["Écho-thérapie {}", "E\u0301cho-the\u0301rapie {}", "Écho-thérapie \u200b {}"])
async def test_a_name_that_looks_like_another_is_taken(network: Network, editor: User, alike: str) -> None:
    number = next(factories.numbers)
    await created(network, editor, "condition", name=f"Écho-thérapie {number}")
    await created(network, editor, "treatment", name=f"Écho-thérapie {number}")
    name = alike.format(number)
    assert await network.refusals(editor, "conditionCreate", name=name) == [("TAKEN", "input.name")]
    assert await network.refusals(editor, "treatmentCreate", name=name, kind="DEVICE") == [("TAKEN", "input.slug")]


async def test_a_name_of_an_older_version_that_looks_the_same_is_taken(network: Network, editor: User) -> None:
    number = next(factories.numbers)
    made = await created(network, editor, "condition")
    old = f"E\u0301chose  {number}"
    await network.value("UPDATE catalog.condition SET name = $2 WHERE id = $1", UUID(made["id"][4:]), old)
    assert await network.refusals(editor, "conditionCreate", name=f"Échose {number}") == [("TAKEN", "input.name")]


async def test_a_repeated_request_creates_nothing_twice(network: Network, editor: User) -> None:
    given = {"name": a_name(), "clientMutationId": a_name()}
    first = await network.do(editor, "conditionCreate", "condition { id }", **given)
    assert await network.do(editor, "conditionCreate", "condition { id }", **given) == first


# The history


async def test_lists_are_set_in_order_and_recorded(network: Network, editor: User) -> None:
    entries = [await created(network, editor, "indicator") for _ in range(3)]
    made = await created(network, editor, "community")
    for version, order in ((1, (2, 0, 1)), (2, (1, 2)), (3, (1, 2))):
        indicators = [entries[place]["id"] for place in order]
        given = {"community": made["id"], "version": version, "indicators": indicators}
        payload = await network.do(editor, "communityIndicatorsSet", "community { version indicators { id } }", **given)
        assert payload["userErrors"] == []
        assert [each["id"] for each in payload["community"]["indicators"]] == indicators
    slugs = [entry["slug"] for entry in entries]
    first, second = f"{slugs[2]} {slugs[0]} {slugs[1]}", f"{slugs[1]} {slugs[2]}"
    changes = await changes_of(network, editor, made["id"])
    assert {change for change in changes if change[0] == "indicators"} == {
        ("indicators", None, first), ("indicators", first, second)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "mutation"), [("indicator", "communityIndicatorsSet"), ("treatment", "communityTreatmentsSet")]
)
async def test_what_staff_change_of_a_list_of_the_demonstration_is_recorded(
    network: Network, editor: User, kind: str, mutation: str
) -> None:
    entry, made = await created(network, editor, kind), await created(network, editor, "community")
    await network.database.execute("UPDATE catalog.community SET demonstration = true WHERE id = $1", key(made["id"]))
    given = {"community": made["id"], "version": 1, f"{kind}s": [entry["id"]]}
    assert (await network.do(editor, mutation, "community { id }", **given))["userErrors"] == []
    assert (f"{kind}s", None, entry["slug"]) in await changes_of(network, editor, made["id"])


@pytest.mark.parametrize(
    ("kind", "mutation"), [("indicator", "communityIndicatorsSet"), ("treatment", "communityTreatmentsSet")]
)
async def test_a_list_that_was_loaded_meanwhile_is_a_conflict(
    network: Network, editor: User, kind: str, mutation: str
) -> None:
    entry, made = await created(network, editor, kind), await created(network, editor, "community")
    await writing.write_list(network.database, kind, {str(key(made["id"])): [str(key(entry["id"]))]})
    given = {"community": made["id"], f"{kind}s": []}
    assert await network.refused(editor, mutation, version=1, **given) == ("CONFLICT", "input.version")
    payload = await network.do(editor, mutation, "community { version }", version=2, **given)
    assert payload["community"] == {"version": 3}


async def test_only_editors_and_administrators_read_the_history_and_nobody_changes_it(
    network: Network, editor: User
) -> None:
    made = await created(network, editor, "treatment")
    document = f'{{ catalogueChanges(subject: "{made["id"]}") {{ nodes {{ field changedBy }} }} }}'
    for role in StaffRole:
        found = await network.ask(await network.staff(role), document)
        nodes = found["data"]["catalogueChanges"]["nodes"]
        reads = role in (StaffRole.CATALOGUE_EDITOR, StaffRole.ADMINISTRATOR)
        assert nodes == ([{"field": None, "changedBy": editor.name}] if reads else [])
    rights = await network.value(
        "SELECT count(*) FROM information_schema.role_table_grants WHERE table_name = 'catalogue_change'"
        " AND privilege_type <> 'SELECT' AND grantee LIKE 'cohorte\\_%'"
    )
    assert rights == 0


async def test_counts_are_no_change_of_the_catalogue(network: Network, community_id: UUID) -> None:
    before = await network.count("catalog.catalogue_change", subject_id=community_id)
    await network.database.execute("SELECT catalog.show_counts($1, 10, 10, catalog.today())", community_id)
    assert await network.count("catalog.catalogue_change", subject_id=community_id) == before
    assert await network.value("SELECT version FROM catalog.community WHERE id = $1", community_id) == 1
