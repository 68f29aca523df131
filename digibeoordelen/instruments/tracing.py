"""Traces of requests, tasks and queries by OpenTelemetry: without people's data.

The library's own variables, OTEL_…, give the collector's address and how much is traced.
"""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

KEPT = (
    *("http.method", "http.route", "http.status_code", "http.request.method", "http.response.status_code"),
    *("db.system", "db.statement", "db.system.name", "db.query.text"),  # a statement has no values
    *("celery.action", "celery.state", "messaging.message.id", "messaging.message_id"),
    "error.type",
)


def start() -> None:
    """Trace this process from here on, but for its calls to other systems: those would be sent the id of the trace."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(CleanExporter(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    for instrumentor in (DjangoInstrumentor, CeleryInstrumentor, PsycopgInstrumentor):
        instrumentor().instrument()


class CleanExporter(SpanExporter):
    """Passes on spans with the attributes in `KEPT` alone: no address, header or message of an error."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_clean(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _clean(span: ReadableSpan) -> ReadableSpan:
    """Return the span without what may hold someone's data or the events, such as exceptions."""
    attributes = {name: value for name, value in (span.attributes or {}).items() if name in KEPT}
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=trace.Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )
