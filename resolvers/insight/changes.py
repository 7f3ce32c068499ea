"""Compares insights of one question asked of several datasets, at no privacy cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, literal_column, or_, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.insight import datasets
from models.insight import insights as tables
from models.rows import Expression, Finished, Row, Rows, Unanswerable, Value, ViewerIds, row, select, translated
from privacy import changes
from privacy.changes import ComparedTable, Mismatch, mean_changes, share_changes
from privacy.cubes import MOST_CELLS
from privacy.differences import Difference, difference
from privacy.domains import Category as DomainCategory
from privacy.domains import DomainRule, Variable
from resolvers.insight.cubes import Category, ConfidenceInterval, Filters, StoredCube, cube_of, json_object

MOST_WAVES = 12  # of a trend: two a year, for six years
MOST_POINTS = 2 * MOST_CELLS  # of a trend
QUESTIONS = (DomainRule.CHOICE, DomainRule.NUMBER, DomainRule.DAY)
BETWEEN = "|"  # the parts of what identifies a question


@dataclass(frozen=True)
class Change(Finished):
    value: float | None
    interval: ConfidenceInterval | None
    mismatch: Mismatch | None


@dataclass(frozen=True)
class ShareChange(Finished):
    category: Category
    by: list[Category]
    before: float | None
    after: float | None
    change: Change


@dataclass(frozen=True)
class MeanChange(Finished):
    by: list[Category]
    before: float | None
    after: float | None
    change: Change


@dataclass(frozen=True)
class InsightChange(Finished):
    by: list[str]
    shares: list[ShareChange]
    means: list[MeanChange]


@dataclass(frozen=True)
class TrendWave(Finished):
    insight: str
    title: str
    wave: str
    frozen_on: str
    published_at: str  # as PostgreSQL writes a time in JSON
    margin_of_error: int


@dataclass(frozen=True)
class TrendPoint(Finished):
    value: float | None
    interval: ConfidenceInterval | None
    mismatch: Mismatch | None
    since_first: Change | None
    since_previous: Change | None


@dataclass(frozen=True)
class ShareTrend(Finished):
    category: Category
    by: list[Category]
    points: list[TrendPoint]


@dataclass(frozen=True)
class MeanTrend(Finished):
    by: list[Category]
    points: list[TrendPoint]


@dataclass(frozen=True)
class InsightTrend(Finished):
    waves: list[TrendWave]
    shares: list[ShareTrend]
    means: list[MeanTrend]


def comparable_insights(insight: Row) -> Rows:
    """The most precise insight of the same question in each other dataset of the community, oldest dataset first."""
    found, frozen_on = _comparable(insight)
    return found.order_by(frozen_on, found.selected_columns.id)


def compared(own: Row, *, insight: Value[UUID], viewer: ViewerIds) -> Rows:
    """The insight and another as JSON, which `change` takes; the other is null if the viewer may not read it."""
    other = row(tables.Insight)
    base = select(_side(other, viewer)).where(other.id == insight)
    return select(json_object(own=_side(own, viewer), base=base.scalar_subquery()))


def waves_of(insight: Row, *, viewer: ViewerIds) -> Rows:
    """The insight and the newest comparable ones as JSON, oldest first, which `trend` takes."""
    chosen, frozen_on = _comparable(insight)
    newest = chosen.order_by(frozen_on.desc(), chosen.selected_columns.id).limit(MOST_WAVES - 1).subquery()
    other = row(tables.Insight)
    dataset = row(datasets.Dataset)
    sides = (
        select(func.json_agg(aggregate_order_by(_side(other, viewer), dataset.frozen_on, other.id)))
        .join(dataset, dataset.id == other.dataset_id)
        .where((other.id == insight.id) | other.id.in_(select(newest.c.id)))
    )
    return select(json_object(id=insight.id, waves=sides.scalar_subquery()))


def _comparable(insight: Row) -> tuple[Rows, Expression]:
    other, release, better = row(tables.Insight), row(tables.Release), row(tables.Release)
    drawn = row(tables.Release)
    dataset, own = row(datasets.Dataset), row(datasets.Dataset)
    improved = select(better.id).where(better.improves_id == release.id).exists()
    found = (
        select(other)
        .join(release, release.id == other.release_id)
        .join(dataset, dataset.id == other.dataset_id)
        .join(own, true())
        .join(drawn, true())
        .where(
            own.id == insight.dataset_id,
            drawn.id == insight.release_id,
            drawn.measured.is_(None),
            release.measured.is_(None),
            other.community_id == insight.community_id,
            other.dataset_id != insight.dataset_id,
            dataset.kind == own.kind,
            dataset.domain_version == own.domain_version,
            func.cardinality(other.by) == func.cardinality(insight.by),
            ~improved,
            _question_of(other) == _question_of(insight),
            _groups_of(other) == _groups_of(insight),
        )
    )
    return found, dataset.frozen_on


def _question_of(insight: Row) -> Expression:
    variable = row(datasets.Variable)
    found = select(_identity(variable))
    return found.where(
        variable.dataset_id == insight.dataset_id, variable.position == insight.variable
    ).scalar_subquery()


def _groups_of(insight: Row) -> Expression:
    variable = row(datasets.Variable)
    identity = _identity(variable)
    found = select(
        func.coalesce(func.array_agg(aggregate_order_by(identity, identity)), literal_column("'{}'::text[]"))
    )
    return found.where(
        variable.dataset_id == insight.dataset_id, variable.position == func.any(insight.by)
    ).scalar_subquery()


def _identity(variable: Row) -> Expression:
    """What makes a variable the same in two datasets: its name, its rule, and its subject or the question's words.

    Two surveys have questions of their own, so what they share is the key and the words; a question that was reworded
    is another one.
    """
    between: Expression = literal_column(f"'{BETWEEN}'")
    of_question = or_(*(variable.rule == rule for rule in QUESTIONS))
    asked = case((of_question, variable.label))
    several = variable.max_per_member > literal_column("1")
    subject = case((~of_question, variable.subject_id))
    return func.concat_ws(between, variable.name + variable.groups, variable.rule, several, subject, asked)


def _side(insight: Row, viewer: ViewerIds) -> Expression:
    """An insight with what identifies its dataset and variables, and their categories' bounds, as JSON."""
    variable, category, dataset = row(datasets.Variable), row(datasets.Category), row(datasets.Dataset)
    release = row(tables.Release)
    bounds = select(
        func.json_agg(aggregate_order_by(func.json_build_array(category.low, category.high), category.place))
    ).where(category.dataset_id == variable.dataset_id, category.variable == variable.position)
    described = json_object(
        name=variable.name, identity=_identity(variable), bounds=bounds.scalar_subquery(), position=variable.position
    )
    variables = select(func.json_agg(described)).where(
        variable.dataset_id == insight.dataset_id,
        (variable.position == insight.variable) | (variable.position == func.any(insight.by)),
    )
    of_dataset = json_object(
        id=dataset.id,
        community=dataset.community_id,
        kind=dataset.kind,
        version=dataset.domain_version,
        title=translated(dataset, "title", viewer.language),
        wave=dataset.wave,
        frozen_on=dataset.frozen_on,
    )
    margin = select(release.margin).where(release.id == insight.release_id)
    return json_object(
        id=insight.id,
        published_at=insight.published_at,
        margin=margin.scalar_subquery(),
        dataset=select(of_dataset).where(dataset.id == insight.dataset_id).scalar_subquery(),
        variables=variables.scalar_subquery(),
        cube=cube_of(insight, viewer=viewer).scalar_subquery(),
    )


@dataclass(frozen=True)
class Side:
    """An insight, what its dataset has to share with another to be compared, and its variables' identities by name."""

    stored: StoredCube
    dataset: str
    source: tuple[str, str, int]
    identities: dict[str, str]

    @classmethod
    def read(cls, found: Any) -> "Side":
        stored = StoredCube.read(found["cube"])
        if not stored.has_means:
            bounds = {each["name"]: each["bounds"] for each in found["variables"]}
            variables = tuple(_bounded(variable, bounds[variable.name]) for variable in stored.cube.variables)
            stored = replace(stored, cube=replace(stored.cube, variables=variables))
        of = found["dataset"]
        identities = {each["name"]: each["identity"] for each in found["variables"]}
        return cls(stored, of["id"], (of["community"], of["kind"], of["version"]), identities)

    def shares(self, name: str, other: "Side") -> bool:
        """Whether the variable is the same in the other insight."""
        return self.identities[name] == other.identities.get(name)


def change(found: Any, by: Sequence[str] | None, where: Filters) -> InsightChange | None:
    """What changed from the base to the insight; None if the viewer may not read the base.

    Grouped by what both are grouped by, or by what `by` names. Raises Unanswerable if they do not ask the same question
    of two datasets, or publish no counts, and as `StoredCube.narrowed` does.
    """
    if found["base"] is None:
        return None
    own, base = Side.read(found["own"]), Side.read(found["base"])
    if own.dataset == base.dataset:
        raise Unanswerable("`insight` is of the same dataset, and so of the same members: name one of another dataset.")
    if own.stored.has_means or base.stored.has_means:
        raise Unanswerable("Only insights of COUNTS can be compared, and one of these two is of MEANS or SUMS.")
    variable = own.stored.variable
    if own.source != base.source or variable != base.stored.variable or not own.shares(variable, base):
        raise Unanswerable(
            "`insight` does not ask the same question: it must count the same variable of a dataset of the same "
            "community and kind."
        )
    common = [name for name in own.stored.by if name in base.stored.by and own.shares(name, base)]
    if set(by or ()) - set(common):
        raise Unanswerable("`by` may name only grouping variables that both insights have.")
    kept = common if by is None else by
    before, after = (_table(side.stored.narrowed(kept, where)) for side in (base, own))
    # The base's groups in this insight's order.
    before = replace(before, by=after.by)
    return InsightChange(
        by=list(kept),
        shares=[
            ShareChange(
                *_place((own.stored, base.stored), after, each.categories), each.before, each.after, _change(each)
            )
            for each in share_changes(before, after)
        ],
        means=[
            MeanChange(
                _shown((own.stored, base.stored), after.by, each.categories), each.before, each.after, _change(each)
            )
            for each in mean_changes(before, after)
        ],
    )


def trend(found: Any, by: Sequence[str] | None, where: Filters, id_of: Any) -> InsightTrend:
    """The shares and means of an insight in each wave; none of means by sums. Raises Unanswerable as `narrowed` does.

    `id_of` makes the id of an insight in the graph.
    """
    narrowed = [Side.read(each).stored.narrowed(by, where) for each in found["waves"]]
    at = next(at for at, each in enumerate(found["waves"]) if each["id"] == found["id"])
    every = [replace(_table(stored), by=narrowed[at].by) for stored in narrowed]
    own = every[at]
    if len(own.cube.estimates) * len(every) > MOST_POINTS:
        raise Unanswerable(f"This trend has more than {MOST_POINTS:,} points: group by fewer variables, or filter.")
    counted = not narrowed[at].has_means
    shares = [changes.shares_of(each) if counted else {} for each in every]
    means = [changes.means_of(each) if counted else {} for each in every]
    return InsightTrend(
        waves=[
            TrendWave(
                id_of(each["id"]),
                each["dataset"]["title"],
                each["dataset"]["wave"],
                each["dataset"]["frozen_on"],
                each["published_at"],
                each["margin"],
            )
            for each in found["waves"]
        ],
        shares=[
            ShareTrend(*_place((narrowed[at],), own, each.categories), _points(every, own, shares, own.names, key))
            for key, each in shares[at].items()
        ],
        means=[
            MeanTrend(_shown((narrowed[at],), own.by, each.categories), _points(every, own, means, own.by, key))
            for key, each in means[at].items()
        ],
    )


def _points(
    every: Sequence[ComparedTable],
    own: ComparedTable,
    figures: Sequence[dict[changes.Codes, changes.Figure]],
    names: Sequence[str],
    key: changes.Codes,
) -> list[TrendPoint]:
    why: list[Mismatch | None] = []
    ratios = []
    for table, known in zip(every, figures, strict=True):
        reason = changes.mismatch(table, own, names, key)
        ratio = None if reason or key not in known else known[key].ratio
        ratios.append(ratio)
        why.append(None if ratio else reason or Mismatch.NO_FIGURE)

    def since(at: int, other: int) -> Change | None:
        if at == 0:
            return None
        one, two = ratios[other], ratios[at]
        if one is None or two is None:
            return Change(None, None, why[at] or why[other])
        return _made(difference(one, two))

    return [
        TrendPoint(
            None if ratio is None else ratio.estimate,
            None if ratio is None else ConfidenceInterval(*ratio.interval()),
            why[at],
            since(at, 0),
            since(at, at - 1),
        )
        for at, ratio in enumerate(ratios)
    ]


def _table(stored: StoredCube) -> ComparedTable:
    return ComparedTable(stored.cube, stored.variable, stored.by, stored.size)


def _change(of: changes.ComparedFigure) -> Change:
    return Change(None, None, of.mismatch) if of.difference is None else _made(of.difference)


def _made(of: Difference) -> Change:
    return Change(of.value, ConfidenceInterval(of.low, of.high), None)


def _place(
    of: Sequence[StoredCube], table: ComparedTable, categories: Sequence[DomainCategory]
) -> tuple[Category, list[Category]]:
    """The category of the insight's variable, and those of the group."""
    *by, last = _shown(of, table.names, categories)
    return last, by


def _shown(of: Sequence[StoredCube], names: Sequence[str], categories: Sequence[DomainCategory]) -> list[Category]:
    """The categories as the graph has them, each as the first of these insights that has it."""
    return [
        next(stored for stored in of if category.code in stored.codes[name]).category(name, category)
        for name, category in zip(names, categories, strict=True)
    ]


def _bounded(variable: Variable, bounds: Sequence[tuple[Any, Any]]) -> Variable:
    """The variable whose categories have their bounds, which are infinite as texts."""
    categories = tuple(
        replace(category, low=None if low is None else float(low), high=None if high is None else float(high))
        for category, (low, high) in zip(variable.categories, bounds, strict=True)
    )
    return replace(variable, categories=categories)
