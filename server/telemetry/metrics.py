"""Counts what the process does and prints it for Prometheus, at an address of its own.

Labels are names that this code chooses. No number is about people: neither how many there are, nor what one of them
did.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from server.operations.errors import RequestError

log = logging.getLogger("cohorte.metrics")

LAG_SECONDS = 0.5  # between two measurements of the event loop's lag
MAIL_SECONDS = 15.0  # between two of the outbox's age
OK = "OK"  # the code of an operation without errors
OPERATION_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class MetricSource(NamedTuple):
    """A number that the server already has, read whenever metrics are requested."""

    name: str
    help: str
    label: str | None
    values: Callable[[], Mapping[str, float]]  # by the label's value; by "" if there is no label
    counts: bool = False  # it never decreases


class MetricSources(Collector):
    """Sources as metrics. They are read in another thread, so each is a length or a number."""

    def __init__(self, readings: Iterable[MetricSource]) -> None:
        self.readings = tuple(readings)

    def collect(self) -> Iterable[Metric]:
        for reading in self.readings:
            kind = CounterMetricFamily if reading.counts else GaugeMetricFamily
            family = kind(reading.name, reading.help, labels=[reading.label] if reading.label else [])
            for value, number in reading.values().items():
                family.add_metric([value] if reading.label else [], number)
            yield family


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.operations = Counter(
            "cohorte_operations",
            "Operations, by view, type and the first code, of errors or in userErrors.",
            ["view", "type", "code"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "cohorte_operation_seconds",
            "Time from a request to its response; of a subscription, to its start.",
            ["view", "type"],
            buckets=OPERATION_BUCKETS,
            registry=self.registry,
        )
        self.lag = Histogram(
            "cohorte_event_loop_lag_seconds",
            "How much later than planned the event loop ran a timer.",
            buckets=LAG_BUCKETS,
            registry=self.registry,
        )
        self.mail = Gauge(
            "cohorte_mail_oldest_seconds", "Age of the oldest mail that is not sent yet.", registry=self.registry
        )
        self.observers: dict[tuple[str, str | None, str], Callable[[float], None]] = {}

    def observe(self, view: str, kind: str | None, codes: tuple[str, ...], seconds: float) -> None:
        """Counts one operation."""
        key = view, kind, codes[0] if codes else OK
        observer = self.observers.get(key)
        if observer is None:
            counted = self.operations.labels(view, kind or "none", key[2])
            timed = self.seconds.labels(view, kind or "none")
            observer = self.observers[key] = partial(observe, counted, timed)
        observer(seconds)

    def read(self, readings: Iterable[MetricSource]) -> None:
        """Adds readings to what is printed."""
        self.registry.register(MetricSources(readings))

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Serves the metrics over HTTP in a thread; returns what stops it. Raises OSError if it cannot listen."""
        server, thread = start_http_server(port, host, self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop

    async def watch_loop(self) -> None:
        """Measures the event loop's lag until cancelled."""
        while True:
            planned = time.perf_counter() + LAG_SECONDS
            await asyncio.sleep(LAG_SECONDS)
            self.lag.observe(max(0.0, time.perf_counter() - planned))

    async def watch_mail(self, age: Callable[[], Awaitable[float]]) -> None:
        """Measures the outbox's age until cancelled; it stays as it was while the database is unavailable."""
        while True:
            try:
                self.mail.set(await age())
            except RequestError:
                pass
            except Exception as error:  # of any kind: nothing would restart this task
                log.warning("the age of the outbox is unknown: %s", type(error).__name__)
            await asyncio.sleep(MAIL_SECONDS)


def observe(counted: Counter, timed: Histogram, seconds: float) -> None:
    counted.inc()
    timed.observe(seconds)
