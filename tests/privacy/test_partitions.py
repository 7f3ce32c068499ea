"""Groupings: canonical whatever the order, cheap, and read with intervals that cover the truth."""

import math
from dataclasses import replace
from itertools import permutations
from statistics import fmean

import pytest
from numpy.random import default_rng

from privacy.cubes import Cube, contributions, covers, key
from privacy.domains import UNKNOWN, Category, DomainRule, TrackedIndicator, Variable, tracking_variables
from privacy.groupings import cells_summed, grouped, is_run, partition, text_of
from privacy.noise import noise_for
from privacy.precision import Precision, margin_of, price
from privacy.reading import cells_of, statistics_of
from privacy.words import Words
from tests.privacy.test_reading import answered, inside, noisy, spread
from tests.support.coverage import COVERAGE, coverage

OF_MEANS = (COVERAGE[0] - 0.02, math.inf)  # some of groups of nearly nothing but noise


def named(*codes: str, several: int = 1, ordinal: bool = False) -> Variable:
    categories = [Category(code, code.lower(), float(at) if ordinal else None) for at, code in enumerate(codes)]
    unknown = Category(UNKNOWN, "unknown")
    return Variable("arm", "Arm", (*categories, unknown), DomainRule.CHOICE, ordinal, several)


ARM = named("A", "B", "C", "D", "E")
SCORE = named("A", "B", "C", "D", "E", ordinal=True)


def test_the_same_sets_are_the_same_grouping_in_any_order_with_or_without_the_rest() -> None:
    groups = [["D", "B"], ["A"], ["E", "C"]]
    texts = {text_of(ARM, partition(ARM, order)) for order in permutations(groups)}
    texts |= {text_of(ARM, partition(ARM, [group[::-1] for group in order])) for order in permutations(groups)}
    texts.add(text_of(ARM, partition(ARM, [["B", "D"], ["A"]])))
    assert texts == {"{A|B&D|C&E}"}
    assert text_of(ARM, partition(ARM, [["A", "B"], ["C"]])) == "{A&B|C|D&E}"
    assert text_of(ARM, partition(ARM, [[code] for code in "ABCDE"])) == ""
    assert text_of(ARM, partition(ARM, [[code] for code in "ABCD"])) == ""  # the rest is one category
    assert text_of(ARM, partition(ARM, ["ABCDE"])) == "{A&B&C&D&E}"


def test_a_grouping_has_its_groups_and_unknown() -> None:
    groups = partition(ARM, [["D", "B"], ["A"]])
    made = grouped(ARM, groups, {(1, 3): "Drugs"})
    assert [(each.code, each.label, each.merges) for each in made.categories] == [
        ("A", "a", ("A",)), ("G1", "Drugs", ("B", "D")), ("G2", "c / e", ("C", "E")), (UNKNOWN, "unknown", (UNKNOWN,)),
    ]  # fmt: skip
    assert (made.full_name, made.name, ARM.full_name) == ("arm{A|B&D|C&E}", "arm", "arm")
    assert key([made.full_name, "sex"]) == "arm{A|B&D|C&E}|sex@v1"
    french = Words({"Other categories": "Autres catégories"}.__getitem__)
    assert grouped(ARM, partition(ARM, [["A"]]), {}, french).categories[1].label == "Autres catégories"
    ordered = grouped(SCORE, partition(SCORE, ["AB", "CDE"]))
    assert [each.label for each in ordered.categories] == ["a … b", "c … e", "unknown"]
    assert [each.value for each in ordered.categories] == [0.5, 3.0, None]


def test_a_merged_code_is_never_that_of_a_category() -> None:
    named_so = named("G1", "B", "C", "G3", "E")
    made = grouped(named_so, partition(named_so, [["B", "C"], ["G1"], ["G3"]]))
    assert [each.code for each in made.categories] == ["G1", "G2", "G3", "E", UNKNOWN]
    merged = grouped(named_so, partition(named_so, [["G1", "B"], ["C"], ["E"]]))
    assert [each.code for each in merged.categories] == ["G1", "C", "G3", "E", UNKNOWN]
    assert len({each.code for each in merged.categories}) == 5


def test_a_groups_value_is_the_middle_of_the_numbers_that_fall_into_it() -> None:
    indicator = TrackedIndicator(None, "pain", "Pain", 0, 10)  # type: ignore[arg-type]
    level, change, _ = [each for each in tracking_variables([], [indicator], []) if each.name.endswith("pain")]
    halves = partition(level, [[str(at) for at in range(6)]])
    assert [each.value for each in grouped(level, halves).categories] == [2.5, 8.0, None]
    falls = partition(change, [["FALL_5", "FALL_3"], ["FALL_1"], ["SAME"]])
    assert [each.value for each in grouped(change, falls).categories] == [-5.0, -2.0, 0.0, 4.0, None]
    unequal = (Category("B0", "", 5.0, 0, 10), Category("B1", "", 55.0, 10, 100), level.categories[-1])
    bins = replace(level, categories=unequal)
    assert grouped(bins, partition(bins, [["B0", "B1"]])).categories[0].value == 50.0


def test_a_run_has_no_gaps() -> None:
    assert is_run([2, 3, 4])
    assert is_run([2])
    assert not is_run([2, 4])


@pytest.mark.parametrize(("groups", "most"), [(["AB", "CDE"], 3), (["AB", "C", "D", "E"], 3), (["ABCDE"], 2)])
def test_a_member_is_in_no_more_groups_than_there_are_nor_than_in_categories(groups: list[str], most: int) -> None:
    several = named(*"ABCDE", several=3)
    made = grouped(several, partition(several, groups))
    assert made.max_per_member == most
    assert price(Precision.WITHIN_10, contributions([made])) == most * price(Precision.WITHIN_10)


def test_finer_tables_answer_a_grouping_by_sums_of_their_cells() -> None:
    made = grouped(ARM, partition(ARM, ["AB", "CDE"]))
    finer, crossing = (grouped(ARM, partition(ARM, groups)) for groups in (["AB", "CD", "E"], ["ACD", "BE"]))
    assert (cells_summed(made, made), cells_summed(ARM, made), cells_summed(finer, made)) == (1, 3, 2)
    assert cells_summed(made, ARM) is cells_summed(made, finer) is cells_summed(crossing, made) is None
    several = named(*"ABCDE", several=2)
    assert cells_summed(several, grouped(several, partition(several, ["AB", "CDE"]))) is None
    sex = replace(named("F", "M"), name="sex")
    assert covers([ARM, sex], 2.0, [made]) == margin_of(2 * 9**0.5)
    assert covers([made, sex], 2.0, [made, sex]) == margin_of(2.0)
    assert covers([made, sex], 2.0, [ARM]) is None
    assert covers([made, sex], 2.0, [sex]) == margin_of(2 * 3**0.5)  # its groups are all categories


@pytest.mark.slow
@pytest.mark.parametrize("members", [60, 300, 5_000])
@pytest.mark.parametrize("within", [10, 50])
def test_intervals_of_groups_cover_the_truth(members: int, within: int) -> None:
    """Shares and means of a variable of twelve categories whose eight rarest are one group."""
    generator, sigma = default_rng(members + within), noise_for(price(Precision(f"WITHIN_{within}"))).sigma
    fine = named(*"ABCDEFGHIJKL", ordinal=True)
    made = grouped(fine, partition(fine, [*"ABCD"]))
    shares = spread(12, "falling")
    truth = [*shares[:4], sum(shares[4:]), 0.0]
    valued = [each.value for each in made.categories[:-1]]
    mean = sum(share * (value or 0) for share, value in zip(truth[:-1], valued, strict=True))
    of_shares: list[bool] = []

    def drawn() -> list[bool]:
        counts = answered(members, truth, generator)
        cube = Cube((made,), noisy(counts, sigma, generator), sigma)
        [of_mean, _] = statistics_of(cube, "arm")
        assert of_mean.low is not None
        assert of_mean.high is not None
        of_shares.extend(inside(cells_of(cube, "arm"), truth))
        return [of_mean.low <= mean <= of_mean.high]

    assert coverage(drawn, OF_MEANS) >= OF_MEANS[0]
    least, most = COVERAGE
    assert least <= fmean(of_shares) <= most
