"""Traces: the stages of a message as spans that name nobody, to a collector of one's own, and to no peer."""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from time import perf_counter, time_ns

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from agent import inbox, telemetry, tracing
from agent.agent import Agent
from agent.errors import BadEnvelope
from agent.metrics import STAGES
from agent.transports.http import Sender
from tests.agent.puppet import Puppet, canonical
from tests.agent.world import World, public_did
from tests.ports import free_ports

ROOT = Path(__file__).parents[2]
NOTE = "https://didcomm.org/basicmessage/2.0/message"
PING = "https://didcomm.org/trust-ping/2.0/ping"


@pytest.fixture
async def met(world: World) -> tuple[Agent, Puppet]:
    """An org, and somebody it knows."""
    agent, friend = await world.add("Town Library", "org"), Puppet.make(world)
    await friend.meet_org(agent, public_did(agent))
    await world.tick(10)
    return agent, friend


@pytest.fixture
def taken() -> Iterator[InMemorySpanExporter]:
    """What is taken down meanwhile."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with tracing.to(telemetry.Spans(provider)):
        yield kept
    provider.shutdown()


def traces(kept: InMemorySpanExporter) -> list[tuple[str, list[ReadableSpan]]]:
    """The whole of each message by its name, and the stages below it in their order."""
    spans = kept.get_finished_spans()
    roots = [each for each in spans if each.parent is None]
    return [(root.name, [each for each in spans if each.parent == root.context]) for root in roots]


async def test_each_message_is_a_trace_with_its_stages(
    met: tuple[Agent, Puppet], world: World, taken: InMemorySpanExporter
) -> None:
    agent, friend = met

    await friend.say(agent, PING, {"response_requested": True}, to=public_did(agent))
    await world.settle()

    found = traces(taken)
    assert sorted(name for name, _ in found) == ["deliver", "receive"]
    stages = {name: [each.name for each in below] for name, below in found}
    assert stages == {"receive": ["open", "turn", "decide", "commit"], "deliver": ["seal"]}


async def test_stages_lie_within_their_message_and_follow_each_other(
    met: tuple[Agent, Puppet], taken: InMemorySpanExporter
) -> None:
    agent, friend = met
    began = time_ns()

    await friend.say(agent, NOTE, {"content": "hi"}, to=public_did(agent))

    [(_, stages)] = [each for each in traces(taken) if each[0] == "receive"]
    [root] = [each for each in taken.get_finished_spans() if each.name == "receive"]
    moments = [moment for each in stages for moment in (each.start_time, each.end_time) if moment]
    assert len(moments) == 8
    apart = 20_000_000  # ns that may pass, on a busy machine, between the readings of two clocks
    assert all(later - earlier > -apart for earlier, later in pairwise(moments))
    assert [each.name for each in stages] == ["open", "turn", "decide", "commit"]
    assert root.start_time
    assert root.end_time
    assert began <= root.start_time < moments[0] + apart
    assert moments[-1] < root.end_time + apart


async def test_a_trace_names_nobody(met: tuple[Agent, Puppet], world: World, taken: InMemorySpanExporter) -> None:
    agent, friend = met
    message = friend.message(PING, {"response_requested": True, "comment": "see you"}, to=public_did(agent))

    await inbox.receive(agent, await friend.pack(agent, message))
    with pytest.raises(BadEnvelope):
        await inbox.receive(agent, friend.did.encode())
    world.network.down.add(friend.url)
    await friend.say(agent, PING, {"response_requested": True}, to=public_did(agent))
    await world.settle()

    spans = taken.get_finished_spans()
    text = "".join(each.to_json() for each in spans)
    for secret in (friend.did, canonical(friend.did), friend.url, message.id, "see you", "Town Library", "did:", NOTE):
        assert secret not in text
    assert {each.name for each in spans} <= {*STAGES, "receive"}
    assert all(not each.attributes and not each.events and not each.links for each in spans)
    failed = [each for each in spans if each.status.status_code is StatusCode.ERROR]
    assert {each.name for each in failed} == {"receive", "deliver"}
    assert all(each.status.description is None for each in failed)


async def test_a_message_and_its_answer_are_not_tied_together(
    met: tuple[Agent, Puppet], world: World, taken: InMemorySpanExporter
) -> None:
    agent, friend = met

    for _ in range(3):
        await friend.say(agent, PING, {"response_requested": True}, to=public_did(agent))
    await world.settle()

    roots = [each.context.trace_id for each in taken.get_finished_spans() if each.parent is None and each.context]
    assert len(roots) >= 6
    assert len(set(roots)) == len(roots)


async def test_what_the_owner_does_is_no_message(
    met: tuple[Agent, Puppet], world: World, taken: InMemorySpanExporter
) -> None:
    agent, friend = met
    world.network.down.add(friend.url)

    await world.do(agent, "/v1/pings", peer=friend.did)
    await world.settle()

    assert {name for name, _ in traces(taken)} == {"deliver"}


async def test_no_peer_is_told_of_a_trace(taken: InMemorySpanExporter) -> None:
    heard: list[dict[str, str]] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        heard.append({name.lower(): value for name, value in request.headers.items()})
        return web.Response(status=202)

    async with listening(answer) as url:
        sender = Sender(development=True)
        with tracing.span("deliver"):
            await sender.send(url, b"{}")
        await sender.close()

    assert len(taken.get_finished_spans()) == 1
    assert heard
    assert not {"traceparent", "tracestate", "baggage", "b3", "uber-trace-id"} & heard[0].keys()


@asynccontextmanager
async def listening(answer: Callable[[web.BaseRequest], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """A web server on loopback while the block lasts; gives its address."""
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


# -- to a collector ----------------------------------------------------------------------------------------------------


async def test_a_collector_gets_them_by_otlp(met: tuple[Agent, Puppet], monkeypatch: pytest.MonkeyPatch) -> None:
    agent, friend = met
    got: list[tuple[str, ExportTraceServiceRequest]] = []

    async def collect(request: web.BaseRequest) -> web.Response:
        got.append((request.path, ExportTraceServiceRequest.FromString(await request.read())))
        return web.Response()

    async with listening(collect) as url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        sending = telemetry.exported(os.environ)
        sending.__enter__()
        await friend.say(agent, NOTE, {"content": "hi"}, to=public_did(agent))
        await asyncio.to_thread(sending.__exit__, None, None, None)  # the collector is in this loop

    [(path, request)] = got
    [resource] = request.resource_spans
    names = [span.name for scope in resource.scope_spans for span in scope.spans]
    assert path == "/v1/traces"
    assert sorted(names) == ["commit", "decide", "open", "receive", "turn"]
    attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert attributes.pop("service.name") == "freerange"
    assert all(key.startswith(("telemetry.sdk.", "service.instance.id")) for key in attributes)
    assert tracing.traces is None


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"OTEL_SERVICE_NAME": "vendor"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_unless_it_is_asked_for_nothing_is_taken_down(settings: dict[str, str]) -> None:
    with telemetry.exported(settings):
        assert tracing.traces is None


def test_where_the_extra_is_missing_the_agent_runs_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "freerange")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    with telemetry.exported({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}):
        assert tracing.traces is None

    [record] = caplog.records
    assert "pip install 'freerange[opentelemetry]'" in record.fields["mend"]  # type: ignore[attr-defined]  # what `note` adds


async def test_a_collector_that_is_gone_holds_up_no_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_ports(1)[0]}")
    with telemetry.exported(os.environ):
        with tracing.span("receive"):
            pass
        began = perf_counter()

    assert perf_counter() - began < 2 * telemetry.LAST_SECONDS


# -- off -------------------------------------------------------------------------------------------------------------


def test_without_it_nothing_of_it_is_loaded() -> None:
    program = (
        "import os, sys; from agent import inbox, serving, telemetry; from agent.cli import home\n"
        "with telemetry.exported(os.environ): pass\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    without = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}

    assert subprocess.run([sys.executable, "-c", program], check=False, env=without, cwd=ROOT).returncode == 0
