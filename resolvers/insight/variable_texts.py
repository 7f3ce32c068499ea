"""Sentences that describe variables: what each is computed from, and how its categories were made.

A dataset's variables keep their rules for ever, so the sentence of a rule never changes its meaning: another way to
compute a variable is another rule.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from models.languages import Language
from models.messages import Message, message
from privacy.bands import BANDS
from privacy.domains import BASELINE_DAYS, LEVEL_DAYS, MONTHS, MOST_TREATMENTS, QUARTER_DAYS, DomainRule

NAME = "{name}"  # of the variable's subject, which a statement puts in
MOST = "{most}"  # number of categories that one member may be in, likewise


class Form(StrEnum):
    """The forms of a rule whose sentence differs."""

    SEVERAL = "SEVERAL"  # a choice of several options
    WHOLE = "WHOLE"  # a category for each whole number
    BANDS = "BANDS"
    GROUPS = "GROUPS"  # of any rule


# By the rule, or by the rule and the form.
DESCRIPTIONS: Mapping[str, Message] = {
    DomainRule.AGE: message(
        "Age that the member reaches in the year in which the data was frozen, by the year of birth in their profile."
    ),
    DomainRule.SEX: message("Sex that the member states in their profile."),
    DomainRule.REGION: message("Region that the member states in their profile."),
    DomainRule.KIND: message("Kind of member, which they chose when they registered."),
    DomainRule.DIAGNOSIS: message(
        "Years from the year of diagnosis that the member states for the community to the year in which the data was "
        "frozen."
    ),
    DomainRule.CHOICE: message("Option that the member chose in answer to the question “{name}”.", name=NAME),
    f"{DomainRule.CHOICE}_{Form.SEVERAL}": message(
        "Options that the member chose in answer to the question “{name}”: at most {most}, as they were given.",
        name=NAME,
        most=MOST,
    ),
    DomainRule.NUMBER: message("Number that the member gave in answer to the question “{name}”.", name=NAME),
    DomainRule.DAY: message(
        "Days from the day that the member gave in answer to the question “{name}” to the day on which the data was "
        "frozen.",
        name=NAME,
    ),
    DomainRule.FIRST_TREATMENT: message("Treatment of the course that the member started first."),
    DomainRule.TREATMENTS: message(
        "Treatments of the member's courses: at most {most}, those started last.", most=MOST
    ),
    DomainRule.COURSE: message(
        "Length of the course of {name} that the member started last, in quarters of {days} days, and whether it had "
        "ended when the data was frozen.",
        name=NAME,
        days=QUARTER_DAYS,
    ),
    DomainRule.EFFECTIVENESS: message(
        "Effectiveness of {name}, from 0 to 10, in the member's latest evaluation of it.", name=NAME
    ),
    DomainRule.SIDE_EFFECTS: message(
        "Side effects of {name} in the member's latest evaluation of it: at most {most}, the most serious first.",
        name=NAME,
        most=MOST,
    ),
    DomainRule.LEVEL: message(
        "Median of the values of {name} that the member recorded in the {days} days up to the day on which the data "
        "was frozen.",
        name=NAME,
        days=LEVEL_DAYS,
    ),
    DomainRule.CHANGE: message(
        "Median of the values of {name} that the member recorded in the {days} days up to the day on which the data "
        "was frozen, minus the median of their first {first} days. Above zero, the values have risen.",
        name=NAME,
        days=LEVEL_DAYS,
        first=BASELINE_DAYS,
    ),
    DomainRule.MONTHS: message(
        "Median of the values of {name} that the member recorded in each of the months {first} to {last} since their "
        "first course of any treatment began: one category for each month with values.",
        name=NAME,
        first=MONTHS[0],
        last=MONTHS[-1],
    ),
}
WINDOWS: Mapping[str, Message] = {
    DomainRule.LEVEL: message("The {days} days up to the day on which the data was frozen.", days=LEVEL_DAYS),
    DomainRule.CHANGE: message("The {days} days up to the day on which the data was frozen.", days=LEVEL_DAYS),
    DomainRule.MONTHS: message(
        "The months {first} to {last} since the member's first course of any treatment began.",
        first=MONTHS[0],
        last=MONTHS[-1],
    ),
}
BASELINES: Mapping[str, Message] = {
    DomainRule.CHANGE: message(
        "Median of the values that the member recorded in the {days} days that begin with their first one.",
        days=BASELINE_DAYS,
    ),
}
_SAME_LIST = message("A list that is the same in every dataset.")
_SAME_BANDS = message("Bands that are the same in every dataset.")
CATEGORIZATIONS: Mapping[str, Message] = {
    DomainRule.AGE: _SAME_BANDS,
    DomainRule.SEX: _SAME_LIST,
    DomainRule.REGION: _SAME_LIST,
    DomainRule.KIND: _SAME_LIST,
    DomainRule.DIAGNOSIS: _SAME_BANDS,
    DomainRule.CHOICE: message("The options of the question, in any version of the survey."),
    f"{DomainRule.NUMBER}_{Form.WHOLE}": message("Each whole number that the question accepts."),
    f"{DomainRule.NUMBER}_{Form.BANDS}": message(
        "Bands of the numbers that the question accepts, which were set before it was answered. A band includes its "
        "lower bound and excludes its upper one."
    ),
    DomainRule.DAY: _SAME_BANDS,
    DomainRule.FIRST_TREATMENT: message(
        "The first {most} treatments in the community's list. Any other counts as OTHER.", most=MOST_TREATMENTS
    ),
    DomainRule.TREATMENTS: message(
        "The first {most} treatments in the community's list. Any other counts as OTHER.", most=MOST_TREATMENTS
    ),
    DomainRule.COURSE: message(
        "Quarters of {days} days, the last one open, each for courses that had ended and for those that continued.",
        days=QUARTER_DAYS,
    ),
    DomainRule.EFFECTIVENESS: message("Each whole number from 0 to 10."),
    DomainRule.SIDE_EFFECTS: message(
        "A list of common side effects that is the same in every dataset. Any other counts as OTHER."
    ),
    f"{DomainRule.LEVEL}_{Form.WHOLE}": message(
        "Each whole number that the indicator accepts. A number between two of them counts as the nearer one, a half "
        "as the higher one."
    ),
    f"{DomainRule.LEVEL}_{Form.BANDS}": message(
        "{bands} bands of equal width over the range that the indicator accepts. A band includes its lower bound and "
        "excludes its upper one.",
        bands=BANDS,
    ),
    DomainRule.CHANGE: message(
        "Bands with bounds at 1, 3 and 5 tenths of the range that the indicator accepts, either way."
    ),
    f"{DomainRule.MONTHS}_{Form.WHOLE}": message("Each month with each whole number that the indicator accepts."),
    f"{DomainRule.MONTHS}_{Form.BANDS}": message(
        "Each month with each of {bands} bands of equal width over the range that the indicator accepts.", bands=BANDS
    ),
    Form.GROUPS: message(
        "Categories of the variable were merged before anything was counted. A member who is in several of a group's "
        "categories counts once."
    ),
}
UNITS: Mapping[str, Message] = {  # of rules whose unit is the same in every dataset
    DomainRule.AGE: message("years"),
    DomainRule.DIAGNOSIS: message("years"),
    DomainRule.DAY: message("days"),
}
TEXTS = {
    "description": DESCRIPTIONS,
    "window": WINDOWS,
    "baseline": BASELINES,
    "categorization": CATEGORIZATIONS,
    "unit": UNITS,
}


@cache
def texts_of(field: str) -> str:
    """The texts of a field of variables, by the language's tag and then by the rule, as JSON."""
    return json.dumps(
        {
            language.tag: {str(key): text.in_language(language) for key, text in TEXTS[field].items()}
            for language in Language
        },
        ensure_ascii=False,
        sort_keys=True,
    )
