"""What the clients do, as steps: each yields calls, is sent their data, and returns its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from cohorte.changes import Change, Trend, change_of, trend_of
from cohorte.errors import Fault, failure, not_found
from cohorte.errors import Refused as RefusedError
from cohorte.exchanges import Call, Steps, read
from cohorte.graph import operations
from cohorte.graph.change_from import ChangeFrom
from cohorte.graph.comparable import Comparable
from cohorte.graph.dataset import Dataset, DatasetDataset
from cohorte.graph.datasets import Datasets
from cohorte.graph.enums import InsightKind, Precision
from cohorte.graph.fragments import Cost, DatasetFields, EntryFields, InsightFields, QuoteFields
from cohorte.graph.insight import Insight as InsightResult
from cohorte.graph.json_stat import JsonStat
from cohorte.graph.ledger import Ledger
from cohorte.graph.plan_publish import PlanPublish
from cohorte.graph.plan_quote import PlanQuote as PlanQuoteResult
from cohorte.graph.proof import Proof
from cohorte.graph.publish import Publish
from cohorte.graph.published import Published
from cohorte.graph.quote import Quote
from cohorte.graph.reconciled import Reconciled
from cohorte.graph.trend import Trend as TrendResult
from cohorte.insights import Insight, filters_of, insight_of
from cohorte.ledger import Verified, check_chain, check_insight
from cohorte.plans import PlanPublication, PlanQuote, Question, names_in, plan_quote_of

PAGE = 20  # of datasets and insights
ENTRIES = 100  # of a page of the ledger


@dataclass(frozen=True)
class Publication:
    """A published insight, and what was charged for it: zero if it had been published before."""

    insight: Insight
    charged: Cost


def catalogue(community: str | None) -> Steps[list[DatasetFields]]:
    found: list[DatasetFields] = []
    after = None
    while True:
        given = {"community": community, "first": PAGE, "after": after}
        page = (yield from read(Call(operations.DATASETS_GQL, given), Datasets)).datasets
        found += page.nodes
        if not page.page_info.has_next_page:
            return found
        after = page.page_info.end_cursor


def dataset(id: str, search: str | None) -> Steps[DatasetDataset]:
    found = (yield from read(Call(operations.DATASET_GQL, {"id": id, "search": search}), Dataset)).dataset
    if found is None:
        raise not_found("dataset", "id")
    return found


def published(dataset: str) -> Steps[list[InsightFields]]:
    found: list[InsightFields] = []
    after = None
    while True:
        call = Call(operations.PUBLISHED_GQL, {"dataset": dataset, "first": PAGE, "after": after})
        of = (yield from read(call, Published)).dataset
        if of is None:
            raise not_found("dataset", "dataset")
        found += of.insights.nodes
        if not of.insights.page_info.has_next_page:
            return found
        after = of.insights.page_info.end_cursor


def question(
    dataset: str,
    variable: str,
    by: Sequence[str],
    precision: Precision | str,
    licence: str | None,
    kind: InsightKind | str,
    groupings: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """A question as the inputs of a quote and of a publication have it."""
    asked = {"dataset": dataset} | Question(variable, by, precision, kind, groupings).as_input()
    return asked if licence is None else asked | {"licence": licence}


def quote(asked: Mapping[str, Any]) -> Steps[QuoteFields]:
    return (yield from read(Call(operations.QUOTE_GQL, {"input": asked}), Quote)).insight_quote


def publish(asked: Mapping[str, Any], key: str | None) -> Steps[Publication]:
    given = {"input": {**asked, "clientMutationId": key or uuid4().hex}}
    payload = (yield from read(Call(operations.PUBLISH_GQL, given), Publish)).insight_publish
    assert payload is not None  # otherwise there are errors
    if payload.user_errors or payload.insight is None or payload.charged is None:
        faults = [Fault(one.code.value, one.message, tuple(one.path)) for one in payload.user_errors]
        raise failure(faults, quote=payload.quote, otherwise=RefusedError)
    found = yield from insight(payload.insight.id, None, None, False)
    return Publication(found, payload.charged)


def plan(dataset: str, questions: Sequence[Question], licence: str | None) -> dict[str, Any]:
    """A plan as the inputs of its quote and of its publication have it."""
    asked: dict[str, Any] = {"dataset": dataset, "questions": [each.as_input() for each in questions]}
    return asked if licence is None else asked | {"licence": licence}


def plan_quote(dataset: str, questions: Sequence[Question], licence: str | None) -> Steps[PlanQuote]:
    given = {"input": plan(dataset, questions, licence)}
    found = (yield from read(Call(operations.PLAN_QUOTE_GQL, given), PlanQuoteResult)).insight_plan_quote
    return plan_quote_of(questions, found)


def plan_publish(
    dataset: str, questions: Sequence[Question], licence: str | None, key: str | None
) -> Steps[PlanPublication]:
    given = {"input": plan(dataset, questions, licence) | {"clientMutationId": key or uuid4().hex}}
    payload = (yield from read(Call(operations.PLAN_PUBLISH_GQL, given), PlanPublish)).insight_plan_publish
    assert payload is not None  # otherwise there are errors
    if payload.user_errors or payload.insights is None or payload.charged is None:
        faults = [Fault(one.code.value, one.message, tuple(one.path)) for one in payload.user_errors]
        raise failure(faults, plan_quote=payload.quote, otherwise=RefusedError)
    found: dict[str, Insight] = {}
    for each in payload.insights:
        if each.id not in found:
            found[each.id] = yield from insight(each.id, None, None, False)
    return PlanPublication(tuple(found[each.id] for each in payload.insights), payload.charged)


def insight(
    id: str, by: Sequence[str] | None, where: Mapping[str, Sequence[str]] | None, unreliable: bool
) -> Steps[Insight]:
    by = None if by is None else names_in(by)
    given = {
        "id": id,
        "by": None if by is None else list(by),
        "where": filters_of(where),
        "includeUnreliable": unreliable,
    }
    found = (yield from read(Call(operations.INSIGHT_GQL, given), InsightResult)).insight
    if found is None:
        raise not_found("insight", "id")
    return insight_of(found, found.cells, found.statistics, found.totals, by)


def reconciled(id: str, unreliable: bool) -> Steps[Insight]:
    given = {"id": id, "includeUnreliable": unreliable}
    found = (yield from read(Call(operations.RECONCILED_GQL, given), Reconciled)).insight
    if found is None:
        raise not_found("insight", "id")
    table = found.reconciled
    return insight_of(found, table.cells, table.statistics, releases=table.releases, as_of=table.as_of)


def comparable(id: str) -> Steps[list[InsightFields]]:
    found = (yield from read(Call(operations.COMPARABLE_GQL, {"id": id}), Comparable)).insight
    if found is None:
        raise not_found("insight", "id")
    return list(found.comparable)


def change_from(
    id: str, other: str, by: Sequence[str] | None, where: Mapping[str, Sequence[str]] | None
) -> Steps[Change]:
    given = {"id": id, "other": other, "by": None if by is None else list(names_in(by)), "where": filters_of(where)}
    found = yield from read(Call(operations.CHANGE_FROM_GQL, given), ChangeFrom)
    if found.insight is None:
        raise not_found("insight", "id")
    if found.other is None or found.insight.change_from is None:
        raise not_found("insight", "other")
    return change_of(found.insight, found.insight.change_from, found.other)


def trend(id: str, by: Sequence[str] | None, where: Mapping[str, Sequence[str]] | None) -> Steps[Trend]:
    by = None if by is None else names_in(by)
    given = {"id": id, "by": None if by is None else list(by), "where": filters_of(where)}
    found = (yield from read(Call(operations.TREND_GQL, given), TrendResult)).insight
    if found is None:
        raise not_found("insight", "id")
    return trend_of(found, by)


def json_stat(id: str) -> Steps[str]:
    found = (yield from read(Call(operations.JSON_STAT_GQL, {"id": id}), JsonStat)).insight
    if found is None:
        raise not_found("insight", "id")
    return found.json_stat


def ledger() -> Steps[list[EntryFields]]:
    """All entries, oldest first, as anybody reads them, once they are a chain."""
    found: list[EntryFields] = []
    after = None
    while True:
        call = Call(operations.LEDGER_GQL, {"first": ENTRIES, "after": after}, anonymous=True)
        page = (yield from read(call, Ledger)).ledger_entries
        found += page.nodes
        if not page.page_info.has_next_page:
            break
        after = page.page_info.end_cursor
    entries = found[::-1]
    check_chain(entries)
    return entries


def verify(id: str) -> Steps[Verified]:
    found = (yield from read(Call(operations.PROOF_GQL, {"id": id}), Proof)).insight
    if found is None:
        raise not_found("insight", "id")
    entries = yield from ledger()
    return check_insight(found, entries)
