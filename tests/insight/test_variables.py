"""What variables say of themselves, and how they are found: from public domains and the catalogue alone."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from models.functions import FOLDER
from models.identity.accounts import StaffRole
from models.tracking.observations import IndicatorKind, Scale
from privacy import domains
from privacy.domains import CatalogueEntry, DomainRule, SurveyQuestion, TrackedIndicator, Variable
from resolvers.insight import variable_texts, variables
from tests import factories
from tests.support import records
from tests.support.callers import User
from tests.support.network import Network
from tests.support.waves import variable, wave

OPTIONS = (("YES", "Yes"), ("NO", "No"))
FIELDS = (
    "name description question group scale ordinal direction unit window baseline categorization codes { system code }"
)
READ = f"query ($id: ID!, $search: String) {{ dataset(id: $id) {{ variables(search: $search) {{ {FIELDS} }} }} }}"
FOUND = """query ($id: ID!, $search: String, $group: VariableGroup) {
  dataset(id: $id) { variables(search: $search, group: $group) { name } }
}"""
CODES = "query ($id: ID!) { dataset(id: $id) { variables { name categories { code codes { system code } } } } }"


@pytest_asyncio.fixture(scope="module")
async def buyer(network: Network) -> User:
    return await network.buyer()


@pytest_asyncio.fixture(scope="module")
async def tracked(network: Network) -> str:
    """Yields the id of a dataset of tracking with one treatment and indicators of three kinds."""
    named = {"translations": json.dumps({"fr": {"name": "Poids du corps", "unit": "kilos"}})}
    weight = await factories.indicator(
        network.database, slug="var-weight", name="Body weight", kind=IndicatorKind.MEASUREMENT, scale=Scale.QUANTITY,
        unit="kg", ucum="kg", loinc="29463-7", minimum=20.0, maximum=300.0, **named,
    )  # fmt: skip
    tired = await factories.indicator(
        network.database, slug="var-tired", name="Tiredness", lay_names=["Worn out"], hpo="HP:7654321"
    )
    score = await factories.indicator(network.database, slug="var-score", name="Score", kind=IndicatorKind.SCORE)
    drug = await factories.treatment(
        network.database, slug="var-drug", name="Var drug", inn="vardrugine", atc="L04AX03", national_code="61234567"
    )
    found = domains.tracking_variables(
        [CatalogueEntry(drug["id"], drug["slug"], drug["name"])],
        [
            TrackedIndicator(each["id"], each["slug"], each["name"], each["minimum"], each["maximum"], each["unit"])
            for each in (weight, tired, score)
        ],
        [CatalogueEntry(tired["id"], tired["slug"], tired["name"])],
    )
    return f"dst_{(await records.dataset(network.database, found)).id}"


@pytest_asyncio.fixture(scope="module")
async def answered(network: Network) -> str:
    """Yields the id of a dataset of a survey with a question of each kind."""
    id = UUID(int=0)
    found = domains.survey_variables(
        [
            SurveyQuestion(id, "one", "Do you sleep?", "SINGLE_CHOICE", OPTIONS),
            SurveyQuestion(id, "some", "What helps?", "MULTIPLE_CHOICE", OPTIONS, max_choices=2),
            SurveyQuestion(id, "scale", "How well?", "SCALE", minimum=0, maximum=10),
            SurveyQuestion(id, "wide", "How far?", "SCALE", minimum=0, maximum=100),
            SurveyQuestion(id, "bins", "How long?", "NUMBER", bins=(0, 4, 24)),
            SurveyQuestion(id, "edge", "How often?", "NUMBER", minimum=3, bins=(3,)),
            SurveyQuestion(id, "since", "Since when?", "DATE"),
        ]
    )
    return f"dst_{(await records.dataset(network.database, found)).id}"


async def read(network: Network, who: User, id: str, **given: Any) -> dict[str, Any]:
    answer = await network.ask(who, READ, {"id": id, **given})
    return {each.pop("name"): each for each in answer["data"]["dataset"]["variables"]}


async def test_variables_of_tracking_say_what_they_are(network: Network, buyer: User, tracked: str) -> None:
    found = await read(network, buyer, tracked)
    assert found["change_var_weight"] == {
        "description": "Median of the values of Body weight that the member recorded in the 90 days up to the day on "
        "which the data was frozen, minus the median of their first 28 days. Above zero, the values have risen.",
        "question": None, "group": "MEASUREMENT", "scale": "INTERVAL", "ordinal": True, "direction": None,
        "unit": "kg", "window": "The 90 days up to the day on which the data was frozen.",
        "baseline": "Median of the values that the member recorded in the 28 days that begin with their first one.",
        "categorization": "Bands with bounds at 1, 3 and 5 tenths of the range that the indicator accepts, either way.",
        "codes": [{"system": "LOINC", "code": "29463-7"}, {"system": "UCUM", "code": "kg"}],
    }  # fmt: skip
    assert found["age_band"] == {
        "description": "Age that the member reaches in the year in which the data was frozen, by the year of birth in "
        "their profile.",
        "question": None, "group": "PROFILE", "scale": "ORDINAL", "ordinal": True, "direction": None, "unit": "years",
        "window": None, "baseline": None, "categorization": "Bands that are the same in every dataset.",
        "codes": [{"system": "UCUM", "code": "a"}],
    }  # fmt: skip
    assert {name: (each["group"], each["scale"], each["direction"]) for name, each in found.items()} == {
        "age_band": ("PROFILE", "ORDINAL", None),
        "sex": ("PROFILE", "NOMINAL", None),
        "region": ("PROFILE", "NOMINAL", None),
        "kind": ("PROFILE", "NOMINAL", None),
        "time_since_diagnosis": ("PROFILE", "ORDINAL", None),
        "first_treatment": ("TREATMENT", "NOMINAL", None),
        "treatments": ("TREATMENT", "NOMINAL", None),
        "course_var_drug": ("TREATMENT", "NOMINAL", None),
        "effectiveness_var_drug": ("TREATMENT", "INTERVAL", "HIGHER_IS_BETTER"),
        "side_effects_var_drug": ("TREATMENT", "NOMINAL", None),
        "level_var_weight": ("MEASUREMENT", "INTERVAL", None),
        "change_var_weight": ("MEASUREMENT", "INTERVAL", None),
        "months_var_weight": ("MEASUREMENT", "NOMINAL", None),
        "level_var_tired": ("SYMPTOM", "INTERVAL", "HIGHER_IS_WORSE"),
        "change_var_tired": ("SYMPTOM", "INTERVAL", "HIGHER_IS_WORSE"),
        "months_var_tired": ("SYMPTOM", "NOMINAL", "HIGHER_IS_WORSE"),
        "level_var_score": ("SCORE", "INTERVAL", None),
        "change_var_score": ("SCORE", "INTERVAL", None),
        "months_var_score": ("SCORE", "NOMINAL", None),
    }
    ways = {name: each["categorization"] for name, each in found.items()}
    assert ways["level_var_weight"].startswith("10 bands of equal width")
    assert ways["level_var_tired"].startswith("Each whole number that the indicator accepts.")
    assert ways["months_var_weight"].startswith("Each month with each of 10 bands")
    assert ways["months_var_tired"] == "Each month with each whole number that the indicator accepts."
    drug = [{"system": "ATC", "code": "L04AX03"}, {"system": "CIS", "code": "61234567"}]
    assert found["effectiveness_var_drug"]["codes"] == found["side_effects_var_drug"]["codes"] == drug
    assert found["effectiveness_var_drug"]["description"].startswith("Effectiveness of Var drug, from 0 to 10, in")
    assert found["side_effects_var_drug"]["description"].endswith("at most 2, the most serious first.")
    assert {name for name, each in found.items() if each["window"]} == {
        f"{rule}_var_{slug}" for rule in ("level", "change", "months") for slug in ("weight", "tired", "score")
    }


async def test_variables_of_a_survey_say_what_was_asked(network: Network, buyer: User, answered: str) -> None:
    found = await read(network, buyer, answered)
    asked = {name: each for name, each in found.items() if each["group"] == "QUESTION"}
    assert {name: (each["question"], each["scale"], each["unit"]) for name, each in asked.items()} == {
        "one": ("Do you sleep?", "NOMINAL", None),
        "some": ("What helps?", "NOMINAL", None),
        "scale": ("How well?", "INTERVAL", None),
        "wide": ("How far?", "INTERVAL", None),
        "bins": ("How long?", "INTERVAL", None),
        "edge": ("How often?", "INTERVAL", None),
        "since": ("Since when?", "ORDINAL", "days"),
    }
    assert found["one"]["description"] == "Option that the member chose in answer to the question “Do you sleep?”."
    assert found["some"]["description"] == (
        "Options that the member chose in answer to the question “What helps?”: at most 2, as they were given."
    )
    whole = {name for name, each in asked.items() if each["categorization"].startswith("Each whole number")}
    bands = {name for name, each in asked.items() if each["categorization"].startswith("Bands of the numbers")}
    assert (whole, bands) == ({"scale"}, {"wide", "bins", "edge"})
    assert [each["codes"] for each in asked.values()] == [[]] * 6 + [[{"system": "UCUM", "code": "d"}]]


async def test_what_variables_say_is_in_the_language_of_the_request(
    network: Network, buyer: User, tracked: str, answered: str
) -> None:
    french = READ.replace("{ dataset", "@inContext(language: FR) { dataset", 1)
    answer = await network.ask(buyer, french, {"id": tracked})
    found = {each["name"]: each for each in answer["data"]["dataset"]["variables"]}
    assert found["level_var_weight"]["unit"] == "kilos"
    assert "Poids du corps" in found["level_var_weight"]["description"]
    english = await read(network, buyer, tracked)
    answer = await network.ask(buyer, french, {"id": answered})
    found |= {each["name"]: each for each in answer["data"]["dataset"]["variables"]}
    english |= await read(network, buyer, answered)
    for name, each in found.items():
        for field in ("description", "window", "baseline", "categorization"):
            assert (each[field] is None) == (english[name][field] is None)
            assert each[field] is None or each[field] != english[name][field], (name, field)


@pytest.mark.parametrize(
    ("search", "group", "names"),
    [
        ("body weight", None, ["level_var_weight", "change_var_weight", "months_var_weight"]),
        ("poids change", None, ["change_var_weight"]),
        ("worn out", None, ["level_var_tired", "change_var_tired", "months_var_tired"]),
        ("HP:7654321", None, ["level_var_tired", "change_var_tired", "months_var_tired"]),
        ("29463-7 level", None, ["level_var_weight", "months_var_weight"]),
        ("l04ax03", None, ["course_var_drug", "effectiveness_var_drug", "side_effects_var_drug"]),
        ("vardrugine time", None, ["course_var_drug"]),
        ("age_band", None, ["age_band"]),
        ("weight", "TREATMENT", []),
        ("nothing of the kind", None, []),
        ("", None, []),
        ("?", None, []),
        (None, "SYMPTOM", ["level_var_tired", "change_var_tired", "months_var_tired"]),
        (None, "PROFILE", ["age_band", "sex", "region", "kind", "time_since_diagnosis"]),
        (None, "QUESTION", []),
        ("level", "SCORE", ["level_var_score", "months_var_score"]),
    ],
)
async def test_variables_are_found_by_words_and_groups(
    network: Network, buyer: User, tracked: str, search: str | None, group: str | None, names: Sequence[str]
) -> None:
    answer = await network.ask(buyer, FOUND, {"id": tracked, "search": search, "group": group})
    assert [each["name"] for each in answer["data"]["dataset"]["variables"]] == names


async def test_categories_have_the_codes_of_what_they_stand_for(network: Network, buyer: User, tracked: str) -> None:
    answer = await network.ask(buyer, CODES, {"id": tracked})
    found = {
        (variable["name"], category["code"]): [(each["system"], each["code"]) for each in category["codes"]]
        for variable in answer["data"]["dataset"]["variables"]
        for category in variable["categories"]
        if category["codes"]
    }
    drug = [("ATC", "L04AX03"), ("CIS", "61234567")]
    assert found == {
        ("first_treatment", "VAR_DRUG"): drug,
        ("treatments", "VAR_DRUG"): drug,
        ("side_effects_var_drug", "VAR_TIRED"): [("HPO", "HP:7654321")],
    }


async def test_categories_of_slices_have_the_same_codes(network: Network) -> None:
    await factories.treatment(network.database, slug="slice-drug", name="Slice drug", atc="N02BE01")
    categories = (domains.Category("SLICE_DRUG", "Slice drug"), domains.Category("UNKNOWN", "Unknown"))
    first = Variable("first_treatment", "First treatment", categories, DomainRule.FIRST_TREATMENT)
    made = await wave(network.database, first, variable("sex", "FEMALE", "MALE"))
    await made.size()
    ids = await made.publish(("first_treatment", "sex"), [90, 80, 7, 60, 50, 5])
    steward = await network.staff(StaffRole.DATA_STEWARD)
    slices = """query ($id: ID!) { insight(id: $id) {
      cells(where: [{variable: "sex", in: ["MALE"]}]) {
        category { code codes { system code } } by { codes { code } } count
      }
    } }"""
    answer = await network.ask(steward, slices, {"id": ids["first_treatment"]})
    assert answer["data"]["insight"]["cells"] == [
        {
            "category": {"code": "SLICE_DRUG", "codes": [{"system": "ATC", "code": "N02BE01"}]},
            "by": [{"codes": []}],
            "count": 80,
        },
        {"category": {"code": "UNKNOWN", "codes": []}, "by": [{"codes": []}], "count": 50},
    ]


async def test_a_variable_whose_subject_is_gone_still_says_what_it_is(network: Network, buyer: User) -> None:
    lost = Variable("level_gone", "Gone: level", (domains.Category("UNKNOWN", "Unknown"),), DomainRule.LEVEL)
    made = await records.dataset(network.database, [lost])
    found = (await read(network, buyer, f"dst_{made.id}"))["level_gone"]
    assert found["description"].startswith("Median of the values of Gone: level that")
    assert (found["group"], found["unit"], found["codes"]) == ("MEASUREMENT", None, [])


def test_every_rule_has_its_texts() -> None:
    def rules(texts: Any) -> set[str]:
        return {key if key in set(DomainRule) else key.rpartition("_")[0] for key in texts}

    assert rules(variable_texts.DESCRIPTIONS) == set(DomainRule)
    assert rules(variable_texts.CATEGORIZATIONS) - {""} == set(DomainRule)  # the text of groupings is of every rule
    grouped = (variables.PROFILE, variables.QUESTIONS, variables.TREATMENTS, variables.INDICATORS)
    assert sorted(rule for group in grouped for rule in group) == sorted(DomainRule)


def test_texts_name_the_days_that_the_database_counts_by() -> None:
    source = (FOLDER / "insight" / "raw_rows.sql").read_text()
    assert f"d.frozen_on - {domains.LEVEL_DAYS - 1} AS recent_from" in source
    assert f"+ {domains.BASELINE_DAYS} AS settled_on" in source
    assert f"/ {domains.QUARTER_DAYS} + 1 AS quarters" in source
    assert f"m.month <= {domains.MONTHS[-1]}" in source
