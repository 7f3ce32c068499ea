"""Cubes of noisy cells over one or more variables: roll-ups, slices, size, sensitivity and key."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from privacy.domains import VERSION, Variable
from privacy.groupings import cells_summed
from privacy.precision import margin_of

MOST_VARIABLES = 3
MOST_CELLS = 5_000


class UnknownVariable(Exception):
    """The cube has no such variable."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no variable {name} here.")
        self.name = name


class UnknownCategory(Exception):
    """The variable has no such category, or a slice has removed it."""

    def __init__(self, name: str, code: str) -> None:
        super().__init__(f"The variable {name} has no category {code} here.")
        self.name, self.code = name, code


class NotSummable(Exception):
    """A member may be in several categories of the variable, so a sum over them would count some members repeatedly."""

    def __init__(self, name: str) -> None:
        super().__init__(f"A member may be in several categories of {name}: they cannot be summed.")
        self.name = name


@dataclass(frozen=True)
class GroupNoise:
    """The noise of the cells of one group: the variances of each cell around the group's mean cell, and of their sum.

    `within` is on the scale of independent cells: for these it is the variance of a cell, and `total` is `cells` times
    that.
    """

    cells: int
    within: float
    total: float

    @property
    def sigma(self) -> float:
        """The standard deviation of one cell."""
        return math.sqrt(self.combined(1, 1))

    def combined(self, squares: float, product_of_sums: float) -> float:
        """The covariance of two weighted sums of the cells, or the variance of one.

        `squares` is the sum of the products of their weights, `product_of_sums` the product of the sums of their
        weights.
        """
        return self.within * squares + (self.total / self.cells - self.within) * product_of_sums / self.cells


@dataclass(frozen=True)
class Cube:
    """Estimates over the variables' categories, each with standard deviation `sigma`.

    The last variable runs fastest. Nothing is ever clamped or left out, because sums of clamped or hidden cells are
    biased. `places` holds, for each variable, the indices of the categories present: all of them unless it is a slice.
    `narrowed` names the variables that slices have taken categories from, whether or not they are still in the cube.
    Raises ValueError if there is not one estimate for each cell.
    """

    variables: tuple[Variable, ...]
    estimates: tuple[float, ...]
    sigma: float
    places: tuple[tuple[int, ...], ...] = ()
    narrowed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if len(self.places) != len(self.variables):
            every = tuple(tuple(range(len(variable.categories))) for variable in self.variables)
            object.__setattr__(self, "places", every)
        if len(self.estimates) != math.prod(map(len, self.places)):
            raise ValueError("A cube must have one estimate for each cell.")

    def rolled_up(self, keep: Iterable[str]) -> "Cube":
        """The cube over the variables in `keep` only, in this cube's order, summed over all others.

        Noise is independent between cells, so a sum of k cells has standard deviation sigma * sqrt(k). Raises
        UnknownVariable if the cube has no such variable. Raises NotSummable if a variable with several values per
        member would be summed over more than one category.
        """
        kept = {self._place_of(name) for name in keep}
        summed = 1
        for place, (variable, there) in enumerate(zip(self.variables, self.places, strict=True)):
            if place not in kept:
                if variable.max_per_member > 1 and len(there) > 1:
                    raise NotSummable(variable.name)
                summed *= len(there)
        if len(kept) == len(self.variables):
            return self
        order = sorted(kept)
        sums: dict[tuple[int, ...], list[float]] = {}
        for indices, estimate in zip(product(*self.places), self.estimates, strict=True):
            sums.setdefault(tuple(indices[place] for place in order), []).append(estimate)
        places = tuple(self.places[place] for place in order)
        return Cube(
            variables=tuple(self.variables[place] for place in order),
            estimates=tuple(math.fsum(sums[indices]) for indices in product(*places)),
            sigma=self.sigma * math.sqrt(summed),
            places=places,
            narrowed=self.narrowed,
        )

    def sliced(self, kept: Mapping[str, Iterable[str]]) -> "Cube":
        """The cube restricted to the given categories; `kept` maps variable names to category codes.

        A variable with no category left leaves a cube without cells. Raises UnknownVariable if the cube has no such
        variable, and UnknownCategory if the variable has no such category here.
        """
        places = list(self.places)
        for name, codes in kept.items():
            at = self._place_of(name)
            by_code = {self.variables[at].categories[place].code: place for place in self.places[at]}
            wanted = set()
            for code in codes:
                if code not in by_code:
                    raise UnknownCategory(name, code)
                wanted.add(by_code[code])
            places[at] = tuple(place for place in self.places[at] if place in wanted)
        inside = [set(one) for one in places]
        cells = zip(product(*self.places), self.estimates, strict=True)
        estimates = tuple(
            estimate
            for indices, estimate in cells
            if all(index in there for index, there in zip(indices, inside, strict=True))
        )
        less = {each.name for each, were, are in zip(self.variables, self.places, places, strict=True) if were != are}
        return replace(self, estimates=estimates, places=tuple(places), narrowed=self.narrowed | less)

    def noise_within(self, variable: str) -> GroupNoise:
        """The noise of a group of cells that differ in this variable's category alone. Raises UnknownVariable."""
        many = max(len(self.places[self._place_of(variable)]), 1)  # a slice may have no cells
        return GroupNoise(many, self.sigma**2, many * self.sigma**2)

    def _place_of(self, name: str) -> int:
        for place, variable in enumerate(self.variables):
            if variable.name == name:
                return place
        raise UnknownVariable(name)


def key(names: Iterable[str], version: int = VERSION) -> str:
    """A cube's canonical key: the sorted names of its variables and the version of their domains, as `age_band|sex@v1`.

    The names are full ones, which say how categories are merged. It never depends on the members counted: a key made
    from content would reveal content.
    """
    return "|".join(sorted(names)) + f"@v{version}"


def cells_in(variables: Iterable[Variable]) -> int:
    """The number of cells of a cube over these variables; 1 for no variables."""
    return math.prod(len(variable.categories) for variable in variables)


def contributions(variables: Iterable[Variable]) -> int:
    """The most cells of a cube over these variables that one member may be in; prices are multiplied by it."""
    return math.prod(variable.max_per_member for variable in variables)


def covers(variables: Sequence[Variable], sigma: float, asked: Iterable[Variable]) -> int | None:
    """The margin of error (95 % confidence) of an answer over the `asked` variables, from a release over `variables`.

    None if the release cannot answer it: it lacks a variable or has merged its categories otherwise, or would have to
    be summed over a variable with several values per member.
    """
    there = {variable.name: variable for variable in variables}
    summed = 1
    for each in asked:
        fine = there.pop(each.name, None)
        merged = None if fine is None else cells_summed(fine, each)
        if merged is None:
            return None
        summed *= merged
    if contributions(there.values()) > 1:
        return None
    return margin_of(sigma * math.sqrt(summed * cells_in(there.values())))
