"""Metrics count what the server does, at an address of their own, and nothing about people."""

import asyncio
import re

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.viewers import Audience
from server.telemetry.metrics import LAG_SECONDS
from tests import factories
from tests.server.test_edge import WHO
from tests.server.test_planted_values import free_port
from tests.support.client import ANYBODY, serving
from tests.support.eventually import becomes, until
from tests.support.network import Network, network_on
from tests.support.subscribers import POST_ADDED, socket, subscribed

# fmt: off
KNOWN = [
    "cohorte_documents_cached", "cohorte_documents_read", "cohorte_event_loop_lag_seconds", "cohorte_kept_bytes",
    "cohorte_kept_drops", "cohorte_kept_reads", "cohorte_ledger_places", "cohorte_listening",
    "cohorte_mail_oldest_seconds", "cohorte_operation_seconds", "cohorte_operations", "cohorte_planning_waiting",
    "cohorte_pool_connections", "cohorte_pool_requests", "cohorte_pool_wait_seconds", "cohorte_pool_waiting",
    "cohorte_pool_waits", "cohorte_streams", "cohorte_subscriptions",
]
# fmt: on
POOLS = {"public", "patient", "buyer", "manager", "publisher", "identity", "lookups", "readiness", "data reads"}
VIEWS = {"public", "patient", "buyer", "manager"}


async def read(port: int, path: str = "/metrics") -> str:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://127.0.0.1:{port}{path}")).text


def values(text: str) -> dict[tuple[str, ...], float]:
    """Each number by its name and its labels' values: view, type, le, code."""
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples]
    return {(each.name, *(each.labels[name] for name in sorted(each.labels)[::-1])): each.value for each in samples}


async def test_operations_are_counted_by_view_type_and_code(dsn: str) -> None:
    port = free_port()
    async with serving(dsn, metrics_port=port) as ask:
        patient = await ask.sign_in("patient")
        for _ in range(3):
            await ask(patient, WHO)
        await ask(ANYBODY, "{ nothing }")
        async with socket(ask, patient) as opened:
            await opened.subscribe("1", WHO)
            await opened.data("1")
        found = values(await read(port))
    assert found["cohorte_operations_total", "patient", "query", "OK"] == 4
    assert found["cohorte_operations_total", "public", "none", "GRAPHQL_VALIDATION_FAILED"] == 1
    assert found["cohorte_operations_total", "public", "mutation", "OK"] == 1
    assert found["cohorte_operation_seconds_count", "patient", "query"] == 4
    assert found["cohorte_operation_seconds_bucket", "patient", "query", "+Inf"] == 4
    assert found["cohorte_documents_read_total", "patient"] == found["cohorte_documents_cached", "patient"] == 1


async def test_metrics_are_those_that_are_documented_and_their_labels_are_ours(dsn: str) -> None:
    port = free_port()
    async with serving(dsn, metrics_port=port, pool_size=3) as ask:
        await ask(ANYBODY, WHO)
        await asyncio.sleep(2 * LAG_SECONDS)
        text = await read(port)
    families = list(text_string_to_metric_families(text))
    ours = [family for family in families if family.name.startswith("cohorte")]
    assert sorted(family.name for family in ours) == sorted(KNOWN)
    assert [family.name for family in families if not family.name.startswith(("cohorte", "process"))] == []
    labels: dict[str, set[str]] = {}
    for family in ours:
        for sample in family.samples:
            for name, value in sample.labels.items():
                labels.setdefault(name, set()).add(value)
    assert labels.pop("pool") == POOLS
    assert labels.pop("view") == VIEWS
    assert labels.pop("found") == {"hit", "miss"}
    assert labels == {"type": {"query"}, "code": {"OK"}, "le": labels["le"]}
    found = values(text)
    assert [found["cohorte_pool_connections", view] for view in sorted(VIEWS)] == [3, 3, 3, 3]
    assert found["cohorte_event_loop_lag_seconds_count",] >= 1
    assert found["cohorte_listening",] == 1


async def test_waits_for_connections_and_open_subscriptions_are_measured(template: str, fresh: str) -> None:
    port = free_port()
    async with network_on(fresh, metrics_port=port, pool_size=2) as network:
        community = (await factories.community(network.database))["id"]
        ada = await network.member(community)
        discussion = await factories.discussion(network.database, author_id=ada.id, community_id=community)
        endpoint = network.ask.app.endpoint
        assert endpoint is not None
        pool = endpoint.views[Audience.PATIENT].connections
        before = values(await read(port))
        gate = asyncio.Event()
        tasks = [asyncio.create_task(pool.run(lambda _: gate.wait())) for _ in range(5)]
        await until(lambda: pool.waiting >= 3)
        during = values(await read(port))
        gate.set()
        await asyncio.gather(*tasks)
        async with socket(network.ask, ada) as opened:
            for id in ("1", "2"):  # of identical ones, each counts
                await opened.subscribe(id, POST_ADDED, {"discussion": f"dis_{discussion['id']}"})
            await subscribed(network.ask, 2)
            after = values(await read(port))
    assert during["cohorte_pool_requests", "patient"] == 5
    assert during["cohorte_pool_waiting", "patient"] == 3
    assert after["cohorte_pool_requests", "patient"] == after["cohorte_pool_waiting", "patient"] == 0
    assert after["cohorte_pool_waits_total", "patient"] >= before["cohorte_pool_waits_total", "patient"] + 3
    waited = ("cohorte_pool_wait_seconds_total", "patient")
    assert after[waited] > before[waited]
    assert (after["cohorte_subscriptions",], after["cohorte_streams",]) == (2, 1)


async def test_the_age_of_the_oldest_mail_is_measured(fresh: str) -> None:
    owner = await asyncpg.connect(fresh)
    mail = "INSERT INTO identity.outbox_entry (kind, recipient, letter, locale, code, created_at, due_at)"
    try:
        assert await owner.fetchval("SELECT identity.mail_waits()") == 0
        for minutes in (5, 90):
            age = f"now() - {minutes} * interval '1 minute', now() + interval '1 day'"
            await owner.execute(f"{mail} VALUES ('MAIL', 'a@people.example', 'VERIFY_EMAIL', 'en', 'code', {age})")
        port = free_port()
        async with serving(fresh, metrics_port=port):
            found = await becomes(lambda: read(port), lambda found: values(found)["cohorte_mail_oldest_seconds",])
        assert 90 * 60 <= values(found)["cohorte_mail_oldest_seconds",] < 91 * 60
    finally:
        await owner.close()


async def test_metrics_are_off_unless_they_have_a_port_and_not_at_the_public_address(dsn: str) -> None:
    async with serving(dsn) as ask:
        assert ask.app.endpoint is not None
        assert ask.app.endpoint.metrics is None
        assert (await ask.http.get("/metrics")).status_code == 404
    port = free_port()
    async with serving(dsn, metrics_port=port) as ask:
        assert (await ask.http.get("/metrics")).status_code == 404
        assert "cohorte_operations" in await read(port)
    with pytest.raises(httpx.ConnectError):
        await read(port)


async def test_no_number_is_about_people(own_network: Network) -> None:
    """The same requests by other people, of whom there are more, give the same metrics but for times and memory."""
    texts = []
    for many in (1, 5):
        community = (await factories.community(own_network.database))["id"]
        people = [await own_network.member(community) for _ in range(many)]
        port, endpoint = free_port(), own_network.ask.app.endpoint
        assert endpoint is not None
        async with serving(str(endpoint.settings.database_url), metrics_port=port) as ask:
            for number in range(5):
                await ask(people[number % many], WHO)
            texts.append(await read(port))
    numbers = [
        {name: value for name, value in values(text).items() if not re.search("seconds|process|waits", name[0])}
        for text in texts
    ]
    assert numbers[0] == numbers[1]
