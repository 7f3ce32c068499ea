"""The only place for cubes: noisy cells over variables, what they can be rolled up and sliced to, and their key."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from privacy.domains import VERSION, Variable
from privacy.precision import margin_of

MOST_VARIABLES = 3
MOST_CELLS = 5_000


class UnknownVariable(Exception):
    """The cube has no such variable."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no variable {name} here.")
        self.name = name


class UnknownCategory(Exception):
    """The variable has no such category, or it was sliced away."""

    def __init__(self, name: str, code: str) -> None:
        super().__init__(f"The variable {name} has no category {code} here.")
        self.name, self.code = name, code


class NotSummable(Exception):
    """A member may be in several categories of the variable: their sum counts it more than once."""

    def __init__(self, name: str) -> None:
        super().__init__(f"A member may be in several categories of {name}: they cannot be summed.")
        self.name = name


@dataclass(frozen=True)
class Cube:
    """Estimates over the variables' categories, the last variable running fastest, each of standard deviation `sigma`.

    Nothing in it is ever clamped or left out: sums of what is displayed are wrong. `places` says, for each variable,
    which of its categories are there: all of them, unless it is a slice.
    """

    variables: tuple[Variable, ...]
    estimates: tuple[float, ...]
    sigma: float
    places: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.places) != len(self.variables):
            every = tuple(tuple(range(len(variable.categories))) for variable in self.variables)
            object.__setattr__(self, "places", every)
        if len(self.estimates) != math.prod(map(len, self.places)):
            raise ValueError("A cube has an estimate for each cell.")

    def rolled_up(self, keep: Iterable[str]) -> "Cube":
        """The cube over those of its variables alone, in its own order, all else summed over.

        Cells are independent, so a sum of k of them has sigma * sqrt(k). Raises UnknownVariable, and NotSummable where
        a variable that takes several values for a member would be summed over more than one category.
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
        )

    def sliced(self, kept: Mapping[str, Iterable[str]]) -> "Cube":
        """The cube of those alone who are in the named categories: variable's name to codes.

        Raises UnknownVariable and UnknownCategory; a variable with no category left has no cells.
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
        return replace(self, estimates=estimates, places=tuple(places))

    def _place_of(self, name: str) -> int:
        for place, variable in enumerate(self.variables):
            if variable.name == name:
                return place
        raise UnknownVariable(name)


def key(names: Iterable[str], version: int = VERSION) -> str:
    """What a cube is known by: its variables' names, sorted, and their domains' version, as `age_band|sex@v1`.

    Never what its members have in common: a key made of content tells of content.
    """
    return "|".join(sorted(names)) + f"@v{version}"


def cells_in(variables: Iterable[Variable]) -> int:
    """How many cells a cube of these variables has; one, of none."""
    return math.prod(len(variable.categories) for variable in variables)


def contributions(variables: Iterable[Variable]) -> int:
    """The most cells of a cube of these variables that one member may be in: the price is so many times as high."""
    return math.prod(variable.max_per_member for variable in variables)


def covers(variables: Sequence[Variable], sigma: float, asked: Iterable[str]) -> int | None:
    """The margin at 95 % with which a release over `variables` answers a question over the `asked` names, for nothing.

    Null where it does not: a name that it has not, or a variable of several values that would be summed over.
    """
    names = set(asked)
    rest = [variable for variable in variables if variable.name not in names]
    if len(names) + len(rest) != len(variables) or contributions(rest) > 1:
        return None
    return margin_of(sigma * math.sqrt(cells_in(rest)))
