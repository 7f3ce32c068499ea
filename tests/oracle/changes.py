"""The oracle's readers for changes between insights, and for trends."""

import re
from dataclasses import replace
from typing import Any

from privacy.changes import (
    ComparedFigure,
    ComparedTable,
    Figure,
    Mismatch,
    mean_changes,
    means_of,
    mismatch,
    share_changes,
    shares_of,
)
from privacy.cubes import Cube
from privacy.differences import Difference, difference
from privacy.domains import Category, Variable
from privacy.intervals import Ratio
from privacy.reading import Size
from tests.oracle.insights import public
from tests.oracle.rows import Found, VisibleRows
from tests.oracle.shared import field, uuid_in

MOST_WAVES = 12
OF_QUESTIONS = ("CHOICE", "NUMBER", "DAY")


def identity(row: Found) -> tuple[Any, ...]:
    about = row["label"] if row["rule"] in OF_QUESTIONS else row["subject_id"]
    return row["name"] + row["groups"], row["rule"], row["max_per_member"] > 1, str(about or "")


def question(seen: VisibleRows, insight: Found) -> tuple[Any, ...]:
    """What the insight asks, as something that an equal insight of another dataset has too."""
    dataset = seen.one("insight.dataset", id=insight["dataset_id"])
    assert dataset is not None
    there = {row["position"]: identity(row) for row in seen.of("insight.variable", dataset_id=dataset["id"])}
    of = (dataset["community_id"], dataset["kind"], dataset["domain_version"])
    return (*of, there[insight["variable"]], sorted(there[at] for at in insight["by"]))


def has_means(seen: VisibleRows, insight: Found) -> bool:
    release = seen.one("insight.release", id=insight["release_id"])
    assert release is not None
    return release["measured"] is not None


def frozen(seen: VisibleRows, insight: Found) -> tuple[Any, ...]:
    dataset = seen.one("insight.dataset", id=insight["dataset_id"])
    assert dataset is not None
    return dataset["frozen_on"], insight["id"]


@field("Insight.comparable")
def comparable(seen: VisibleRows, insight: Found) -> list[Found]:
    if has_means(seen, insight):
        return []
    improved = {row["improves_id"] for row in seen.of("insight.release")}
    asked = question(seen, insight)
    there = [
        row
        for row in seen.of("insight.insight", community_id=insight["community_id"])
        if row["dataset_id"] != insight["dataset_id"]
        and row["release_id"] not in improved
        and question(seen, row) == asked
        and not has_means(seen, row)
    ]
    return sorted(there, key=lambda row: frozen(seen, row))


@field("Insight.changeFrom")
def change_from(seen: VisibleRows, it: Found, insight: str) -> Found | None:
    base = seen.one("insight.insight", id=uuid_in(insight))
    if base is None:
        return None
    common = [each for each in names_by(seen, it) if each in names_by(seen, base)]
    before, after = (table_of(seen, each, common) for each in (base, it))
    return {
        "by": common,
        "shares": [changed(each, is_share=True) for each in share_changes(before, after)],
        "means": [changed(each, is_share=False) for each in mean_changes(before, after)],
    }


@field("Insight.trend")
def trend(seen: VisibleRows, insight: Found) -> Found:
    if has_means(seen, insight):
        return {"waves": [wave_of(seen, insight)], "shares": [], "means": []}
    others = sorted(comparable(seen, insight), key=lambda row: frozen(seen, row)[0], reverse=True)[: MOST_WAVES - 1]
    waves = sorted([*others, insight], key=lambda row: frozen(seen, row))
    by = names_by(seen, insight)
    tables = [table_of(seen, row, by) for row in waves]
    own = tables[waves.index(insight)]
    shares, means = [shares_of(each) for each in tables], [means_of(each) for each in tables]
    at = waves.index(insight)
    return {
        "waves": [wave_of(seen, row) for row in waves],
        "shares": [
            figure(each, is_share=True) | {"points": points(tables, own, shares, (*own.by, own.variable), key)}
            for key, each in shares[at].items()
        ],
        "means": [
            figure(each, is_share=False) | {"points": points(tables, own, means, own.by, key)}
            for key, each in means[at].items()
        ],
    }


def wave_of(seen: VisibleRows, insight: Found) -> Found:
    dataset = seen.one("insight.dataset", id=insight["dataset_id"])
    release = seen.one("insight.release", id=insight["release_id"])
    assert dataset and release  # noqa: PT018 - one does not go without the other
    return {
        "insight": f"ins_{insight['id']}",
        "title": dataset["title"],
        "wave": dataset["wave"],
        "frozen_on": str(dataset["frozen_on"]),
        "published_at": insight["published_at"].isoformat(),
        "margin_of_error": release["margin"],
    }


def points(
    tables: list[ComparedTable],
    own: ComparedTable,
    known: list[dict[tuple[str, ...], Figure]],
    names: Any,
    key: tuple[str, ...],
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    ratios: list[Ratio | None] = []
    for table, figures in zip(tables, known, strict=True):
        why = mismatch(table, own, names, key)
        ratio = figures[key].ratio if why is None and key in figures else None
        why = None if ratio else why or Mismatch.NO_FIGURE
        low, high = ratio.interval() if ratio else (None, None)
        found.append(
            {
                "value": ratio and ratio.estimate,
                "interval": ratio and {"low": low, "high": high},
                "mismatch": why and why.value,
                "since_first": None,
                "since_previous": None,
            }
        )
        ratios.append(ratio)
    for at in range(1, len(found)):
        for name, other in (("since_first", 0), ("since_previous", at - 1)):
            one, two = ratios[other], ratios[at]
            reason = found[at]["mismatch"] or found[other]["mismatch"]
            found[at][name] = difference_of(difference(one, two) if one and two else None, reason)
    return found


def difference_of(of: Difference | None, reason: str | None) -> Found:
    if of is None:
        return {"value": None, "interval": None, "mismatch": reason}
    return {"value": of.value, "interval": {"low": of.low, "high": of.high}, "mismatch": None}


def changed(change: ComparedFigure, *, is_share: bool) -> Found:
    why = change.mismatch and change.mismatch.value
    return figure(Figure(change.categories, None), is_share=is_share) | {
        "before": change.before,
        "after": change.after,
        "change": difference_of(change.difference, why),
    }


def figure(of: Figure, *, is_share: bool) -> dict[str, Any]:
    shown = [vars(each) | {"merges": list(each.merges)} for each in of.categories]
    return {"category": shown[-1], "by": shown[:-1]} if is_share else {"by": shown}


def names_by(seen: VisibleRows, insight: Found) -> list[str]:
    there = {row["position"]: row["name"] for row in seen.of("insight.variable", dataset_id=insight["dataset_id"])}
    return [there[at] for at in insight["by"]]


def table_of(seen: VisibleRows, insight: Found, by: list[str]) -> ComparedTable:
    of = {"dataset_id": insight["dataset_id"]}
    release = seen.one("insight.release", id=insight["release_id"])
    assert release is not None
    rows = {row["position"]: row for row in seen.of("insight.variable", **of)}
    variables = tuple(bounded(seen, rows[at]) for at in release["variables"])
    cube = Cube(variables, tuple(release["estimates"]), release["sigma"])
    name = rows[insight["variable"]]["name"]
    sizes = sorted(
        (row for row in seen.of("insight.release", **of) if not row["variables"]),
        key=lambda row: (row["published_at"], row["id"]),
    )
    size = Size(sizes[0]["estimates"][0], sizes[0]["sigma"]) if sizes else None
    return ComparedTable(cube.rolled_up((name, *by)), name, tuple(by), size)


def bounded(seen: VisibleRows, row: Found) -> Variable:
    made = public(seen, row)
    there = sorted(
        seen.of("insight.category", dataset_id=row["dataset_id"], variable=row["position"]),
        key=lambda each: each["place"],
    )
    categories: list[Category] = [
        replace(one, low=each["low"], high=each["high"]) for one, each in zip(made.categories, there, strict=True)
    ]
    return replace(made, categories=tuple(categories))


for kind, names in {
    "InsightChange": "by shares means",
    "ShareChange": "category by before after change",
    "MeanChange": "by before after change",
    "Change": "value interval mismatch",
    "InsightTrend": "waves shares means",
    "TrendWave": "insight title wave frozenOn publishedAt marginOfError",
    "ShareTrend": "category by points",
    "MeanTrend": "by points",
    "TrendPoint": "value interval mismatch sinceFirst sincePrevious",
}.items():
    for name in names.split():
        column = re.sub("([A-Z])", r"_\1", name).lower()
        field(f"{kind}.{name}")(lambda seen, it, column=column: it[column])
