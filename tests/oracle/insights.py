"""The oracle's readers for datasets, insights, budgets and the public ledger."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from hashlib import sha256
from math import erf, sqrt
from typing import Any

from models.languages import Language
from models.messages import day_in
from models.viewers import Audience
from privacy.cubes import Cube
from privacy.domains import Category, DomainRule, Variable
from privacy.exports import About, ExportTable, csv_of, json_stat_of
from privacy.loss import statement
from privacy.means import InsightKind, summed
from privacy.means import totals_of as totals_read
from privacy.measures import Reliability
from privacy.precision import Precision
from privacy.reading import Cell, Size, Statistic
from privacy.reading import cells_of as cells_read
from privacy.reading import statistics_of as statistics_read
from privacy.reconciling import informative, reconciled
from resolvers.insight.datasets import ENDED, REQUEST
from resolvers.insight.labels import words_in
from tests.oracle.own import cost
from tests.oracle.rows import Found, VisibleRows
from tests.oracle.shared import Listed, community_id, field, found, having, listed, uuid_in
from tests.oracle.variables import finds_variable, group_of

PRICES = {"WITHIN_5": 62_831, "WITHIN_10": 17_372, "WITHIN_20": 4_567, "WITHIN_50": 754}
NO_BREAK, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"  # before French punctuation
LINE_IDS = ("community", "dataset", "organization", "release")

found("Dataset.community", "catalog.community", id="community_id")
found("Dataset.survey", "catalog.survey", id="survey_id")
found("Survey.dataset", "insight.dataset", survey_id="id")
found("Insight.dataset", "insight.dataset", id="dataset_id")
found("Insight.variable", "insight.variable", dataset_id="dataset_id", position="variable")
found("Insight.ledgerEntry", "insight.ledger_entry", release_id="release_id")
found("DataUse.organization", "insight.organization", id="organization_id")
found("DataUse.community", "catalog.community", id="community_id")
found("DataUse.dataset", "insight.dataset", id="dataset_id")


@field("Query.dataset")
def dataset(seen: VisibleRows, id: str) -> Found | None:
    return seen.one("insight.dataset", id=uuid_in(id))


@field("Query.insight")
def insight(seen: VisibleRows, id: str) -> Found | None:
    return seen.one("insight.insight", id=uuid_in(id))


@field("Query.datasets")
def datasets(seen: VisibleRows, community: str | None = None, kind: str | None = None) -> Listed:
    there = seen.of("insight.dataset")
    if community is not None:
        there = seen.of("insight.dataset", community_id=community_id(seen, community))
    return listed(having(there, kind=kind), lambda row: (row["frozen_on"], row["id"]), descending=True)


for of in ("DataUse", "Dataset", "Insight", "LedgerEntry"):
    # A sandbox has none of the people that operations are compared for.
    field(f"{of}.synthetic")(lambda seen, row: False)


@field("Dataset.languages")
def languages_of(seen: VisibleRows, dataset: Found) -> list[str]:
    return ["EN", *(tag.upper() for tag in sorted(json.loads(dataset["translations"])))]


@field("Dataset.howToRequest")
def how_to_request(seen: VisibleRows, dataset: Found) -> str:
    return (REQUEST if dataset["status"] in ("OPEN", "FREEZING") else ENDED).in_language(seen.language)


@field("Community.datasets")
def datasets_of(seen: VisibleRows, community: Found) -> Listed:
    there = seen.of("insight.dataset", community_id=community["id"])
    return listed(there, lambda row: (row["frozen_on"], row["id"]), descending=True)


def newest(rows: list[Found]) -> Listed:
    return listed(rows, lambda row: (row["published_at"], row["id"]), descending=True)


@field("Community.insights")
def insights_of_community(seen: VisibleRows, community: Found) -> Listed:
    return newest(seen.of("insight.insight", community_id=community["id"]))


@field("Dataset.insights")
def insights_of_dataset(seen: VisibleRows, dataset: Found) -> Listed:
    return newest(seen.of("insight.insight", dataset_id=dataset["id"]))


@field("Treatment.insights")
def insights_of_treatment(seen: VisibleRows, treatment: Found, community: str | None = None) -> Listed:
    about = {(row["dataset_id"], row["position"]) for row in seen.of("insight.variable", subject_id=treatment["id"])}
    there = seen.of("insight.insight")
    if community is not None:
        there = seen.of("insight.insight", community_id=community_id(seen, community))
    return newest(
        [row for row in there if any((row["dataset_id"], each) in about for each in (row["variable"], *row["by"]))]
    )


@field("Dataset.variables")
def variables_of(seen: VisibleRows, dataset: Found, search: str | None = None, group: str | None = None) -> list[Found]:
    there = sorted(seen.of("insight.variable", dataset_id=dataset["id"], groups=""), key=lambda row: row["position"])
    if search is not None:
        there = [row for row in there if finds_variable(seen, row, search)]
    return [row for row in there if group in (None, group_of(seen, row))]


@field("Variable.groupings")
def groupings_of(seen: VisibleRows, variable: Found) -> list[Found]:
    alike = seen.of("insight.variable", dataset_id=variable["dataset_id"], name=variable["name"])
    there = [row for row in alike if row["groups"] and not variable["groups"]]
    return sorted(there, key=lambda row: row["position"])


@field("Variable.groupingOf")
def grouping_of(seen: VisibleRows, variable: Found) -> Found | None:
    if not variable["groups"]:
        return None
    return seen.one("insight.variable", dataset_id=variable["dataset_id"], name=variable["name"], groups="")


@field("Variable.categories")
def categories_of(seen: VisibleRows, variable: Found) -> list[Found]:
    there = seen.of("insight.category", dataset_id=variable["dataset_id"], variable=variable["position"])
    return sorted(there, key=lambda row: row["place"])


@field("Dataset.budget")
def budget_of(seen: VisibleRows, dataset: Found) -> Found:
    left = dataset["cap_micro_rho"] - dataset["spent_micro_rho"]
    if seen.viewer.audience is Audience.BUYER:
        left = min(left, dataset["cap_micro_rho"] * 6 // 10 - dataset["sold_micro_rho"])
    return {
        "cap": cost(dataset["cap_micro_rho"]),
        "spent": cost(dataset["spent_micro_rho"]),
        "remaining": cost(left if dataset["status"] == "OPEN" else 0),
    }


for part in ("cap", "spent", "remaining"):
    field(f"PrivacyBudget.{part}")(lambda seen, budget, part=part: budget[part])


@field("PrivacyBudget.insightsLeft")
def insights_left(seen: VisibleRows, budget: Found, precision: str) -> int:
    left: int = budget["remaining"]["micro_rho"]
    return left // PRICES[precision]


@field("Insight.by")
def variables_by(seen: VisibleRows, insight: Found) -> list[Found]:
    there = seen.of("insight.variable", dataset_id=insight["dataset_id"])
    return sorted((row for row in there if row["position"] in insight["by"]), key=lambda row: row["position"])


def of_release(name: str, column: str, read: Callable[[Any], Any] = lambda value: value) -> None:
    def reader(seen: VisibleRows, insight: Found) -> Any:
        release = seen.one("insight.release", id=insight["release_id"])
        assert release is not None
        return read(release[column])

    field(f"Insight.{name}")(reader)


of_release("precision", "precision")
of_release("marginOfError", "margin")
of_release("cost", "micro_rho", cost)


@field("Insight.proof")
def proof_of(seen: VisibleRows, insight: Found) -> Found | None:
    return seen.one("insight.release", id=insight["release_id"])


@field("Dataset.sizeProof")
def proof_of_size(seen: VisibleRows, dataset: Found) -> Found | None:
    there = [row for row in seen.of("insight.release", dataset_id=dataset["id"]) if not row["variables"]]
    return there[0] if there else None


found("LedgerProof.ledgerEntry", "insight.ledger_entry", release_id="id")


@field("LedgerProof.salt")
def salt_of(seen: VisibleRows, release: Found) -> str | None:
    return None if release["salt"] is None else bytes(release["salt"]).hex()


@field("LedgerProof.counts")
def counts_of(seen: VisibleRows, release: Found) -> list[int]:
    return list(release["noisy"])


@field("LedgerProof.commitment")
def commitment_of(seen: VisibleRows, release: Found) -> str:
    salt = b"" if release["salt"] is None else bytes(release["salt"])
    return sha256(salt + json.dumps(release["noisy"], separators=(",", ":")).encode()).hexdigest()


@field("LedgerProof.variables")
def variables_of_proof(seen: VisibleRows, release: Found) -> list[Found]:
    there = seen.of("insight.variable", dataset_id=release["dataset_id"])
    return sorted((row for row in there if row["position"] in release["variables"]), key=lambda row: row["position"])


@field("Insight.requestedBy")
def requested_by(seen: VisibleRows, insight: Found) -> Found | None:
    release = seen.one("insight.release", id=insight["release_id"])
    return release and seen.one("insight.organization", id=release["organization_id"])


@field("Insight.publishedBy")
def published_by(seen: VisibleRows, insight: Found) -> str | None:
    requester = seen.one("insight.release_requester", release_id=insight["release_id"])
    return None if requester is None else str(requester["name"])


def with_categories(seen: VisibleRows, insight: Found, row: Found) -> dict[str, Any]:
    """A cell or statistic with the categories at its positions."""
    of = {"dataset_id": insight["dataset_id"]}
    by = [
        seen.one("insight.category", **of, variable=variable, place=place)
        for variable, place in zip(insight["by"], row["by"], strict=True)
    ]
    return {**row, "by": by}


def share_reliability(cell: Found) -> Reliability | None:
    if cell["low"] is None:
        return None
    if cell["high"] - cell["low"] <= 0.2:
        return Reliability.HIGH
    return Reliability.NONE if (cell["low"], cell["high"]) == (0, 1) else Reliability.LOW


@field("Insight.cells")
def cells_of(seen: VisibleRows, insight: Found, includeUnreliable: bool = False) -> list[Found]:
    made: list[Found] = []
    for row in sorted(seen.of("insight.cell", insight_id=insight["id"]), key=lambda row: row["place"]):
        of = {"dataset_id": insight["dataset_id"], "variable": insight["variable"]}
        category = seen.one("insight.category", **of, place=row["category"])
        cell = with_categories(seen, insight, row) | {
            "category": category,
            "margin_of_error": row["margin"],
            "share_reliability": share_reliability(row),
        }
        if row["reliability"] == "HIDDEN" and not includeUnreliable:
            cell["count"] = None
        made.append(cell)
    return made


@field("Insight.kind")
def kind_of(seen: VisibleRows, insight: Found) -> str:
    release = seen.one("insight.release", id=insight["release_id"])
    assert release is not None
    return "COUNTS" if release["measured"] is None else "MEANS" if release["counts_id"] is None else "SUMS"


@field("Insight.countedBy")
def counted_by(seen: VisibleRows, insight: Found) -> Found | None:
    release = seen.one("insight.release", id=insight["release_id"])
    assert release is not None
    if release["counts_id"] is None:
        return None
    there = seen.of("insight.insight", release_id=release["counts_id"])
    return min(there, key=lambda row: int(row["variable"]), default=None)


@field("Insight.totals")
def totals_of(seen: VisibleRows, insight: Found) -> list[Found]:
    release = seen.one("insight.release", id=insight["release_id"])
    assert release is not None
    if release["measured"] is None:
        return []
    variables = variables_in(seen, release)
    counts, kind = None, InsightKind.MEANS
    if release["counts_id"] is not None:
        kind = InsightKind.SUMS
        other = seen.one("insight.release", id=release["counts_id"])
        assert other is not None
        counted = tuple(each for _, each in variables_in(seen, other))
        counts = Cube(counted, tuple(other["estimates"] if counted else other["estimates"][:1]), other["sigma"])
    shown = tuple(summed(each, kind) if at == release["measured"] else each for at, each in variables)
    names = {at: each.name for at, each in variables}
    cube = Cube(shown, tuple(release["estimates"]), release["sigma"])
    by = [names[at] for at in insight["by"]]
    found = totals_read(cube, names[insight["variable"]], by, counts and counts.rolled_up(by))
    return [
        with_categories(seen, insight, vars(each))
        | {
            "margin_of_error": each.margin,
            "sum_margin_of_error": each.sum_margin,
            "unknown_margin_of_error": each.unknown_margin,
        }
        for each in found
    ]


def variables_in(seen: VisibleRows, release: Found) -> list[tuple[int, Variable]]:
    """The variables of a release, by position."""
    rows = [
        row
        for row in seen.of("insight.variable", dataset_id=release["dataset_id"])
        if row["position"] in release["variables"]
    ]
    return [(int(row["position"]), public(seen, row)) for row in sorted(rows, key=lambda row: int(row["position"]))]


@field("Insight.statistics")
def statistics_of(seen: VisibleRows, insight: Found) -> list[Found]:
    there = sorted(seen.of("insight.statistic", insight_id=insight["id"]), key=lambda row: row["place"])
    return [with_categories(seen, insight, row) for row in there]


@field("Cell.interval", "Statistic.interval")
def interval_of(seen: VisibleRows, it: Found) -> Found | None:
    return None if it["low"] is None else {"low": it["low"], "high": it["high"]}


for name in ("Cell.category", "Cell.by", "Statistic.by", "Total.by"):
    field(name)(lambda seen, it, name=name: it[name.partition(".")[2]])


@field("DataUse.counted")
def counted_in(seen: VisibleRows, entry: Found) -> list[Found]:
    names = [re.sub(r"^(?:mean|sum)\((.*)\)$", r"\1", name) for name in entry["variables"]]
    there = {row["name"] + row["groups"]: row for row in seen.of("insight.variable", dataset_id=entry["dataset_id"])}
    return [there[name] for name in names if name in there]


@field("DataUse.insight")
def insight_of(seen: VisibleRows, entry: Found) -> Found | None:
    there = seen.of("insight.insight", release_id=entry["release_id"])
    return min(there, key=lambda row: (row["published_at"], row["id"]), default=None)


OWN_PURPOSES = {  # of Cohorte, in French
    "Counts of the community": "Effectifs de la communauté",
    "Counts of the network": "Effectifs du réseau",
    "Progress of a survey": "Avancement d’un questionnaire",
    "Opening of a survey": "Ouverture d’un questionnaire",
    "Size of the dataset": "Taille du jeu de données",
    "Participants' tables": "Tableaux des participants",
    "Cohorte's own research": "Recherches de Cohorte",
}


@field("DataUse.purpose")
def purpose_of(seen: VisibleRows, use: Found) -> str | None:
    """The purpose of a use or of a release."""
    purpose: str | None = use["purpose"]
    if purpose is None or use["organization_id"] is not None or seen.language is Language.EN:
        return purpose
    return OWN_PURPOSES.get(purpose, purpose)


@field("Insight.purpose")
def purpose_of_insight(seen: VisibleRows, insight: Found) -> str | None:
    release = seen.one("insight.release", id=insight["release_id"])
    assert release is not None
    shown: str | None = purpose_of(seen, release)
    return shown


@field("DataUse.cost")
def cost_of(seen: VisibleRows, entry: Found) -> Found:
    return cost(entry["micro_rho"])


@field("DataUse.ledgerEntry")
def entry_of(seen: VisibleRows, entry: Found) -> Found:
    return entry


@field("LedgerEntry.hash")
def hash_of(seen: VisibleRows, entry: Found) -> str:
    return bytes(entry["hash"]).hex()


@field("LedgerEntry.previousHash")
def previous_hash_of(seen: VisibleRows, entry: Found) -> str:
    return bytes(entry["previous_hash"]).hex()


@field("LedgerEntry.line")
def line_of(seen: VisibleRows, entry: Found) -> str:
    salted = entry["version"] > 1
    ids = {name: entry[f"{name}_id"] and str(entry[f"{name}_id"]) for name in LINE_IDS}
    ids["release"] = ids["release"] or (entry["count_release_id"] and str(entry["count_release_id"]))
    shown = {name: entry[name] for name in ("dataset_title", "organization_name", "purpose", "micro_rho", "position")}
    moment = f"{entry['published_at'].astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    committed = "commitment" if salted else "cells"
    digest = entry["commitment"] and bytes(entry["commitment"]).hex()
    hashes = {committed: digest, "previous": previous_hash_of(seen, entry)}
    line = ids | shown | hashes | {"published_at": moment, "variables": list(entry["variables"])}
    if salted:
        line |= {name: entry[name] for name in ("purpose_kind", "results_of", "results_url")}
        line = {name: value for name, value in line.items() if value is not None} | {"version": entry["version"]}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@field("Query.dataUses")
def data_uses(seen: VisibleRows, organization: str | None = None, community: str | None = None) -> Listed:
    there = seen.of("insight.ledger_entry")
    if organization is not None:
        there = seen.of("insight.ledger_entry", organization_id=uuid_in(organization))
    there = [row for row in there if row["results_of"] is None]
    if community is not None:
        place = community_id(seen, community)
        there = [row for row in there if place is not None and row["community_id"] == place]
    return listed(there, lambda row: (row["position"],), descending=True)


@field("Query.network")
def network(seen: VisibleRows) -> Found:
    published = sorted(seen.of("catalog.network_count"), key=lambda row: row["counted_on"])
    latest = published[-1] if published else {}
    return {
        "communities": len(seen.of("catalog.community", status="OPEN")),
        "active_members": latest.get("active_members"),
        "treatments_followed": latest.get("treatments_followed"),
        "counted_on": latest["counted_on"].isoformat() if latest else None,
    }


for name, column in (
    ("communities", "communities"), ("activeMembers", "active_members"),
    ("treatmentsFollowed", "treatments_followed"), ("countedOn", "counted_on"),
):  # fmt: skip
    field(f"Network.{name}")(lambda seen, network, column=column: network[column])


@field("Query.ledgerEntries")
def ledger_entries(seen: VisibleRows) -> Listed:
    return listed(seen.of("insight.ledger_entry"), lambda row: (row["position"],), descending=True)


@field("DataUse.results")
def results_of(seen: VisibleRows, entry: Found) -> list[Found]:
    return sorted(seen.of("insight.ledger_entry", results_of=entry["position"]), key=lambda row: row["position"])


field("ResultLink.url")(lambda seen, link: link["results_url"])
field("ResultLink.addedAt")(lambda seen, link: link["published_at"])
field("ResultLink.ledgerEntry")(lambda seen, link: link)


@field("Me.dataUses")
def own_data_uses(seen: VisibleRows, me: Found) -> Listed:
    return listed(own_uses(seen, me), lambda row: (row["position"],), descending=True)


def own_uses(seen: VisibleRows, me: Found) -> list[Found]:
    until = {row["dataset_id"]: row["withdrawn_at"] for row in seen.of("research.enrolment", member_id=me["member_id"])}
    times = [
        (row["community_id"], row["counted_since"], row["left_at"], row["openings"])
        for row in seen.of("research.counted_membership", member_id=me["member_id"])
    ]

    counted = seen.of("research.counted_member", member_id=me["member_id"])

    def concerns(row: Found) -> bool:
        at = row["published_at"]
        if row["community_id"] is None:
            return any(member["counted_since"] <= at for member in counted)
        if row["dataset_id"] is None:
            return any(
                row["community_id"] == community
                and (row["position"] in openings or (since <= at and (left is None or at <= left)))
                for community, since, left, openings in times
            )
        return row["dataset_id"] in until and ((end := until[row["dataset_id"]]) is None or at <= end)

    return [row for row in seen.of("insight.ledger_entry") if concerns(row)]


@field("Me.privacyLoss")
def privacy_loss(seen: VisibleRows, me: Found) -> Found:
    spent = sum(row["micro_rho"] for row in own_uses(seen, me))
    return {
        "allowance": cost(500_000),
        "reserved": cost(reserved(seen, me)),
        "spent": cost(spent),
        "guess": 0.5 * (1 + erf(sqrt(spent / 1e6) / sqrt(2))),
        "statement": statement(spent, seen.language.tag),
    }


def reserved(seen: VisibleRows, me: Found) -> int:
    year = datetime.combine(seen.today - timedelta(days=364), time(), UTC)
    whole = 0
    for row in seen.of("research.enrolment", member_id=me["member_id"]):
        dataset = seen.one("insight.dataset", id=row["dataset_id"])
        uses = seen.of("insight.ledger_entry", dataset_id=row["dataset_id"])
        is_open = dataset["status"] == "OPEN" and dataset["ends_on"] >= seen.today if dataset else not uses
        if is_open:
            whole += row["reserved_micro_rho"]
        else:
            recent = sum(use["micro_rho"] for use in uses if use["published_at"] >= year)
            whole += min(row["reserved_micro_rho"], recent)
    counted = seen.of("research.counted_membership", member_id=me["member_id"])
    whole += 636 * len(seen.of("research.counted_member", member_id=me["member_id"]))
    return whole + 33_096 * len({row["community_id"] for row in counted if (row["left_at"] or year) >= year})


for part in ("allowance", "reserved", "spent", "guess", "statement"):
    field(f"PrivacyLoss.{part}")(lambda seen, loss, part=part: loss[part])


def figures(figure: Cell | Statistic) -> Found:
    """A figure's attributes, with enumerations as their names."""
    return {name: value.value if isinstance(value, Enum) else value for name, value in vars(figure).items()}


@field("Insight.reconciled")
def reconciled_table(seen: VisibleRows, insight: Found, includeUnreliable: bool = False) -> Found:
    of = {"dataset_id": insight["dataset_id"]}
    variables = {row["position"]: public(seen, row) for row in seen.of("insight.variable", **of)}
    releases = sorted(seen.of("insight.release", **of), key=lambda row: (row["published_at"], row["id"]))
    improved = {row["improves_id"] for row in releases}
    latest = [
        row
        for row in releases
        if row["id"] not in improved and (row["variables"] or row["contributions"] == 2)  # sizes that decided nothing
    ]
    apart = {at: replace(each, name=each.name + each.groups) for at, each in variables.items()}
    cubes = [
        Cube(
            tuple(apart[at] for at in row["variables"]),
            tuple(row["estimates"] if row["variables"] else row["estimates"][:1]),
            row["sigma"],
        )
        for row in latest
    ]
    positions = sorted([insight["variable"], *insight["by"]])
    own = [apart[position] for position in positions]
    used = informative(cubes, own)
    table = reconciled([cubes[at] for at in used], own)
    name, by = apart[insight["variable"]].name, [apart[position].name for position in insight["by"]]
    noise = table.noise_within(name)
    sizes = [Size(row["estimates"][0], row["sigma"]) for row in releases if not row["variables"]]
    cells: list[Found] = []
    for cell in cells_read(table.cube, name, by, sizes[0] if sizes else None, noise):
        category = seen.one("insight.category", **of, variable=insight["variable"], place=cell.category)
        made = with_categories(seen, insight, figures(cell)) | {"category": category, "margin_of_error": cell.margin}
        if cell.reliability is Reliability.HIDDEN and not includeUnreliable:
            made["count"] = None
        cells.append(made)
    return {
        "releases": len(used),
        "as_of": max(latest[at]["published_at"] for at in used).isoformat(),
        "cells": cells,
        "statistics": [
            with_categories(seen, insight, figures(each)) for each in statistics_read(table.cube, name, by, noise)
        ],
    }


for part in ("releases", "asOf", "cells", "statistics"):
    column = "as_of" if part == "asOf" else part
    field(f"ReconciledTable.{part}")(lambda seen, table, column=column: table[column])


@field("Insight.csv")
def as_csv(seen: VisibleRows, insight: Found) -> str:
    return csv_of(table_of(seen, insight))


@field("Insight.jsonStat")
def as_json_stat(seen: VisibleRows, insight: Found) -> str:
    return json_stat_of(table_of(seen, insight))


def table_of(seen: VisibleRows, insight: Found) -> ExportTable:
    """The table of the stored cells; the server computes it from the cube."""
    of = {"dataset_id": insight["dataset_id"]}
    dataset = seen.one("insight.dataset", id=insight["dataset_id"])
    variable = seen.one("insight.variable", **of, position=insight["variable"])
    release = seen.one("insight.release", id=insight["release_id"])
    entry = seen.one("insight.ledger_entry", release_id=insight["release_id"])
    assert dataset and variable and release and entry  # noqa: PT018 - one does not go without the others
    stored = sorted(seen.of("insight.cell", insight_id=insight["id"]), key=lambda row: row["place"])
    by = variables_by(seen, insight)
    french, day = seen.language is Language.FR, dataset["frozen_on"]
    title = f"{dataset['title']}{NO_BREAK if french else ''}: {variable['label']}"
    if by:
        first, others = (", par ", " et par ") if french else (", by ", " and by ")
        title += first + others.join(each["label"] for each in by)
    source = f"{dataset['wave']}, frozen on {day}; entry {entry['position']} of the public ledger"
    if french:
        day = day_in(date.fromisoformat(str(day)), Language.FR)
        source = f"{dataset['wave']}, figé le {day}{NARROW}; entrée {entry['position']} du registre public"
    figures = ("category", "count", "margin", "share", "low", "high")
    return ExportTable(
        about=About(title, source, Precision(release["precision"]), release["margin"], words_in(seen.language)),
        variable=public(seen, variable),
        by=tuple(public(seen, each) for each in by),
        cells=[
            Cell(
                by=tuple(row["by"]),
                reliability=Reliability(row["reliability"]),
                share_reliability=share_reliability(row),
                **{name: row[name] for name in figures},
            )
            for row in stored
        ],
    )


def public(seen: VisibleRows, variable: Found) -> Variable:
    categories = tuple(
        Category(row["code"], row["label"], row["value"], merges=tuple(row["merges"]))
        for row in categories_of(seen, variable)
    )
    return Variable(
        name=variable["name"],
        label=variable["label"],
        categories=categories,
        rule=DomainRule(variable["rule"]),
        ordinal=variable["ordinal"],
        max_per_member=variable["max_per_member"],
        groups=variable["groups"],
    )
