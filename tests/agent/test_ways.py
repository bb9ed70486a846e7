"""Ways back: whoever cannot be reached is answered on the connection it opened, it alone, and loses nothing."""

import asyncio
from dataclasses import dataclass, field

import pytest

from agent import inbox
from agent import ways as module
from agent.agent import Agent
from agent.didcomm import envelopes
from agent.didcomm.plaintext import Plaintext
from agent.errors import Unreachable
from agent.ways import MOST_OF_A_PEER, MOST_ON_A_WAY, Answer, WayBack, Ways
from tests.agent.puppet import EMPTY, HELLO, MEET, Puppet
from tests.agent.world import Near, World, peer_of, public_did
from wallet.keys import new_id
from wallet.strict_json import JsonObject

NOTE = "https://didcomm.org/basicmessage/2.0/message"
PING = "https://didcomm.org/trust-ping/2.0/ping"
NOWHERE = "didcomm:transport/queue"
ANSWERED: JsonObject = {"response_requested": True}
HOUR = 3600.0
PATIENCE = 60.0  # seconds; far from an hour


@dataclass(eq=False)
class Line:
    """A connection that stays open until it is told otherwise, as a WebSocket does."""

    said: list[bytes] = field(default_factory=list)
    closed: bool = False
    single: bool = False
    source: str = ""
    broken: bool = False

    async def send(self, packed: bytes) -> None:
        """Remember what was said."""
        if self.closed or self.broken:
            self.closed = True
            raise Unreachable("the connection is over")
        self.said.append(packed)

    def expect(self, coming: "asyncio.Future[None]") -> None:
        """Nothing to wait for."""


# -- what is open -------------------------------------------------------------------------------------------------


def test_the_newest_way_that_is_open_is_taken() -> None:
    ways, first, second = Ways(), Line(), Line()
    ways.offer("her", first)
    ways.offer("her", second)

    assert ways.of("her") is second
    assert ways.all("her") == (second, first)
    second.closed = True
    assert ways.of("her") is first
    assert ways.all("her") == (first,)
    assert ways.of("him") is None


def test_a_way_offered_again_is_the_newest() -> None:
    ways, first, second = Ways(), Line(), Line()
    for way in (first, second, first, first):
        ways.offer("her", way)

    assert ways.all("her") == (first, second)


def test_a_way_for_one_thread_takes_no_other() -> None:
    ways, line = Ways(), Line()
    ways.offer("her", line, "a thread")

    assert ways.of("her", "a thread") is line
    assert ways.of("her", "another") is None
    assert ways.of("her") is None
    assert ways.all("her") == ()


def test_a_way_that_is_dropped_leads_to_nobody() -> None:
    ways, line = Ways(), Line()
    for peer in ("her", "him"):
        ways.offer(peer, line)

    ways.drop(line)

    assert ways.of("her") is None
    assert ways.of("him") is None
    assert ways._of == {}
    assert ways._peers == {}


def test_what_is_remembered_is_bounded() -> None:
    ways, lines = Ways(), [Line() for _ in range(MOST_OF_A_PEER + 1)]
    for line in lines:
        ways.offer("her", line)
    for number in range(MOST_ON_A_WAY + 5):
        ways.offer(f"peer {number}", lines[-1])

    assert len(ways.all("her")) == MOST_OF_A_PEER - 1  # the newest has so many peers that it forgot its first ones
    assert lines[0] not in ways.all("her")
    assert ways.of("peer 4") is None
    assert ways.of("peer 5") is lines[-1]
    assert ways.of(f"peer {MOST_ON_A_WAY + 4}") is lines[-1]


def test_ways_that_closed_by_themselves_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SWEEP_AFTER", 10)
    ways = Ways(_until_sweep=10)
    for number in range(100):
        ways.offer(f"peer {number}", way := Answer())
        way.closed = True

    assert len(ways._of) <= 12
    assert len(ways._peers) <= 12


# -- an answer ----------------------------------------------------------------------------------------------------


async def test_an_answer_is_one_message() -> None:
    answer = Answer()
    await answer.send(b"one")

    with pytest.raises(Unreachable):
        await answer.send(b"two")

    assert await answer.message() == b"one"


async def test_nothing_is_waited_for_that_is_not_coming() -> None:
    answer = Answer()

    async with asyncio.timeout(PATIENCE):
        assert await answer.message(HOUR) is None

    with pytest.raises(Unreachable):
        await answer.send(b"late")


@pytest.mark.parametrize("comes", [True, False])
async def test_what_is_under_way_is_waited_for_until_it_has_come_or_nothing_is(comes: bool) -> None:
    answer, coming = Answer(), asyncio.get_running_loop().create_future()
    answer.expect(coming)
    waiting = asyncio.create_task(answer.message(moment=5))
    await asyncio.sleep(0)

    if comes:
        await answer.send(b"one")
    else:
        coming.set_result(None)

    assert await waiting == (b"one" if comes else None)


async def test_an_answer_waits_no_longer_than_a_moment() -> None:
    answer = Answer()
    answer.expect(asyncio.get_running_loop().create_future())

    assert await answer.message(moment=0.01) is None
    assert answer.closed


# -- who is answered how ------------------------------------------------------------------------------------------


@dataclass
class Guest:
    """Somebody who has no address, and asks an org things over connections of its own."""

    world: World
    org: Agent
    puppet: Puppet

    @classmethod
    async def at(cls, world: World, org: Agent, number: int = 0) -> "Guest":
        """A guest that has greeted the org."""
        guest = cls(world, org, Puppet.make(world, number, url=None))
        welcome = await guest.ask(f"{MEET}/hello", HELLO, route="all", sender_order=1, please_ack=("",))
        assert welcome is not None
        await guest.ask(EMPTY, {}, route=None, thid=welcome.thid, ack=(welcome.id,))
        return guest

    @property
    def peer(self) -> str:
        """What the org calls it."""
        return peer_of(self.org, self.puppet.did)

    async def ask(
        self, type: str, body: JsonObject, route: str | None, back: WayBack | None = None, **more: object
    ) -> Plaintext | None:
        """Say something by a POST of its own, or over `back`. Returns the message it is answered, if any."""
        to = public_did(self.org)
        message = self.puppet.message(type, body, to=to, return_route=route, **more)
        over = back or Answer()
        await inbox.receive(self.org, await self.puppet.pack(self.org, message), over)
        packed = await over.message() if isinstance(over, Answer) else None
        return None if packed is None else await self.read(packed)

    async def read(self, packed: bytes) -> Plaintext:
        """A message it was sent. Raises if it cannot be opened by it."""
        look_up = envelopes.open(packed, keys=self.puppet.ring, resolve=self.puppet.resolve)
        return (await Near(self.world).meet(look_up)).plaintext

    async def told(self, text: str) -> None:
        """The org says something to it."""
        self.org_says = await self.world.do(self.org, "/v1/threads", peer=self.peer, type=NOTE, body={"content": text})
        await self.org.outbox.quiet()


@pytest.fixture
async def org(world: World) -> Agent:
    """An org."""
    return await world.add("Town Library", "org")


async def test_whoever_asks_for_it_is_answered_at_once_on_the_same_connection(world: World, org: Agent) -> None:
    puppet = Puppet.make(world, url=None)
    guest = Guest(world, org, puppet)

    welcome = await guest.ask(f"{MEET}/hello", HELLO, route="all", sender_order=1, please_ack=("",))

    assert welcome is not None
    assert welcome.type == f"{MEET}/welcome"
    assert welcome.ack
    assert world.network.flying == []


async def test_where_nothing_is_to_be_said_no_time_is_lost(
    world: World, org: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answer.message, "__defaults__", (HOUR,))
    guest = await Guest.at(world, org)

    async with asyncio.timeout(PATIENCE):
        assert await guest.ask(EMPTY, {}, route="all") is None


@pytest.mark.parametrize("route", ["none", None, "everything"])
async def test_whoever_does_not_ask_is_not_answered_there(world: World, org: Agent, route: str | None) -> None:
    guest = await Guest.at(world, org)

    assert await guest.ask(PING, ANSWERED, route=route) is None


async def test_the_way_back_is_the_proven_senders_alone(world: World, org: Agent) -> None:
    """ST-11: two share a connection, and one of them asks for answers on it; the other's answers do not go there."""
    line, asks, asks_not = Line(), await Guest.at(world, org, 1), await Guest.at(world, org, 2)

    await asks.ask(EMPTY, {}, route="all", back=line)
    await asks_not.ask(PING, ANSWERED, route=None, back=line)
    await org.outbox.quiet()
    assert line.said == []

    await asks.ask(PING, ANSWERED, route=None, back=line)  # asked for once, it holds for the connection
    await org.outbox.quiet()
    [answer] = line.said
    assert (await asks.read(answer)).type.endswith("/ping-response")


async def test_a_way_for_one_thread_takes_its_answers_only(world: World, org: Agent) -> None:
    guest, line, thid = await Guest.at(world, org), Line(), new_id()

    await guest.ask(PING, ANSWERED, route="thread", back=line, thid=thid, return_route_thread=thid)
    await org.outbox.quiet()
    await guest.told("Something else")

    [answer] = line.said
    assert (await guest.read(answer)).thid == thid


async def test_a_thread_that_is_not_named_is_the_messages_own(world: World, org: Agent) -> None:
    guest = await Guest.at(world, org)

    answer = await guest.ask(PING, ANSWERED, route="thread")

    assert answer is not None


async def test_messages_for_whoever_is_not_there_wait_and_go_when_it_comes(world: World, org: Agent) -> None:
    guest, line = await Guest.at(world, org), Line()
    for text in ("one", "two", "three"):
        await guest.told(text)
    assert org.store.counts()["outgoing"] == 3
    assert org.store.counts()["dead"] == 0

    await guest.ask(EMPTY, {}, route="all", back=line)
    await org.outbox.quiet()

    assert [(await guest.read(each)).body["content"] for each in line.said] == ["one", "two", "three"]
    assert org.store.counts()["outgoing"] == 0


async def test_one_answer_takes_one_message_and_the_next_asks_for_the_next(world: World, org: Agent) -> None:
    guest = await Guest.at(world, org)
    for text in ("one", "two"):
        await guest.told(text)
    heard = []

    while (answer := await guest.ask(EMPTY, {}, route="all")) is not None:
        heard.append(answer.body["content"])

    assert heard == ["one", "two"]
    await org.outbox.quiet()
    assert org.store.counts()["outgoing"] == 0


async def test_what_waits_survives_a_restart(world: World, org: Agent) -> None:
    guest, line = await Guest.at(world, org), Line()
    await guest.told("one")

    guest.org = org = await world.restart(org)
    await world.pass_time(10)
    await guest.ask(EMPTY, {}, route="all", back=line)
    await org.outbox.quiet()

    assert len(line.said) == 1


async def test_a_way_that_turns_out_to_be_over_costs_no_message(world: World, org: Agent) -> None:
    guest, broken, line = await Guest.at(world, org), Line(broken=True), Line()
    await guest.ask(EMPTY, {}, route="all", back=broken)

    await guest.told("one")
    assert broken.closed
    await guest.ask(EMPTY, {}, route="all", back=line)
    await org.outbox.quiet()

    assert len(line.said) == 1


async def test_whoever_has_an_address_too_is_reached_there_once_its_connection_is_over(
    world: World, org: Agent
) -> None:
    friend, line = Puppet.make(world), Line()
    await friend.meet_org(org, public_did(org))
    friend.heard.clear()
    ping = friend.message(PING, ANSWERED, to=public_did(org), return_route="all")

    await inbox.receive(org, await friend.pack(org, ping), line)
    await world.settle()
    assert len(line.said) == 1
    assert friend.heard == []

    line.broken = True
    await friend.say(org, PING, ANSWERED, to=public_did(org))
    await world.settle()
    assert [each.type.rpartition("/")[2] for each in friend.heard] == ["ping-response"]
