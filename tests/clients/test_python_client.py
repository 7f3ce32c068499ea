"""The Python client against the real server: what it finds, publishes, reads and verifies."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
import polars
import pytest
import pytest_asyncio

from cohorte import AsyncClient, Client, Question, errors
from cohorte.graph.enums import Precision
from cohorte.manifest import VIEWS, manifest
from tests.support.client import Caller, serving
from tests.support.insights import FATIGUE, SEX, Published, furnished
from tests.support.network import Network
from tests.support.population import buyer, closed
from tests.support.publishable import PRICES, gathered, spent
from tests.support.waves import variable, wave

Found = TypeVar("Found")

MISSING = "00000000-0000-4000-8000-000000000000"


@dataclass
class Laboratory:
    """A licensed laboratory's program, and the dataset that it publishes from."""

    network: Network
    dataset: str
    key: str

    @property
    def url(self) -> str:
        return str(self.network.ask.http.base_url)

    def client(self, **more: Any) -> AsyncClient:
        return AsyncClient(self.key, self.url, **more)


async def key_of(network: Network, user: Caller) -> str:
    expires = (datetime.now(UTC) + timedelta(days=90)).isoformat(timespec="seconds")
    return str((await network.do(user, "apiKeyCreate", "secret", name="Notebooks", expiresAt=expires))["secret"])


@pytest_asyncio.fixture(scope="module")
async def laboratory(network: Network) -> Laboratory:
    """Yields the laboratory."""
    respondents = await gathered(network)
    user = await buyer(network, respondents.community)
    return Laboratory(network, await closed(network, respondents), await key_of(network, user))


@pytest_asyncio.fixture(scope="module")
async def client(laboratory: Laboratory) -> AsyncIterator[AsyncClient]:
    """Yields the laboratory's client."""
    async with laboratory.client() as client:
        yield client


async def in_thread(work: Callable[[], Found]) -> Found:
    """The result of what would block the loop that the server runs in."""
    return await asyncio.to_thread(work)


async def test_the_catalogue_has_every_dataset_on_however_many_pages(laboratory: Laboratory) -> None:
    many = await laboratory.network.value(
        "select count(*) from insight.dataset where status in ('OPEN', 'ENDED') and frozen_on is not null"
    )
    for key in (laboratory.key, None):  # the catalogue is public
        async with AsyncClient(key, laboratory.url) as client:
            found = await client.catalogue()
        assert laboratory.dataset in [each.id for each in found]
        assert len({each.id for each in found}) == len(found) == many


async def test_a_dataset_has_its_variables(client: AsyncClient, laboratory: Laboratory) -> None:
    found = await client.dataset(laboratory.dataset)
    assert {"q", "r", "twin", "sex"} <= {each.name for each in found.variables}
    question = next(each for each in found.variables if each.name == "q")
    assert [category.code for category in question.categories] == ["A", "B", "C", "UNKNOWN"]
    assert [each.name for each in (await client.dataset(laboratory.dataset, search="sex")).variables] == ["sex"]


async def test_an_insight_is_quoted_published_once_and_read(client: AsyncClient, laboratory: Laboratory) -> None:
    before = await spent(laboratory.network, laboratory.dataset)
    quote = await client.quote(laboratory.dataset, "q", ["r"])
    assert (quote.cost.micro_rho, quote.affordable, quote.already_published) == (PRICES[20], True, False)
    first = await client.publish(laboratory.dataset, "q", ["r"])
    second = await client.publish(laboratory.dataset, "q", ["r"], precision="WITHIN_20")
    assert (first.charged.micro_rho, second.charged.micro_rho) == (PRICES[20], 0)
    assert first.insight == second.insight
    assert await spent(laboratory.network, laboratory.dataset) == (before[0] + PRICES[20], before[1] + PRICES[20])
    assert (await client.quote(laboratory.dataset, "q", ["r"])).cost.micro_rho == 0
    assert first.insight.id in [each.id for each in await client.published(laboratory.dataset)]
    assert (first.insight.margin_of_error, first.insight.provenance.micro_rho) == (quote.margin_of_error, PRICES[20])


async def test_a_request_whose_response_is_lost_is_sent_again_and_charged_once(laboratory: Laboratory) -> None:
    class Lossy(httpx.AsyncHTTPTransport):
        sent = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.sent += 1
            response = await super().handle_async_request(request)
            await response.aread()
            if self.sent <= 2:
                raise httpx.ReadError("lost", request=request)
            return response

    network, dataset = laboratory.network, laboratory.dataset
    before = await spent(network, dataset)
    transport = Lossy()
    async with laboratory.client(transport=transport) as client:
        published = await client.publish(dataset, "q", ["sex"], precision=Precision.WITHIN_50)
    assert transport.sent == 4  # three times to publish, once to read
    # The result of the first one: a new request would have charged nothing.
    assert published.charged.micro_rho == PRICES[50]
    assert await spent(network, dataset) == (before[0] + PRICES[50], before[1] + PRICES[50])


async def test_a_key_of_ones_own_is_of_one_question(client: AsyncClient, laboratory: Laboratory) -> None:
    key = f"plan-{uuid4()}"
    first = await client.publish(laboratory.dataset, "r", ["sex"], precision="WITHIN_50", key=key)
    again = await client.publish(laboratory.dataset, "r", ["sex"], precision="WITHIN_50", key=key)
    assert first.charged.micro_rho == again.charged.micro_rho == PRICES[50]
    with pytest.raises(errors.Conflict) as raised:
        await client.publish(laboratory.dataset, "twin", precision="WITHIN_50", key=key)
    assert raised.value.path == ("input", "clientMutationId")


async def test_refusals_have_the_servers_code_and_path(laboratory: Laboratory) -> None:
    network, dataset = laboratory.network, laboratory.dataset
    poor = await buyer(
        network,
        await network.value("select community_id from insight.dataset where 'dst_' || id = $1", dataset),
        quota=800,
    )
    other = await buyer(network)
    async with AsyncClient(poor.token, laboratory.url) as client:
        with pytest.raises(errors.BudgetExhausted) as exhausted:
            await client.publish(dataset, "q", ["twin"])
        assert (exhausted.value.code, exhausted.value.path) == ("BUDGET_EXHAUSTED", ("input", "precision"))
        assert exhausted.value.quote is not None
        assert exhausted.value.quote.cheaper == [Precision.WITHIN_50]
        for ask in (client.quote, client.publish):
            with pytest.raises(errors.Invalid) as invalid:
                await ask(dataset, "nonsense")
            assert invalid.value.path == ("input", "variable")
            with pytest.raises(errors.InvalidRequest):
                await ask(dataset, "q", precision="WITHIN_1")
        for read in (client.insight, client.reconciled, client.json_stat, client.verify):
            with pytest.raises(errors.NotFound):
                await read(f"ins_{MISSING}")
        for missing in (client.dataset, client.published):
            with pytest.raises(errors.NotFound):
                await missing(f"dst_{MISSING}")
    async with AsyncClient(other.token, laboratory.url) as client:
        with pytest.raises(errors.LicenceRequired):
            await client.publish(dataset, "q")
    async with AsyncClient("x" * 43, laboratory.url) as client:
        with pytest.raises(errors.Unauthenticated) as unknown:
            await client.catalogue()
        assert unknown.value.status == 401
    async with AsyncClient(None, laboratory.url) as client:
        with pytest.raises(errors.InvalidRequest):  # visitors have no quotes
            await client.quote(dataset, "q")


async def test_the_ledger_vouches_for_what_was_published(client: AsyncClient, laboratory: Laboratory) -> None:
    published = await client.publish(laboratory.dataset, "twin", ["r"])
    verified = await client.verify(published.insight.id)
    provenance = published.insight.provenance
    assert (verified.position, verified.hash) == (provenance.ledger_position, provenance.ledger_hash)
    assert verified.compared
    entries = await client.ledger()
    assert (entries[-1].position, entries[-1].hash) == (len(entries), entries[-1].hash)
    assert len(entries) >= verified.head_position >= verified.position
    assert provenance.ledger_hash in provenance.citation()
    # The same table with more precision combines two releases: its entry holds, and its cells are not compared.
    finer = await client.publish(laboratory.dataset, "twin", ["r"], precision="WITHIN_10")
    assert not (await client.verify(finer.insight.id)).compared


async def test_the_ledger_vouches_for_groupings_and_means(client: AsyncClient, laboratory: Laboratory) -> None:
    merged = [{"variable": "q", "groups": [{"categories": ["A", "B"]}]}]
    grouped = await client.publish(laboratory.dataset, "r", ["q"], precision="WITHIN_50", groupings=merged)
    assert (await client.verify(grouped.insight.id)).compared
    await laboratory.network.database.execute(
        "UPDATE insight.variable SET ordinal = true WHERE 'dst_' || dataset_id = $1 AND name = 'twin'",
        laboratory.dataset,
    )
    await laboratory.network.database.execute(
        "UPDATE insight.category c SET value = 10 * c.place - 5 FROM insight.variable v"
        " WHERE v.dataset_id = c.dataset_id AND v.position = c.variable AND 'dst_' || v.dataset_id = $1"
        " AND v.name = 'twin' AND c.code <> 'UNKNOWN'",
        laboratory.dataset,
    )
    asked: dict[str, Any] = {"kind": "MEANS", "precision": "WITHIN_50", "groupings": merged}
    assert (await client.quote(laboratory.dataset, "twin", ["q"], **asked)).cost.micro_rho == 754
    means = await client.publish(laboratory.dataset, "twin", ["q"], **asked)
    assert (await client.verify(means.insight.id)).compared
    found = means.insight
    assert (found.kind, len(found.cells), len(found.totals), len(found.statistics)) == ("MEANS", 0, 3, 3)
    assert found.totals.columns.keys() == {
        "q", "q_code", "count", "margin", "sum", "sum_margin", "unknown", "unknown_margin",
    }  # fmt: skip
    assert list(found.to_pandas()["low"]) == [row["low"] for row in found.statistics]
    assert found.provenance.counted_by is None
    # With counts of the same groups, sums of them are enough.
    counts = await client.publish(laboratory.dataset, "q", precision="WITHIN_50", groupings=merged)
    asked["kind"] = "SUMS"
    quote = await client.quote(laboratory.dataset, "twin", ["q"], **asked)
    assert quote.counted_by
    assert (quote.cost.micro_rho, quote.counted_by.id) == (503, counts.insight.id)
    sums = (await client.publish(laboratory.dataset, "twin", ["q"], **asked)).insight
    assert (await client.verify(sums.id)).compared
    assert (sums.kind, len(sums.totals), sums.provenance.counted_by) == ("SUMS", 3, counts.insight.id)
    assert sums.totals.columns.keys() == found.totals.columns.keys()
    assert list(sums.to_pandas()["low"]) == [row["low"] for row in sums.statistics]


async def test_the_client_for_threads_does_the_same(client: AsyncClient, laboratory: Laboratory) -> None:
    published = await client.publish(laboratory.dataset, "q", precision="WITHIN_50")
    id = published.insight.id
    with Client(laboratory.key, laboratory.url) as threads:
        assert await in_thread(threads.catalogue) == await client.catalogue()
        for name, given in (
            ("dataset", {"id": laboratory.dataset, "search": "sex"}),
            ("published", {"dataset": laboratory.dataset}),
            ("quote", {"dataset": laboratory.dataset, "variable": "q", "by": ["twin"]}),
            ("insight", {"id": id, "include_unreliable": True}),
            ("reconciled", {"id": id}),
            ("json_stat", {"id": id}),
            ("verify", {"id": id}),
        ):
            method = getattr(threads, name)
            assert await in_thread(lambda: method(**given)) == await getattr(client, name)(**given), name  # noqa: B023
        again = await in_thread(lambda: threads.publish(laboratory.dataset, "q", precision="WITHIN_50"))
        assert (again.insight, again.charged.micro_rho) == (published.insight, 0)
        with pytest.raises(errors.NotFound):
            await in_thread(lambda: threads.insight(f"ins_{MISSING}"))


def test_both_clients_have_the_same_methods() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(Client) == public(AsyncClient)


READ = """query ($id: ID!) { insight(id: $id) {
  cells { category { code label value } by { code label } count marginOfError share interval { low high }
    reliability shareReliability }
  statistics { measure by { code } value interval { low high } reliability }
} }"""


@pytest_asyncio.fixture(scope="module")
async def reader(published: Published) -> AsyncIterator[AsyncClient]:
    """Yields the client of a laboratory with insights whose counts are known."""
    async with AsyncClient(published.who["licensed"].token, str(published.server.ask.http.base_url)) as client:
        yield client


async def test_frames_have_the_figures_with_their_margins_and_intervals(
    reader: AsyncClient, published: Published
) -> None:
    insight = await reader.insight(published.ids["fatigue"])
    expected = (await published("licensed", READ))["insight"]["cells"]
    frame = insight.to_pandas()
    assert list(frame.columns) == [
        *("sex", "sex_code", "fatigue", "fatigue_code", "value", "count", "margin", "count_low", "count_high"),
        *("share", "share_low", "share_high", "reliability", "share_reliability"),
    ]
    assert [str(frame.dtypes[name]) for name in ("sex", "count", "share")] == ["string", "Int64", "Float64"]
    assert frame.attrs == json.loads(json.dumps(frame.attrs)) == {"provenance": insight.provenance.to_dict()}
    assert [dict(row) for row in insight.cells] == [
        {
            "sex": cell["by"][0]["label"],
            "sex_code": cell["by"][0]["code"],
            "fatigue": cell["category"]["label"],
            "fatigue_code": cell["category"]["code"],
            "value": cell["category"]["value"],
            "count": cell["count"],
            "margin": cell["marginOfError"],
            "count_low": None if cell["count"] is None else cell["count"] - cell["marginOfError"],
            "count_high": None if cell["count"] is None else cell["count"] + cell["marginOfError"],
            "share": cell["share"],
            "share_low": cell["interval"]["low"],
            "share_high": cell["interval"]["high"],
            "reliability": cell["reliability"],
            "share_reliability": cell["shareReliability"],
        }
        for cell in expected
    ]
    for name in frame.columns:
        column = [None if missing else value for value, missing in zip(frame[name], frame[name].isna(), strict=True)]
        assert column == [row[name] for row in insight.cells], name
    assert frame["count"].isna().tolist() == [cell["count"] is None for cell in expected]
    assert frame["count"].isna().any()  # some are HIDDEN
    as_polars = insight.to_polars()
    assert as_polars.to_dicts() == [dict(row) for row in insight.cells]
    assert [as_polars.schema[name] for name in ("count", "share")] == [polars.Int64(), polars.Float64()]
    assert as_polars["count"].null_count() == frame["count"].isna().sum()


async def test_narrowing_is_free_and_hidden_counts_are_given_on_request(
    reader: AsyncClient, published: Published
) -> None:
    id = published.ids["fatigue"]
    everything = await reader.insight(id, include_unreliable=True)
    assert all(row["count"] is not None for row in everything.cells)
    summed = await reader.insight(id, by=[], include_unreliable=True)
    assert list(summed.cells.columns)[:3] == ["fatigue", "fatigue_code", "value"]
    low = [row["count"] for row in everything.cells if row["fatigue_code"] == "LOW"]
    assert summed.cells[0]["count"] == sum(low)
    women = await reader.insight(id, by=[], where={"sex": ["FEMALE"]}, include_unreliable=True)
    assert women.cells[0]["count"] == next(
        row["count"] for row in everything.cells if (row["sex_code"], row["fatigue_code"]) == ("FEMALE", "LOW")
    )
    with pytest.raises(errors.InvalidRequest):
        await reader.insight(id, by=["nonsense"])


async def test_statistics_reconciled_tables_and_json_stat_are_the_servers(
    reader: AsyncClient, published: Published
) -> None:
    id = published.ids["fatigue"]
    insight = await reader.insight(id)
    expected = (await published("licensed", READ))["insight"]["statistics"]
    assert [
        (row["measure"], row["sex_code"], row["value"], row["low"], row["high"], row["reliability"])
        for row in insight.statistics
    ] == [
        (one["measure"], one["by"][0]["code"], one["value"], *one["interval"].values(), one["reliability"])
        for one in expected
    ]
    reconciled = await reader.reconciled(id)
    assert reconciled.releases is not None
    assert reconciled.releases >= 2
    assert [row["sex_code"] for row in reconciled.cells] == [row["sex_code"] for row in insight.cells]
    stat = await reader.json_stat(id)
    assert (stat["class"], stat["id"]) == ("dataset", ["sex", "fatigue", "measure"])
    shares = stat["value"][2::5]
    assert all(math.isclose(a, row["share"], abs_tol=1e-6) for a, row in zip(shares, insight.cells, strict=True))


@dataclass
class Waves:
    """The clients of a laboratory, and the insights of three waves; in the third, a category is another one."""

    client: AsyncClient
    threads: Client
    published: Published
    spring: str
    autumn: str
    winter: str


@pytest_asyncio.fixture(scope="module")
async def waves(network: Network) -> AsyncIterator[Waves]:
    """Yields the laboratory with the three waves."""
    published = await furnished(network)
    ids = []
    for name, day, made in (
        ("2026 autumn", date(2026, 9, 1), FATIGUE),
        ("2027 winter", date(2027, 1, 9), variable("fatigue", "LOW", "MEDIUM", "EXTREME", ordinal=True)),
    ):
        of = {"community_id": UUID(published.ids["home"]), "wave": name, "frozen_on": day}
        one = await wave(network.database, SEX, made, **of)
        ids.append((await one.publish(("sex", "fatigue"), [70, 50, 50, 2, 50, 60, 40, 3, 4, 4, 4, 4]))["fatigue"])
    given = published.who["licensed"].token, str(network.ask.http.base_url)
    async with AsyncClient(*given) as client:
        with Client(*given) as threads:
            yield Waves(client, threads, published, published.ids["fatigue"], *ids)


CHANGES = """query ($id: ID!, $other: ID!) { insight(id: $other) { changeFrom(insight: $id) {
  shares { category { code label } by { code label } before after change { value interval { low high } mismatch } }
  means { by { code } before after change { value interval { low high } } }
} } }"""


async def test_changes_are_frames_with_their_intervals(waves: Waves) -> None:
    client, spring, autumn = waves.client, waves.spring, waves.autumn
    assert [each.id for each in await client.comparable(spring)] == [autumn, waves.winter]
    change = await client.change_from(autumn, spring)
    expected = (await waves.published("licensed", CHANGES, {"other": autumn}))["insight"]["changeFrom"]
    assert [dict(row) for row in change.shares] == [
        {
            "sex": each["by"][0]["label"],
            "sex_code": each["by"][0]["code"],
            "fatigue": each["category"]["label"],
            "fatigue_code": each["category"]["code"],
            "before": each["before"],
            "after": each["after"],
            "change": each["change"]["value"],
            "change_low": each["change"]["interval"]["low"],
            "change_high": each["change"]["interval"]["high"],
            "mismatch": None,
        }
        for each in expected["shares"]
    ]
    assert [(row["sex_code"], row["change"], row["change_low"], row["change_high"]) for row in change.means] == [
        (each["by"][0]["code"], each["change"]["value"], *each["change"]["interval"].values())
        for each in expected["means"]
    ]
    frame = change.to_pandas()
    assert list(frame.columns) == list(change.shares.columns) == change.to_polars().columns
    assert (change.by, change.since.insight, change.provenance.insight) == (("sex",), spring, autumn)
    assert frame.attrs == {"provenance": change.provenance.to_dict(), "since": change.since.to_dict()}
    women = await client.change_from(autumn, spring, by=[], where={"sex": ["FEMALE"]})
    assert [row["change"] for row in women.shares] == pytest.approx(
        [row["change"] for row in change.shares if row["sex_code"] == "FEMALE"]
    )
    assert await in_thread(lambda: waves.threads.change_from(autumn, spring)) == change
    assert await in_thread(lambda: waves.threads.comparable(spring)) == await client.comparable(spring)


async def test_what_does_not_match_is_missing_with_a_reason(waves: Waves) -> None:
    frame = (await waves.client.change_from(waves.winter, waves.spring, by=[])).to_pandas()
    assert list(frame["fatigue_code"]) == ["LOW", "MEDIUM", "EXTREME", "UNKNOWN", "HIGH"]
    assert frame["change"].isna().tolist() == frame["mismatch"].notna().tolist() == [False, False, True, False, True]
    assert set(frame["mismatch"].dropna()) == {"NO_CATEGORY"}


async def test_changes_from_what_is_no_other_wave_are_refused(waves: Waves) -> None:
    client, autumn = waves.client, waves.autumn
    for own, other, argument in ((autumn, f"ins_{MISSING}", "other"), (f"ins_{MISSING}", autumn, "id")):
        with pytest.raises(errors.NotFound) as raised:
            await client.change_from(own, other)
        assert raised.value.path == (argument,)
    with pytest.raises(errors.InvalidRequest, match="same dataset"):
        await client.change_from(waves.published.ids["symptoms"], waves.spring)
    for method in (client.comparable, client.trend):
        with pytest.raises(errors.NotFound):
            await method(f"ins_{MISSING}")


async def test_a_trend_has_a_row_for_each_cell_and_wave(waves: Waves) -> None:
    client, spring, autumn = waves.client, waves.spring, waves.autumn
    trend = await client.trend(autumn)
    frame = trend.to_pandas()
    assert list(frame.columns) == [
        *("sex", "sex_code", "fatigue", "fatigue_code", "wave", "frozen_on", "insight"),
        *("share", "share_low", "share_high", "since_first", "since_first_low", "since_first_high"),
        *("since_previous", "since_previous_low", "since_previous_high", "mismatch"),
    ]
    assert frame["frozen_on"].dtype.kind == "M"
    assert trend.to_polars().to_dicts() == [dict(row) for row in trend.shares]
    assert frame.attrs == {"provenance": trend.provenance.to_dict()}
    assert [(row["wave"], row["frozen_on"], row["insight"]) for row in trend.shares[:3]] == [
        ("2026 spring", date(2026, 3, 2), spring),
        ("2026 autumn", date(2026, 9, 1), autumn),
        ("2027 winter", date(2027, 1, 9), waves.winter),
    ]
    # The same shares as each insight has, and the same change as between the two.
    for id in (spring, autumn):
        cells = {(row["sex_code"], row["fatigue_code"]): row["share"] for row in (await client.insight(id)).cells}
        of = {(row["sex_code"], row["fatigue_code"]): row["share"] for row in trend.shares if row["insight"] == id}
        assert of == cells
    changed = (await client.change_from(autumn, spring)).shares
    changes = {(row["sex_code"], row["fatigue_code"]): row for row in changed}
    for row in trend.shares:
        change = changes[row["sex_code"], row["fatigue_code"]]
        if row["insight"] == spring:
            assert row["since_first"] is row["since_previous"] is None
        elif row["insight"] == autumn:
            for name in ("", "_low", "_high"):
                assert row[f"since_first{name}"] == row[f"since_previous{name}"] == change[f"change{name}"]
    lost = [row for row in trend.shares if row["mismatch"] is not None]
    assert {(row["insight"], row["fatigue_code"], row["share"]) for row in lost} == {(waves.winter, "HIGH", None)}
    assert [row["mean"] for row in trend.means if row["insight"] == autumn] == [
        row["value"] for row in (await client.insight(autumn)).statistics if row["measure"] == "MEAN"
    ]
    alone = await client.trend(autumn, by=[])
    assert (alone.by, len(alone.shares), len(alone.means)) == ((), 12, 3)
    assert await in_thread(lambda: waves.threads.trend(autumn)) == trend


async def test_texts_are_in_the_language_that_was_requested(laboratory: Laboratory) -> None:
    messages = []
    for language in ("en", "fr"):
        async with AsyncClient(None, laboratory.url, language=language) as client:
            unknown = (await client.dataset(laboratory.dataset, search="sex")).variables[0].categories[-1]
            messages.append(unknown.label)
    assert messages == ["Unknown", "Inconnu"]


@pytest.mark.slow
async def test_a_server_that_accepts_trusted_documents_alone_serves_the_client_by_its_manifests(
    dsn: str, tmp_path: Path
) -> None:
    for view in VIEWS:
        folder = tmp_path / view
        folder.mkdir()
        (folder / "python.json").write_text(json.dumps(manifest(view)), encoding="utf-8")
    trusted: dict[str, Any] = {f"documents_{view}": "trusted" for view in VIEWS}
    async with serving(dsn, manifests=tmp_path) as ask:
        who = await ask.sign_in("laboratory")
    async with serving(dsn, manifests=tmp_path, **trusted) as ask:
        url = str(ask.http.base_url)
        async with AsyncClient(who.token, url) as client, AsyncClient(None, url) as visitor:
            [trial] = await client.catalogue(community="rheumatoid-arthritis")
            [seen] = await visitor.catalogue(community="rheumatoid-arthritis")
            assert seen.id == trial.id  # what is left of the budget differs
            assert (await client.dataset(trial.id)).variables == (await visitor.dataset(trial.id)).variables
            found = next(each for each in await client.published(trial.id) if each.by)
            assert (await client.verify(found.id)).compared
            assert (await client.quote(trial.id, "sex")).affordable
            assert (await client.insight(found.id)).id == (await client.reconciled(found.id)).id == found.id
            assert (await client.json_stat(found.id))["version"] == "2.0"
            assert await client.comparable(found.id) == []
            assert len((await client.trend(found.id)).to_pandas()) == len((await client.insight(found.id)).cells)
            with pytest.raises(errors.InvalidRequest, match="same dataset"):
                await client.change_from(found.id, found.id)
            with pytest.raises(errors.Invalid):
                await client.publish(trial.id, "nonsense")
            assert (await client.quote_plan(trial.id, [Question("sex")])).affordable
            with pytest.raises(errors.Invalid):
                await client.publish_plan(trial.id, [Question("nonsense")])
            assert await visitor.ledger() == await client.ledger()
