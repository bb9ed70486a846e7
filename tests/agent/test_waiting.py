"""What cannot be delivered waits, in order, and goes as soon as it can. Source: security, promise P6 and case HT-15."""

import asyncio
import tracemalloc
from collections.abc import Callable, Sequence

import msgspec
import pytest

from agent.errors import Unavailable
from agent.needs import Needs
from agent.outbox import Outbox
from agent.parcel import MOST_WAITING, Parcel
from agent.parcel import write as write_parcel
from agent.web import api
from tests.agent.puppet import Puppet, canonical
from tests.agent.watched import NOTE, Watched, begin, conversations, go_on, out_of_order, texts
from tests.agent.world import World
from tests.promises import FILE, SERVER, Promise
from wallet.errors import Unresolved
from wallet.needs import Fetch
from wallet.store.change import Change, Outgoing

PING = "https://didcomm.org/trust-ping/2.0/ping"
MINUTE, HOUR, DAY = 60, 3600, 86400
WORLDS = [FILE, pytest.param(SERVER, marks=pytest.mark.full)]


# -- a week away ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS, indirect=True)
@pytest.mark.parametrize("threads", [8, pytest.param(60, marks=pytest.mark.full)])
@pytest.mark.parametrize("plant", [0, 1], ids=["as it is", "one lost"])
async def test_after_a_week_away_a_peer_gets_all_of_it_in_order_within_an_hour(
    world: World, network: Watched, promise: Promise, threads: int, plant: int
) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down.add(friend.url)
    said = await conversations(world, her, friend, threads, 5)
    await world.pass_time(3 * DAY)
    said += [[f"later {text}" for text in thread] for thread in said[:2]]
    for thread in said[-2:]:
        thid = await begin(world, her, friend.did, thread[0])
        for text in thread[1:]:
            await go_on(world, her, thid, text)
    await world.pass_time(4 * DAY)

    back, before = world.time, len(network.tried)
    network.down.clear()
    network.loses = plant
    await world.pass_time(HOUR)

    first = network.times(friend.url)[before] - back
    wrong = out_of_order(said, texts(friend))
    assert first <= HOUR
    assert her.store.counts()["outgoing"] == her.store.counts()["dead"] == 0
    assert bool(wrong) == bool(plant)  # what the network swallows must be seen to be missing
    if not plant:
        what = "a peer away for 7 days (simulated clock); all it was told arrives in order, first attempt within 1 h"
        promise(
            "P6",
            what=what,
            size=5 * threads + 10,
            result="0 lost, 0 out of order",
            control="one message swallowed",
            store=world.kind,
        )


async def test_a_dead_peer_is_not_knocked_at_more_often_for_every_message_that_waits(
    world: World, network: Watched
) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down.add(friend.url)
    await conversations(world, her, friend, 10, 5)
    await world.pass_time(DAY)
    network.tried.clear()

    await world.pass_time(DAY)

    assert 24 <= len(network.tried) <= 31


@pytest.mark.parametrize("world", WORLDS, indirect=True)
async def test_a_peer_that_speaks_gets_what_waited_for_it_within_a_minute(
    world: World, network: Watched, promise: Promise
) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    relationship = await friend.befriend(her)
    network.down.add(friend.url)
    said = await conversations(world, her, friend, 4, 3)
    await world.pass_time(7 * DAY)
    network.down.clear()

    await friend.say(her, PING, {"response_requested": False}, to=relationship.our_did)
    await world.pass_time(MINUTE)

    assert out_of_order(said, texts(friend)) == []
    what = "a peer away for 7 days writes first: all that waited goes within 60 s"
    promise("P6", what=what, size=12, result="0 lost", store=world.kind)


async def test_a_peer_that_speaks_often_and_cannot_be_reached_is_tried_at_most_every_half_minute(
    world: World, network: Watched
) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    relationship = await friend.befriend(her)
    network.down.add(friend.url)
    await begin(world, her, friend.did, "Hello?")
    await world.pass_time(DAY)
    network.tried.clear()

    for _ in range(300):
        await friend.say(her, PING, {"response_requested": False}, to=relationship.our_did)
        await world.tick(1)

    assert 8 <= len(network.tried) <= 12


# -- one thread ----------------------------------------------------------------------------------------------------


async def test_what_is_refused_holds_up_its_own_thread_and_no_other(world: World, network: Watched) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.refuses = 1

    one = await begin(world, her, friend.did, "one/0")
    await world.settle()
    await go_on(world, her, one, "one/1")
    await begin(world, her, friend.did, "two/0")
    await world.settle()
    meanwhile = texts(friend)
    await world.pass_time(MINUTE)

    assert meanwhile == ["two/0"]
    assert texts(friend) == ["two/0", "one/0", "one/1"]


@pytest.mark.parametrize("why", ["unreachable", "refused"])
async def test_what_is_said_just_before_what_is_held_is_due_goes_behind_it(
    world: World, network: Watched, why: str
) -> None:
    """Rows are due at whole seconds of one clock, and how long something waits is measured by another."""
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    await her.outbox.begin()
    await world.pass_time(1)  # nothing is held that nobody knows of
    whole, part = her.steady, 0.1
    her.steady = lambda: whole() + part
    network.refuses, network.down = int(why == "refused"), {friend.url} if why == "unreachable" else set()
    thid = await begin(world, her, friend.did, "one")
    await world.settle()

    network.down, part = set(), 0.5
    await go_on(world, her, thid, "two")
    await world.settle()
    await world.pass_time(MINUTE)

    assert texts(friend) == ["one", "two"]


async def test_what_is_said_while_a_message_is_put_off_and_its_peer_speaks_goes_behind_it(
    world: World, network: Watched
) -> None:
    """It was to wait for seconds, and since the peer has spoken nothing need wait: both at once."""
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    await her.outbox.begin()
    network.down.add(friend.url)
    begun, hold = asyncio.get_running_loop().create_future(), her.store.hold_outgoing

    async def interrupted(peer: str, due: int, now: int, records: Sequence[tuple[str, bytes]]) -> None:
        her.store.hold_outgoing = hold  # type: ignore[method-assign]  # as it was: only the first is interrupted
        network.down.clear()
        her.outbox.hasten(peer)
        await hold(peer, due, now, records)
        await go_on(world, her, await begun, "two")

    her.store.hold_outgoing = interrupted  # type: ignore[method-assign,assignment]  # it is awaited, and no more
    begun.set_result(await begin(world, her, friend.did, "one"))
    await world.settle()
    await world.pass_time(MINUTE)

    assert texts(friend) == ["one", "two"]


async def test_only_refusals_count_as_such(world: World, network: Watched) -> None:
    """HT-15: many attempts that came to nothing, and then a no, are no three refusals."""
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down.add(friend.url)
    await begin(world, her, friend.did, "Hello?")
    await world.pass_time(HOUR)
    network.down.clear()
    network.refuses = 2

    await world.pass_time(5 * HOUR)

    assert her.store.dead_letters() == ()
    assert texts(friend) == ["Hello?"]


async def test_a_message_that_was_given_up_holds_up_its_thread_no_longer(world: World, network: Watched) -> None:
    """HT-15: what is refused three times is a dead letter."""
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.refuses = 3

    thid = await begin(world, her, friend.did, "refused")
    await go_on(world, her, thid, "taken")
    await world.pass_time(HOUR)

    assert [letter.why for letter in her.store.dead_letters()] == ["it answered 400"]
    assert texts(friend) == ["taken"]
    assert her.store.counts()["outgoing"] == 0


async def test_of_threads_whose_messages_were_given_up_nothing_is_remembered(world: World, network: Watched) -> None:
    """However long a peer refuses all it is told, and something waits for it."""
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.refuses = 3 * MINUTE

    for number in range(MINUTE):
        await begin(world, her, friend.did, f"{number}")
        await world.pass_time(1)

    assert her.store.counts()["dead"] >= MINUTE - 10
    assert her.store.holds_outgoing(canonical(friend.did))
    assert isinstance(her.outbox, Outbox)
    assert len(her.outbox.waits.threads(canonical(friend.did))) <= 10


async def test_what_was_said_before_a_crash_goes_before_what_is_said_after_it(world: World, network: Watched) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down.add(friend.url)
    thid = await begin(world, her, friend.did, "before")
    await world.pass_time(HOUR)
    her = await world.restart(her)
    network.down.clear()

    await go_on(world, her, thid, "after")
    await world.settle()

    assert texts(friend) == ["before", "after"]


async def test_a_did_that_cannot_be_looked_up_now_is_no_refusal(world: World, network: Watched) -> None:
    """HT-15: a name that does not resolve, a certificate that has run out: tried until it expires."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    await world.tick(5)
    needs, her.needs = her.needs, Unlucky()

    await begin(world, her, "Town Library", "Hello")
    await world.pass_time(DAY)
    dead = her.store.counts()["dead"]
    her.needs = needs
    await world.pass_time(HOUR)

    assert dead == 0
    assert her.store.counts()["outgoing"] == 0


class Unlucky(Needs):
    """A fetcher that gets nothing."""

    async def fetch(self, need: Fetch, charge: Callable[[], None] | None = None) -> bytes:
        """Nothing answers."""
        raise Unresolved("it could not be had")


# -- many ----------------------------------------------------------------------------------------------------------


def rows(count: int, now: int) -> tuple[Outgoing, ...]:
    """Messages of 2 KiB in five threads, due now."""
    body = {"content": "x" * 2048}
    texts = (msgspec.json.encode({"id": f"m{number}", "type": NOTE, "body": body}) for number in range(count))
    return tuple(
        Outgoing(f"m{number}", f"t{number % 5}", now, now + DAY, write_parcel(Parcel(msgspec.Raw(text), now)))
        for number, text in enumerate(texts)
    )


@pytest.mark.parametrize("peers", [10, pytest.param(100, marks=pytest.mark.full)])
async def test_however_much_waits_little_of_it_is_in_memory(
    world: World, network: Watched, promise: Promise, peers: int
) -> None:
    her, each = await world.add("her"), 200
    friends = [Puppet.make(world, number) for number in range(peers)]
    for friend in friends:
        await friend.befriend(her)
        await her.store.apply(Change(canonical(friend.did), send=rows(each, world.time)))
    network.down |= {friend.url for friend in friends}

    tracemalloc.start()
    await her.outbox.begin()
    await world.pass_time(HOUR)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    network.down.clear()
    await world.pass_time(HOUR)

    assert peak < 4 * 1024 * 1024 + peers * 40_000  # of 400 KiB that wait for each peer
    assert [len(texts(friend)) for friend in friends] == [each] * peers
    what = "messages of 2 KiB waiting for unreachable peers are taken up a few at a time"
    promise("P6", what=what, size=each * peers, result="all delivered; memory bounded", part=False)


async def test_nothing_more_is_said_to_a_peer_for_whom_a_thousand_messages_wait(
    world: World, network: Watched, promise: Promise
) -> None:
    her, friend, other = await world.add("her"), Puppet.make(world), Puppet.make(world, 1)
    relationship = await friend.befriend(her)
    await other.befriend(her)
    network.down.add(friend.url)
    await her.store.apply(Change(canonical(friend.did), send=rows(MOST_WAITING, world.time)))
    before = her.store.counts()

    status, said = await api.answer(
        her, "POST", "/v1/threads", msgspec.json.encode({"peer": friend.did, "type": NOTE, "body": {"content": "more"}})
    )
    with pytest.raises(Unavailable):
        await friend.say(her, PING, {}, to=relationship.our_did)
    refused = her.store.counts()
    await begin(world, her, other.did, "still here")
    await world.settle()

    assert (status, "1000 messages" in str(said)) == (409, True)
    assert "freerange queue" in str(said)
    assert refused == before
    assert texts(other) == ["still here"]
    what = "the way out to one peer is full: the owner is told, the peer is answered 503, others go on"
    promise("P8", what=what, size=MOST_WAITING, result="0 dropped")


# -- when the store fails ------------------------------------------------------------------------------------------


async def test_while_nothing_can_be_written_a_peer_is_left_alone(
    world: World, network: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a message whose delivery cannot be written down would be sent again at every look."""
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down.add(friend.url)
    await begin(world, her, friend.did, "Hello?")
    await world.pass_time(DAY)
    network.tried.clear()

    async def full(*ignored: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(her.store, "hold_outgoing", full)
    for _ in range(2 * HOUR // 10):
        await world.tick(10)
    meanwhile = len(network.tried)
    monkeypatch.undo()
    network.down.clear()
    for _ in range(62):
        await world.tick(MINUTE)

    assert 1 <= meanwhile <= 4
    assert texts(friend) == ["Hello?"]


async def test_what_this_program_cannot_read_holds_up_nothing(world: World, network: Watched) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    row = Outgoing("m1", "t1", world.time, world.time + DAY, b"from another program")
    await her.store.apply(Change(canonical(friend.did), send=(row,)))

    await begin(world, her, friend.did, "Hello")
    await world.pass_time(MINUTE)

    assert texts(friend) == ["Hello"]
    assert [letter.why for letter in her.store.dead_letters()] == ["this program cannot read it"]
