"""Writes the codebook of a dataset, from its public description: as CSV, and as a page of HTML.

Both have what a codebook of the DDI has of each variable: its name, label, definition, question, unit, codes and
categories. Neither has a figure about members but the size that was published with noise.
"""

import csv
import io
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from html import escape
from typing import Any

from models.identity.organizations import OrganizationKind
from models.languages import Language
from models.messages import Message, day_in, message, number_in
from privacy.budget import SIZE_MARGIN
from privacy.exports import marks, spreadsheet_text
from resolvers.insight.cubes import with_wave
from resolvers.insight.variables import Direction, MeasurementScale, VariableGroup
from server.files.csv_files import BYTE_ORDER_MARK
from server.http.page_headers import ALWAYS

TEXTS = (  # of a variable, in fields of these names; a column without one is empty
    "label", "description", "group", "scale", "direction", "unit", "window", "baseline", "categorization",
)  # fmt: skip
SYNTHETIC_DATA = message(
    "Synthetic data of a sandbox, to write programs with: each record is drawn at random from the categories of the "
    "variables, and is about nobody."
)
COLUMNS = (
    "variable", *TEXTS, "max_per_member", "codes",
    "category", "category_label", "category_value", "category_codes",
)  # fmt: skip
# The values of enumerations, as the page names them; the CSV has their codes.
GROUPS: Mapping[str, Message] = {
    VariableGroup.PROFILE: message("Member profile"),
    VariableGroup.TREATMENT: message("Treatment"),
    VariableGroup.SYMPTOM: message("Symptom"),
    VariableGroup.MOOD: message("Mood"),
    VariableGroup.QUALITY_OF_LIFE: message("Quality of life"),
    VariableGroup.MEASUREMENT: message("Measurement"),
    VariableGroup.SCORE: message("Score of a questionnaire"),
    VariableGroup.QUESTION: message("Question of the survey"),
}
SCALES: Mapping[str, Message] = {
    MeasurementScale.NOMINAL: message("Nominal: names, in no order"),
    MeasurementScale.ORDINAL: message("Ordinal: in order, without values"),
    MeasurementScale.INTERVAL: message("Interval: in order, each with a value"),
}
DIRECTIONS: Mapping[str, Message] = {
    Direction.HIGHER_IS_BETTER: message("A higher value is better"),
    Direction.HIGHER_IS_WORSE: message("A higher value is worse"),
}
ORGANIZATIONS: Mapping[str, Message] = {
    OrganizationKind.LABORATORY: message("laboratories"),
    OrganizationKind.HOSPITAL: message("hospitals"),
    OrganizationKind.MUTUAL: message("mutuals"),
    OrganizationKind.INSURER: message("insurers"),
}
STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse;margin:.5rem 0}td,th{border:1px solid #999;padding:.2rem .6rem;text-align:left}"
    "dt{font-weight:bold}section{border-top:1px solid #999;margin-top:2rem}"
)
HEADERS = ALWAYS | {  # of the page, which may have this style and nothing else
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox; style-src 'sha256-"
    f"{b64encode(sha256(STYLE.encode()).digest()).decode()}'"
}


def codebook_csv(dataset: Any) -> str:
    """The codebook as CSV (RFC 4180) with a header: a line for each category, with its variable before it.

    Of synthetic data, a first column says so in each line.
    """
    written = io.StringIO()
    written.write(BYTE_ORDER_MARK)
    writer = csv.writer(written)
    mark, marked = marks(dataset["synthetic"])
    writer.writerow([*mark, *COLUMNS])
    for variable in dataset["variables"]:
        of_variable = [
            variable["name"],
            *(variable[name] for name in TEXTS),
            variable["maxPerMember"],
            _codes(variable),
        ]
        for category in variable["categories"]:
            of_category = [category["code"], category["label"], category["value"], _codes(category)]
            writer.writerow(
                spreadsheet_text(each) if isinstance(each, str) else each
                for each in (*marked, *of_variable, *of_category)
            )
    return written.getvalue()


def codebook_html(dataset: Any, language: Language) -> str:
    """The codebook as a page of HTML, in the language of the dataset's texts."""

    def say(text: Message) -> str:
        return escape(text.in_language(language))

    title = with_wave(dataset["title"], dataset["wave"])
    head, variables = say(message("Codebook: {title}", title=title)), say(message("Variables"))
    return "".join(
        (
            f'<!doctype html><html lang="{language.tag}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{head}</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f"<p><strong>{say(SYNTHETIC_DATA)}</strong></p>" if dataset["synthetic"] else "",
            _list([(say(name), escape(text)) for name, text in _facts(dataset, language)]),
            f"<h2>{variables}</h2><ol>",
            *(
                f'<li><a href="#{escape(each["name"])}">{escape(each["label"])}</a></li>'
                for each in dataset["variables"]
            ),
            "</ol>",
            *(_section(each, language) for each in dataset["variables"]),
            "</body></html>\n",
        )
    )


def kinds_in(kinds: Sequence[str], language: Language) -> str:
    """Kinds of organizations, as a list in this language."""
    return ", ".join(ORGANIZATIONS[kind].in_language(language) for kind in kinds)


def _facts(dataset: Any, language: Language) -> Iterator[tuple[Message, str]]:
    def day(text: str) -> str:
        return day_in(date.fromisoformat(text), language)

    yield message("Community"), dataset["community"]["name"]
    if dataset["collectedFrom"]:
        yield message("Survey opened on"), day(dataset["collectedFrom"])
    yield message("Frozen on"), day(dataset["frozenOn"])
    yield message("Last day of publication"), day(dataset["endedOn"] or dataset["endsOn"])
    yield (
        message("Members"),
        message("{size:,} ± {margin} at 95 % confidence", size=dataset["size"], margin=SIZE_MARGIN).in_language(
            language
        ),
    )
    yield message("Offered to"), kinds_in(dataset["offeredTo"], language)
    yield message("How to request it"), dataset["howToRequest"]


def _section(variable: Any, language: Language) -> str:
    def say(text: Message) -> str:
        return escape(text.in_language(language))

    direction = variable["direction"]
    facts = (
        (message("Name"), variable["name"]),
        (message("Description"), variable["description"]),
        (message("Group"), GROUPS[variable["group"]].in_language(language)),
        (message("Scale of measurement"), SCALES[variable["scale"]].in_language(language)),
        (message("Direction"), direction and DIRECTIONS[direction].in_language(language)),
        (message("Unit"), variable["unit"]),
        (message("Period"), variable["window"]),
        (message("Baseline"), variable["baseline"]),
        (message("Categories"), variable["categorization"]),
        (message("Most categories per member"), str(variable["maxPerMember"])),
        (message("Codes"), _codes(variable)),
    )
    heads = (message("Code"), message("Label"), message("Value"), message("Codes"))
    rows = [
        (each["code"], each["label"], _number(each["value"], language), _codes(each)) for each in variable["categories"]
    ]
    return "".join(
        (
            f'<section id="{escape(variable["name"])}"><h3>{escape(variable["label"])}</h3>',
            _list([(say(name), escape(text)) for name, text in facts if text]),
            "<table><thead><tr>",
            *(f'<th scope="col">{say(head)}</th>' for head in heads),
            "</tr></thead><tbody>",
            *("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>" for row in rows),
            "</tbody></table></section>",
        )
    )


def _list(pairs: Sequence[tuple[str, str]]) -> str:
    """A list of terms and descriptions, both HTML already."""
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in pairs) + "</dl>"


def _codes(coded: Any) -> str:
    return ", ".join(f"{each['system']} {each['code']}" for each in coded["codes"])


def _number(number: float | None, language: Language) -> str:
    return "" if number is None else number_in(number, language, grouped=True)
