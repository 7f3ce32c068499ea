"""Says what an insight will show before it is drawn: from public domains and published figures alone."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import product

from privacy.cubes import Cube, GroupNoise, cells_in
from privacy.domains import Variable
from privacy.groupings import cells_summed
from privacy.intervals import NORMAL
from privacy.means import UNIT, InsightKind, mean_of_counted, mean_of_sums, scale_of, weights_of
from privacy.measures import Reliability
from privacy.reading import least_shown, mean_of_group, reliability_of, share_of_group


def least_count_shown(sigma: float, cells: int) -> int:
    """The smallest count that is not HIDDEN in a table of this many cells."""
    return math.ceil(least_shown(sigma, cells))


def least_group_for_share(variable: Variable, sigma: float) -> int | None:
    """The fewest members of a group in which a share of a half is HIGH; None for a variable of several values.

    Of those, only shares of all members of the dataset exist.
    """
    if variable.max_per_member > 1:
        return None
    noise = _noise(len(variable.categories), sigma)
    return _least_group(lambda members: share_of_group(members / 2, members, noise), 0.0, 1.0)


def least_group_for_mean(variable: Variable, sigma: float) -> int | None:
    """The fewest members of a group whose mean is HIGH, if they are spread evenly over the categories with a value.

    None for a variable without a mean, or whose values are all the same.
    """
    values = sorted(each.value for each in variable.categories if each.value is not None)
    if not variable.ordinal or not values or values[0] == values[-1]:
        return None
    noise = _noise(len(variable.categories), sigma)

    def mean(members: float) -> tuple[float, float, float]:
        return mean_of_group([(value, members / len(values)) for value in values], noise)

    return _least_group(mean, values[0], values[-1])


def least_group_for_mean_by_sums(variable: Variable, sigma: float, counts_sigma: float | None = None) -> int:
    """As `least_group_for_mean`, of a variable that has means, by sums.

    With `counts_sigma`, the scale of the noise of the numbers of members, by the kind SUMS.
    """
    kind = InsightKind.MEANS if counts_sigma is None else InsightKind.SUMS
    weights = [each for each in weights_of(variable, kind) if not each[-1]]
    sums = [sum(each[which] for each in weights) / (UNIT * len(weights)) for which in range(len(weights[0]))]
    least, most = scale_of(variable)

    def mean(members: float) -> tuple[float, float, float]:
        drawn = [each * members for each in sums]
        if counts_sigma is None:
            return mean_of_sums(drawn[0], drawn[1], drawn[2], least, most, sigma)
        return mean_of_counted(members, counts_sigma, drawn, least, most, sigma)

    return _least_group(mean, least, most)


def _noise(cells: int, sigma: float) -> GroupNoise:
    return GroupNoise(cells, sigma**2, cells * sigma**2)


def _least_group(figure: Callable[[float], tuple[float, float, float]], least: float, most: float) -> int:
    """The fewest members with whom a figure, given with its interval, is HIGH: more are never less precise."""

    def is_precise(members: int) -> bool:
        _, low, high = figure(float(members))
        return reliability_of(low, high, least, most) is Reliability.HIGH

    enough = 1
    while not is_precise(enough):
        enough *= 2
    return bisect_left(range(enough), True, lo=enough // 2, key=is_precise)


def shares_of(variable: Variable, published: Sequence[Cube], size: float) -> tuple[float, ...] | None:
    """The share of members in each category, by the most precise published table; None if there is none.

    Shares of variables with several values add up to more than one.
    """
    best: tuple[float, tuple[float, ...]] | None = None
    for cube in published:
        fine = next((each for each in cube.variables if each.name == variable.name), None)
        others = [each for each in cube.variables if each is not fine]
        summed = None if fine is None else cells_summed(fine, variable)
        if fine is None or summed is None or any(each.max_per_member > 1 for each in others):
            continue
        sigma = cube.sigma * math.sqrt(summed * cells_in(others))
        if best is None or sigma < best[0]:
            best = sigma, _counts(fine, variable, cube.rolled_up([variable.name]).estimates)
    if best is None or size <= 0:
        return None
    return tuple(max(count, 0.0) / size for count in best[1])


def readable_cells(shares: Sequence[Sequence[float]], size: float, sigma: float) -> int:
    """The number of cells expected not to be HIDDEN, if the variables are independent and have these shares."""
    cells = math.prod(map(len, shares))
    least = least_shown(sigma, cells)
    chances = (NORMAL.cdf((size * math.prod(cell) - least) / sigma) for cell in product(*shares))
    return math.floor(math.fsum(chances) + 0.5)


def rare_categories(variable: Variable, shares: Sequence[float], size: float, sigma: float, cells: int) -> list[int]:
    """The places of categories that are HIDDEN even in the table of the variable alone, and that can be merged.

    Of an ordinal variable, those at the end with more of them. Empty unless at least two can be merged.
    """
    least = least_shown(sigma, cells)
    rare = [size * share < least for share in shares[:-1]]  # UNKNOWN stays alone
    if not variable.ordinal:
        found = [place for place, is_rare in enumerate(rare) if is_rare]
    else:
        first = next((place for place, is_rare in enumerate(rare) if not is_rare), len(rare))
        last = next((place for place, is_rare in enumerate(reversed(rare)) if not is_rare), len(rare))
        found = list(range(first)) if first >= last else list(range(len(rare) - last, len(rare)))
    return found if len(found) > 1 else []


def _counts(fine: Variable, coarse: Variable, estimates: Sequence[float]) -> tuple[float, ...]:
    if fine.groups == coarse.groups:
        return tuple(estimates)
    places = {code: place for place, each in enumerate(coarse.categories) for code in each.merges}
    found = [0.0] * len(coarse.categories)
    for each, estimate in zip(fine.categories, estimates, strict=True):
        found[places[(each.merges or (each.code,))[0]]] += estimate
    return tuple(found)
