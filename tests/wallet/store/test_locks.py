"""Several processes have one wallet open: who does what, and what becomes of it when one is cut off."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from functools import partial

import pytest

from tests.postgresql import Server
from tests.wallet.store.changes import ANN
from wallet.errors import Locked
from wallet.store import lines, server_session
from wallet.store import postgresql as stores
from wallet.store.change import Change, Item, Outgoing, Peer
from wallet.store.postgresql import ServerStore, channel
from wallet.store.server_locks import Locks
from wallet.store.server_session import Session, connect
from wallet.vault import Vault

KEY = bytes(32)
BOB = "did:peer:4zBob"


@pytest.fixture
async def two(
    may_wait: None, database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[ServerStore, ServerStore]]:
    """The same wallet, opened twice."""
    monkeypatch.setattr(server_session, "GOODBYE", 60.0)  # on a slow machine, too
    stores.create(database, "shop", Vault.create(KEY)).close()
    made = tuple(stores.open(database, "shop", alone=False) for _ in range(2))
    for each in made:
        await each.unlock(KEY)
    yield made[0], made[1]
    for each in made:
        each.close()


async def test_what_one_has_taken_nobody_else_gets(two: tuple[ServerStore, ServerStore]) -> None:
    one, other = two

    taken = [await one.take("desk"), await other.take("desk"), await other.take("lane")]
    one.give("desk")

    assert taken == [True, False, True]
    assert await one.take("lane") is False
    assert await other.take("desk") is True


async def test_given_and_taken_at_once_it_is_ours_again(two: tuple[ServerStore, ServerStore]) -> None:
    one, other = two
    await one.take("lane")

    one.give("lane")
    again = await one.take("lane")
    one.give("lane")
    await one.look()

    assert again is True
    assert await other.take("lane") is True


async def test_whoever_is_gone_has_let_go(two: tuple[ServerStore, ServerStore]) -> None:
    one, other = two
    await one.take("desk")

    one.close()

    assert await other.take("desk") is True
    assert one.turns == 1


async def test_who_has_closed_it_has_let_go_however_slow_the_server_is(two: tuple[ServerStore, ServerStore]) -> None:
    one, other = two
    await one.take("desk")
    assert one._locks
    assert one._locks._session
    serving = one._locks._session.process

    os.kill(serving, signal.SIGSTOP)
    asyncio.get_running_loop().call_later(0.3, os.kill, serving, signal.SIGCONT)
    one.close()

    assert await other.take("desk") is True


async def test_each_sees_that_the_other_has_written(two: tuple[ServerStore, ServerStore]) -> None:
    one, other = two
    before = await one.look()

    await other.apply(Change("", keep=(Item("note", "1", b"said"),)))

    assert before == await other.look() - 1
    assert await one.look() == await other.look()


async def test_a_line_is_found_by_the_others_as_long_as_its_worker_lives(two: tuple[ServerStore, ServerStore]) -> None:
    one, other = two
    first, second = one.number("worker 1"), other.number("worker 2")
    await one.take("worker 1")
    await other.take("worker 2")
    await one.write(partial(lines.come, peer=ANN, worker=first, since=1))
    await other.write(partial(lines.come, peer=BOB, worker=second, since=1))

    alive = [at(other, ANN, second), at(one, ANN, first), at(one, BOB, first)]
    await other.write(partial(lines.gone, peers=(BOB,), worker=second))
    left = at(one, BOB, first)
    one.close()

    assert alive == [first, None, second]
    assert left is None
    assert at(other, ANN, second) is None
    assert await other.write(lines.sweep) == 1


def at(store: ServerStore, peer: str, worker: int) -> int | None:
    """The other worker that has a line to this peer."""
    return store.read(partial(lines.look, peer=peer, worker=worker)).elsewhere


async def test_a_look_at_a_peer_says_what_is_stored_of_it_as_well(two: tuple[ServerStore, ServerStore]) -> None:
    one, other = two
    look = partial(lines.look, peer=ANN, worker=7)
    before = one.read(look)
    waiting = Outgoing("m1", "t1", 1, 99, b"said", held=True)
    await other.apply(Change(ANN, relationship=Peer(ANN, 0, (ANN,), b"known"), send=(waiting,)))

    assert before == (None, False, 0)
    assert one.read(look) == (None, True, 1)
    assert one.read(partial(lines.look, peer=BOB, worker=7)) == (None, False, 0)


async def test_one_hears_what_it_is_told_and_nothing_else(two: tuple[ServerStore, ServerStore]) -> None:
    one, other = two
    heard: asyncio.Queue[str] = asyncio.Queue()
    one.hear(7, heard.put_nowait)
    await one.look()

    await other.tell(8, "for another")
    await other.tell(7, "for us")
    async with asyncio.timeout(60):
        said = await heard.get()

    assert said == "for us"


async def test_cut_off_it_has_lost_what_it_had_and_takes_it_again(
    two: tuple[ServerStore, ServerStore], postgresql: Server
) -> None:
    one, _ = two
    await one.take("desk")
    postgresql.cut()

    with pytest.raises(OSError, match="cannot reach the database"):
        await one.look()

    assert one.turns == 1
    assert await one.take("desk") is True


async def test_while_some_have_it_open_together_nobody_has_it_alone(
    two: tuple[ServerStore, ServerStore], database: str
) -> None:
    with pytest.raises(Locked, match="another agent has the wallet"):
        stores.open(database, "shop")


async def test_what_comes_to_one_who_has_just_been_cancelled_is_nobodys(two: tuple[ServerStore, ServerStore]) -> None:
    one, other = two
    assert one._locks
    taking = asyncio.create_task(one.take("lane"))
    await asyncio.sleep(0)
    [(_, coming)] = one._locks._asked
    assert coming

    while not coming.done():  # noqa: ASYNC110 - whoever waits for it hears of it next
        await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    await one.look()  # what is given back is given back before

    assert await other.take("lane") is True


async def test_one_who_is_cancelled_while_he_calls_leaves_nobody_deaf(
    two: tuple[ServerStore, ServerStore], database: str
) -> None:
    _, other = two
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def interrupted() -> Session:
        made = await connect(database, name="shop", tenant=1, writes=False)
        first.cancel()
        return made

    locks = Locks(interrupted)
    locks.hears = channel(7), heard.put_nowait
    first = asyncio.create_task(locks.look())
    with pytest.raises(asyncio.CancelledError):
        await first
    await locks.look()

    await other.tell(7, "for us")
    async with asyncio.timeout(60):
        said = await heard.get()

    assert said == "for us"
    locks.close()


async def test_one_that_is_closed_while_it_calls_takes_nothing(
    two: tuple[ServerStore, ServerStore], database: str
) -> None:
    one, _ = two

    async def late() -> Session:
        made = await connect(database, name="shop", tenant=1, writes=False)
        locks.close()
        return made

    locks = Locks(late)

    with pytest.raises(OSError, match="the wallet was closed"):
        await locks.take(one.number("lane"))
    assert await one.take("lane") is True
