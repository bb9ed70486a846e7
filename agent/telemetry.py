"""Traces to a collector of one's own, by OpenTelemetry. The extra `opentelemetry` brings what is imported here.

What it sends is `agent/tracing.py`'s: names of stages and times. No attribute is set and no failure is told, for words
may name somebody. Where it sends is said by the variables that all programs of an operator share (OTEL_...); without an
endpoint nothing of this is loaded. Source: OpenTelemetry, "OTLP Exporter Configuration".
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Thread
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Final

from agent import tracing
from agent.logs import note

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
NAME: Final = "freerange"
LAST_SECONDS: Final = 2.0  # that what is not sent yet gets when the agent stops
BILLION: Final = 1_000_000_000


class Spans:
    """Takes traces down as spans: one for the whole of a message, and one below it for each stage."""

    def __init__(self, provider: "TracerProvider") -> None:
        self.tracer: Tracer = provider.get_tracer(NAME)

    @contextmanager
    def whole(self, name: str) -> Iterator[None]:
        """A trace of its own, whatever is under way."""
        from opentelemetry.context import Context
        from opentelemetry.trace import StatusCode

        quiet = self.tracer.start_as_current_span(
            name, context=Context(), record_exception=False, set_status_on_exception=False
        )
        with quiet as span:
            try:
                yield
            except BaseException:
                span.set_status(StatusCode.ERROR)
                raise

    def stage(self, name: str, began: float, ended: float) -> None:
        """One span below the one that is under way; what the owner does is no message, and makes none."""
        from opentelemetry.trace import get_current_span

        if get_current_span().is_recording():
            start = time_ns() - int((perf_counter() - began) * BILLION)
            span = self.tracer.start_span(name, start_time=start)
            span.end(start + int((ended - began) * BILLION))


def exported(settings: Mapping[str, str]) -> AbstractContextManager[None]:
    """Within the block, send traces to the collector that the settings of this process name, if they name one."""
    if not any(settings.get(name) for name in ENDPOINTS):
        return nullcontext()
    if settings.get("OTEL_SDK_DISABLED", "").lower() == "true" or settings.get("OTEL_TRACES_EXPORTER") == "none":
        return nullcontext()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        note("traces are asked for and not sent", why="not installed", mend="pip install 'freerange[opentelemetry]'")
        return nullcontext()
    named = {} if settings.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: NAME}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return _to(provider)


@contextmanager
def _to(provider: "TracerProvider") -> Iterator[None]:
    try:
        with tracing.to(Spans(provider)):
            yield
    finally:
        ending = Thread(target=provider.shutdown, daemon=True)  # sends what is left, and tries for half a minute
        ending.start()
        ending.join(LAST_SECONDS)
