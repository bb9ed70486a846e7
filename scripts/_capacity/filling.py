"""A store filled with relationships, each row by the store's own function for it, sealed by itself."""

import asyncio
from collections.abc import Iterable
from functools import partial
from hashlib import sha256
from typing import Any, Final

from scripts._capacity.handshake import Copy, Handshake
from wallet import records
from wallet.records import Line, kept_of
from wallet.store import log
from wallet.store.change import Change, Entry, Heard, Outcome, Peer, Thread
from wallet.store.moving import SUBJECTS
from wallet.store.moving.subject import Subject
from wallet.store.store import Store
from wallet.store.transaction import Transaction

IN_FLIGHT: Final = 256
FORGET_AT: Final = 2_000_000_000
MESSAGE: Final = 1024  # bytes, of a plain message
_BY_KIND: Final[dict[type[Line], Subject[Any]]] = {kind: subject for subject in SUBJECTS for kind in subject.kinds}


async def fill(store: Store, handshake: Handshake, numbers: Iterable[int]) -> None:
    """Write the relationships of these numbers, each in one change, as many in flight as fit into one commit."""
    waiting = list[asyncio.Future[None]]()
    for number in numbers:
        waiting.append(store.write(partial(_put, copy=handshake.copy(number))))
        if len(waiting) == IN_FLIGHT:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)


def _put(tx: Transaction, copy: Copy) -> None:
    """One relationship with all that belongs to it."""
    for line in copy.lines:
        _BY_KIND[type(line)].put(tx, line)
    peer = tx.blind("peer", copy.peer)
    for number in range(copy.heard):
        mark = Heard(f"{copy.thread}-{number}", sha256(f"{copy.thread} {number}".encode()).digest(), FORGET_AT)
        log.hear(tx, peer=peer, name=copy.peer, row=mark)


async def fill_found(store: Store, handshake: Handshake, numbers: Iterable[int]) -> None:
    """The same for a handshake of which only what a look-up finds is kept: as changes that go side by side."""
    waiting = list[asyncio.Future[Outcome]]()
    for number in numbers:
        waiting.append(asyncio.ensure_future(store.apply(_met(handshake.copy(number)))))
        if len(waiting) == IN_FLIGHT:
            assert set(await asyncio.gather(*waiting)) == {Outcome.APPLIED}
            waiting.clear()
    assert set(await asyncio.gather(*waiting)) <= {Outcome.APPLIED}


def _met(copy: Copy) -> Change:
    """Somebody new, and a thread."""
    [known] = [line for line in copy.lines if isinstance(line, records.Relationship)]
    threads = (line for line in copy.lines if isinstance(line, records.Thread))
    return Change(
        copy.peer,
        relationship=Peer(known.peer, 0, known.dids, kept_of(known)),
        threads=tuple(Thread(line.thread, 0, line.open, kept_of(line)) for line in threads),
    )


async def hear(store: Store, copies: Iterable[Copy], tag: str) -> None:
    """One plain message of each of these relationships, as the agent stores it: heard once, its thread, its line."""
    outcomes = await asyncio.gather(*(store.apply(_message(copy, tag)) for copy in copies))
    assert set(outcomes) == {Outcome.APPLIED}, outcomes


def _message(copy: Copy, tag: str) -> Change:
    thid = sha256(f"{copy.thread} {tag}".encode()).hexdigest()[:32]
    return Change(
        copy.peer,
        heard=Heard(thid, sha256(thid.encode()).digest(), FORGET_AT),
        threads=(Thread(thid, 0, True, bytes(500)),),
        log=(Entry(thid, thid, False, FORGET_AT, bytes(MESSAGE)),),
    )
