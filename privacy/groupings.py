"""Merges categories of a variable into groups before anything is counted.

A grouping is a partition of a variable's categories, chosen without looking at any data. Counts of groups are therefore
a histogram over a coarser public domain. They cost what any table of their precision costs, and a group of many
categories has the noise of one cell. UNKNOWN always stays alone. Groups of an ordinal variable contain neighbours only:
otherwise they would be in no order, and cumulated shares and medians would mean nothing.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from privacy.bands import UNKNOWN, Category, exact
from privacy.domains import Variable
from privacy.words import ENGLISH, Words

Partition = tuple[tuple[int, ...], ...]  # places of categories, without UNKNOWN, in order of each group's first
MOST_LISTED = 3  # labels that the label of a group of an unordered variable lists


def partition(variable: Variable, groups: Iterable[Collection[str]]) -> Partition:
    """The groups, with all categories that are in none of them as one more, in an order that does not depend on theirs.

    Raises KeyError for an unknown category.
    """
    places = {each.code: place for place, each in enumerate(variable.categories)}
    found = [tuple(sorted(places[code] for code in group)) for group in groups]
    taken = {place for group in found for place in group}
    rest = tuple(place for code, place in places.items() if place not in taken and code != UNKNOWN)
    return tuple(sorted([*found, rest] if rest else found))


def is_run(places: Sequence[int]) -> bool:
    """Whether the places are neighbours."""
    return places[-1] - places[0] == len(places) - 1


def text_of(variable: Variable, groups: Partition) -> str:
    """The partition in a form that is the same however it was requested, such as `{0-17&18-24|25-34}`.

    Empty if every group is one category: then nothing is merged. UNKNOWN is left out.
    """
    if all(len(group) == 1 for group in groups):
        return ""
    return "{" + "|".join("&".join(variable.categories[place].code for place in group) for group in groups) + "}"


def grouped(
    variable: Variable, groups: Partition, labels: Mapping[tuple[int, ...], str] | None = None, say: Words = ENGLISH
) -> Variable:
    """The variable with a category for each group, then UNKNOWN; `labels` are those of groups that have been given any.

    A group of one category keeps its code and label. A group's value is the middle of its categories, as a band's is.
    """
    single = {variable.categories[group[0]].code for group in groups if len(group) == 1}
    codes = (code for number in count(1) if (code := f"G{number}") not in single)
    made = []
    for group in groups:
        inside = [variable.categories[place] for place in group]
        label = (labels or {}).get(group) or _label(variable, group, say)
        merged = tuple(each.code for each in inside)
        if len(inside) == 1:
            made.append(replace(inside[0], label=label, merges=merged))
        else:
            made.append(Category(next(codes), label, _middle(inside), merges=merged))
    unknown = replace(variable.categories[-1], merges=(UNKNOWN,))
    return replace(
        variable,
        categories=(*made, unknown),
        max_per_member=min(variable.max_per_member, len(groups) + 1),
        groups=text_of(variable, groups),
    )


def cells_summed(fine: Variable, coarse: Variable) -> int | None:
    """The most categories of `fine` that a category of `coarse` is the sum of; None if it is not always such a sum.

    Both have the same name. If a member may be in several categories, sums would count some members repeatedly.
    """
    if fine.groups == coarse.groups:
        return 1
    if not coarse.groups or fine.max_per_member > 1:
        return None
    found = {code: place for place, each in enumerate(coarse.categories) for code in each.merges}
    inside = [{found[code] for code in each.merges or (each.code,)} for each in fine.categories]
    if any(len(places) > 1 for places in inside):
        return None
    summed = [place for places in inside for place in places]
    return max(summed.count(place) for place in set(summed))


def _label(variable: Variable, group: tuple[int, ...], say: Words) -> str:
    labels = [variable.categories[place].label for place in group]
    if len(group) > 1 and variable.ordinal:
        return f"{labels[0]} … {labels[-1]}"
    return " / ".join(labels) if len(labels) <= MOST_LISTED else say("Other categories")


def _middle(inside: Sequence[Category]) -> float | None:
    values = [each.value for each in inside if each.value is not None]
    if len(values) < len(inside):
        return None
    bounds = (inside[0].low, inside[-1].high)
    if all(bound is not None and math.isfinite(bound) for bound in bounds):
        low, high = bounds
        return exact(((low or 0) + (high or 0)) / 2)
    return exact((min(values) + max(values)) / 2)
