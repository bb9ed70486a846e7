"""Order, against a model: whatever two agents go through, each thread is heard as it was said.

hypothesis makes up programs: both sides write in several threads, are away, are started anew, refuse, fail, answer and
are not heard; deliveries run at once and attempts fall together. The model is a list for each thread. Source: security,
promise P7.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agent import outbox as ways_out
from agent.agent import Agent
from agent.draft import Line
from agent.errors import BadEnvelope, Dropped, Refused, TooMany, Unavailable, Unreachable
from agent.lane import Lane
from agent.outbox import Outbox
from agent.transports.memory import Network
from agent.ways import Receive
from tests.agent.world import World, the_only
from tests.postgresql import Server
from tests.promises import FILE, SERVER, Promise
from wallet.store import waiting
from wallet.store.change import Outcome, Outgoing

NOTE = "https://didcomm.org/basicmessage/2.0/message"
MINUTE, HOUR, DAY = 60, 3600, 86400
HER: Literal["her"] = "her"
ORG: Literal["Town Library"] = "Town Library"
Who = Literal["her", "Town Library"]
SIDES: tuple[Who, ...] = (HER, ORG)
Step = tuple[str, Who, int]


@dataclass
class Wire(Network):
    """As HTTP does: a message is handed over and answered, or it is not; the answer may be lost.

    faults: what comes next, once each, by address.
    """

    faults: dict[str, list[str]] = field(default_factory=dict)

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Hand one message over. Raises Unreachable or Refused."""
        await asyncio.sleep(0)
        if url in self.down:
            raise Unreachable("nobody listens there")
        planned = self.faults.get(url)
        fault = planned.pop(0) if planned else ""
        if fault == "refuse":
            raise Refused("it answered 400")
        if fault == "busy":
            raise Unreachable("it answered 503", 2)
        try:
            await self.listening[url](packed, None)
        except (Unavailable, TooMany):
            raise Unreachable("it answered 503") from None
        except (BadEnvelope, Dropped):
            pass  # it learns nothing
        if fault == "unheard":
            raise Unreachable("no answer within 15 s")
        return False


@dataclass
class Program:
    """One run. said: the model, by (who, thread), oldest first."""

    world: World
    wire: Wire
    said: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    threads: dict[tuple[str, int], str] = field(default_factory=dict)
    at_once: int = 0

    def agent(self, who: Who) -> Agent:
        """One side, as it is now."""
        return self.world.agents[who]

    async def write(self, who: Who, number: int) -> None:
        """Say something more in a thread, or begin it."""
        agent, known = self.agent(who), self.threads.get((who, number))
        said = self.said.setdefault((who, known or ""), []) if known else []
        text = {"content": f"{who} {number}/{len(said)}"}
        if known is None:
            begun = await self.world.do(agent, "/v1/threads", peer=the_only(agent).peer, type=NOTE, body=text)
            known = self.threads[who, number] = str(begun["thread"])
            said = self.said[who, known] = []
        else:
            await self.world.do(agent, f"/v1/threads/{known}/say", message="message", body=text)
        said.append(text["content"])

    async def step(self, step: Step) -> None:
        """One step of the program."""
        what, who, number = step
        url = self.agent(who).config.url
        match what:
            case "write":
                await self.write(who, number % 3)
            case "burst":
                for each in range(number + 2):
                    await self.write(who, each % 2)
            case "leave":
                self.wire.down.add(url)
            case "return":
                self.wire.down.discard(url)
            case "refuse" | "busy" | "unheard":
                self.wire.faults.setdefault(url, []).append(what)
            case "wait":
                await self.wait((1, 2, 30, 600, HOUR)[number])
            case "restart":
                await self.agent(who).outbox.quiet()
                await self.agent(who).outbox.begin() if number % 2 else await self.world.restart(self.agent(who))
                watch(self, self.agent(who))

    async def wait(self, seconds: int) -> None:
        """Let time pass, in a few steps, while everything runs."""
        for _ in range(4):
            await self.world.tick(max(1, seconds // 4))

    async def rest(self) -> None:
        """All faults are over; let everything arrive."""
        self.wire.down.clear()
        self.wire.faults.clear()
        for _ in range(30):
            await self.wait(HOUR)
            if not any(agent.store.counts()["outgoing"] for agent in self.world.agents.values()):
                return
        raise AssertionError("something was never delivered")

    def heard(self, who: Who, thid: str) -> list[str]:
        """What the other side of `who` heard in a thread, in the order it was applied."""
        other = self.agent("Town Library" if who == HER else "her")
        entries = other.store.log(the_only(other).peer, thid)
        lines = (msgspec.json.decode(msgspec.json.decode(each.record, type=Line).message) for each in entries)
        return [each["body"]["content"] for each in lines]


def watch(program: Program, agent: Agent) -> None:
    """See that one sender's messages are decided one at a time."""
    active: Counter[str] = Counter()
    apply = agent.store.apply

    async def one(change: object) -> Outcome:
        peer = change.peer  # type: ignore[attr-defined]  # it is a Change
        active[peer] += 1
        program.at_once = max(program.at_once, active[peer])
        try:
            await asyncio.sleep(0)
            return await apply(change)  # type: ignore[arg-type]  # see above
        finally:
            active[peer] -= 1

    agent.store.apply = one  # type: ignore[method-assign,assignment]  # what it returns is awaited, and no more


async def run(steps: list[Step], database: str = "") -> list[tuple[list[str], list[str]]]:
    """Run one program. Returns what was said and heard in each thread where these differ. database: the URL of an empty
    one that both wallets are to be in."""
    with tempfile.TemporaryDirectory() as folder:
        wire = Wire()
        world = World(Path(folder), wire, database=database)
        org, her = await world.add(ORG, "org"), await world.add(HER)
        await world.introduce(her, org)
        await world.tick(10)
        program = Program(world, wire)
        for agent in (org, her):
            watch(program, agent)
        for step in steps:
            await program.step(step)
        await program.rest()
        heard = {key: program.heard(*key) for key in program.said}  # type: ignore[arg-type]  # keys name who
        await world.close()
        assert program.at_once <= 1
        return [(said, heard[key]) for key, said in program.said.items() if said != heard[key]]


STEP: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from(
        ["write", "write", "write", "burst", "leave", "return", "refuse", "busy", "unheard", "wait", "wait", "restart"]
    ),
    st.sampled_from(SIDES),
    st.integers(0, 4),
)


def given_up(steps: list[Step]) -> bool:
    """Whether a message may have been refused three times, which ends it."""
    return sum(what == "refuse" for what, _, _ in steps) > 2


@contextmanager
def somewhere(server: Server | None) -> Iterator[str]:
    """The URL of a new database; without a server "", for files."""
    if server is None:
        yield ""
        return
    url = server.database()
    try:
        yield url
    finally:
        server.drop(url)


@pytest.mark.parametrize(
    ("store", "programs"),
    [
        (FILE, 50),
        pytest.param(FILE, 500, marks=pytest.mark.full),
        pytest.param(SERVER, 50, marks=pytest.mark.full),
    ],
)
def test_in_every_thread_what_was_said_is_heard_once_and_in_order(
    request: pytest.FixtureRequest, store: str, programs: int, promise: Promise
) -> None:
    server: Server | None = request.getfixturevalue("postgresql") if store == SERVER else None
    execute = waiting.run if server else asyncio.run

    @settings(
        max_examples=programs, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(st.lists(STEP, min_size=5, max_size=25).filter(lambda steps: not given_up(steps)))
    def program(steps: list[Step]) -> None:
        with somewhere(server) as url:
            assert execute(run(steps, url)) == []

    program()

    what = "programs of writing, absence, refusal, lost answers and restarts, against a model"
    promise(
        "P7", what=what, size=programs, result="0 out of order, 0 lost, 0 double", control="a way out that goes on",
        each="program", store=store,
    )  # fmt: skip


def test_a_way_out_that_overtakes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what is held up holds nothing else up."""

    async def hasty(self: Outbox, peer: str, lane: Lane, due: int, message: Outgoing | None) -> None:
        if message is not None:
            await self.agent.store.retry_outgoing(peer, message.id, due, message.record, held=False)
        self.waits._peers.pop(peer, None)

    monkeypatch.setattr(ways_out.Outbox, "_hold", hasty)
    steps: list[Step] = [
        ("write", "her", 0), ("wait", "her", 0), ("leave", "Town Library", 0), ("write", "her", 0), ("wait", "her", 2),
        ("return", "Town Library", 0), ("write", "her", 0), ("wait", "her", 4),
    ]  # fmt: skip

    assert asyncio.run(run(steps)) != []
