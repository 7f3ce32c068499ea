"""Reads the numbers that the server's parts already have, for metrics."""

from collections.abc import Callable, Mapping

from server.databases.pools import ConnectionPool
from server.databases.standbys import Standbys
from server.operations.endpoint import Endpoint
from server.telemetry.metrics import MetricSource


def readings(endpoint: Endpoint, pools: Mapping[str, ConnectionPool]) -> list[MetricSource]:
    """What is read of the endpoint and of the connection pools, by their names."""
    views = {audience.view: view.documents for audience, view in endpoint.views.items()}
    planning, events, streams, feeds = endpoint.planning, endpoint.events, endpoint.streams, endpoint.feeds

    def subscriptions() -> dict[str, float]:
        return {"": sum(list(feeds.numbers.values()))}

    kept = endpoint.kept

    def kept_reads() -> dict[str, float]:
        return {"hit": kept.hits, "miss": kept.misses}

    def of_pools(
        name: str, about: str, read: Callable[[ConnectionPool], float], *, counts: bool = False
    ) -> MetricSource:
        def found() -> dict[str, float]:
            return {pool_name: read(pool) for pool_name, pool in pools.items()}

        return MetricSource(f"cohorte_pool_{name}", about, "pool", found, counts=counts)

    return [
        MetricSource(
            "cohorte_kept_reads",
            "Queries whose answers may be kept, by whether they were.",
            "found",
            kept_reads,
            counts=True,
        ),
        MetricSource(
            "cohorte_kept_drops",
            "Kept answers that were dropped because something may have changed.",
            None,
            lambda: {"": kept.drops},
            counts=True,
        ),
        MetricSource("cohorte_kept_bytes", "Memory of the kept answers.", None, lambda: {"": kept.answers.currsize}),
        *([] if endpoint.standbys is None else of_standbys(endpoint.standbys)),
        of_pools("connections", "Connections to the database, by pool.", lambda pool: pool.pool.get_max_size()),
        of_pools("requests", "Requests that use a connection or wait for one.", lambda pool: pool.busy),
        of_pools("waiting", "Requests that wait for a connection to become free.", lambda pool: pool.waiting),
        of_pools("waits", "Times that a request waited for a connection.", lambda pool: pool.waits, counts=True),
        of_pools(
            "wait_seconds", "Time that requests waited for connections.", lambda pool: pool.wait_seconds, counts=True
        ),
        MetricSource(
            "cohorte_planning_waiting",
            "Requests with documents that are new to the server, waiting to be planned or being planned.",
            None,
            lambda: {"": planning.waiting},
        ),
        MetricSource(
            "cohorte_documents_read",
            "Documents that were parsed and validated because they were not cached.",
            "view",
            lambda: {view: documents.reads for view, documents in views.items()},
            counts=True,
        ),
        MetricSource(
            "cohorte_documents_cached",
            "Documents whose plans are cached.",
            "view",
            lambda: {view: len(documents.answerable) for view, documents in views.items()},
        ),
        MetricSource("cohorte_streams", "Open WebSockets and event streams.", None, lambda: {"": len(streams.open)}),
        MetricSource("cohorte_subscriptions", "Running subscriptions.", None, subscriptions),
        MetricSource(
            "cohorte_ledger_places",
            "Places in which the ledger's head and erasures are stored, of which the data folder is one.",
            None,
            lambda: {"": len(endpoint.publisher.guard.places)},
        ),
        MetricSource(
            "cohorte_listening",
            "1 while the process receives events and revocations from the database, or else 0.",
            None,
            lambda: {"": int(events.listening)},
        ),
    ]


def of_standbys(standbys: Standbys) -> list[MetricSource]:
    """What is read of standbys, by their number in the setting."""

    def reads() -> dict[str, float]:
        return {"primary": standbys.reads_on_primary, **{each.name: each.reads for each in standbys.standbys}}

    return [
        MetricSource(
            "cohorte_standby_lag_seconds",
            "Time since which a standby may lack something; infinite for one that is not read from.",
            "standby",
            standbys.lags,
        ),
        MetricSource(
            "cohorte_primary_silent_seconds",
            "Time since the primary has last answered.",
            None,
            lambda: {"": standbys.silent_seconds()},
        ),
        MetricSource(
            "cohorte_outage_reads",
            "Queries that were read from standbys because the primary did not answer.",
            None,
            lambda: {"": standbys.outage_reads},
            counts=True,
        ),
        MetricSource(
            "cohorte_standby_reads",
            "Queries that were read from each standby, or from the primary.",
            "server",
            reads,
            counts=True,
        ),
    ]
