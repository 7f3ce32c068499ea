"""Public domains: each raw value falls into one category, names are unique, and no category depends on the data."""

import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commands.demonstration.people import REGIONS as DEMONSTRATED
from models.identity.members import MemberKind, Sex
from models.research.surveys import QuestionKind
from privacy.bands import bins, changes, exact, levels
from privacy.domains import (
    MOST_CATEGORIES,
    NOTHING,
    OTHER,
    UNKNOWN,
    CatalogueEntry,
    Category,
    DomainRule,
    SurveyQuestion,
    TrackedIndicator,
    Variable,
    slots,
    survey_variables,
    tracking_variables,
)
from resolvers.identity.members import AGE_BANDS, YOUNGEST

ID = UUID(int=7)
PEOPLE = ["age_band", "sex", "region", "kind", "time_since_diagnosis"]
KINDS = list(QuestionKind)

numbers = st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: round(number, 4))
words = st.text("abcdefgh_-XYZ019", min_size=1, max_size=8)
asked = st.builds(
    SurveyQuestion,
    id=st.just(ID),
    key=words | st.sampled_from(PEOPLE),
    text=words,
    kind=st.sampled_from(KINDS),
    options=st.lists(st.tuples(words | st.sampled_from([UNKNOWN, OTHER]), words), min_size=2, max_size=6).map(tuple),
    minimum=st.integers(-5, 0).map(float),
    maximum=st.integers(1, 120).map(float),
    bins=st.lists(numbers, unique=True, min_size=2, max_size=9).map(sorted).map(tuple),
    max_choices=st.none() | st.integers(1, 6),
)
named = st.builds(CatalogueEntry, id=st.just(ID), slug=words, name=words)
tracked = st.builds(
    TrackedIndicator,
    id=st.just(ID),
    slug=words,
    name=words,
    minimum=st.just(0.0),
    maximum=st.floats(0.5, 500),
    unit=st.none(),
)
surveys = st.lists(asked, max_size=8).map(survey_variables)
waves = st.builds(
    tracking_variables,
    st.lists(named, max_size=14),
    st.lists(tracked, max_size=14),
    st.lists(named, max_size=15),
)


def fallen_into(variable: Variable, text: str | None, number: float | None) -> list[str]:
    """The codes of the categories that a raw value falls into, by the definition of the domain."""
    categories = variable.categories
    if variable.rule is DomainRule.MONTHS:
        found = [one for one in categories if text and one.code.startswith(f"{text}_") and holds(one, number)]
    elif number is not None:
        found = [one for one in categories if holds(one, number)]
    else:
        found = [one for one in categories if one.code == text]
    if not found:
        found = [one for one in categories if one.code == OTHER and (text, number) != (None, None)] or [categories[-1]]
    return [one.code for one in found]


def holds(category: Category, number: float | None) -> bool:
    return None not in (number, category.low, category.high) and category.low <= number < category.high  # type: ignore[operator]


@given(surveys | waves)
@settings(max_examples=25, deadline=None)
def test_a_domain_has_unique_names_and_ends_with_unknown(variables: tuple[Variable, ...]) -> None:
    assert [variable.name for variable in variables[:5]] == PEOPLE
    assert len({variable.name for variable in variables}) == len(variables)
    for variable in variables:
        codes = [category.code for category in variable.categories]
        assert len(set(codes)) == len(codes)
        assert codes.index(UNKNOWN) == len(codes) - 1
        assert 2 <= len(codes) <= MOST_CATEGORIES < NOTHING
        # Always enough variables for the slots, and never more slots than the table has columns.
        assert 1 <= variable.max_per_member <= min(12, len(codes) - 1)
        # All but UNKNOWN have a value, of variables in order alone, or none has: there is a mean, or there is not.
        assert len({one.value is None for one in variable.categories[:-1]}) == 1
        assert variable.categories[-1].value is None
        assert variable.ordinal or variable.rule is DomainRule.MONTHS or variable.categories[0].value is None
    assert slots(variables) == tuple(
        sum(variable.max_per_member for variable in variables[:at]) for at in range(len(variables))
    )


@given(surveys | waves, st.data())
@settings(max_examples=25, deadline=None)
def test_every_raw_value_falls_into_one_category(variables: tuple[Variable, ...], data: st.DataObject) -> None:
    for variable in variables:
        ends = [end for one in variable.categories for end in (one.low, one.high) if end is not None]
        number = data.draw(st.none() | numbers | (st.sampled_from(ends) if ends else st.nothing()))
        text = data.draw(st.none() | words | st.sampled_from([one.code for one in variable.categories] + ["M3"]))
        assert len(fallen_into(variable, text, number)) == 1


@given(st.integers(-50, 50), st.floats(0.01, 500), st.floats(0, 1))
def test_levels_cover_everything_between_their_bounds(minimum: int, width: float, at: float) -> None:
    maximum = minimum + width
    number = min(minimum + at * width, maximum)
    for found in (levels(minimum, maximum), levels(minimum, minimum + math.ceil(width))):
        assert sum(holds(one, number) for one in found) == 1
        assert len(found) <= 11
    assert sum(holds(one, number - minimum) for one in changes(minimum, maximum)) == 1


@given(st.lists(numbers, unique=True, min_size=2, max_size=99).map(sorted), numbers)
def test_bins_cover_every_value(edges: list[float], number: float) -> None:
    assert sum(holds(one, number) for one in bins(edges)) == 1
    assert len(bins(edges)) == len(edges) + 1
    inside = bins(edges, edges[0], edges[-1])
    assert [one.code for one in inside] == [f"B{at}" for at in range(len(edges) - 1)]
    assert sum(holds(one, number) for one in inside) == (edges[0] <= number <= edges[-1])


def shown(categories: Sequence[Category]) -> list[tuple[Any, ...]]:
    return [(one.code, one.label, one.value, one.low, one.high) for one in categories]


def test_levels_are_whole_numbers_or_ten_bands() -> None:
    assert shown(levels(0, 10))[::5] == [
        ("0", "0", 0, -0.5, 0.5),
        ("5", "5", 5, 4.5, 5.5),
        ("10", "10", 10, 9.5, 10.5),
    ]
    assert len(levels(0, 10)) == 11
    assert [one.code for one in levels(-1, 1)] == ["0", "1", "2"]
    assert [one.label for one in levels(-1, 1)] == ["-1", "0", "1"]
    weights = levels(20, 250, "kg")
    assert shown(weights)[0] == ("B0", "20 to 43 kg", 31.5, 20, 43)
    assert shown(weights)[-1] == ("B9", "227 to 250 kg", 238.5, 227, math.nextafter(250, 251))
    assert len(weights) == len(levels(0.5, 4)) == 10


def test_bins_are_open_ended_where_values_can_occur() -> None:
    assert shown(bins([0, 4, 24], 0, None)) == [
        ("B0", "0 to 4", 2, 0, 4),
        ("B1", "4 to 24", 14, 4, 24),
        ("ABOVE", "24 or more", 24, 24, math.inf),
    ]
    assert shown(bins([4, 8], 0, 24)) == [
        ("BELOW", "under 4", 2, -math.inf, 4),
        ("B0", "4 to 8", 6, 4, 8),
        ("ABOVE", "8 or more", 16, 8, math.inf),
    ]


def test_changes_are_in_tenths_of_the_range() -> None:
    assert shown(changes(0, 100)) == [
        ("FALL_5", "lower by more than 50", -60, -math.inf, -50),
        ("FALL_3", "lower by more than 30, up to 50", -40, -50, -30),
        ("FALL_1", "lower by more than 10, up to 30", -20, -30, -10),
        ("SAME", "change of at most 10", 0, -10, 10),
        ("RISE_1", "higher by 10 to 30", 20, 10, 30),
        ("RISE_3", "higher by 30 to 50", 40, 30, 50),
        ("RISE_5", "higher by 50 or more", 60, 50, math.inf),
    ]


def test_the_variables_of_a_survey() -> None:
    options = (("YES", "Yes"), ("NO", "No"), ("MAYBE", "It depends"))
    found = survey_variables(
        [
            SurveyQuestion(ID, "single", "Do you sleep?", "SINGLE_CHOICE", options),
            SurveyQuestion(ID, "several", "What helps?", "MULTIPLE_CHOICE", options * 2 + (("BOTH", "Both"),)),
            SurveyQuestion(ID, "two", "What else?", "MULTIPLE_CHOICE", options, max_choices=2),
            SurveyQuestion(ID, "scale", "How well?", "SCALE", minimum=0, maximum=10),
            SurveyQuestion(ID, "number", "How long?", "NUMBER", minimum=0, maximum=24, bins=(0, 4, 24)),
            SurveyQuestion(ID, "unbinned", "How many?", "NUMBER", minimum=0),
            SurveyQuestion(ID, "date", "Since when?", "DATE"),
            SurveyQuestion(ID, "text", "And?", "TEXT"),
            SurveyQuestion(ID, "sex", "And yours?", "SINGLE_CHOICE", options),
        ]
    )
    questions = found[5:]
    assert [(one.name, one.rule, one.ordinal, one.max_per_member, len(one.categories)) for one in questions] == [
        ("single", DomainRule.CHOICE, False, 1, 4),
        ("several", DomainRule.CHOICE, False, 3, 5),
        ("two", DomainRule.CHOICE, False, 2, 4),
        ("scale", DomainRule.NUMBER, True, 1, 12),
        ("number", DomainRule.NUMBER, True, 1, 3),
        ("date", DomainRule.DAY, True, 1, 10),
        ("sex_2", DomainRule.CHOICE, False, 1, 4),
    ]
    assert {one.subject for one in questions} == {ID}
    assert {one.subject for one in found[:5]} == {None}
    assert questions[0].label == "Do you sleep?"
    assert shown(questions[0].categories) == [
        ("YES", "Yes", None, None, None),
        ("NO", "No", None, None, None),
        ("MAYBE", "It depends", None, None, None),
        (UNKNOWN, "Not answered", None, None, None),
    ]
    days = questions[5].categories
    assert [(one.low, one.high) for one in days[:3]] == [(-math.inf, 0), (0, 31), (31, 92)]
    assert {kind.value for kind in KINDS} == {
        "SINGLE_CHOICE", "MULTIPLE_CHOICE", "SCALE", "NUMBER", "DATE", "TEXT"
    }  # fmt: skip


def test_the_variables_that_describe_members() -> None:
    age, sex, region, kind, since = survey_variables([])
    assert [one.ordinal for one in (age, sex, region, kind, since)] == [True, False, False, False, True]
    assert [one.code for one in age.categories] == [YOUNGEST, *(band for _, band in reversed(AGE_BANDS)), UNKNOWN]
    assert [one.low for one in age.categories[1:-1]] == [youngest for youngest, _ in reversed(AGE_BANDS)]
    assert [one.code for one in sex.categories] == list(Sex)
    assert [one.code for one in kind.categories] == [*MemberKind, UNKNOWN]
    assert {name for name, _ in DEMONSTRATED} < {one.code for one in region.categories}
    assert len(region.categories) == 19
    assert all(one.code == one.label for one in region.categories[:-1])
    assert [fallen_into(since, None, years) for years in (-1, 0, 1, 4, 5, 9, 20, 80)] == [
        [UNKNOWN], ["UNDER_1"], ["FROM_1"], ["FROM_2"], ["FROM_5"], ["FROM_5"], ["FROM_20"], ["FROM_20"]
    ]  # fmt: skip


def test_the_variables_of_a_wave() -> None:
    found = tracking_variables(
        [CatalogueEntry(ID, "methotrexate", "Methotrexate"), CatalogueEntry(ID, "physio-therapy", "Physiotherapy")],
        [TrackedIndicator(ID, "fatigue", "Fatigue", 0, 10)],
        [CatalogueEntry(ID, "dry-mouth", "Dry mouth"), CatalogueEntry(ID, "nausea", "Nausea")],
    )
    assert [(one.name, one.rule, one.ordinal, one.max_per_member, len(one.categories)) for one in found[5:]] == [
        ("first_treatment", DomainRule.FIRST_TREATMENT, False, 1, 4),
        ("treatments", DomainRule.TREATMENTS, False, 3, 4),
        ("course_methotrexate", DomainRule.COURSE, False, 1, 17),
        ("effectiveness_methotrexate", DomainRule.EFFECTIVENESS, True, 1, 12),
        ("side_effects_methotrexate", DomainRule.SIDE_EFFECTS, False, 3, 5),
        ("course_physio_therapy", DomainRule.COURSE, False, 1, 17),
        ("effectiveness_physio_therapy", DomainRule.EFFECTIVENESS, True, 1, 12),
        ("side_effects_physio_therapy", DomainRule.SIDE_EFFECTS, False, 3, 5),
        ("level_fatigue", DomainRule.LEVEL, True, 1, 12),
        ("change_fatigue", DomainRule.CHANGE, True, 1, 8),
        ("months_fatigue", DomainRule.MONTHS, False, 7, 78),
    ]
    by_name = {one.name: one for one in found}
    assert [one.code for one in by_name["treatments"].categories] == ["METHOTREXATE", "PHYSIO_THERAPY", OTHER, UNKNOWN]
    assert [one.code for one in by_name["side_effects_methotrexate"].categories] == [
        "DRY_MOUTH", "NAUSEA", "NONE", OTHER, UNKNOWN
    ]  # fmt: skip
    course = by_name["course_methotrexate"].categories
    assert [(one.code, one.label) for one in (course[0], course[3], course[14], course[16])] == [
        ("Q1_ENDED", "1st quarter, ended"),
        ("Q2_CONTINUING", "2nd quarter, continuing"),
        ("Q8_ENDED", "8th quarter or a later one, ended"),
        (UNKNOWN, "No course of this treatment"),
    ]
    months = by_name["months_fatigue"]
    assert fallen_into(months, "M3", 3.5) == ["M3_4"]
    assert fallen_into(months, "M7", 3.5) == fallen_into(months, None, None) == [UNKNOWN]
    assert [one.value for one in months.categories[33:44]] == list(range(11))


def test_a_domain_is_truncated_by_position_only() -> None:
    many = [CatalogueEntry(UUID(int=at), f"thing-{at}", f"Thing {at}") for at in range(300)]
    wide = [TrackedIndicator(UUID(int=at), f"one-{at}", f"One {at}", 0, 10) for at in range(20)]
    found = {one.name: one for one in tracking_variables(many, wide, many)}
    assert len(found) == 5 + 2 + 12 * 3 + 12 * 3
    assert [one.code for one in found["treatments"].categories][-3:] == ["THING_11", OTHER, UNKNOWN]
    effects = [one.code for one in found["side_effects_thing_0"].categories]
    assert (len(effects), effects[-4:]) == (MOST_CATEGORIES, ["THING_250", "NONE", OTHER, UNKNOWN])
    options = tuple((f"O{at}", "") for at in range(400))
    choice = survey_variables([SurveyQuestion(ID, "one", "One?", "SINGLE_CHOICE", options)])[-1]
    assert (len(choice.categories), choice.categories[-2].code) == (MOST_CATEGORIES, "O252")


def test_a_wave_without_treatments_has_no_treatment_variables() -> None:
    assert [one.name for one in tracking_variables([], [], [])] == PEOPLE


@pytest.mark.parametrize("taken", ["other", "unknown", "none"])
def test_a_catalogue_entry_named_like_a_standard_category_is_merged_with_it(taken: str) -> None:
    found = {
        one.name: one
        for one in tracking_variables([CatalogueEntry(ID, taken, "?")], [], [CatalogueEntry(ID, taken, "?")])
    }
    assert [one.code for one in found[f"side_effects_{taken}"].categories] == ["NONE", OTHER, UNKNOWN]


def test_values_and_edges_are_written_as_they_were_meant() -> None:
    tenths = levels(0, 0.9)
    assert [one.value for one in tenths] == [0.045, 0.135, 0.225, 0.315, 0.405, 0.495, 0.585, 0.675, 0.765, 0.855]
    assert [one.low for one in tenths] == [0.0, 0.09, 0.18, 0.27, 0.36, 0.45, 0.54, 0.63, 0.72, 0.81]
    found = changes(0, 8)
    assert [one.value for one in found] == [-4.8, -3.2, -1.6, 0.0, 1.6, 3.2, 4.8]
    assert [one.low for one in found[1:]] == [-4.0, -2.4, -0.8, 0.8, 2.4, 4.0]
    assert [one.value for one in bins((0.1, 0.3), 0.0, 0.6)] == [0.05, 0.2, 0.45]
    # As whole numbers, large ones and ones of many digits stay what they are.
    assert [one.value for one in levels(-3, 2)] == [-3, -2, -1, 0, 1, 2]
    assert [exact(each) for each in (1e9, -1e9 + 0.25, 123_456.78125, -0.0)] == [1e9, -999_999_999.75, 123_456.78125, 0]


@given(st.floats(-1e9, 1e9), st.floats(0.001, 1e9))
def test_no_edge_or_value_has_the_noise_of_a_binary_fraction(low: float, width: float) -> None:
    low, high = exact(low), exact(low + width)
    assume(low < high)
    for one in (*levels(low, high), *changes(low, high)):
        assert one.value is None or one.value == float(f"{one.value:.12g}")
