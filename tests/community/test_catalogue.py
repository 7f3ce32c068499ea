"""The catalogue by mutation: entries are created, changed, retired and listed by catalogue editors, with a history."""

from typing import Any

import pytest_asyncio

from models.identity.accounts import StaffRole
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.network import Network

FRENCH = [{"language": "FR", "name": "Sclérose en plaques"}]
TEXTS = "translations { language name description }"


@pytest_asyncio.fixture(scope="module")
async def editor(network: Network) -> User:
    """Yields signed-in staff who may edit the catalogue."""
    return await network.staff(StaffRole.CATALOGUE_EDITOR)


def a_name() -> str:
    return f"Entry {next(factories.numbers)}"


async def created(network: Network, who: User, kind: str, **given: Any) -> dict[str, Any]:
    """A new entry of a kind: its id, its slug and its version."""
    needed: dict[str, dict[str, Any]] = {
        "condition": {},
        "indicator": {"kind": "MEASUREMENT", "scale": "QUANTITY", "minimum": 0, "maximum": 100},
        "treatment": {"kind": "MEDICATION"},
        "community": {"description": "Who live with it."},
    }
    given = {"name": a_name(), **needed[kind], **given}
    if kind == "community" and "condition" not in given:
        given["condition"] = (await created(network, who, "condition"))["id"]
    fields = "id version" if kind == "condition" else "id slug version"
    payload = await network.do(who, f"{kind}Create", f"{kind} {{ {fields} }}", **given)
    assert payload["userErrors"] == []
    made: dict[str, Any] = payload[kind]
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
