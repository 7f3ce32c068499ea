"""Public domains: the variables of a dataset and their categories, fixed without looking at any member's data."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from uuid import UUID

from privacy.bands import MOST_CATEGORIES as MOST_CATEGORIES
from privacy.bands import OTHER as OTHER
from privacy.bands import UNKNOWN as UNKNOWN
from privacy.bands import Category as Category
from privacy.bands import between, bins, changes, levels, unknown
from privacy.words import ENGLISH, Words

VERSION = 1  # of the domains and rules below: part of every release's key
NOTHING = 255  # the byte in a record for "no further category"
NONE = "NONE"  # of side effects: the category of members who evaluated a course and named none

# What the functions of models/functions/insight/raw_rows.sql count by.
LEVEL_DAYS = 90  # up to the day of freezing
BASELINE_DAYS = 28  # from a member's first observation on
QUARTER_DAYS = 91  # of a course

MOST_TREATMENTS = 12
MOST_INDICATORS = 12
MOST_NAMED = 3  # categories of one variable that a member may be in
MONTHS = range(7)  # since a member's first course began

REGIONS = (
    "Auvergne-Rhône-Alpes", "Bourgogne-Franche-Comté", "Bretagne", "Centre-Val de Loire", "Corse", "Grand Est",
    "Guadeloupe", "Guyane", "Hauts-de-France", "Île-de-France", "La Réunion", "Martinique", "Mayotte", "Normandie",
    "Nouvelle-Aquitaine", "Occitanie", "Pays de la Loire", "Provence-Alpes-Côte d'Azur",
)  # fmt: skip


class DomainRule(StrEnum):
    """How to derive a variable's value from a member's own rows; its subject is a question, treatment or indicator."""

    AGE = "AGE"  # whole years on the day of freezing
    SEX = "SEX"
    REGION = "REGION"
    KIND = "KIND"
    DIAGNOSIS = "DIAGNOSIS"  # years since the diagnosis, if the member has stated its year
    CHOICE = "CHOICE"  # the answer's codes; only the first `max_per_member` count
    NUMBER = "NUMBER"  # the answer's number
    DAY = "DAY"  # days from the answer's day to the day of freezing
    FIRST_TREATMENT = "FIRST_TREATMENT"  # of the course that started first
    TREATMENTS = "TREATMENTS"  # of the courses that started last
    COURSE = "COURSE"  # quarters on the treatment, and whether it ended; of the course that started last
    EFFECTIVENESS = "EFFECTIVENESS"  # of the latest evaluation
    SIDE_EFFECTS = "SIDE_EFFECTS"  # of the latest evaluation
    LEVEL = "LEVEL"  # the median of the last 90 days
    CHANGE = "CHANGE"  # that median minus the median of the first 28 days of the member's observations
    MONTHS = "MONTHS"  # the level in each of the months since the member's first course began


@dataclass(frozen=True)
class Variable:
    """One variable and its public domain, whose last category is UNKNOWN.

    The other categories of an `ordinal` one are in order. It has a mean if they have values. `groups` says how the
    categories of another variable with this name are merged in it: see privacy.groupings.
    """

    name: str
    label: str
    categories: tuple[Category, ...]
    rule: DomainRule
    ordinal: bool = False
    max_per_member: int = 1
    subject: UUID | None = None
    groups: str = ""

    @property
    def full_name(self) -> str:
        """The name that tells it from groupings of the same categories, as the public ledger lists it."""
        return self.name + self.groups


@dataclass(frozen=True)
class SurveyQuestion:
    """A survey's question: `kind` names its QuestionKind, `options` are (code, label) pairs, `bins` ascending edges."""

    id: UUID
    key: str
    text: str
    kind: str
    options: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    bins: tuple[float, ...] = ()
    max_choices: int | None = None


@dataclass(frozen=True)
class CatalogueEntry:
    """A treatment or a side effect of the catalogue."""

    id: UUID
    slug: str
    name: str


@dataclass(frozen=True)
class TrackedIndicator:
    """An indicator of the catalogue, with values in [minimum, maximum]."""

    id: UUID
    slug: str
    name: str
    minimum: float
    maximum: float
    unit: str | None = None


def survey_variables(questions: Sequence[SurveyQuestion], say: Words = ENGLISH) -> tuple[Variable, ...]:
    """The variables of a survey's dataset: demographics, then one per question.

    Free text is never a variable, nor is a number whose question declares no bins.
    """
    found = (_question_variable(question, say) for question in questions)
    return _with_unique_names([*_demographics(say), *(variable for variable in found if variable is not None)])


def tracking_variables(
    treatments: Sequence[CatalogueEntry],
    indicators: Sequence[TrackedIndicator],
    side_effects: Sequence[CatalogueEntry],
    say: Words = ENGLISH,
) -> tuple[Variable, ...]:
    """The variables of a wave of tracking: demographics, then treatments, then indicators.

    Only the first `MOST_TREATMENTS` and `MOST_INDICATORS` are included. Whatever exceeds a domain is cut off by its
    position in the list, never by what members have. Raises nothing.
    """
    taken, followed = treatments[:MOST_TREATMENTS], indicators[:MOST_INDICATORS]
    found = _demographics(say)
    if taken:
        named = _catalogued(taken, Category(OTHER, say("Another treatment")), unknown(say("No treatment known")))
        found.append(Variable("first_treatment", say("First treatment"), named, DomainRule.FIRST_TREATMENT))
        several = min(MOST_NAMED, len(named) - 1)
        found.append(Variable("treatments", say("Treatments"), named, DomainRule.TREATMENTS, max_per_member=several))
    for treatment in taken:
        found += _treatment_variables(treatment, side_effects, say)
    for indicator in followed:
        found += _indicator_variables(indicator, say)
    return _with_unique_names(found)


def slots(variables: Iterable[Variable]) -> tuple[int, ...]:
    """The index of each variable's first byte in a record; a record has the sum of all `max_per_member` bytes."""
    return tuple(accumulate((variable.max_per_member for variable in variables), initial=0))[:-1]


def _demographics(say: Words) -> list[Variable]:
    unstated = unknown(say("Unknown"))
    years = (-math.inf, 18, 25, 35, 45, 55, 65, 75, math.inf)
    ages = ("0-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+")
    since = (0, 1, 2, 5, 10, 20, math.inf)
    spans = (
        ("UNDER_1", say("less than 1 year")),
        ("FROM_1", say("1 year")),
        ("FROM_2", say("2 to 4 years")),
        ("FROM_5", say("5 to 9 years")),
        ("FROM_10", say("10 to 19 years")),
        ("FROM_20", say("20 years or more")),
    )
    sexes = (Category("FEMALE", say("Female")), Category("MALE", say("Male")), Category("OTHER", say("Other")))
    kinds = (
        Category("PATIENT", say("Patient")),
        Category("RELATIVE", say("Relative")),
        Category("ASSOCIATION", say("Association")),
    )
    regions = tuple(Category(name, name) for name in REGIONS)
    return [
        Variable(
            "age_band",
            say("Age"),
            (*between(years, [(age, age) for age in ages]), unstated),
            DomainRule.AGE,
            ordinal=True,
        ),
        Variable("sex", say("Sex"), (*sexes, unstated), DomainRule.SEX),
        Variable("region", say("Region"), (*regions, unstated), DomainRule.REGION),
        Variable("kind", say("Kind of member"), (*kinds, unstated), DomainRule.KIND),
        Variable(
            "time_since_diagnosis",
            say("Time since diagnosis"),
            (*between(since, spans), unstated),
            DomainRule.DIAGNOSIS,
            ordinal=True,
        ),
    ]


def _question_variable(question: SurveyQuestion, say: Words) -> Variable | None:
    several, rule, ordinal = 1, DomainRule.NUMBER, True
    if question.kind in ("SINGLE_CHOICE", "MULTIPLE_CHOICE"):
        # Two options with the same code cannot be told apart, and UNKNOWN is reserved for members who did not answer.
        offered = {code: label for code, label in question.options if code != UNKNOWN}
        found = tuple(Category(code, label) for code, label in offered.items())[: MOST_CATEGORIES - 1]
        if question.kind == "MULTIPLE_CHOICE":
            several = max(min(question.max_choices or MOST_NAMED, MOST_NAMED, len(found)), 1)
        rule, ordinal = DomainRule.CHOICE, False
    elif question.kind == "SCALE" and question.minimum is not None and question.maximum is not None:
        found = levels(question.minimum, question.maximum, say=say)
    elif question.kind == "NUMBER" and question.bins:
        found = bins(question.bins, question.minimum, question.maximum, say=say)
    elif question.kind == "DATE":
        days = (-math.inf, 0, 31, 92, 183, 366, 731, 1_827, 3_653, math.inf)
        spans = (
            ("AHEAD", say("still ahead")),
            ("DAYS_0", say("within 30 days")),
            ("DAYS_31", say("1 to 3 months ago")),
            ("DAYS_92", say("3 to 6 months ago")),
            ("DAYS_183", say("6 to 12 months ago")),
            ("DAYS_366", say("1 to 2 years ago")),
            ("DAYS_731", say("2 to 5 years ago")),
            ("DAYS_1827", say("5 to 10 years ago")),
            ("DAYS_3653", say("10 years ago or more")),
        )
        found, rule = between(days, spans), DomainRule.DAY
    else:
        return None
    if not found:
        return None
    return Variable(
        question.key, question.text, (*found, unknown(say("Not answered"))), rule, ordinal, several, question.id
    )


def _treatment_variables(
    treatment: CatalogueEntry, side_effects: Sequence[CatalogueEntry], say: Words
) -> list[Variable]:
    end, name, subject = _snake(treatment.slug), treatment.name, treatment.id
    quarters = (  # of those that ended, and of those that continue
        (say("1st quarter, ended"), say("1st quarter, continuing")),
        (say("2nd quarter, ended"), say("2nd quarter, continuing")),
        (say("3rd quarter, ended"), say("3rd quarter, continuing")),
        (say("4th quarter, ended"), say("4th quarter, continuing")),
        (say("5th quarter, ended"), say("5th quarter, continuing")),
        (say("6th quarter, ended"), say("6th quarter, continuing")),
        (say("7th quarter, ended"), say("7th quarter, continuing")),
        (say("8th quarter or a later one, ended"), say("8th quarter or a later one, continuing")),
    )
    courses = [
        Category(f"Q{quarter}_{how}", label)
        for quarter, labels in enumerate(quarters, start=1)
        for how, label in zip(("ENDED", "CONTINUING"), labels, strict=True)
    ]
    untaken, unevaluated = unknown(say("No course of this treatment")), unknown(say("Not evaluated"))
    nothing = Category(NONE, say("No side effect"))
    effects = _catalogued(side_effects, nothing, Category(OTHER, say("Another side effect")), unevaluated)
    return [
        Variable(
            f"course_{end}",
            say("{name}: time on treatment", name=name),
            (*courses, untaken),
            DomainRule.COURSE,
            subject=subject,
        ),
        Variable(
            f"effectiveness_{end}",
            say("{name}: effectiveness, 0 to 10", name=name),
            (*levels(0, 10, say=say), unevaluated),
            DomainRule.EFFECTIVENESS,
            ordinal=True,
            subject=subject,
        ),
        Variable(
            f"side_effects_{end}",
            say("{name}: side effects", name=name),
            effects,
            DomainRule.SIDE_EFFECTS,
            max_per_member=max(min(MOST_NAMED, len(effects) - 2), 1),  # NONE and UNKNOWN exclude all others
            subject=subject,
        ),
    ]


def _indicator_variables(indicator: TrackedIndicator, say: Words) -> list[Variable]:
    end, name, subject = _snake(indicator.slug), indicator.name, indicator.id
    low, high, unit = indicator.minimum, indicator.maximum, indicator.unit
    level = levels(low, high, unit, say)
    monthly = [
        replace(
            band,
            code=f"M{month}_{place}",
            label=say("month {month}: {level}", month=str(month), level=band.label),
        )
        for month in MONTHS
        for place, band in enumerate(level)
    ]
    untracked = unknown(say("Not tracked"))
    return [
        Variable(
            f"level_{end}",
            say("{name}: level", name=name),
            (*level, untracked),
            DomainRule.LEVEL,
            ordinal=True,
            subject=subject,
        ),
        Variable(
            f"change_{end}",
            say("{name}: change", name=name),
            (*changes(low, high, unit, say), untracked),
            DomainRule.CHANGE,
            ordinal=True,
            subject=subject,
        ),
        Variable(
            f"months_{end}",
            say("{name}: level by month of treatment", name=name),
            (*monthly, untracked),
            DomainRule.MONTHS,
            max_per_member=len(MONTHS),
            subject=subject,
        ),
    ]


def _catalogued(entries: Sequence[CatalogueEntry], *rest: Category) -> tuple[Category, ...]:
    """A category for each entry, with its slug as the code, then the rest; an entry whose code is taken is left out."""
    kept = {one.code for one in rest}
    found = {code: Category(code, entry.name) for entry in entries if (code := _code(entry.slug)) not in kept}
    return (*list(found.values())[: MOST_CATEGORIES - len(rest)], *rest)


def _code(slug: str) -> str:
    return slug.replace("-", "_").upper()


def _snake(slug: str) -> str:
    return slug.replace("-", "_").lower()


def _with_unique_names(variables: Iterable[Variable]) -> tuple[Variable, ...]:
    """The variables, renamed where a name occurs again: the second one gets the suffix `_2`, and so on."""
    found: dict[str, Variable] = {}
    for variable in variables:
        name, number = variable.name, 2
        while name in found:
            name, number = f"{variable.name}_{number}", number + 1
        found[name] = replace(variable, name=name)
    return tuple(found.values())
