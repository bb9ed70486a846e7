"""Vendors that keep everything they are told, and persons who deal with several of them from behind one mediator.

The clock of each tells another second of the minute: every person's the 7th, every org's one of its own. So a time
finer than a minute tells whose it was.
"""

import asyncio
import base64
import json
import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pytest

from agent import clock, inbox, logs, tally, told
from agent.agent import Agent
from agent.config import Config
from agent.didcomm.envelopes import Opened
from agent.identity import documents
from agent.link import Rhythm
from agent.rotation import Move
from agent.ways import WayBack
from agent.web import api
from protocols.messages import unix
from tests.agent.mediated import behind, mediator
from tests.agent.world import START, World, known, public_did, state
from tests.unlinkability.joining import MINUTE, TIME, Found, Value, held_by, values
from wallet.store.store import Store

PATIENCE = 60.0
HERS = 7  # the second of the minute that every person's clock tells
STEADY = Rhythm(first=0.01, longest=0.05, look=5, poll=0.05, line=0.05, again=0.05, tidy=5)
DAY = 86400
_whose: ContextVar[str] = ContextVar("whose", default="")


def at_work() -> str:
    """Whose work is being done now; empty if nobody said."""
    return _whose.get()


@contextmanager
def working(agent: Agent) -> Iterator[None]:
    """What is written down meanwhile, this agent wrote."""
    before = _whose.set(agent.config.name)
    try:
        yield
    finally:
        _whose.reset(before)


class Kept(logging.Handler):
    """The log lines that each agent wrote, as they are written to standard error."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, list[str]] = defaultdict(list)
        self.formatter = logs._Lines()

    def emit(self, record: logging.LogRecord) -> None:
        """Put a line down for whoever is at work. When it was written is the org's own time."""
        line = json.loads(self.format(record))
        del line["at"]
        self.lines[_whose.get()].append(json.dumps(line))


Heard: TypeAlias = dict[Path, list[bytes]]


def listening_in(patch: pytest.MonkeyPatch) -> Heard:
    """All messages as they are when they have been opened, by the wallet of whoever heard them."""
    heard: Heard = defaultdict(list)
    real = inbox.take

    async def take(
        agent: Agent, opened: Opened, move: Move | None, back: WayBack | None = None, *, trusting: bool = False
    ) -> bool:
        heard[agent.store.path].append(opened.raw)
        return await real(agent, opened, move, back, trusting=trusting)

    patch.setattr(inbox, "take", take)
    return heard


@dataclass
class Society(World):
    """See the module. heard: every message as it was opened. told: what was disclosed knowingly, to whom."""

    heard: Heard = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)
    told: dict[Value, set[str]] = field(default_factory=lambda: defaultdict(set))
    vendors: list[Agent] = field(default_factory=list)
    customers: list[Agent] = field(default_factory=list)
    post: Agent | None = None
    helper: Agent | None = None

    @classmethod
    async def of(
        cls, folder: Path, heard: Heard, vendors: int, customers: int, *, begun: int = START, shared: bool = True
    ) -> "Society":
        """So many vendors and customers. shared: whether the customers have a mediator."""
        made = cls(folder, time=begun, heard=heard)
        made.post = await mediator(made)
        made.helper = await made.org("Agency")
        made.vendors = [await made.org(f"Vendor {number:02}") for number in range(vendors)]
        for _ in range(customers):
            name = f"person p{secrets.token_hex(5)}"
            made.customers.append(await behind(made, made.post, name) if shared else await made.add(name))
        return made

    async def org(self, name: str) -> Agent:
        """One more org, whose log lines are kept."""
        return await self.add(name, "org")

    def put(self, config: Config, store: Store) -> Agent:
        """An agent in its place, with a second of its own, whose work is known as its."""
        agent = super().put(config, store)
        second = HERS if agent.config.kind == "person" else 10 + len(self.agents)
        agent.now = lambda: self.time + second
        heard = agent.receive

        async def receive(packed: bytes, way: WayBack | None) -> None:
            with working(agent):
                await heard(packed, way)

        if agent.config.kind == "org":
            self.network.listen(agent.config.url, receive)
        return agent

    async def ask(self, agent: Agent, method: str, path: str, **body: object) -> object:
        """What the owner's API says."""
        with working(agent):
            return await super().ask(agent, method, path, **body)

    async def wait(self, *those: Agent, seconds: int = 60) -> None:
        """Let whole minutes pass, and these do what is due."""
        self.time += seconds
        for agent in those:
            with working(agent):
                await clock.tick(agent)
        await self.settle()

    async def until(self, holds: Callable[[], object], *those: Agent, answer: bool = False) -> None:
        """Let everything arrive until this holds. Meanwhile time passes for these. answer: they say yes to whatever
        they are asked."""
        ends, rounds = asyncio.get_running_loop().time() + PATIENCE, 0
        while not holds():
            await self.settle()
            await asyncio.sleep(0.002)
            rounds += 1
            if those and rounds % 25 == 0:
                await self.wait(*those)
            if answer:
                await self.answer_all(*those)
            assert asyncio.get_running_loop().time() < ends, "it did not come about"

    async def agreed(self, thid: str, wanted: str, *those: Agent) -> None:
        """All of these say yes to whatever they are asked until a thread has come so far at each."""
        await self.until(lambda: all(state(each, thid) == wanted for each in those), *those, answer=True)

    async def comes(self, agent: Agent, thid: str, wanted: str, *those: Agent) -> None:
        """A thread comes so far at this one."""
        await self.until(lambda: state(agent, thid) == wanted, *those)

    async def asked(self, agent: Agent) -> None:
        """This owner is asked, and says yes."""
        await self.until(lambda: any(True for _ in agent.store.questions()))
        await self.answer_all(agent)

    async def answer_all(self, *those: Agent) -> None:
        """These say yes to whatever they are asked."""
        for agent in those:
            asked = [question.id for _, question in agent.store.questions()]
            for id in asked:
                with working(agent):  # it may be over meanwhile, or be about what is being written at this moment
                    await api.answer(agent, "POST", f"/v1/questions/{id}/answer", b'{"answer":"yes"}')
            if asked:
                await self.settle()

    def disclose(self, what: object, *vendors: Agent) -> None:
        """A preview said that these would be told this."""
        for value in values(json.loads(json.dumps(what))):
            self.told[value] |= {each.config.name for each in vendors}

    def note_told(self) -> None:
        """What the customers' own wallets say that they told whom."""
        named = {public_did(each): each for each in self.vendors}
        for her in self.customers:
            for relationship in known(her):
                vendor = named.get(relationship.their_did)
                for each in told.of(her, relationship.peer) if vendor else ():
                    self.disclose([each.ptr, each.value, each.label.purpose], vendor)  # type: ignore[arg-type]  # it is one

    def copies(self) -> dict[Value, list[set[str]]]:
        """The values in each copy of a card that was shown: its issuer and the one who was shown it have them both."""
        named = {public_did(each): each.config.name for each in self.vendors}
        found: dict[Value, list[set[str]]] = defaultdict(list)
        for her in self.customers:
            given: dict[Value, str] = {}
            shown: dict[Value, str] = {}
            for peer, row in her.store.threads():
                who = named.get(her.relationship(peer)[0].their_did, "")
                for entry in her.store.log(peer, row.thid):
                    message = json.loads(entry.record)["message"]
                    if message["type"].endswith("/issue-credential") and not entry.ours:
                        given |= dict.fromkeys(values(message["attachments"]), who)
                    elif message["type"].endswith("/presentation") and entry.ours:
                        shown |= dict.fromkeys(values(message["attachments"]), who)
            for value in given.keys() & shown.keys():
                found[value].append({given[value], shown[value]})
        return found

    def of_an_org(self, value: Value) -> bool:
        """Whether this is a time of an org's clock, which tells a second that no person's does, or a day by which it
        counts what it did."""
        days = (tally.day(at).encode() for at in range(START, self.time + DAY, DAY))
        if value in {base64.b64encode(each).decode() for each in days}:
            return True
        theirs = {each.now() % MINUTE for each in self.agents.values() if each.config.kind == "org"}
        return seconds(value) > START - DAY and seconds(value) % MINUTE in theirs

    def seen(self) -> dict[str, Found]:
        """All that each vendor has: its store, what came to it, what it wrote down."""
        packets: dict[str, list[bytes]] = defaultdict(list)
        for url, packed in self.network.carried:
            packets[url].append(packed)
        found = {}
        for vendor in self.vendors:
            has = held_by(vendor, packets[vendor.config.url])
            for raw in self.heard[vendor.store.path]:
                has |= values(json.loads(raw))
            for line in self.kept.lines[vendor.config.name]:
                has |= values(json.loads(line))
            found[vendor.config.name] = has
        return found

    def public(self) -> Found:
        """What orgs publish of themselves, and what they are called."""
        found = Found()
        for each in self.agents.values():
            if each.config.kind == "org":
                found |= values([each.config.name, each.config.url, public_did(each)])
                found |= values({path: json.loads(body) for path, (_, body) in documents(each).items()})
        return found


def times_of_hers(s: Society) -> dict[str, list[str]]:
    """At each vendor, the times in what came from persons that are finer than a minute, and are of no org's clock."""
    theirs = {each.now() % MINUTE for each in s.agents.values() if each.config.kind == "org"}
    first, last = START - 400 * DAY, s.time + 4000 * DAY
    found: dict[str, list[str]] = {}
    for vendor in s.vendors:
        has = Found()
        for raw in s.heard[vendor.store.path]:
            has |= values(json.loads(raw))
        when = {value: seconds(value) for value in has}
        odd = [value for value, at in when.items() if first < at < last and at % MINUTE not in {0, *theirs}]
        if odd:
            found[vendor.config.name] = sorted(odd)
    return found


def seconds(value: Value) -> int:
    """What a value says, if it is a time: Unix seconds; else 0."""
    if value.isdecimal() and len(value) < 12:
        return int(value)
    return unix(value) if TIME.fullmatch(value) else 0
