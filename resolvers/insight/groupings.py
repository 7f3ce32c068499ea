"""Resolves how a request merges categories of variables, and stores the groupings that insights use."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from models.database import Connection
from models.languages import DEFAULT, Language
from models.messages import message
from privacy.bands import UNKNOWN
from privacy.domains import Variable
from privacy.groupings import Partition, grouped, is_run, partition, text_of
from resolvers.faults import Faults
from resolvers.insight.labels import words_in
from resolvers.insight.positioned import PositionedVariable, variables_at
from resolvers.texts import as_seen
from resolvers.transactions import Path, RefusalCode, invalid, line_within, not_found, refused, taken

LABEL_LENGTH = 80
NAME_LENGTH = 60
MOST_GROUPS = 50
TRANSLATED = [language for language in Language if language is not DEFAULT]


@dataclass(frozen=True)
class CategoryGroup:
    """Categories to merge, by their codes, and the label of the group."""

    categories: Sequence[str]
    label: str | None = None


@dataclass(frozen=True)
class GroupingRequest:
    """How to merge the categories of a variable: by `groups`, or as the stored grouping with this name does.

    If both are given, the grouping is stored under the name.
    """

    variable: str
    groups: Sequence[CategoryGroup] | None = None
    name: str | None = None


@dataclass(frozen=True)
class NewGrouping:
    """A grouping that is not stored yet, and the labels of its categories in other languages, by their tags."""

    base: int  # the position of the variable whose categories it merges
    placed: PositionedVariable
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Groupings:
    """The variables of a request with their categories merged, by name; which are new, and names to store."""

    variables: Mapping[str, PositionedVariable]
    new: Sequence[NewGrouping] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # by the variable's name


async def resolve_groupings(
    connection: Connection,
    dataset: UUID,
    known: Mapping[str, PositionedVariable],
    requests: Sequence[GroupingRequest],
    faults: Faults,
) -> Groupings:
    """The variables in `known`, by name, with their categories merged as requested.

    Adds to the faults: INVALID and TOO_LONG for groups, labels and names, NOT_FOUND for the name of no grouping, TAKEN
    for the name of another one.
    """
    found, new, names = dict(known), list[NewGrouping](), dict[str, str]()
    position: int = await connection.fetchval(
        "SELECT coalesce(max(position), 0) FROM insight.variable WHERE dataset_id = $1", dataset
    )
    for at, request in enumerate(requests):
        path: Path = ("groupings", at)
        name = None
        with faults.collected():
            name = None if request.name is None else line_within(request.name, NAME_LENGTH, *path, "name")
        labels = _labels(request, path, faults)
        base = known.get(request.variable)
        with faults.collected():
            if base is None:
                raise invalid(
                    message("Only categories of the insight's `variable`, or of a variable in `by`, can be merged."),
                    *path, "variable",
                )  # fmt: skip
            if any(each.variable == request.variable for each in requests[:at]):
                raise invalid(message("A variable is named twice."), *path, "variable")
        if base is None or faults.at(*path, "variable") or faults.at(*path, "name"):
            continue
        named = None if name is None else await _named(connection, dataset, base.variable.name, name)
        with faults.collected():
            if request.groups is None:
                found[request.variable] = _called(named, name, path)
                continue
            _refuse_groups(base.variable, request.groups, path, faults)
        if faults.at(*path):
            continue
        groups = partition(base.variable, (each.categories for each in request.groups or ()))
        merged = text_of(base.variable, groups)
        with faults.collected():
            if not merged and name is not None:
                raise invalid(message("This merges nothing: leave the name out."), *path, "name")
            if named is not None and named.variable.groups != merged:
                raise taken(message("Another grouping of the variable has this name."), *path, "name")
        if not merged or faults.at(*path):
            continue
        stored = await _stored(connection, dataset, base.variable.name, merged)
        if stored is None:
            position += 1
            made = await _new(connection, dataset, base, groups, _given(base.variable, request, labels), position)
            stored = made.placed
            new.append(made)
        found[request.variable] = stored
        if name is not None:
            names[request.variable] = name
    return Groupings(found, new, names)


async def store_groupings(connection: Connection, dataset: UUID, groupings: Groupings) -> None:
    """Stores new groupings, and the names of those that have none. To be called with the dataset locked."""
    for each in groupings.new:
        variable, position = each.placed.variable, each.placed.position
        await connection.execute(
            """
            INSERT INTO insight.variable
                (dataset_id, position, name, label, ordinal, max_per_member, slot, rule, subject_id, demonstration,
                 translations, groups, grouping_name)
            SELECT dataset_id, $3, name, label, ordinal, $4, slot, rule, subject_id, demonstration, translations, $5,
                NULL
            FROM insight.variable WHERE dataset_id = $1 AND position = $2
            """,
            dataset, each.base, position, variable.max_per_member, variable.groups,
        )  # fmt: skip
        await connection.executemany(
            """
            INSERT INTO insight.category
                (dataset_id, variable, place, code, label, value, low, high, demonstration, translations, merges)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, d.demonstration, $9, $10 FROM insight.dataset d WHERE d.id = $1
            """,
            [
                (
                    dataset, position, place, one.code, one.label, one.value, one.low, one.high,
                    json.dumps({tag: {"label": labels[place]} for tag, labels in each.labels.items()}),
                    list(one.merges),
                )
                for place, one in enumerate(variable.categories)
            ],
        )  # fmt: skip
    for variable_name, name in groupings.names.items():
        await connection.execute(
            "UPDATE insight.variable SET grouping_name = $3"
            " WHERE dataset_id = $1 AND position = $2 AND grouping_name IS NULL",
            dataset, groupings.variables[variable_name].position, name,
        )  # fmt: skip


def _labels(request: GroupingRequest, path: Path, faults: Faults) -> list[str | None]:
    """The labels that are given, trimmed."""
    found: list[str | None] = []
    for at, group in enumerate(request.groups or ()):
        label = None
        with faults.collected():
            if group.label is not None:
                label = line_within(group.label, LABEL_LENGTH, *path, "groups", at, "label")
                if as_seen(label) in {as_seen(each) for each in found if each}:
                    raise invalid(message("Two groups have this label."), *path, "groups", at, "label")
        found.append(label)
    return found


def _refuse_groups(variable: Variable, groups: Sequence[CategoryGroup], path: Path, faults: Faults) -> None:
    """Adds what is wrong with the groups, each at its own place."""
    inside: Path = (*path, "groups")
    if not groups:
        raise invalid(message("Name at least one group."), *inside)
    if len(groups) > MOST_GROUPS:
        reason = message("A grouping can have at most {most} groups.", most=MOST_GROUPS)
        raise refused(RefusalCode.TOO_LONG, reason, *inside)
    places = {each.code: place for place, each in enumerate(variable.categories)}
    seen: set[str] = set()
    for at, group in enumerate(groups):
        if not group.categories:
            faults.add(*invalid(message("Name at least one category."), *inside, at, "categories").refusals)
        for number, code in enumerate(group.categories):
            with faults.collected():
                if code not in places:
                    reason = message("The variable has no such category. Use the codes of `Variable.categories`.")
                elif code == UNKNOWN:
                    reason = message("{code} always stays a category of its own.", code=UNKNOWN)
                elif code in seen:
                    reason = message("A category is named twice.")
                else:
                    seen.add(code)
                    continue
                raise invalid(reason, *inside, at, "categories", number)
        if (
            variable.ordinal
            and not faults.at(*inside, at, "categories")
            and not is_run(sorted(places[code] for code in group.categories))
        ):
            reason = message("The variable is in order: only neighbouring categories can be merged.")
            faults.add(*invalid(reason, *inside, at, "categories").refusals)
    rest = [place for code, place in places.items() if code not in seen and code != UNKNOWN]
    if not faults.at(*inside) and variable.ordinal and rest and not is_run(rest):
        faults.add(
            *invalid(
                message(
                    "The categories that no group names would be merged, but are not neighbours, and the variable is "
                    "in order. Name them in groups of neighbours."
                ),
                *inside,
            ).refusals
        )


async def _named(connection: Connection, dataset: UUID, variable: str, name: str) -> PositionedVariable | None:
    """The stored grouping of a variable with this name, in whatever case."""
    return await _found(connection, "lower(grouping_name) = lower($3)", dataset, variable, name)


async def _stored(connection: Connection, dataset: UUID, variable: str, groups: str) -> PositionedVariable | None:
    return await _found(connection, "groups = $3", dataset, variable, groups)


async def _found(connection: Connection, condition: str, dataset: UUID, *values: str) -> PositionedVariable | None:
    position = await connection.fetchval(
        f"SELECT position FROM insight.variable WHERE dataset_id = $1 AND name = $2 AND groups <> '' AND {condition}",  # noqa: S608 - one of two literals
        dataset, *values,
    )  # fmt: skip
    return None if position is None else (await variables_at(connection, dataset, [position]))[position]


async def _new(
    connection: Connection,
    dataset: UUID,
    base: PositionedVariable,
    groups: Partition,
    given: Mapping[tuple[int, ...], str],
    position: int,
) -> NewGrouping:
    labels = {}
    for language in TRANSLATED:
        spoken = (await variables_at(connection, dataset, [base.position], language))[base.position].variable
        labels[language.tag] = [each.label for each in grouped(spoken, groups, given, words_in(language)).categories]
    made = PositionedVariable(position, grouped(base.variable, groups, given))
    return NewGrouping(base.position, made, labels)


def _called(named: PositionedVariable | None, name: str | None, path: Path) -> PositionedVariable:
    if name is None:
        raise invalid(message("Give `groups`, or the name of a stored grouping."), *path, "groups")
    if named is None:
        raise not_found(*path, "name")
    return named


def _given(variable: Variable, request: GroupingRequest, labels: Sequence[str | None]) -> dict[tuple[int, ...], str]:
    """The labels by the places of the categories that they stand for."""
    places = {each.code: place for place, each in enumerate(variable.categories)}
    return {
        tuple(sorted(places[code] for code in group.categories)): label
        for group, label in zip(request.groups or (), labels, strict=True)
        if label is not None
    }
