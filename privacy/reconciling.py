"""Makes the tables of a dataset agree, by least squares. It costs no privacy: it reads published cells only.

Tables that share variables estimate the same sums with independent noise. Each table is split into effects, one for
each set of its variables (the decomposition of the analysis of variance): an effect is what is left of the sums over
all other variables once the effects of smaller sets are taken out. Effects of different sets are uncorrelated, and all
tables that contain a set estimate its effect with variances in a known proportion. Their weighted mean is therefore the
generalized least-squares estimate, which is unbiased and has the smallest variance of all linear ones (Gauss-Markov).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from privacy.cubes import Cube, GroupNoise
from privacy.domains import Variable

Values = dict[tuple[int, ...], float]  # by the indices of categories


@dataclass(frozen=True)
class Reconciled:
    """A table that agrees with all others: its cells, and the variance of the estimate of each effect, by variables."""

    cube: Cube
    variances: dict[frozenset[str], float]

    def noise_within(self, variable: str) -> GroupNoise:
        """The noise of a group of cells that differ in this variable's category alone."""
        sizes = {each.name: len(each.categories) for each in self.cube.variables if each.max_per_member == 1}
        others = {name: size for name, size in sizes.items() if name != variable}
        if variable not in sizes:  # its categories are reconciled apart
            return self.cube.noise_within(variable)
        total = _variance(self.variances, others)
        around = self.cube.sigma**2 - total / sizes[variable] ** 2
        return GroupNoise(sizes[variable], around / (1 - 1 / sizes[variable]), total)


def reconciled(cubes: Sequence[Cube], variables: Sequence[Variable]) -> Reconciled:
    """The table of these variables that fits all cubes best. One of the cubes must have exactly these variables."""
    several = _several(variables)
    single = [each for each in variables if each.max_per_member == 1]
    family = [cubes[at] for at in informative(cubes, variables)]
    names = [each.name for each in variables]
    shape = [range(len(each.categories)) for each in variables]
    estimates: Values = dict.fromkeys(product(*shape), 0.0)
    variances: dict[frozenset[str], float] = {}
    for many in range(len(single) + 1):
        for subset in combinations(single, many):
            kept = [name for name in names if name in several or name in {each.name for each in subset}]
            effect, variance = _effect(family, kept, [each.name for each in subset])
            variances[frozenset(each.name for each in subset)] = variance
            shared = math.prod(len(each.categories) for each in single if each not in subset)
            places = [names.index(name) for name in kept]
            for indices in estimates:
                estimates[indices] += effect[tuple(indices[place] for place in places)] / shared
    sigma = math.sqrt(_variance(variances, {each.name: len(each.categories) for each in single}))
    return Reconciled(Cube(tuple(variables), tuple(estimates.values()), sigma), variances)


def _variance(variances: dict[frozenset[str], float], sizes: dict[str, int]) -> float:
    """The variance of a cell of the sums over all variables but these, by their numbers of categories."""
    return math.fsum(
        variance
        * math.prod(1 - 1 / sizes[name] for name in names)
        / math.prod(size for name, size in sizes.items() if name not in names) ** 2
        for names, variance in variances.items()
        if names <= sizes.keys()
    )


def informative(cubes: Sequence[Cube], variables: Sequence[Variable]) -> list[int]:
    """The places of the cubes that say something about the table of these variables.

    Cubes with other variables of several values per member do not, since their cells cannot be summed.
    """
    return [at for at, cube in enumerate(cubes) if _several(cube.variables) == _several(variables)]


def _several(variables: Iterable[Variable]) -> frozenset[str]:
    return frozenset(each.name for each in variables if each.max_per_member > 1)


def _effect(cubes: Iterable[Cube], kept: Sequence[str], subset: Sequence[str]) -> tuple[Values, float]:
    """The effect of a set of variables, and the variance of the sums that it is taken from."""
    sums: list[tuple[Values, float]] = []
    order: dict[str, int] = {}
    for cube in cubes:
        if set(kept) <= {each.name for each in cube.variables}:
            rolled = cube.rolled_up(kept)
            own = [each.name for each in rolled.variables]
            cells = zip(product(*rolled.places), rolled.estimates, strict=True)
            sums.append(({tuple(at[own.index(name)] for name in kept): one for at, one in cells}, rolled.sigma**2))
            order = {name: len(rolled.variables[own.index(name)].categories) for name in kept}
    weight = math.fsum(1 / variance for _, variance in sums)
    mean = {at: math.fsum(values[at] / variance for values, variance in sums) / weight for at in sums[0][0]}
    for name in subset:
        mean = _centred(mean, kept.index(name), order[name])
    return mean, 1 / weight


def _centred(values: Values, axis: int, many: int) -> Values:
    """The values, less their mean along one axis."""
    means: Values = {}
    for at, value in values.items():
        rest = at[:axis] + at[axis + 1 :]
        means[rest] = means.get(rest, 0.0) + value / many
    return {at: value - means[at[:axis] + at[axis + 1 :]] for at, value in values.items()}
