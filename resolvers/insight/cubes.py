"""Regroups, filters and exports the stored cube of an insight, at no privacy cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import func, literal_column
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.insight import datasets
from models.insight import insights as tables
from models.languages import DEFAULT, language_of
from models.messages import Message, message
from models.rows import Expression, Finished, Row, Rows, Unanswerable, ViewerIds, row, select, translated
from privacy import domains, exports, reading
from privacy.cubes import Cube, NotSummable, UnknownCategory
from privacy.means import kind_of, means_of, summed, totals_of
from privacy.measures import Measure, Reliability
from privacy.precision import Precision
from resolvers.insight.counted_groups import counted
from resolvers.insight.labels import words_in
from resolvers.insight.variables import codes_of_category

Filters = Sequence[tuple[str, Sequence[str]]]  # pairs of a variable's name and codes of its categories; all must hold


@dataclass(frozen=True)
class TerminologyCode(Finished):
    system: str
    code: str


@dataclass(frozen=True)
class Category(Finished):
    code: str
    label: str
    value: float | None
    merges: list[str]
    codes: list[TerminologyCode]


@dataclass(frozen=True)
class ConfidenceInterval(Finished):
    low: float
    high: float


@dataclass(frozen=True)
class Cell(Finished):
    category: Category
    by: list[Category]
    count: int | None
    margin_of_error: int
    share: float | None
    interval: ConfidenceInterval | None
    reliability: Reliability
    share_reliability: Reliability | None


@dataclass(frozen=True)
class Statistic(Finished):
    measure: Measure
    by: list[Category]
    value: float | None
    interval: ConfidenceInterval | None
    reliability: Reliability


@dataclass(frozen=True)
class Total(Finished):
    by: list[Category]
    count: int
    margin_of_error: int
    sum: float
    sum_margin_of_error: float
    unknown: int
    unknown_margin_of_error: int


def cube_of(insight: Row, *, viewer: ViewerIds) -> Rows:
    """The insight and its release as JSON, which `StoredCube.read` and the exports take, in the viewer's language."""
    release, dataset, entry = row(tables.Release), row(datasets.Dataset), row(tables.LedgerEntry)
    counts = row(tables.Release)
    position = select(entry.position).where(entry.release_id == release.id)
    counted_at = select(entry.position).where(entry.release_id == counts.id)
    table = json_object(
        variables=_variables_of(counts, viewer),
        estimates=counts.estimates,
        sigma=counts.sigma,
        position=counted_at.scalar_subquery(),
    )
    found = json_object(
        variables=_variables_of(release, viewer),
        variable=insight.variable,
        by=insight.by,
        measured=release.measured,
        estimates=release.estimates,
        sigma=release.sigma,
        counts=select(table).where(counts.id == release.counts_id).scalar_subquery(),
        precision=release.precision,
        margin=release.margin,
        language=viewer.language,
        title=translated(dataset, "title", viewer.language),
        wave=dataset.wave,
        frozen_on=dataset.frozen_on,
        position=position.scalar_subquery(),
        synthetic=func.insight.is_sandbox(),
        size=published_size(release.dataset_id),
    )
    return select(found).join(dataset, dataset.id == release.dataset_id).where(release.id == insight.release_id)


def _variables_of(release: Row, viewer: ViewerIds) -> Expression:
    """The variables of a release with their categories, as JSON; null for a dataset's size."""
    variable, category = row(datasets.Variable), row(datasets.Category)
    label = translated(category, "label", viewer.language)
    term = codes_of_category(category).lateral()
    terms = select(func.json_agg(json_object(system=term.c.system, code=term.c.code)))
    coded = json_object(
        code=category.code,
        label=label,
        value=category.value,
        merges=category.merges,
        codes=terms.select_from(term).scalar_subquery(),
    )
    domain = select(func.json_agg(aggregate_order_by(coded, category.place))).where(
        category.dataset_id == variable.dataset_id, category.variable == variable.position
    )
    described = json_object(
        position=variable.position,
        name=variable.name,
        label=translated(variable, "label", viewer.language),
        ordinal=variable.ordinal,
        max_per_member=variable.max_per_member,
        rule=variable.rule,
        categories=domain.scalar_subquery(),
    )
    variables = select(func.json_agg(aggregate_order_by(described, variable.position))).where(
        variable.dataset_id == release.dataset_id, variable.position == func.any(release.variables)
    )
    return variables.scalar_subquery()


def published_size(dataset_id: Expression) -> Expression:
    """The dataset's published size and the standard deviation of its noise, as JSON of a `Size`."""
    release = row(tables.Release)
    found = json_object(estimate=release.estimates[1], sigma=release.sigma)
    sizes = select(found).where(release.dataset_id == dataset_id, func.cardinality(release.variables) == 0)
    return sizes.order_by(release.published_at, release.id).limit(1).scalar_subquery()


def json_object(**values: Expression) -> Expression:
    """A JSON object of these expressions."""
    pairs = [part for name, value in values.items() for part in (literal_column(f"'{name}'"), value)]
    return func.json_build_object(*pairs)


@dataclass(frozen=True)
class StoredCube:
    """An insight's cube, its variable and grouping variables by name, in the cube's order, and its dataset's size.

    If it `has_means`, the cube is of the variable's sums. Of SUMS, `counts` are the numbers of members by the others.
    """

    cube: Cube
    variable: str
    by: tuple[str, ...]
    size: reading.Size | None
    has_means: bool
    counts: Cube | None
    codes: Mapping[str, Mapping[str, Sequence[TerminologyCode]]] = field(repr=False)  # by variable and category

    @classmethod
    def read(cls, found: Any) -> "StoredCube":
        names = {each["position"]: each["name"] for each in found["variables"]}
        kind = kind_of(found["measured"], found["counts"])
        variables = tuple(
            summed(_variable(each), kind) if each["position"] == found["measured"] else _variable(each)
            for each in found["variables"]
        )
        cube = Cube(variables, tuple(map(float, found["estimates"])), found["sigma"])
        size = None if found["size"] is None else reading.Size(**found["size"])
        codes = {
            each["name"]: {
                one["code"]: [TerminologyCode(**term) for term in one["codes"] or ()] for one in each["categories"]
            }
            for each in found["variables"]
        }
        by = tuple(names[position] for position in found["by"])
        counts = None
        if found["counts"] is not None:
            known = [_variable(each) for each in found["counts"]["variables"] or ()]
            counts = counted(known, found["counts"]["estimates"], found["counts"]["sigma"]).rolled_up(by)
        return cls(cube, names[found["variable"]], by, size, found["measured"] is not None, counts, codes)

    def narrowed(self, by: Sequence[str] | None, where: Filters) -> "StoredCube":
        """The cube grouped by the variables `by` only, of the members that match every filter of `where`.

        Raises Unanswerable for an unknown variable or category, and for a sum that would count a member twice.
        """
        if set(by or ()) - set(self.by):
            raise Unanswerable(f"`by` may name only grouping variables of the insight: {_listed(self.by)}.")
        there = [variable.name for variable in self.cube.variables]
        if {name for name, _ in where} - set(there):
            raise Unanswerable(f"`where` may name only variables of the insight: {_listed(there)}.")
        if self.has_means and self.variable in {name for name, _ in where}:
            raise Unanswerable(f"Means of {self.variable} cannot be filtered by its categories.")
        kept = self.by if by is None else tuple(name for name in self.by if name in by)
        try:
            cube, counts = self.cube, self.counts
            for name, codes in where:
                # What an earlier filter of the variable has removed is not unknown.
                removed = _codes(self.cube, name) - _codes(cube, name)
                left = {name: [code for code in codes if code not in removed]}
                cube = cube.sliced(left)
                counts = counts and counts.sliced(left)
            for variable, places in zip(cube.variables, cube.places, strict=True):
                if not places:
                    raise Unanswerable(
                        f"`where` leaves no category of the variable {variable.name}: its filters name none, or "
                        "contradict each other."
                    )
            cube, counts = cube.rolled_up((self.variable, *kept)), counts and counts.rolled_up(kept)
            return replace(self, cube=cube, counts=counts, by=kept)
        except UnknownCategory as unknown_one:
            raise Unanswerable(
                f"`where` names a category that the variable {unknown_one.name} does not have."
            ) from None
        except NotSummable as several:
            raise Unanswerable(
                f"A member may be in several categories of {several.name}, so their counts cannot be added up:"
                " group by it, or filter by one of its categories."
            ) from None

    def variable_called(self, name: str) -> domains.Variable:
        return next(variable for variable in self.cube.variables if variable.name == name)

    def categories(self, names: Iterable[str]) -> list[list[Category]]:
        """The categories of each of these variables, in order."""
        return [[self.category(name, each) for each in self.variable_called(name).categories] for name in names]

    def category(self, name: str, of: domains.Category) -> Category:
        return Category(of.code, of.label, of.value, list(of.merges), list(self.codes[name][of.code]))


def cells(found: Any, by: Sequence[str] | None, where: Filters, include_unreliable: bool) -> list[Cell]:
    """The cells of an insight, regrouped and filtered. Raises Unanswerable as `StoredCube.narrowed` does.

    Counts of HIDDEN cells are None unless `include_unreliable`.
    """
    stored = StoredCube.read(found).narrowed(by, where)
    if stored.has_means:
        return []
    read = reading.cells_of(stored.cube, stored.variable, stored.by, stored.size)
    return shown_cells(stored, read, include_unreliable)


def statistics(found: Any, by: Sequence[str] | None, where: Filters) -> list[Statistic]:
    """The statistics of an insight, regrouped and filtered. Raises Unanswerable as `StoredCube.narrowed` does."""
    stored = StoredCube.read(found).narrowed(by, where)
    if stored.has_means:
        return shown_means(stored)
    return shown_statistics(stored, reading.statistics_of(stored.cube, stored.variable, stored.by))


def totals(found: Any, by: Sequence[str] | None, where: Filters) -> list[Total]:
    """The totals of an insight of means, regrouped and filtered. Raises Unanswerable as `StoredCube.narrowed` does."""
    stored = StoredCube.read(found).narrowed(by, where)
    if not stored.has_means:
        return []
    by_each = stored.categories(stored.by)
    return [
        Total(
            by=[categories[place] for categories, place in zip(by_each, each.by, strict=True)],
            count=each.count,
            margin_of_error=each.margin,
            sum=each.sum,
            sum_margin_of_error=each.sum_margin,
            unknown=each.unknown,
            unknown_margin_of_error=each.unknown_margin,
        )
        for each in totals_of(stored.cube, stored.variable, stored.by, stored.counts)
    ]


def shown_cells(stored: StoredCube, read: Iterable[reading.Cell], include_unreliable: bool) -> list[Cell]:
    """Cells with their categories. Counts of HIDDEN ones are None unless `include_unreliable`."""
    categories, *by_each = stored.categories((stored.variable, *stored.by))
    return [
        Cell(
            category=categories[cell.category],
            by=[each[place] for each, place in zip(by_each, cell.by, strict=True)],
            count=cell.count if include_unreliable or cell.reliability is not Reliability.HIDDEN else None,
            margin_of_error=cell.margin,
            share=cell.share,
            interval=_interval(cell.low, cell.high),
            reliability=cell.reliability,
            share_reliability=cell.share_reliability,
        )
        for cell in read
    ]


def shown_means(stored: StoredCube) -> list[Statistic]:
    """The means of an insight of sums, with their categories."""
    return shown_statistics(stored, means_of(stored.cube, stored.variable, stored.by, stored.counts))


def shown_statistics(stored: StoredCube, read: Iterable[reading.Statistic]) -> list[Statistic]:
    """Statistics with their categories."""
    by_each = stored.categories(stored.by)
    return [
        Statistic(
            measure=each.measure,
            by=[categories[place] for categories, place in zip(by_each, each.by, strict=True)],
            value=each.value,
            interval=_interval(each.low, each.high),
            reliability=each.reliability,
        )
        for each in read
    ]


def csv(found: Any) -> str:
    """The table as CSV, by RFC 4180."""
    return exports.csv_of(_table(found))


def json_stat(found: Any) -> str:
    """The table as JSON-stat 2.0."""
    return exports.json_stat_of(_table(found))


def _table(found: Any) -> exports.ExportTable | exports.MeansTable:
    stored = StoredCube.read(found)
    variable, by = stored.variable_called(stored.variable), tuple(map(stored.variable_called, stored.by))
    language = language_of(found["language"]) or DEFAULT
    day = date.fromisoformat(found["frozen_on"])
    if found["counts"] is None:
        source = message(
            "{wave}, frozen on {day}; entry {position} of the public ledger",
            wave=found["wave"],
            day=day,
            position=found["position"],
        )
    else:
        source = message(
            "{wave}, frozen on {day}; entry {position} of the public ledger, with numbers of members of entry {counts}",
            wave=found["wave"],
            day=day,
            position=found["position"],
            counts=found["counts"]["position"],
        )
    about = exports.About(
        title=title_of(found["title"], variable.label, [each.label for each in by]).in_language(language),
        source=source.in_language(language),
        precision=Precision(found["precision"]),
        margin=found["margin"],
        words=words_in(language),
        synthetic=found["synthetic"],
    )
    of = (stored.cube, stored.variable, stored.by)
    if stored.has_means:
        return exports.MeansTable(about, variable, by, totals_of(*of, stored.counts), means_of(*of, stored.counts))
    return exports.ExportTable(about, variable, by, reading.cells_of(*of, stored.size))


def with_wave(title: str, wave: str) -> str:
    """A dataset's title followed by its wave, unless it ends with it already."""
    return title if title.endswith(wave) else f"{title}, {wave}"


def title_of(dataset: str, variable: str, by: Sequence[str]) -> Message:
    """The title of an insight, from the dataset's and the labels of its variable and grouping variables."""
    if not by:
        return message("{dataset}: {variable}", dataset=dataset, variable=variable)
    groups: str = by[0]
    for other in by[1:]:
        groups = message("{groups} and by {other}", groups=groups, other=other)
    return message("{dataset}: {variable}, by {groups}", dataset=dataset, variable=variable, groups=groups)


def _variable(found: Any) -> domains.Variable:
    return domains.Variable(
        name=found["name"],
        label=found["label"],
        categories=tuple(
            domains.Category(each["code"], each["label"], each["value"], merges=tuple(each["merges"]))
            for each in found["categories"]
        ),
        rule=domains.DomainRule(found["rule"]),
        ordinal=found["ordinal"],
        max_per_member=found["max_per_member"],
    )


def _interval(low: float | None, high: float | None) -> ConfidenceInterval | None:
    return None if low is None or high is None else ConfidenceInterval(low, high)


def _codes(cube: Cube, name: str) -> set[str]:
    """The codes of a variable's categories that are left in a cube."""
    at = next(at for at, variable in enumerate(cube.variables) if variable.name == name)
    return {cube.variables[at].categories[place].code for place in cube.places[at]}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
