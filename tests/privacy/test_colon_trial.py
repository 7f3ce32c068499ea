"""The figures of decision 0050: how often intervals cover on a published trial, and what its questions cost."""

import math
import random
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from privacy.cubes import Cube
from privacy.groupings import cells_summed, grouped, partition
from privacy.means import UNIT, means_of, price_of_means, summed, sums_of
from privacy.noise import noise_for
from privacy.precision import PRECISIONS, Precision, margin_of, price
from privacy.reading import cells_of
from tests.support.colon import ARMS, PATIENTS, counts, patients, variables
from tests.support.coverage import COVERAGE

PAGE = (Path(__file__).parents[2] / "docs/decisions/0050-colon-trial.md").read_text(encoding="utf-8")
DRAWS = 2_000
CHECKED = [Precision.WITHIN_10, Precision.WITHIN_20]
TOGETHER = [["OBSERVATION", "LEVAMISOLE"]]
YEARS = [["0", "1"], ["2", "3", "4"], ["5", "6", "7", "8", "9"]]


def rows(heading: str) -> dict[tuple[str, ...], list[float]]:
    """The rows of the table whose header begins with this cell: their numbers by the texts before them."""
    lines = PAGE[PAGE.index(f"| {heading} |") :].split("\n\n")[0].splitlines()[2:]
    found = {}
    for line in lines:
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        texts = [cell for cell in cells if not cell[:1].isdigit()]
        found[tuple(text for text in texts if text)] = [
            float(cell.replace(",", "").removesuffix(" %")) for cell in cells if cell[:1].isdigit()
        ]
    return found


def drawn_again(generator: random.Random, *names: str) -> Iterator[list[int]]:
    """Tables of as many patients, each drawn from those of the trial."""
    places = {place: at for at, place in enumerate(codes(*names))}
    whole = [places[place] for place, many in counts(*names).items() for _ in range(many)]
    while True:
        found = [0] * len(places)
        for at in generator.choices(whole, k=len(whole)):
            found[at] += 1
        yield found


def codes(*names: str) -> list[tuple[str, ...]]:
    return list(product(*([each.code for each in variables()[name].categories] for name in names)))


def true(*names: str) -> list[int]:
    known = counts(*names)
    return [known.get(place, 0) for place in codes(*names)]


def test_the_package_has_the_trial() -> None:
    assert len(patients()) == PATIENTS
    assert counts("arm", "recurrence") == {
        ("OBSERVATION", "YES"): 177, ("OBSERVATION", "NO"): 138, ("LEVAMISOLE", "YES"): 172, ("LEVAMISOLE", "NO"): 138,
        ("LEVAMISOLE_FLUOROURACIL", "YES"): 119, ("LEVAMISOLE_FLUOROURACIL", "NO"): 185,
    }  # fmt: skip


@cache
def of_counts(precision: Precision) -> float:
    """The part of all counts of the trial's patients that are within their margin of the truth."""
    generator = random.Random(f"counts {precision}")
    sigma = noise_for(price(precision)).sigma
    margin, truth = margin_of(sigma), true("arm", "recurrence")
    inside = sum(abs(round(generator.gauss(0, sigma))) <= margin for _ in range(DRAWS) for _ in truth)
    return inside / DRAWS / len(truth)


@cache
def of_shares(precision: Precision) -> float:
    generator = random.Random(f"shares {precision}")
    sigma = noise_for(price(precision)).sigma
    shown = tuple(variables()[name] for name in ("arm", "recurrence"))
    known = counts("arm", "recurrence")
    places = [place for place in codes("arm", "recurrence") if place in known]
    of_arm = {arm: sum(many for (other, _), many in known.items() if other == arm) for arm in ARMS.values()}
    again, inside = drawn_again(generator, "arm", "recurrence"), 0
    for _ in range(DRAWS):
        table = tuple(float(count + round(generator.gauss(0, sigma))) for count in next(again))
        cells = dict(
            zip(codes("arm", "recurrence"), cells_of(Cube(shown, table, sigma), "recurrence", ["arm"]), strict=True)
        )
        for place in places:
            low, high = cells[place].low, cells[place].high
            assert low is not None
            assert high is not None
            inside += low <= known[place] / of_arm[place[0]] <= high
    return inside / DRAWS / len(places)


@cache
def of_means(precision: Precision) -> float:
    generator = random.Random(f"means {precision}")
    arm, years = variables()["arm"], variables()["years"]
    sigma = noise_for(price_of_means(precision, years), UNIT**2).sigma / UNIT
    truth = {code: [patient.years for patient in patients() if patient.arm == code] for code in ARMS.values()}
    again, inside = drawn_again(generator, "arm", "years"), 0
    for _ in range(DRAWS):
        sums = [each / UNIT + generator.gauss(0, sigma) for each in sums_of(next(again), (arm, years), years)]
        means = means_of(Cube((arm, summed(years)), tuple(sums), sigma), "years", ["arm"])
        for mean in means[: len(ARMS)]:
            known = truth[arm.categories[mean.by[0]].code]
            assert mean.low is not None
            assert mean.high is not None
            inside += mean.low <= sum(known) / len(known) <= mean.high
    return inside / DRAWS / len(ARMS)


TABLES: dict[str, Callable[[Precision], float]] = {
    "counts, recurrence by arm": of_counts,
    "shares, recurrence by arm": of_shares,
    "means by sums, years by arm": of_means,
}
SLOW = {("shares, recurrence by arm", Precision.WITHIN_10), ("means by sums, years by arm", Precision.WITHIN_20)}


@pytest.mark.parametrize(
    ("table", "coverage", "precision"),
    [
        pytest.param(table, coverage, precision, marks=[pytest.mark.slow] if (table, precision) in SLOW else [])
        for table, coverage in TABLES.items()
        for precision in CHECKED
    ],
)
def test_intervals_cover_the_truth_of_the_trial(
    table: str, coverage: Callable[[Precision], float], precision: Precision
) -> None:
    found = coverage(precision)
    assert rows("table")[table, precision.value] == [round(100 * found, 1)]
    least, most = COVERAGE
    assert least <= found <= most


def cheapest(needed: int, summed_cells: int) -> Precision:
    """The cheapest precision at which a sum of so many cells has a margin of at most `needed`."""
    return next(
        each
        for each in reversed(PRECISIONS)
        if margin_of(noise_for(price(each)).sigma * math.sqrt(summed_cells)) <= needed
    )


def prices() -> dict[str, list[float]]:
    """What each question costs: the margin needed, by a histogram of all categories, and by groupings and sums."""
    found: dict[str, list[float]] = {}
    for question, name, groups, needed in (
        ("recurrence, fluorouracil against the two other arms together", "arm", TOGETHER, 20),
        ("years in the groups 0 to 1, 2 to 4 and 5 or more, by arm", "years", YEARS, 50),
    ):
        whole = variables()[name]
        merged = grouped(whole, partition(whole, groups))
        cells = cells_summed(whole, merged)
        assert cells == max(map(len, groups))
        found[question] = [needed, price(cheapest(needed, cells)), price(cheapest(needed, 1))]
    years = variables()["years"]
    precise = Precision.WITHIN_10
    found["mean of years by arm, as precise as counts within 10"] = [
        precise.margin,
        price(precise),
        price_of_means(precise, years),
    ]
    found["all three"] = [sum(each[at] for each in found.values()) for at in (1, 2)]
    return found


def test_a_plan_costs_less_by_groupings_and_sums() -> None:
    found = prices()
    assert {names[0]: numbers for names, numbers in rows("question").items()} == found
    before, after = found["all three"]
    assert before > 2.5 * after
