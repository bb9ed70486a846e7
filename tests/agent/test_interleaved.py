"""Reads that take their time: what happens between the question and the answer is not undone by the answer."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent import effects, finished, outbox, owner
from agent.agent import Agent
from agent.draft import Draft
from agent.quarantine import Case
from agent.transports.memory import Network
from protocols.standard import pickup
from protocols.standard.basic_message import BasicMessage, basic_message
from tests.agent.mailbox import Client, contents, handed_over, letter, post
from tests.agent.puppet import Puppet
from tests.agent.test_histories import Web, resolved
from tests.agent.test_live import came, go_live
from tests.agent.test_mediator import office as office  # the same fixture
from tests.agent.world import World, the_only
from tests.wallet.dids.test_webvh import Controller
from wallet.dids import webvh_write
from wallet.keys import Curve, Keyring, PrivateKey, create
from wallet.needs import Lookup
from wallet.store import waiting


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A world whose tasks may wait; its stores take no time of themselves."""
    waiting.install(asyncio.get_running_loop())
    made = World(tmp_path)
    failed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    yield made
    await made.close()
    gc.collect()  # a task that failed says so when it is let go of
    assert not failed


class Slow:
    """One function by which a store is read, that gives what it found once it is let. after: as many quick calls."""

    def __init__(self, store: object, name: str, monkeypatch: pytest.MonkeyPatch, after: int = 0) -> None:
        self.left = after
        self.found, self.let = asyncio.Event(), asyncio.Event()
        read = getattr(store, name)

        def slowly(*args: Any, **named: Any) -> Any:
            result = read(*args, **named)
            self.left -= 1
            if self.left < 0 and not self.let.is_set():
                self.found.set()
                waiting.wait(self.let.wait())
            return result

        monkeypatch.setattr(store, name, slowly)

    async def reached(self) -> None:
        """Return once it has found something."""
        async with asyncio.timeout(60):
            await self.found.wait()


async def note(agent: Agent, text: str) -> None:
    peer = the_only(agent).peer
    await owner.open_thread(agent, peer, basic_message, BasicMessage(text))


def notes(friend: Puppet) -> list[object]:
    """What was said to a friend."""
    return [each.body["content"] for each in friend.heard if each.type.endswith("/message")]


async def until(reached: Callable[[], bool], network: Network | None = None) -> None:
    """Let others go on until this is so."""
    async with asyncio.timeout(60):
        while not reached():
            await asyncio.sleep(0)
            if network is not None:
                await network.deliver()


@pytest.mark.parametrize("name", ["due_peers", "holds_outgoing"])
async def test_a_peer_has_one_lane_whoever_opens_it(name: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    world.network.down.add(friend.url)
    await note(her, "first")
    await world.settle()
    her = await world.restart(her)
    await her.outbox.begin()
    world.network.down.clear()
    slow = Slow(her.store, name, monkeypatch)

    if name == "due_peers":
        one = asyncio.ensure_future(her.outbox.post_due())
        await slow.reached()
        await note(her, "second")
    else:
        one = asyncio.ensure_future(note(her, "second"))
        await slow.reached()
        await her.outbox.post_due()
    slow.let.set()
    await one
    await world.settle()
    await world.tick(5)

    assert notes(friend) == ["first", "second"]
    assert her.outbox.busy() == 0


async def test_what_was_delivered_is_not_sent_again_while_it_leaves_the_store(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    await world.settle()
    monkeypatch.setattr(finished, "WITHIN", 600)
    await note(her, "once")
    await until(lambda: len(notes(friend)) == 1 and not her.outbox.busy(), world.network)
    world.time += 3600
    slow = Slow(her.store, "due_outgoing", monkeypatch)

    her.outbox.hasten(the_only(her).peer, insist=True)
    await slow.reached()
    assert isinstance(her.outbox, outbox.Outbox)
    await her.outbox.finished.leave()  # it leaves
    slow.let.set()
    await world.settle()

    assert notes(friend) == ["once"]


@pytest.mark.parametrize("name", ["peer", "thread"])
async def test_what_changed_while_it_was_read_is_not_remembered_as_it_was(
    name: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    peer = the_only(her).peer
    thid = await owner.open_thread(her, peer, basic_message, BasicMessage("one"))
    her.forget(peer)
    her.forget_thread(peer, thid)
    slow = Slow(her.store, name, monkeypatch)

    def change(draft: Draft) -> Lookup[None]:
        draft.relationship = msgspec.structs.replace(draft.relationship, name="Another name")
        effects.say(draft, BasicMessage("two"))
        yield from ()

    async def read() -> None:
        her.relationship(peer)
        her.conversation(peer, thid)

    reading = asyncio.create_task(read())
    await slow.reached()
    monkeypatch.undo()
    await owner.act(her, peer, thid, change)
    slow.let.set()
    await reading

    assert her.relationship(peer)[0].name == "Another name"
    peer_row, thread_row = her.store.peer(peer), her.store.thread(peer, thid)
    assert peer_row is not None
    assert thread_row is not None
    assert (her.relationship(peer)[1], her.conversation(peer, thid)[1]) == (peer_row.version, thread_row.version)


async def test_a_quarantine_knows_what_was_put_there_while_it_looked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = await world.add("Shop", "org")
    case, mark = Case(b"packed"), bytes(16)
    slow = Slow(org.store, "read", monkeypatch)

    async def look() -> bool:
        return mark in org.quarantine.kept

    looking = asyncio.create_task(look())
    await slow.reached()
    monkeypatch.undo()
    case.mark = mark
    assert await org.quarantine.keep(case, "why", 1)
    slow.let.set()
    await looking

    assert mark in org.quarantine.kept


async def test_no_older_version_is_taken_for_the_newest_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Controller()
    key = shop.key()
    shop.begin(webvh_write.parameters(update=key), key)
    anna = await world.add("Anna")
    anna.needs = Web(world, shop)
    await resolved(anna, shop)
    anna = await world.restart(anna)
    anna.needs = Web(world, shop)
    slow = Slow(anna.store, "item", monkeypatch)

    async def look() -> str:
        return anna.histories.seen(shop.did)

    looking = asyncio.create_task(look())
    await slow.reached()
    monkeypatch.undo()
    shop.go_on({}, key)
    await resolved(anna, shop)
    slow.let.set()
    await looking

    assert anna.histories.seen(shop.did).startswith("2-")


async def test_a_key_that_was_let_go_of_while_it_was_loaded_is_not_held() -> None:
    let, key = asyncio.Event(), create(Curve.X25519)
    waiting.install(asyncio.get_running_loop())
    left: list[PrivateKey] = [key]

    def load(kid: str) -> PrivateKey | None:
        found = left[0] if left else None
        waiting.wait(let.wait())
        return found

    ring = Keyring(load)

    async def hold() -> bool:
        return ring.holds("did:example:a#1")

    holding = asyncio.create_task(hold())
    await asyncio.sleep(0)
    left.clear()
    ring.forget()
    let.set()

    assert await holding
    assert not await asyncio.create_task(hold())


async def test_what_comes_while_a_client_goes_live_is_handed_over(
    office: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    sent = letter()
    slow = Slow(office.store, "read", monkeypatch)

    going = asyncio.create_task(ada.say(pickup.LiveDeliveryChange(live_delivery=True), pickup.pickup))
    await slow.reached()
    await post(office, routing_did, did, sent)
    slow.let.set()
    await going
    await handed_over(office)

    unasked = [each for each in map(ada.read, ada.line.carried) if isinstance(each, pickup.Delivery)]
    assert [list(contents(each).values()) for each in unasked] == [[sent]]


async def test_what_comes_while_the_last_is_looked_for_is_handed_over(
    office: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Client.of(office)
    routing_did, did = await ada.ready()
    since = await go_live(ada)
    await handed_over(office)
    first, second = letter("first"), letter("second")
    slow = Slow(office.store, "read", monkeypatch, after=1)
    await post(office, routing_did, did, first)
    await slow.reached()  # it was handed over, and there is nothing more
    await post(office, routing_did, did, second)
    slow.let.set()
    await handed_over(office)

    assert came(ada, since) == [first, second]
