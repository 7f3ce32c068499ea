"""The two clients, which do the same: `Client`, and `AsyncClient` for asyncio."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from cohorte import steps
from cohorte.changes import Change, Trend
from cohorte.exchanges import Call, Options, Result, Steps, body, data, lost, options, pause
from cohorte.graph.dataset import DatasetDataset
from cohorte.graph.enums import InsightKind, Precision
from cohorte.graph.fragments import DatasetFields, EntryFields, InsightFields, QuoteFields
from cohorte.insights import Insight
from cohorte.ledger import Verified
from cohorte.plans import PlanPublication, PlanQuote, Question
from cohorte.steps import Publication

PATH = "/graphql"


class Client:
    """A client of one server, with an organization's API key.

    `key` and `url` default to the environment's `COHORTE_API_KEY` and `COHORTE_URL`. Without a key, the catalogue and
    the public ledger can be read. `language` is that of labels and messages: `en` or `fr`. A request is sent up to
    `attempts` times, and never waits longer than `patience` seconds for the next time. Raises ValueError for a key that
    would be sent unencrypted.

    Every method raises the exceptions of `cohorte.errors`.
    """

    def __init__(
        self,
        key: str | None = None,
        url: str | None = None,
        *,
        language: str | None = None,
        timeout: float = 60.0,
        attempts: int = 5,
        patience: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        more = {"language": language, "timeout": timeout, "attempts": attempts, "patience": patience}
        self.options: Options = options(key, url, **more)
        self._http = httpx.Client(timeout=timeout, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def catalogue(self, *, community: str | None = None) -> list[DatasetFields]:
        """All datasets, or those of the community with this slug, most recently frozen first."""
        return self._run(steps.catalogue(community))

    def dataset(self, id: str, *, search: str | None = None) -> DatasetDataset:
        """A dataset with its variables, or those that `search` finds."""
        return self._run(steps.dataset(id, search))

    def published(self, dataset: str) -> list[InsightFields]:
        """The insights of a dataset that the organization may read, without their figures, newest first."""
        return self._run(steps.published(dataset))

    def quote(
        self,
        dataset: str,
        variable: str,
        by: Sequence[str] = (),
        *,
        precision: Precision | str = Precision.WITHIN_20,
        licence: str | None = None,
        kind: InsightKind | str = InsightKind.COUNTS,
        groupings: Sequence[Mapping[str, Any]] = (),
    ) -> QuoteFields:
        """The price of an insight. A quote is free.

        `kind` is whether to count the variable, or to publish its means by sums. `groupings` merge categories, as
        `{"variable": "age_band", "groups": [{"categories": ["0-17", "18-24"], "label": "Young"}]}`.
        """
        return self._run(steps.quote(steps.question(dataset, variable, by, precision, licence, kind, groupings)))

    def publish(
        self,
        dataset: str,
        variable: str,
        by: Sequence[str] = (),
        *,
        precision: Precision | str = Precision.WITHIN_20,
        licence: str | None = None,
        kind: InsightKind | str = InsightKind.COUNTS,
        groupings: Sequence[Mapping[str, Any]] = (),
        key: str | None = None,
    ) -> Publication:
        """Publishes an insight for everybody who may read it, and charges its cost.

        Nothing is charged twice: an insight that is already published is free, and a request that is sent again has the
        same `key`, which defaults to a new one. Raises Refused if the server refuses; nothing was charged then.
        """
        asked = steps.question(dataset, variable, by, precision, licence, kind, groupings)
        return self._run(steps.publish(asked, key))

    def quote_plan(self, dataset: str, questions: Sequence[Question], *, licence: str | None = None) -> PlanQuote:
        """The price of several questions of a dataset together, which does not depend on their order. It is free."""
        return self._run(steps.plan_quote(dataset, questions, licence))

    def publish_plan(
        self, dataset: str, questions: Sequence[Question], *, licence: str | None = None, key: str | None = None
    ) -> PlanPublication:
        """Publishes all questions of a plan as one act, and charges their cost to one licence.

        Nothing is charged twice, as with `publish`. Raises Refused if the server refuses; nothing was published or
        charged then, and `by_question` of the exception says what is wrong with which question.
        """
        return self._run(steps.plan_publish(dataset, questions, licence, key))

    def insight(
        self,
        id: str,
        *,
        by: Sequence[str] | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
        include_unreliable: bool = False,
    ) -> Insight:
        """A published insight.

        `by` is which of its grouping variables to keep: the others are summed over. `where` has, for variables, the
        codes of the categories to count. Counts that are HIDDEN are missing unless `include_unreliable`. It is free.
        """
        return self._run(steps.insight(id, by, where, include_unreliable))

    def reconciled(self, id: str, *, include_unreliable: bool = False) -> Insight:
        """A published insight, fitted to all published insights of its dataset. It is more precise, and free."""
        return self._run(steps.reconciled(id, include_unreliable))

    def comparable(self, id: str) -> list[InsightFields]:
        """The insights of the same question in the community's other datasets, oldest dataset first."""
        return self._run(steps.comparable(id))

    def change_from(
        self,
        id: str,
        other: str,
        *,
        by: Sequence[str] | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
    ) -> Change:
        """What changed since another insight of the same question, such as one of `comparable`. It is free.

        `by` is which of the grouping variables that both have to keep; `where` is as for `insight`. Raises NotFound for
        an insight that the organization may not read, and InvalidRequest if they do not ask the same question.
        """
        return self._run(steps.change_from(id, other, by, where))

    def trend(
        self,
        id: str,
        *,
        by: Sequence[str] | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
    ) -> Trend:
        """The shares and means of an insight and of `comparable`, wave by wave. It is free.

        `by` and `where` are as for `insight`.
        """
        return self._run(steps.trend(id, by, where))

    def json_stat(self, id: str) -> dict[str, Any]:
        """A published insight as a JSON-stat 2.0 dataset."""
        found: dict[str, Any] = json.loads(self._run(steps.json_stat(id)))
        return found

    def ledger(self) -> list[EntryFields]:
        """All entries of the public ledger, oldest first. Raises VerificationFailed if they do not form a chain."""
        return self._run(steps.ledger())

    def verify(self, id: str) -> Verified:
        """Checks that the public ledger vouches for a published insight. Raises VerificationFailed if it does not."""
        return self._run(steps.verify(id))

    def _run(self, todo: Steps[Result]) -> Result:
        try:
            call = next(todo)
            while True:
                call = todo.send(self._send(call))
        except StopIteration as done:
            found: Result = done.value
            return found

    def _send(self, call: Call) -> Mapping[str, Any]:
        request = self._http.build_request(
            "POST", self.options.url + PATH, content=body(call), headers=self.options.headers(call)
        )
        attempt = 0
        while True:
            attempt += 1
            outcome: httpx.Response | httpx.TransportError
            try:
                outcome = self._http.send(request)
            except httpx.TransportError as error:
                outcome = error
            seconds = pause(self.options, attempt, outcome)
            if seconds is not None:
                time.sleep(seconds)
            elif isinstance(outcome, httpx.Response):
                return data(outcome)
            else:
                raise lost(outcome) from outcome


class AsyncClient:
    """As `Client`, for asyncio."""

    def __init__(
        self,
        key: str | None = None,
        url: str | None = None,
        *,
        language: str | None = None,
        timeout: float = 60.0,
        attempts: int = 5,
        patience: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        more = {"language": language, "timeout": timeout, "attempts": attempts, "patience": patience}
        self.options: Options = options(key, url, **more)
        self._http = httpx.AsyncClient(timeout=timeout, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def catalogue(self, *, community: str | None = None) -> list[DatasetFields]:
        """As `Client.catalogue`."""
        return await self._run(steps.catalogue(community))

    async def dataset(self, id: str, *, search: str | None = None) -> DatasetDataset:
        """As `Client.dataset`."""
        return await self._run(steps.dataset(id, search))

    async def published(self, dataset: str) -> list[InsightFields]:
        """As `Client.published`."""
        return await self._run(steps.published(dataset))

    async def quote(
        self,
        dataset: str,
        variable: str,
        by: Sequence[str] = (),
        *,
        precision: Precision | str = Precision.WITHIN_20,
        licence: str | None = None,
        kind: InsightKind | str = InsightKind.COUNTS,
        groupings: Sequence[Mapping[str, Any]] = (),
    ) -> QuoteFields:
        """As `Client.quote`."""
        return await self._run(steps.quote(steps.question(dataset, variable, by, precision, licence, kind, groupings)))

    async def publish(
        self,
        dataset: str,
        variable: str,
        by: Sequence[str] = (),
        *,
        precision: Precision | str = Precision.WITHIN_20,
        licence: str | None = None,
        kind: InsightKind | str = InsightKind.COUNTS,
        groupings: Sequence[Mapping[str, Any]] = (),
        key: str | None = None,
    ) -> Publication:
        """As `Client.publish`."""
        asked = steps.question(dataset, variable, by, precision, licence, kind, groupings)
        return await self._run(steps.publish(asked, key))

    async def quote_plan(self, dataset: str, questions: Sequence[Question], *, licence: str | None = None) -> PlanQuote:
        """As `Client.quote_plan`."""
        return await self._run(steps.plan_quote(dataset, questions, licence))

    async def publish_plan(
        self, dataset: str, questions: Sequence[Question], *, licence: str | None = None, key: str | None = None
    ) -> PlanPublication:
        """As `Client.publish_plan`."""
        return await self._run(steps.plan_publish(dataset, questions, licence, key))

    async def insight(
        self,
        id: str,
        *,
        by: Sequence[str] | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
        include_unreliable: bool = False,
    ) -> Insight:
        """As `Client.insight`."""
        return await self._run(steps.insight(id, by, where, include_unreliable))

    async def reconciled(self, id: str, *, include_unreliable: bool = False) -> Insight:
        """As `Client.reconciled`."""
        return await self._run(steps.reconciled(id, include_unreliable))

    async def comparable(self, id: str) -> list[InsightFields]:
        """As `Client.comparable`."""
        return await self._run(steps.comparable(id))

    async def change_from(
        self,
        id: str,
        other: str,
        *,
        by: Sequence[str] | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
    ) -> Change:
        """As `Client.change_from`."""
        return await self._run(steps.change_from(id, other, by, where))

    async def trend(
        self,
        id: str,
        *,
        by: Sequence[str] | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
    ) -> Trend:
        """As `Client.trend`."""
        return await self._run(steps.trend(id, by, where))

    async def json_stat(self, id: str) -> dict[str, Any]:
        """As `Client.json_stat`."""
        found: dict[str, Any] = json.loads(await self._run(steps.json_stat(id)))
        return found

    async def ledger(self) -> list[EntryFields]:
        """As `Client.ledger`."""
        return await self._run(steps.ledger())

    async def verify(self, id: str) -> Verified:
        """As `Client.verify`."""
        return await self._run(steps.verify(id))

    async def _run(self, todo: Steps[Result]) -> Result:
        try:
            call = next(todo)
            while True:
                call = todo.send(await self._send(call))
        except StopIteration as done:
            found: Result = done.value
            return found

    async def _send(self, call: Call) -> Mapping[str, Any]:
        request = self._http.build_request(
            "POST", self.options.url + PATH, content=body(call), headers=self.options.headers(call)
        )
        attempt = 0
        while True:
            attempt += 1
            outcome: httpx.Response | httpx.TransportError
            try:
                outcome = await self._http.send(request)
            except httpx.TransportError as error:
                outcome = error
            seconds = pause(self.options, attempt, outcome)
            if seconds is not None:
                await asyncio.sleep(seconds)
            elif isinstance(outcome, httpx.Response):
                return data(outcome)
            else:
                raise lost(outcome) from outcome
