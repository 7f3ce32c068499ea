"""Budgets and their shares, the order of members' own tables, and the sentence that describes a privacy loss."""

import math
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import budget
from privacy.budget import (
    CAP,
    FLOOR,
    HALF_CAP,
    LIFE,
    WAVES_YEARLY,
    YEARLY,
    left_for_sale,
    left_for_staff,
    participants_precision,
    participants_tables,
    share_of,
    wave_cap,
)
from privacy.domains import (
    CatalogueEntry,
    DomainRule,
    SurveyQuestion,
    TrackedIndicator,
    survey_variables,
    tracking_variables,
)
from privacy.loss import guess_probability, statement
from privacy.noise import MICRO, noise_for
from privacy.precision import Precision, price

ID = UUID(int=7)
OPTIONS = (("YES", "Yes"), ("NO", "No"), ("BOTH", "Both"))
QUESTIONS = [
    SurveyQuestion(ID, "several", "?", "MULTIPLE_CHOICE", OPTIONS),
    SurveyQuestion(ID, "scale", "?", "SCALE", minimum=0, maximum=10),
    SurveyQuestion(ID, "choice", "?", "SINGLE_CHOICE", OPTIONS),
    SurveyQuestion(ID, "day", "?", "DATE"),
]
SURVEY = survey_variables(QUESTIONS)
WAVE = tracking_variables(
    [CatalogueEntry(ID, "rest", "Rest")],
    [TrackedIndicator(ID, "pain", "Pain", 0, 10), TrackedIndicator(ID, "sleep", "Sleep", 0, 10)],
    [CatalogueEntry(ID, "nausea", "Nausea")],
)


def test_caps_and_allowances_have_the_promised_values() -> None:
    assert (CAP, HALF_CAP, YEARLY, LIFE, FLOOR) == (200_000, 100_000, 500_000, 1_000_000, 200)
    assert (budget.COUNTS_YEARLY, budget.COUNTED_YEARLY) == (12 * 2 * 754, 33_096)
    # Two whole datasets fit beside three communities.
    assert 2 * CAP + 3 * budget.COUNTED_YEARLY <= YEARLY < 2 * CAP + 4 * budget.COUNTED_YEARLY
    assert CAP + budget.COUNTED_COMMUNITIES * budget.COUNTED_YEARLY <= YEARLY
    # The counts of the network take nothing away from that.
    beside = budget.NETWORK_YEARLY + 3 * budget.COUNTED_YEARLY
    assert 2 * CAP + beside <= YEARLY
    assert 8 * budget.LEAST_CAP + beside <= YEARLY
    assert budget.PARTICIPANTS_SHARE + budget.STAFF_SHARE + budget.SOLD_SHARE == 100
    assert budget.SOLD_SHARE == 60
    assert (budget.LEAST_CAP, budget.LARGEST_CAP, budget.WAVES_YEARLY) == (50_000, 250_000, 200_000)
    assert 8 * budget.LEAST_CAP + 3 * budget.COUNTED_YEARLY <= YEARLY
    assert 6 * budget.LEAST_CAP + budget.COUNTED_COMMUNITIES * budget.COUNTED_YEARLY <= YEARLY
    assert budget.LARGEST_CAP + budget.COUNTED_COMMUNITIES * budget.COUNTED_YEARLY <= YEARLY
    assert [wave_cap(members) for members in (4_999, 5_000)] == [CAP, HALF_CAP]
    assert 2 * HALF_CAP == WAVES_YEARLY == CAP


@pytest.mark.parametrize(
    ("charge", "squares", "margin"),
    [
        (budget.ACTIVE_MEMBERS_PRICE, 1, budget.ACTIVE_MEMBERS_MARGIN),
        (budget.TREATMENTS_PRICE, budget.NETWORK_SQUARES, budget.TREATMENTS_MARGIN),
    ],
)
def test_the_networks_counts_cost_what_their_margins_need(charge: int, squares: int, margin: int) -> None:
    assert noise_for(charge, squares).micro_rho == charge
    assert noise_for(charge, squares).margin <= margin < noise_for(charge - 1, squares).margin


@given(st.integers(budget.LEAST_CAP, budget.LARGEST_CAP), st.data())
def test_shares_restrict_and_never_extend(cap: int, data: st.DataObject) -> None:
    sold = data.draw(st.integers(0, share_of(cap, 60)))
    spent = data.draw(st.integers(sold, cap))
    sale, house = left_for_sale(cap, spent, sold), left_for_staff(cap, spent, sold)
    assert 0 <= sale <= cap - spent
    assert 0 <= house <= cap - spent
    assert sold + sale <= cap * 0.6
    # Cohorte's share does not reduce the buyers' share.
    if spent - sold <= share_of(cap, 40):
        assert left_for_sale(cap, spent + house, sold) == share_of(cap, 60) - sold


@pytest.mark.parametrize(
    ("spent", "sold", "sale", "house"),
    [
        (0, 0, 120_000, 80_000),
        (30_000, 0, 120_000, 50_000),
        (80_000, 0, 120_000, 0),
        (150_000, 120_000, 0, 50_000),
        (199_000, 119_500, 500, 500),
        (200_000, 120_000, 0, 0),
    ],
)
def test_the_remainder_of_a_cap(spent: int, sold: int, sale: int, house: int) -> None:
    assert (left_for_sale(CAP, spent, sold), left_for_staff(CAP, spent, sold)) == (sale, house)


@pytest.mark.parametrize(
    ("size", "precision"),
    [(200, "WITHIN_10"), (224, "WITHIN_10"), (225, "WITHIN_20"), (4_999, "WITHIN_20"), (5_000, "WITHIN_50")],
)
def test_the_precision_of_members_tables_depends_on_their_number(size: int, precision: str) -> None:
    assert participants_precision(size) == Precision(precision)


@pytest.mark.parametrize(
    ("cap", "precision", "many"),
    [(50_000, "WITHIN_50", 3), (99_999, "WITHIN_20", 2), (146_259, "WITHIN_20", 3), (146_260, "WITHIN_10", 1)],
)
def test_a_small_cap_has_coarser_members_tables_rather_than_none(cap: int, precision: str, many: int) -> None:
    assert participants_precision(210, cap) == Precision(precision)
    assert len(names(210, cap)) == many


def names(size: int, cap: int = CAP, wave: bool = False) -> list[str]:
    return [one.name for one in participants_tables(WAVE if wave else SURVEY, size, cap)]


def test_members_tables_begin_with_their_topic() -> None:
    assert names(224) == ["scale"]
    assert names(225) == names(500) == names(2_000)
    assert names(2_000) == ["scale", "choice", "day", "age_band", "sex"]
    assert names(9_000) == [
        "scale", "choice", "day", "age_band", "sex", "region", "kind", "time_since_diagnosis", "several"
    ]  # fmt: skip


def test_the_kinds_of_a_waves_variables_take_turns() -> None:
    assert names(2_000, wave=True) == ["first_treatment", "change_pain", "level_pain", "age_band", "sex"]
    assert names(9_000, HALF_CAP, wave=True)[:12] == [
        "first_treatment", "change_pain", "level_pain", "age_band", "sex", "course_rest", "effectiveness_rest",
        "region", "kind", "time_since_diagnosis", "change_sleep", "level_sleep",
    ]  # fmt: skip


@pytest.mark.parametrize("indicators", [0, 1, 12])
@pytest.mark.parametrize("treatments", [0, 1, 12])
def test_no_number_of_entries_of_a_catalogue_crowds_out_the_other_kinds(treatments: int, indicators: int) -> None:
    variables = tracking_variables(
        [CatalogueEntry(ID, f"drug-{at}", f"Drug {at}") for at in range(treatments)],
        [TrackedIndicator(ID, f"indicator-{at}", f"Indicator {at}", 0, 10) for at in range(indicators)],
        [],
    )
    rules = [one.rule for one in participants_tables(variables, 300)]
    wanted = {DomainRule.AGE, DomainRule.SEX}
    wanted |= {DomainRule.FIRST_TREATMENT} if treatments else set()
    wanted |= {DomainRule.LEVEL, DomainRule.CHANGE} if indicators else set()
    assert wanted <= set(rules)
    assert len(rules) == 5


@given(st.integers(200, 20_000), st.integers(budget.LEAST_CAP, budget.LARGEST_CAP), st.sampled_from([SURVEY, WAVE]))
def test_members_tables_and_the_size_fit_in_their_budget_share(
    size: int, cap: int, variables: tuple[object, ...]
) -> None:
    chosen = participants_tables(SURVEY if variables is SURVEY else WAVE, size, cap)
    precision = participants_precision(size, cap)
    spent = price(Precision.WITHIN_20) + sum(price(precision, one.max_per_member) for one in chosen)
    assert chosen
    assert spent <= share_of(cap, 15)
    assert len({one.name for one in chosen}) == len(chosen)


def test_the_guessing_bound_equals_the_documented_values() -> None:
    assert [round(guess_probability(micro), 3) for micro in (0, 10_000, 125_000, 250_000, 500_000, MICRO)] == [
        0.5, 0.54, 0.638, 0.691, 0.76, 0.841
    ]  # fmt: skip
    assert round(guess_probability(250_000), 2) == 0.69
    assert guess_probability(250_000) == pytest.approx((1 + math.erf(math.sqrt(0.25 / 2))) / 2)
    with pytest.raises(ValueError, match="below zero"):
        guess_probability(-1)


@pytest.mark.parametrize(
    ("locale", "most", "uncovered"),
    [
        ("en", "at most 70 times in 100", ("second account", "relatives", "post yourself")),
        ("de-DE", "at most 70 times in 100", ("second account", "relatives", "post yourself")),
        ("fr", "au plus 70 fois sur 100", ("second compte", "proches", "publiez vous-même")),
        ("FR-be", "au plus 70 fois sur 100", ("second compte", "proches", "publiez vous-même")),
    ],
)
def test_a_privacy_statement_is_a_sentence_that_names_its_limits(
    locale: str, most: str, uncovered: tuple[str, ...]
) -> None:
    sentence = statement(250_000, locale)
    assert most in sentence
    assert all(one in sentence for one in uncovered)


@pytest.mark.parametrize(("spent", "most"), [(1, 51), (4_567, 53), (62_831, 60), (LIFE, 85)])
def test_an_upper_bound_is_never_rounded_down(spent: int, most: int) -> None:
    assert f"at most {most} times in 100" in statement(spent, "en")
    assert most / 100 >= guess_probability(spent) > (most - 1) / 100


def test_a_member_without_datasets_gets_a_sentence_that_says_so() -> None:
    assert statement(0, "en").startswith("Nothing computed from your answers has been published yet")
    assert "50 times in 100" in statement(0, "en")
    assert "50 fois sur 100" in statement(0, "fr")
    assert "second compte" in statement(0, "fr")
