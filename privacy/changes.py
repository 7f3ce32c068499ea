"""Changes of shares and means between two tables of the same question, of independent datasets."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from privacy.bands import OTHER, UNKNOWN, Category
from privacy.cubes import Cube
from privacy.described import DescribedEnum
from privacy.differences import Difference, difference
from privacy.domains import Variable
from privacy.intervals import Ratio
from privacy.reading import Size, groups_of, ratio_of_group, ratio_of_mean, ratio_of_members

Codes = tuple[str, ...]


class Mismatch(DescribedEnum):
    """Why two figures cannot be compared."""

    NO_CATEGORY = "NO_CATEGORY", "One of the insights has no category, or no group, with this code."
    OTHER_CONTENT = (
        "OTHER_CONTENT",
        "The category has this code in both insights, but different content: its bounds, its value or the categories "
        f"that it merges differ, or it is {OTHER} and the categories beside it differ.",
    )
    OTHER_SCALE = "OTHER_SCALE", "The categories with a value differ, so the means are on different scales."
    NO_FIGURE = (
        "NO_FIGURE",
        "One of the insights has no such figure. A variable with several values per member has no shares in groups "
        "or with filters on other variables. A mean needs at least one category with a value.",
    )


@dataclass(frozen=True)
class ComparedTable:
    """A cube, one of its variables, and the variables it is broken down by; `size` is that of the dataset."""

    cube: Cube
    variable: str
    by: Codes
    size: Size | None

    @property
    def names(self) -> Codes:
        return (*self.by, self.variable)

    def variable_called(self, name: str) -> Variable:
        return next(variable for variable in self.cube.variables if variable.name == name)

    @cached_property
    def contents(self) -> Mapping[str, Mapping[str, object]]:
        """The content of each category that is there, by the names of variables and the codes of categories."""
        return {
            variable.name: {category.code: _content(variable, category) for category in self.there(at)}
            for at, variable in enumerate(self.cube.variables)
        }

    @cached_property
    def scale(self) -> object:
        """The categories of the table's own variable that are there and have a value."""
        at = [variable.name for variable in self.cube.variables].index(self.variable)
        return {(each.code, each.value, each.low, each.high) for each in self.there(at) if each.value is not None}

    def there(self, at: int) -> Iterator[Category]:
        """The categories of the variable at a place of the cube that are there."""
        return (self.cube.variables[at].categories[place] for place in self.cube.places[at])


@dataclass(frozen=True)
class Figure:
    """A share or a mean of one group; `ratio` is None if the table has none."""

    categories: tuple[Category, ...]  # of the grouping variables, and of the variable itself if it is a share
    ratio: Ratio | None


@dataclass(frozen=True)
class ComparedFigure:
    """A figure before and after; without `difference`, `mismatch` says why."""

    categories: tuple[Category, ...]
    before: float | None
    after: float | None
    difference: Difference | None
    mismatch: Mismatch | None


def shares_of(table: ComparedTable) -> dict[Codes, Figure]:
    """The share of each cell in its group, by the codes of the group and of the category."""
    found = {}
    everyone = table.size if not table.by and table.cube.narrowed <= {table.variable} else None
    variable, rolled, groups = groups_of(table.cube, table.variable, table.by)
    noise = rolled.noise_within(table.variable)
    for places, categories, estimates in groups:
        total = math.fsum(estimates)
        by = _at(table, places)
        for place, estimate in zip(categories, estimates, strict=True):
            ratio = None
            if variable.max_per_member == 1:
                ratio = CERTAIN if noise.cells == 1 else ratio_of_group(estimate, total, noise)
            elif everyone is not None:
                ratio = ratio_of_members(estimate, noise, everyone)
            each = (*by, variable.categories[place])
            found[codes(each)] = Figure(each, ratio)
    return found


def means_of(table: ComparedTable) -> dict[Codes, Figure]:
    """The mean of each group by the codes of the group; empty if the variable has none."""
    variable, rolled, groups = groups_of(table.cube, table.variable, table.by)
    if not variable.ordinal or all(category.value is None for category in variable.categories):
        return {}
    noise, found = rolled.noise_within(table.variable), {}
    for places, categories, estimates in groups:
        valued = sorted(
            (value, estimate)
            for place, estimate in zip(categories, estimates, strict=True)
            if (value := variable.categories[place].value) is not None
        )
        by = _at(table, places)
        found[codes(by)] = Figure(by, ratio_of_mean(valued, noise) if valued else None)
    return found


def share_changes(before: ComparedTable, after: ComparedTable) -> list[ComparedFigure]:
    """The change of every share of `after`, then of those that only `before` has."""
    return list(_changes(before, after, shares_of(before), shares_of(after), before.names))


def mean_changes(before: ComparedTable, after: ComparedTable) -> list[ComparedFigure]:
    """The change of every mean of `after`, then of those that only `before` has."""
    return list(_changes(before, after, means_of(before), means_of(after), before.by))


def mismatch(before: ComparedTable, after: ComparedTable, names: Sequence[str], key: Codes) -> Mismatch | None:
    """Why the figure of the categories with these codes is not the same in both tables.

    `names` are of the variables that have the categories. Without the table's own variable, it is a mean.
    """
    for name, code in zip(names, key, strict=True):
        one, other = before.contents[name].get(code), after.contents[name].get(code)
        if one is None or other is None:
            return Mismatch.NO_CATEGORY
        if one != other:
            return Mismatch.OTHER_CONTENT
    if after.variable not in names and before.scale != after.scale:
        return Mismatch.OTHER_SCALE
    return None


def codes(categories: Iterable[Category]) -> Codes:
    return tuple(category.code for category in categories)


# The share of a group's only category, of which neither noise nor sampling changes anything.
CERTAIN = Ratio(1.0, 1.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0, 1.0)


def _changes(
    before: ComparedTable,
    after: ComparedTable,
    old: Mapping[Codes, Figure],
    new: Mapping[Codes, Figure],
    names: Sequence[str],
) -> Iterator[ComparedFigure]:
    for key in [*new, *(key for key in old if key not in new)]:
        one, other = old.get(key), new.get(key)
        first, second = one and one.ratio, other and other.ratio
        shown = other or one
        assert shown is not None
        why = mismatch(before, after, names, key)
        if why is None and (first is None or second is None):
            why = Mismatch.NO_FIGURE
        yield ComparedFigure(
            shown.categories,
            before=first.estimate if first else None,
            after=second.estimate if second else None,
            difference=difference(first, second) if why is None and first and second else None,
            mismatch=why,
        )


def _at(table: ComparedTable, places: Sequence[int]) -> tuple[Category, ...]:
    return tuple(table.variable_called(name).categories[place] for name, place in zip(table.by, places, strict=True))


def _content(variable: Variable, category: Category) -> object:
    """What makes a category the same as another of its code: its numbers, and what it merges or leaves to others."""
    within = category.merges or (category.code,)
    beside = sorted(_domain(variable)) if OTHER in within else None
    return category.value, category.low, category.high, sorted(within), beside


def _domain(variable: Variable) -> set[str]:
    """The codes of the variable's categories before any were merged."""
    return {code for category in variable.categories for code in category.merges or (category.code,)} - {UNKNOWN}
