"""Sets up OpenTelemetry as its own environment variables say, if they name an exporter."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
FLUSH_SECONDS = 1.0


class TelemetryMissing(Exception):
    """An exporter is set, and the packages that it needs are not installed."""

    def __init__(self) -> None:
        super().__init__(f"{ENDPOINTS[0]} is set, and traces need cohorte[telemetry], which is not installed.")


@dataclass(frozen=True)
class Telemetry:
    """What makes spans, and what sends the last of them when the process ends."""

    tracer: "Tracer"
    flush: Callable[[], Any] = lambda: None

    def finish(self) -> None:
        """Sends the last spans, for at most `FLUSH_SECONDS`: the exporter's own limit may be ten seconds and more."""
        thread = threading.Thread(target=self.flush, daemon=True)
        thread.start()
        thread.join(FLUSH_SECONDS)


def telemetry(environ: Mapping[str, str]) -> Telemetry | None:
    """OpenTelemetry's tracer with an OTLP exporter over HTTP; None if no exporter is set. Raises TelemetryMissing."""
    is_off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"
    if is_off or not any(environ.get(name, "").strip() for name in ENDPOINTS):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise TelemetryMissing from None
    named = {"service.name": environ.get("OTEL_SERVICE_NAME") or "cohorte"}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Telemetry(provider.get_tracer("cohorte"), provider.force_flush)
