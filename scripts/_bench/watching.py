"""What it costs to watch an agent: the measures that one message and its answer cause, and traces, off and on."""

from collections.abc import Iterator
from time import perf_counter

from agent import tracing
from agent.metrics import Metrics
from scripts._bench.measure import Effort, Figure, in_y, side_by_side

MESSAGES = 100
BOUND = 6.5  # for so many, a hundredth of what taking them may cost


def figures(effort: Effort) -> Iterator[Figure]:
    """All that is measured of a message and its answer, and traces, by the hundred: one is too quick to be told."""
    one = Metrics()

    def message() -> None:
        began = perf_counter()
        with tracing.span("receive"):
            one.passed("open", perf_counter())
            one.passed("turn", perf_counter())
            one.passed("decide", perf_counter())
            one.passed("commit", perf_counter())
        one.answered(began, 1000)
        with tracing.span("deliver"):
            one.passed("seal", perf_counter())
            one.sent.add(1000)
        one.delivered(began)

    def messages() -> None:
        for _ in range(MESSAGES):
            message()

    def nothing() -> None:
        for _ in range(MESSAGES):
            with tracing.span("receive"):
                pass

    measured, switched_off = side_by_side(effort, messages, nothing)
    yield in_y(f"{MESSAGES} messages and their answers measured", measured, BOUND)
    yield in_y(f"{MESSAGES} traces, switched off", switched_off, None)
    with tracing.to(traces()):
        [traced] = side_by_side(effort, message)
    yield in_y("a message and its answer measured and traced, not sent", traced, None)


def traces() -> tracing.Traces:
    """Traces that are thrown away once they are made."""
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    from agent.telemetry import Spans

    provider = TracerProvider()
    provider.add_span_processor(SpanProcessor())
    return Spans(provider)
