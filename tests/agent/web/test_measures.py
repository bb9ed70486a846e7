"""How long each stage of a message takes, and how much there is of everything, as Prometheus reads it."""

import asyncio
import re
from pathlib import Path
from time import perf_counter

import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from agent import inbox, lag
from agent.agent import Agent
from agent.errors import BadEnvelope
from agent.metrics import BYTES, CHANGES, SECONDS, STAGES, Metrics, Spread
from agent.web import metrics
from tests.agent.puppet import Puppet
from tests.agent.world import World, public_did
from wallet.store import writer
from wallet.store.transaction import Transaction

ROOT = Path(__file__).parents[3]
NOTE = "https://didcomm.org/basicmessage/2.0/message"
IN = ("open", "turn", "decide", "commit", "answered")
OUT = ("seal", "deliver")
STAGE_OF = "freerange_stage_seconds"


@pytest.fixture
async def met(world: World) -> tuple[Agent, Puppet]:
    """An org, and somebody it knows."""
    agent, friend = await world.add("Town Library", "org"), Puppet.make(world)
    await friend.meet_org(agent, public_did(agent))
    await world.tick(10)
    return agent, friend


def read(agent: Agent) -> dict[str, Metric]:
    """What Prometheus reads, by name, as its own library reads it back."""
    return {family.name: family for family in text_string_to_metric_families(metrics.text(agent, ()).decode())}


def values(family: Metric, suffix: str) -> dict[str, float]:
    """The samples of one kind, by stage."""
    return {each.labels.get("stage", ""): each.value for each in family.samples if each.name.endswith(suffix)}


async def test_every_stage_of_every_message_is_measured(met: tuple[Agent, Puppet]) -> None:
    agent, friend = met
    before = values(read(agent)[STAGE_OF], "_count")

    for number in range(7):
        await friend.say(agent, NOTE, {"content": f"more {number}"}, to=public_did(agent))
    counted, sums = (values(read(agent)[STAGE_OF], suffix) for suffix in ("_count", "_sum"))

    assert {stage: counted[stage] - before[stage] for stage in IN} == dict.fromkeys(IN, 7.0)
    assert all(counted[stage] > 0 and sums[stage] > 0 for stage in (*IN, *OUT))
    assert sums["open"] + sums["turn"] + sums["decide"] < sums["answered"]  # they are parts of it
    assert sums["seal"] < sums["deliver"]
    assert set(counted) == set(STAGES)


async def test_what_cannot_be_opened_takes_time_too(met: tuple[Agent, Puppet]) -> None:
    agent, _ = met
    before, size = values(read(agent)[STAGE_OF], "_count"), len(b"{}")

    with pytest.raises(BadEnvelope):
        await inbox.receive(agent, b"{}")
    found = read(agent)
    after = values(found[STAGE_OF], "_count")

    assert {stage: after[stage] - before[stage] for stage in IN} == {**dict.fromkeys(IN, 0.0), "open": 1, "answered": 1}
    assert agent.metrics.received.counts[0] == 1
    assert size < BYTES[0]


async def test_sizes_are_those_of_the_packed_messages(met: tuple[Agent, Puppet]) -> None:
    agent, friend = met
    before = values(read(agent)["freerange_received_bytes"], "_sum")[""]
    packed = await friend.pack(agent, friend.message(NOTE, {"content": "x" * 3000}, to=public_did(agent)))

    await inbox.receive(agent, packed)

    assert values(read(agent)["freerange_received_bytes"], "_sum")[""] - before == len(packed)


async def test_changes_that_wait_for_each_other_are_seen_to_share_a_commit(met: tuple[Agent, Puppet]) -> None:
    agent, _ = met
    before = agent.metrics.changes.sum, sum(agent.metrics.changes.counts)

    await asyncio.gather(*(agent.store.write(touch) for _ in range(40)))
    found = read(agent)

    assert agent.metrics.changes.sum - before[0] == 40
    commits = sum(agent.metrics.changes.counts) - before[1]
    assert commits < 40
    waits, took = (values(found[f"freerange_commit_{name}"], "_count") for name in ("wait_seconds", "seconds"))
    assert waits == took == {"": commits + before[1]}
    assert agent.metrics.waited.sum > 0


def touch(tx: Transaction) -> None:
    """Write something that changes nothing."""
    tx.run("UPDATE meta SET value = value WHERE name = 'header'")


async def test_a_commit_waits_no_less_than_nothing(met: tuple[Agent, Puppet]) -> None:
    agent = met[0]
    waits: list[float] = []
    agent.store.watch(lambda changes, waited, took: waits.append(waited))
    first = agent.store.write(touch)
    await asyncio.sleep(0)  # it is taken up while others come

    await asyncio.gather(first, *(agent.store.write(touch) for _ in range(5)))

    assert min(waits) >= 0


async def test_the_loop_is_seen_to_be_late(met: tuple[Agent, Puppet]) -> None:
    agent = met[0]

    looking = asyncio.create_task(lag.run(agent, every=0.001))
    await asyncio.sleep(0)
    began = perf_counter()
    while perf_counter() - began < 0.08:  # somebody keeps the loop
        pass
    await asyncio.sleep(0.002)
    looking.cancel()

    assert sum(agent.metrics.lag.counts[SECONDS.index(0.05) :]) >= 1


async def test_prometheus_can_read_every_line_of_it(met: tuple[Agent, Puppet]) -> None:
    agent, friend = met
    await friend.say(agent, NOTE, {"content": "hi"}, to=public_did(agent))
    text = metrics.text(agent, ()).decode()

    found = read(agent)
    measures = {name: found[f"freerange_{name}"] for name in metrics.SPREADS}

    lines = text.splitlines()
    assert text.endswith("\n")
    for kind in ("HELP", "TYPE"):
        named = [line.split()[2] for line in lines if line.startswith(f"# {kind} ")]
        assert len(named) == len(set(named))
        assert all(f"freerange_{name}" in named for name in metrics.SPREADS)
    for family in measures.values():
        assert family.type == "histogram"
        assert len(family.documentation) > 10
        for stage in {each.labels.get("stage", "") for each in family.samples}:
            check_one(family, stage)
    assert all(re.fullmatch(r"[a-zA-Z_]\w*(\{[^{}]*\})? [-+\w.]+", line) for line in lines if line[0] != "#")


def check_one(family: Metric, stage: str) -> None:
    """Buckets ascend, the last holds all, and there is one sum and one count."""
    samples = [each for each in family.samples if each.labels.get("stage", "") == stage]
    rows = [(each.labels["le"], each.value) for each in samples if each.name.endswith("_bucket")]
    bounds, counts = [float(bound) for bound, _ in rows], [count for _, count in rows]
    assert bounds == sorted(set(bounds))
    assert rows[-1][0] == "+Inf"
    assert counts == sorted(counts)
    assert [each.value for each in samples if each.name.endswith("_count")] == [counts[-1]]
    assert len([each for each in samples if each.name.endswith("_sum")]) == 1


@pytest.mark.parametrize("value", [0.0, 0.0001, 0.00011, 0.3, 10.0, 11.0])
def test_a_value_counts_in_each_span_that_holds_it(value: float) -> None:
    spread = Spread(SECONDS)

    spread.add(value)

    assert dict(metrics.buckets(spread)) == {
        **{str(bound): float(value <= bound) for bound in SECONDS},
        "+Inf": 1.0,
    }


def test_the_widest_commit_has_a_span_of_its_own() -> None:
    assert CHANGES[-1] == writer.MOST


def test_every_stage_in_the_program_is_described() -> None:
    called = re.compile(r'\.(?:passed\(|stages\[)"([a-z_]+)"')
    found = {name for path in (ROOT / "agent").rglob("*.py") for name in called.findall(path.read_text())}

    assert found == set(STAGES)


def test_every_measure_is_described() -> None:
    assert {*metrics.spreads(Metrics()), metrics.STAGE} == set(metrics.SPREADS)
