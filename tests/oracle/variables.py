"""The oracle's readers for what variables say of themselves."""

import json
from collections.abc import Iterator

from resolvers.insight import variable_texts
from tests.oracle.rows import SEARCHED_CODES, Found, VisibleRows
from tests.oracle.searching import names
from tests.oracle.shared import field

GROUPS = {
    **dict.fromkeys(("AGE", "SEX", "REGION", "KIND", "DIAGNOSIS"), "PROFILE"),
    **dict.fromkeys(("CHOICE", "NUMBER", "DAY"), "QUESTION"),
    **dict.fromkeys(("FIRST_TREATMENT", "TREATMENTS", "COURSE", "EFFECTIVENESS", "SIDE_EFFECTS"), "TREATMENT"),
}
TRACKED = ("LEVEL", "CHANGE", "MONTHS")
UNITS = {"AGE": "a", "DIAGNOSIS": "a", "DAY": "d"}


def subject(seen: VisibleRows, variable: Found) -> Found | None:
    id = variable["subject_id"]
    return seen.one("catalog.indicator", id=id) or seen.one("catalog.treatment", id=id)


def categories(seen: VisibleRows, variable: Found) -> list[Found]:
    there = seen.of("insight.category", dataset_id=variable["dataset_id"], variable=variable["position"])
    return sorted(there, key=lambda row: row["place"])


def finds_variable(seen: VisibleRows, variable: Found, search: str) -> bool:
    row, about = variable["english"], subject(seen, variable)
    french = json.loads(row["translations"]).get("fr", {}).get("label") or ""
    codes = [about.get(code) or "" for code in SEARCHED_CODES] if about else []
    lexemes = [seen.stemmer.lexemes(row["label"], "en"), seen.stemmer.lexemes(french, "fr")]
    lexemes += [seen.stemmer.lexemes(each, "en", "fr") for each in (row["name"], *codes)]
    if about:
        lexemes += [seen.stemmer.lexemes(name, *languages) for name, languages, _ in names(about["english"])]
    return seen.stemmer.matches(search, *lexemes)


@field("Variable.group")
def group_of(seen: VisibleRows, variable: Found) -> str:
    indicator = seen.one("catalog.indicator", id=variable["subject_id"])
    tracked = indicator["kind"] if indicator else "MEASUREMENT"
    found: str = GROUPS.get(variable["rule"], tracked)
    return found


@field("Variable.scale")
def scale_of(seen: VisibleRows, variable: Found) -> str:
    if not variable["ordinal"]:
        return "NOMINAL"
    return "INTERVAL" if any(row["value"] is not None for row in categories(seen, variable)) else "ORDINAL"


@field("Variable.direction")
def direction_of(seen: VisibleRows, variable: Found) -> str | None:
    if variable["rule"] == "EFFECTIVENESS":
        return "HIGHER_IS_BETTER"
    indicator = seen.one("catalog.indicator", id=variable["subject_id"])
    is_symptom = variable["rule"] in TRACKED and indicator is not None and indicator["kind"] == "SYMPTOM"
    return "HIGHER_IS_WORSE" if is_symptom else None


@field("Variable.question")
def question_of(seen: VisibleRows, variable: Found) -> str | None:
    asked: str | None = variable["label"] if GROUPS.get(variable["rule"]) == "QUESTION" else None
    return asked


def text_of(seen: VisibleRows, name: str, key: str) -> str | None:
    text = variable_texts.TEXTS[name].get(key)
    return None if text is None else text.in_language(seen.language)


@field("Variable.description")
def description_of(seen: VisibleRows, variable: Found) -> str:
    several = variable["rule"] == "CHOICE" and variable["max_per_member"] > 1
    text = text_of(seen, "description", "CHOICE_SEVERAL" if several else variable["rule"])
    assert text is not None
    about = subject(seen, variable)
    name = about["name"] if about else variable["label"]
    base = seen.one("insight.variable", dataset_id=variable["dataset_id"], name=variable["name"], groups="") or variable
    return text.replace("{most}", str(base["max_per_member"])).replace("{name}", name)


@field("Variable.window")
def window_of(seen: VisibleRows, variable: Found) -> str | None:
    return text_of(seen, "window", variable["rule"])


@field("Variable.baseline")
def baseline_of(seen: VisibleRows, variable: Found) -> str | None:
    return text_of(seen, "baseline", variable["rule"])


@field("Variable.categorization")
def categorization_of(seen: VisibleRows, variable: Found) -> str:
    key = variable["rule"]
    if key in ("NUMBER", "LEVEL", "MONTHS"):
        first = [row for row in categories(seen, variable) if row["place"] == 0 and row["value"] is not None]
        middles = [(row["low"], row["value"] // 1, row["high"]) for row in first]
        whole = [(row["value"] - 0.5, row["value"], row["value"] + 0.5) for row in first]
        key += "_WHOLE" if middles and middles == whole else "_BANDS"
    text = text_of(seen, "categorization", "GROUPS" if variable["groups"] else key)
    assert text is not None
    return text


@field("Variable.unit")
def unit_of(seen: VisibleRows, variable: Found) -> str | None:
    indicator = seen.one("catalog.indicator", id=variable["subject_id"])
    tracked = indicator["unit"] if indicator and variable["rule"] in TRACKED else None
    return text_of(seen, "unit", variable["rule"]) or tracked


def codes(row: Found, *systems: tuple[str, str]) -> Iterator[dict[str, str]]:
    for system, column in systems:
        if row.get(column) is not None:
            yield {"system": system, "code": row[column]}


HPO, LOINC, UCUM = ("HPO", "hpo"), ("LOINC", "loinc"), ("UCUM", "ucum")
ATC, CIS = ("ATC", "atc"), ("CIS", "national_code")


@field("Variable.codes")
def codes_of(seen: VisibleRows, variable: Found) -> list[dict[str, str]]:
    unit = UNITS.get(variable["rule"])
    row = {**(subject(seen, variable) or {}), **({"ucum": unit} if unit else {})}
    return list(codes(row, HPO, LOINC, UCUM, ATC, CIS))


@field("Category.codes")
def codes_of_category(seen: VisibleRows, category: Found) -> list[dict[str, str]]:
    variable = seen.one("insight.variable", dataset_id=category["dataset_id"], position=category["variable"])
    slug = category["code"].replace("_", "-").lower()
    if variable and variable["rule"] in ("FIRST_TREATMENT", "TREATMENTS"):
        return list(codes(seen.one("catalog.treatment", slug=slug) or {}, ATC, CIS))
    if variable and variable["rule"] == "SIDE_EFFECTS":
        return list(codes(seen.one("catalog.indicator", slug=slug) or {}, HPO, LOINC))
    return []
