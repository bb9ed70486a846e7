"""Live delivery: at once to whoever is there, and never lost with a line."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from agent.agent import Agent
from agent.errors import Unreachable
from protocols.machine import Protocol
from protocols.standard import pickup
from tests.agent.mailbox import Client, Line, contents, handed_over, letter, post
from tests.agent.test_mediator import forwarded
from tests.agent.test_mediator import office as office  # the same fixture
from tests.agent.world import World
from wallet.store import held


@dataclass(eq=False)
class Slow(Line):
    """A line whose other end takes nothing until it is told to."""

    taking: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, packed: bytes) -> None:
        """Wait, then take it."""
        await self.taking.wait()
        await super().send(packed)


@pytest.fixture
async def ada(office: Agent) -> Client:
    """A client with a DID behind the mediator."""
    return Client.of(office)


def came(client: Client, since: int) -> list[bytes]:
    """What was handed over unasked, in its order."""
    found: list[bytes] = []
    for packed in client.line.carried[since:]:
        message = client.read(packed)
        assert isinstance(message, pickup.Delivery)
        assert message.recipient_did is None
        found += contents(message).values()
    return found


async def go_live(client: Client, protocol: Protocol = pickup.pickup) -> int:
    """Live mode on; returns how much the line has carried by now."""
    await client.ask(pickup.LiveDeliveryChange(live_delivery=True), protocol)
    return len(client.line.carried)


async def test_what_is_held_already_has_to_be_asked_for(office: Agent, ada: Client) -> None:
    routing_did, did = await ada.ready()
    old, new = letter("old"), letter("new")
    await post(office, routing_did, did, old)
    since = await go_live(ada)

    await post(office, routing_did, did, new)
    await handed_over(office)

    assert came(ada, since) == [new]
    assert list((await ada.fetched()).values()) == [old, new]


async def test_each_is_handed_over_once_and_in_order_however_many_come(office: Agent, ada: Client) -> None:
    routing_did, did = await ada.ready()
    since, sent = await go_live(ada), [letter(str(number)) for number in range(25)]

    await asyncio.gather(*(post(office, routing_did, did, each) for each in sent))
    await handed_over(office)

    got = came(ada, since)
    assert sorted(got) == sorted(sent)
    assert got[:20] == list((await ada.fetched(100)).values())  # as many as one delivery takes


async def test_what_comes_after_all_was_acknowledged_is_handed_over_too(office: Agent, ada: Client) -> None:
    routing_did, did = await ada.ready()
    await go_live(ada)
    for number in range(5):
        since, sent = len(ada.line.carried), letter(str(number))
        await post(office, routing_did, did, sent)
        await handed_over(office)
        assert came(ada, since) == [sent]
        await ada.acknowledge(*await ada.fetched())


async def test_the_sender_does_not_wait_for_a_client_that_takes_nothing(office: Agent, ada: Client) -> None:
    routing_did, did = await ada.ready()
    ada.line = slow = Slow()
    slow.taking.set()
    since = await go_live(ada)
    slow.taking.clear()
    sent = [letter(str(number)) for number in range(15)]

    async with asyncio.timeout(60):
        for each in sent:
            await post(office, routing_did, did, each)
    assert len(slow.carried) == since
    slow.taking.set()
    await handed_over(office)

    assert came(ada, since) == sent
    assert len(slow.carried) - since <= 3  # what has come meanwhile goes together


async def test_a_line_that_breaks_hands_its_work_to_another(office: Agent, ada: Client) -> None:
    """MD-11."""
    routing_did, did = await ada.ready()
    since = await go_live(ada)
    other = ada.again()
    await go_live(other)
    other.line.broken = True
    sent = letter()

    await post(office, routing_did, did, sent)
    await handed_over(office)

    assert came(ada, since) == [sent]


async def test_if_every_line_breaks_all_of_it_waits(office: Agent, ada: Client) -> None:
    """MD-11: a line that dies in the middle loses nothing."""
    routing_did, did = await ada.ready()
    await go_live(ada)
    ada.line.broken = True
    sent = [letter("1"), letter("2")]
    for each in sent:
        await post(office, routing_did, did, each)
        await handed_over(office)
    assert not office.lines.handing.up_to

    back = ada.again()
    assert list((await back.fetched()).values()) == sent
    since, new = await go_live(back), letter("3")
    await post(office, routing_did, did, new)
    await handed_over(office)

    assert came(back, since) == [new]


async def test_a_line_that_comes_while_another_dies_takes_over(office: Agent, ada: Client) -> None:
    routing_did, did = await ada.ready()
    ada.line = slow = Slow()
    slow.taking.set()
    await go_live(ada)
    slow.taking.clear()
    sent = [letter("1"), letter("2")]
    await post(office, routing_did, did, sent[0])
    await asyncio.sleep(0)
    back = ada.again()
    since = await go_live(back)
    slow.broken = True
    slow.taking.set()
    await handed_over(office)
    await post(office, routing_did, did, sent[1])
    await handed_over(office)

    assert came(back, since) == sent


async def test_what_a_fault_held_up_goes_with_what_arrives_next(
    office: Agent, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    routing_did, did = await ada.ready()
    since, sent = await go_live(ada), [letter("1"), letter("2")]

    def fails(*_: object, **__: object) -> None:
        raise OSError("the disk refuses")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(held, "deliverable", fails)
        await post(office, routing_did, did, sent[0])
        await handed_over(office)
    assert came(ada, since) == []
    await post(office, routing_did, did, sent[1])
    await handed_over(office)

    assert came(ada, since) == sent


async def test_a_new_line_is_not_live_until_it_asks(office: Agent, ada: Client) -> None:
    routing_did, did = await ada.ready()
    await go_live(ada)
    ada.line.closed = True
    back = ada.again()
    status = await back.ask(pickup.StatusRequest(), pickup.pickup)
    assert isinstance(status, pickup.Status)
    assert not status.live_delivery

    since = len(back.line.carried)
    await post(office, routing_did, did, letter())
    await handed_over(office)

    assert len(back.line.carried) == since
    assert await back.waiting() == 1


async def test_live_mode_is_switched_off_on_the_line_it_is_said_on(office: Agent, ada: Client) -> None:
    """MD-11."""
    routing_did, did = await ada.ready()
    since = await go_live(ada)
    other = ada.again()
    await go_live(other)
    await other.ask(pickup.LiveDeliveryChange(live_delivery=False), pickup.pickup)
    before, sent = len(other.line.carried), letter()

    await post(office, routing_did, did, sent)
    await handed_over(office)

    assert came(ada, since) == [sent]
    assert len(other.line.carried) == before


async def test_each_line_is_spoken_to_in_its_own_version(office: Agent, ada: Client) -> None:
    routing_did, did = await ada.ready()
    since = await go_live(ada, pickup.pickup_4)

    await post(office, routing_did, did, letter())
    await handed_over(office)

    [packed] = ada.line.carried[since:]
    assert ada.type_of(packed) == "https://didcomm.org/message-pickup/4.0/delivery"


async def test_a_message_that_is_to_wait_is_handed_over_when_its_time_has_come(
    world: World, office: Agent, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MD-14, in live mode."""
    routing_did, did = await ada.ready()
    since, sent = await go_live(ada), [letter("1"), letter("2")]
    rings: list[tuple[float, Callable[[], None]]] = []

    def call_later(wait: float, call: Callable[..., None], *arguments: object) -> None:
        rings.append((wait, partial(call, *arguments)))

    monkeypatch.setattr(asyncio.get_running_loop(), "call_later", call_later)

    for each in sent:
        await forwarded(office, routing_did, did, each, delay_milli=30_000)
    await handed_over(office)
    assert came(ada, since) == []
    world.time += 30
    for wait, ring in rings:
        assert wait == 30
        ring()
    await handed_over(office)

    assert came(ada, since) == sent


async def test_a_line_is_spoken_over_by_whoever_asked_on_it_and_by_nobody_else(office: Agent, ada: Client) -> None:
    """ST-11: two clients on one line, of which one is live."""
    eve = Client.of(office)
    routing_did, did = await ada.ready()
    await eve.ready()
    eve.line = ada.line
    await eve.ask(pickup.LiveDeliveryChange(live_delivery=True), pickup.pickup)
    since = len(ada.line.carried)

    await post(office, routing_did, did, letter())
    await handed_over(office)

    assert len(ada.line.carried) == since


async def test_a_line_that_answers_once_is_never_live(office: Agent, ada: Client) -> None:
    await ada.ready()
    ada.line = Line(single=True)
    said = await ada.ask(pickup.LiveDeliveryChange(live_delivery=True), pickup.pickup)

    assert said.name == "problem-report"
    with pytest.raises(Unreachable):
        await ada.line.send(b"")
