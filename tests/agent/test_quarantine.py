"""Poison: a message that makes this agent fail harms nobody else, and is not lost. Source: security, ST-24 and P14."""

import asyncio
from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from agent import hearing, inbox, quarantine
from agent.agent import Agent
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import Plaintext
from agent.draft import Draft
from agent.errors import Unavailable
from agent.quarantine import MOST_TRIES
from tests.agent.puppet import Puppet
from tests.agent.world import World, peer_of, public_did, threads
from tests.promises import FILE, SERVER, Promise
from wallet.errors import Unresolved
from wallet.needs import Fetch, Lookup
from wallet.store import quarantine as table
from wallet.store.quarantine import Quarantined
from wallet.store.transaction import Transaction

NOTE = "https://didcomm.org/basicmessage/2.0/message"
PING = "https://didcomm.org/trust-ping/2.0/ping"
POISON = "poison"


def poisoned(message: Plaintext) -> bool:
    """Whether a message is one that this agent has a fault for."""
    return message.body.get("content") == POISON


def plant(monkeypatch: pytest.MonkeyPatch, fault: Callable[[], None]) -> None:
    """A fault of this program, which only poison brings out."""

    def hear_or_fail(draft: Draft, opened: Opened) -> Lookup[None]:
        if poisoned(opened.plaintext):
            fault()
        yield from hearing.hear(draft, opened)

    monkeypatch.setattr(inbox, "hear", hear_or_fail)


def broken() -> None:
    """The fault of a rule that did not think of something."""
    raise KeyError("no such thing")


async def poison(friend: Puppet, org: Agent, thid: str = "") -> Plaintext:
    """A message that makes the agent fail."""
    return friend.message(NOTE, {"content": POISON}, to=public_did(org), thid=thid or None)


async def met(world: World, number: int = 0) -> tuple[Agent, Puppet]:
    """An org and somebody it knows."""
    org = world.agents.get("Town Library") or await world.add("Town Library", "org")
    friend = Puppet.make(world, number)
    await friend.meet_org(org, public_did(org))
    return org, friend


def kept(org: Agent) -> list[Quarantined]:
    """What is in quarantine."""
    return list(org.store.read(table.rows))


async def fill(org: Agent) -> None:
    """Leave no room in quarantine."""
    rows = (Quarantined(number.to_bytes(16, "big"), "", "", b"x", "why", 1) for number in range(table.MOST_ROWS))
    await asyncio.gather(*(org.store.write(partial(table.keep, row=row)) for row in rows))


async def refused(friend: Puppet, org: Agent, message: Plaintext) -> None:
    """Say something that is answered 503."""
    with pytest.raises(Unavailable):
        await friend.repeat(org, message)


async def test_what_fails_three_times_is_kept_whole_and_answered_as_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    org, friend = await met(world)
    plant(monkeypatch, broken)
    message = await poison(friend, org)

    for _ in range(MOST_TRIES - 1):
        await refused(friend, org, message)
        assert kept(org) == []
    packed = await friend.pack(org, message)
    await inbox.receive(org, packed)
    await friend.repeat(org, message)

    [row] = kept(org)
    assert (row.sender, row.id, row.packed, row.at) == (org.store.peer_of(row.sender), message.id, packed, world.time)
    assert row.why == "a fault of this program (KeyError)"


@pytest.mark.parametrize("world", [FILE, pytest.param(SERVER, marks=pytest.mark.full)], indirect=True)
async def test_meanwhile_everything_else_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, promise: Promise
) -> None:
    """P14: half of what comes is poison, in threads of its own, and of others."""
    org, friend = await met(world)
    other = (await met(world, 1))[1]
    plant(monkeypatch, broken)
    bad = [await poison(friend, org, f"bad-{number}") for number in range(30)]
    good = [each.message(NOTE, {"content": "hello"}, to=public_did(org), thid=f"good-{place}-{number}")
            for place, each in enumerate((friend, other)) for number in range(15)]  # fmt: skip

    async def deliver(sender: Puppet, message: Plaintext) -> int:
        for tries in range(10):
            try:
                await sender.repeat(org, message)
            except Unavailable:
                continue
            return tries
        raise AssertionError("a message was refused for good")

    senders = [friend] * 30 + [friend] * 15 + [other] * 15
    tries = await asyncio.gather(*map(deliver, senders, bad + good))

    assert tries == [MOST_TRIES - 1] * 30 + [0] * 30
    assert {row.id for row in kept(org)} == {each.id for each in bad}
    assert {thid for thid in threads(org) if thid.startswith(("good", "bad"))} == {each.thread for each in good}
    what = "every second message makes the agent fail: each is in quarantine after 3 tries, all others are applied"
    promise("P14", what=what, size=60, result="30 quarantined, 30 applied, 0 lost", store=world.kind)


async def test_a_message_that_hangs_is_broken_off_and_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    org, friend = await met(world)
    other = (await met(world, 1))[1]
    monkeypatch.setattr(inbox, "MOST_SECONDS", 0.2)
    fetch, never = org.needs.fetch, "https://never.example/"

    def asks(draft: Draft, opened: Opened) -> Lookup[None]:
        if hanging:
            yield Fetch(never)
        yield from hearing.hear(draft, opened)

    async def hang(need: Fetch, charge: Callable[[], None] | None = None) -> bytes:
        if need.url == never:
            hangs.set()
            await asyncio.sleep(3600)
        return await fetch(need, charge)

    hanging, hangs = True, asyncio.Event()
    monkeypatch.setattr(inbox, "hear", asks)
    monkeypatch.setattr(org.needs, "fetch", hang)
    message = await poison(friend, org)
    for _ in range(MOST_TRIES - 1):
        await refused(friend, org, message)
    hangs.clear()
    monkeypatch.setattr(inbox, "MOST_SECONDS", 2.0)  # in which the other one is heard, also on a busy machine
    hung = asyncio.create_task(friend.repeat(org, message))
    await hangs.wait()
    hanging = False
    await other.say(org, PING, {}, to=public_did(org))
    done_meanwhile = not hung.done()
    await hung

    assert done_meanwhile
    assert [row.why for row in kept(org)] == ["it took more than 30 s"]


@pytest.mark.parametrize("copies", [1, 2])
async def test_a_message_that_kills_the_process_is_known_when_it_comes_again(
    world: World, monkeypatch: pytest.MonkeyPatch, copies: int
) -> None:
    """Its mark lies in a file that a kill does not touch (kills of real processes: tests/faults). Who gets no answer
    says it again: two of it may come at once, and the second must not be heard once the first is kept apart."""
    org, friend = await met(world)

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    plant(monkeypatch, die)
    message = await poison(friend, org)
    for _ in range(MOST_TRIES):
        with monkeypatch.context() as killing:
            # What runs when a process is killed is nothing.
            killing.setattr(quarantine.Quarantine, "put_off", lambda self, case: None)
            with pytest.raises(Killed):
                await friend.repeat(org, message)
        org = await world.restart(org)

    await asyncio.gather(*(friend.repeat(org, message) for _ in range(copies)))

    assert [(row.id, row.why) for row in kept(org)] == [(message.id, "this agent died of it")]


async def test_a_copy_that_is_put_off_hides_nothing_of_one_that_kills_the_process(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time two come at once, and wait for their turn: the one is put off, and the process dies of the other,
    which counts. What runs when a process is killed is nothing."""
    org, friend = await met(world)
    faults: list[BaseException] = []
    put_off = quarantine.Quarantine.put_off

    class Killed(BaseException):
        pass

    def fail() -> None:
        raise faults.pop(0)

    def put_off_if_it_lives(self: quarantine.Quarantine, case: quarantine.Case) -> None:
        if faults:
            put_off(self, case)

    plant(monkeypatch, fail)
    message, peer = await poison(friend, org), peer_of(org, friend.did)
    for those in ((Unresolved("nobody is there"), Killed()), (Killed(),), (Killed(),)):
        faults += those
        with monkeypatch.context() as killing:
            killing.setattr(quarantine.Quarantine, "put_off", put_off_if_it_lives)
            async with org.turn_of(peer):
                copies = [asyncio.create_task(friend.repeat(org, message)) for _ in those]
                while org._turns[peer][1] <= len(copies):  # noqa: ASYNC110 - who waits for a turn tells nobody
                    await asyncio.sleep(0)
            await asyncio.wait(copies)
        assert [type(each.exception()) for each in copies][-1] is Killed
        org = await world.restart(org)

    await friend.repeat(org, message)

    assert [(row.id, row.why) for row in kept(org)] == [(message.id, "this agent died of it")]


async def test_what_succeeds_in_the_end_was_never_poison(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    org, friend = await met(world)
    plant(monkeypatch, broken)
    message = await poison(friend, org, "late")
    for _ in range(MOST_TRIES - 1):
        await refused(friend, org, message)
    monkeypatch.undo()

    await friend.repeat(org, message)

    assert kept(org) == []
    assert "late" in threads(org)
    assert list(org.quarantine.flight.failing()) == []


async def test_a_disk_that_refuses_is_not_the_fault_of_the_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    org, friend = await met(world)

    def full() -> None:
        raise OSError(28, "No space left on device")

    plant(monkeypatch, full)
    message = await poison(friend, org)
    for _ in range(2 * MOST_TRIES):
        await refused(friend, org, message)

    assert kept(org) == []
    assert list(org.quarantine.flight.failing()) == []


async def test_a_store_that_is_slow_is_not_the_fault_of_the_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    org, friend = await met(world)

    def late() -> None:
        raise TimeoutError

    async def stands_still(work: object) -> None:
        await asyncio.Event().wait()

    plant(monkeypatch, late)
    monkeypatch.setattr(quarantine, "SOON", 0.02)
    monkeypatch.setattr(org.store, "write", stands_still)
    message = await poison(friend, org)
    for _ in range(2 * MOST_TRIES):
        await refused(friend, org, message)

    assert kept(org) == []
    assert list(org.quarantine.flight.failing()) == []


async def test_a_full_quarantine_refuses_what_is_new_and_throws_nothing_out(
    world: World, monkeypatch: pytest.MonkeyPatch, promise: Promise
) -> None:
    """P8."""
    org, friend = await met(world)
    plant(monkeypatch, broken)
    await fill(org)
    message = await poison(friend, org)

    for _ in range(2 * MOST_TRIES):
        await refused(friend, org, message)
    full = len(kept(org))
    await org.quarantine.release((7).to_bytes(16, "big"))
    await friend.repeat(org, message)

    assert full == table.MOST_ROWS
    assert message.id in {row.id for row in kept(org)}
    promise(
        "P8",
        what="quarantine is full: what fails is refused with 503, nothing is thrown out",
        size=table.MOST_ROWS,
        result="0 dropped",
    )


async def test_what_kills_the_process_is_not_heard_again_when_the_quarantine_is_full(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    org, friend = await met(world)
    heard: list[str] = []
    plant(monkeypatch, lambda: heard.append(POISON))
    await fill(org)
    message = await poison(friend, org)
    mark = org.store.read(partial(table.mark_of, sender=peer_of(org, friend.did), id=message.id))
    for _ in range(MOST_TRIES):
        org.quarantine.flight.begin(mark)
        org = await world.restart(org)

    await refused(friend, org, message)
    await org.store.write(partial(table.drop, mark=bytes(16)))
    org.quarantine.look_again()
    await friend.repeat(org, message)

    assert heard == []
    assert message.id in {row.id for row in kept(org)}


async def test_what_another_worker_keeps_apart_while_this_one_reads_is_known(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    org, _ = await met(world)
    read, was = org.store.read, org.store.read(table.marks)
    await org.store.write(partial(table.keep, row=Quarantined(bytes(16), "", "", b"x", "why", 1)))

    def slowly(work: Callable[[Transaction], object]) -> object:
        monkeypatch.setattr(org.store, "read", read)
        org.quarantine.look_again()
        return was

    org.quarantine.look_again()
    monkeypatch.setattr(org.store, "read", slowly)

    assert org.quarantine.kept == {bytes(16)}


async def test_a_quarantine_is_full_by_size_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    org, _ = await met(world)
    monkeypatch.setattr(table, "MOST_BYTES", 10_000)
    noise = Random(3).randbytes(4000)  # of which nothing can be made shorter
    rows = [Quarantined(number.to_bytes(16, "big"), "", "", noise, "why", 1) for number in range(3)]

    taken = [await org.store.write(partial(table.keep, row=row)) for row in rows]
    again = await org.store.write(partial(table.keep, row=rows[0]))

    assert taken == [True, True, False]
    assert again  # it is there already
    assert org.store.read(table.filled)[0] == 2


async def test_bytes_that_make_opening_fail_are_counted_by_what_they_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    org, friend = await met(world)
    packed = await friend.pack(org, await poison(friend, org))

    def fail(*ignored: object) -> None:
        raise KeyError

    monkeypatch.setattr(inbox, "open_envelope", fail)
    for _ in range(MOST_TRIES - 1):
        with pytest.raises(Unavailable):
            await inbox.receive(org, packed)
    await inbox.receive(org, packed)
    await inbox.receive(org, packed)

    assert [(row.sender, row.id, row.packed) for row in kept(org)] == [("", "", packed)]
