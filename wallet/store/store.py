"""The store: reads at once, writes by group commit, whatever kind of database the rows are in.

A read sees what was committed before it. Everything but opening, creating and `counts` raises Locked while the vault
is locked.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from wallet.keys import PrivateKey, new_id
from wallet.slots import Argon2, Secret
from wallet.store import (
    checks,
    companion,
    instance,
    inventory,
    items,
    keys,
    ledger,
    log,
    marks,
    meta,
    outbox,
    peers,
    questions,
    threads,
    timers,
)
from wallet.store.apply import apply
from wallet.store.change import Change, Entry, Item, Outcome, Outgoing, Peer, Question, SignedRow, Thread, Timer
from wallet.store.instance import Instance
from wallet.store.outbox import DeadLetter
from wallet.store.transaction import Transaction
from wallet.store.writer import Seen, Writer
from wallet.vault import Vault

T = TypeVar("T")


class Store:
    """An open wallet: `FileStore` (sqlite.py) or `ServerStore` (postgresql.py).

    path: of the wallet file; what an agent keeps besides lies beside it, whatever kind of store it has. shared: others
    may write to it, too. turns: how often all that `take` gave was lost, for the database was away.
    """

    path: Path
    vault: Vault
    shared: bool = False
    _read: Transaction
    _writer: Writer

    async def unlock(self, secret: Secret) -> None:
        """Open the vault, without holding up the loop. Raises Locked if the secret does not fit."""
        await asyncio.to_thread(self.vault.unlock, secret)
        marks.load(self._read)

    def lock(self) -> None:
        """Drop every key; the file stays open."""
        self.vault.lock()

    async def change_secret(self, old: Secret, new: Secret) -> None:
        """Change one slot's passphrase or key file. The vault must be open. Raises Locked if `old` does not fit.

        A copy of the file made earlier still opens with `old`.
        """
        await asyncio.to_thread(self.vault.change_secret, old, new)
        await self.save_header()

    async def replace_secret(self, name: str, new: Secret, kdf: Argon2 | None = None) -> None:
        """Let slot `name` open with `new` from now on, and with nothing else. The vault must be open.

        A copy of the file made earlier still opens with what opened it then.
        """
        await asyncio.to_thread(self.vault.replace_secret, name, new, kdf)
        await self.save_header()

    async def save_header(self) -> None:
        """Store the vault's header, after a change of its slots."""
        # failpoint: header.before-save
        await self.write(partial(save_header, header=self.vault.header))
        # failpoint: header.after-save

    def close(self) -> None:
        """Finish what is being written, lock, and let go of the wallet. Closing again does nothing."""
        raise NotImplementedError

    # -- who does what, where several have one wallet open ----------------------------------------------------------

    @property
    def turns(self) -> int:
        """See the class."""
        return 0

    async def take(self, what: str) -> bool:
        """Whether some work is ours, and nobody else's, until `give`. Do not ask for what is ours. Raises OSError."""
        return True

    def give(self, what: str) -> None:
        """Somebody else may do that work now."""

    def number(self, what: str) -> int:
        """The number under which some work is taken, 64 bits."""
        return int.from_bytes(self.vault.blind("store", "work", what)[:8], "big", signed=True)

    def called(self, peer: str) -> str:
        """What others of us call a peer where anybody may hear it."""
        return self.vault.blind("store", "peer", peer).hex()

    def hear(self, number: int, heard: Callable[[str], None]) -> None:
        """From now on, hear what others `tell` this number."""

    async def tell(self, number: int, word: str) -> None:
        """Have whoever hears this number know something. Raises OSError."""

    async def look(self) -> int:
        """A number that is another one once anybody has written. Raises OSError: what was taken is lost."""
        return self._read.version()

    # -- writing ------------------------------------------------------------------------------------------------

    def apply(self, change: Change) -> asyncio.Future[Outcome]:
        """Write a change, whole or not at all. Await it: it is done once it is on disk. OSError if the disk refuses."""
        return companion.run(self, partial(apply, change=change), self._writer.run)

    def write(self, work: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Do bookkeeping in the same group commit. See `Writer.run` for what `work` may do."""
        return companion.run(self, work, self._writer.run)

    def watch(self, seen: Seen) -> None:
        """From now on, tell of each commit."""
        self._writer.seen = seen

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Read by a function of a subject that only some agents have."""
        return work(self._read)

    def snapshot(self) -> AbstractContextManager[Transaction]:
        """The wallet as it is now, whole, to be read at leisure while others go on writing. Raises OSError."""
        raise NotImplementedError

    async def forget(self, now: int) -> int:
        """Drop marks of messages heard whose time is over, some at a time. Returns how many."""
        await self.write(partial(marks.forget, now=now))
        dropped, after = 0, log.FIRST
        while True:
            count, more = await self.write(partial(log.forget, now=now, after=after))
            dropped += count
            if more is None:
                return dropped
            after = more

    # -- relationships and threads ------------------------------------------------------------------------------

    def peer_of(self, did: str) -> str | None:
        """The peer that `did` speaks for now."""
        return peers.peer_of(self._read, did=did)

    def peer(self, peer: str) -> Peer | None:
        """One relationship."""
        return peers.peer(self._read, peer=peer)

    def peers(self) -> Iterator[Peer]:
        """All relationships, in no order."""
        return peers.peers(self._read)

    def thread(self, peer: str, thid: str) -> Thread | None:
        """One thread."""
        return threads.thread(self._read, peer=peer, thid=thid)

    def threads(self, peer: str | None = None, *, only_open: bool = False) -> Iterator[tuple[str, Thread]]:
        """Threads with their peers, in no order; all or those with one peer."""
        return threads.threads(self._read, peer=peer, only_open=only_open)

    def threads_with_thid(self, thid: str) -> tuple[tuple[str, Thread], ...]:
        """The threads of this id, with their peers."""
        return threads.with_thid(self._read, thid=thid)

    def seen(self, peer: str, id: str) -> bool:
        """Whether a message of this peer was heard, and is not forgotten yet."""
        return log.seen(self._read, peer=peer, id=id)

    def log(self, peer: str, thid: str) -> tuple[Entry, ...]:
        """The lines of a thread, oldest first."""
        return log.log(self._read, peer=peer, thid=thid)

    # -- items, questions, timers -------------------------------------------------------------------------------

    def item(self, kind: str, id: str) -> Item | None:
        """One item."""
        return items.item(self._read, kind=kind, id=id)

    def items(self, kind: str, *, peer: str | None = None, tag: str | None = None) -> Iterator[Item]:
        """The items of a kind, oldest first; of one peer ("": of none), or with one tag, if asked for."""
        return items.items(self._read, kind=kind, peer=peer, tag=tag)

    def count_items(self, kind: str, *, peer: str | None = None, tag: str | None = None) -> int:
        """How many items of a kind there are, as `items` finds them."""
        return items.count(self._read, kind=kind, peer=peer, tag=tag)

    def newest_items(
        self, kind: str, start: int, most: int, *, peer: str | None = None, tag: str | None = None
    ) -> tuple[Item, ...]:
        """A part of what `items` finds, newest first. start: how many come before it."""
        return items.newest(self._read, kind=kind, peer=peer, tag=tag, start=start, most=most)

    def key(self, kid: str) -> PrivateKey | None:
        """The private key kept under a key id: what `Keyring(load=store.key)` asks for."""
        return keys.key(self._read, kid=kid)

    def question(self, id: str) -> tuple[str, Question] | None:
        """One open question, and the peer it came up with."""
        return questions.question(self._read, id=id)

    def questions(self) -> tuple[tuple[str, Question], ...]:
        """All open questions with their peers, oldest first."""
        return questions.questions(self._read)

    def due_timers(self, now: int, limit: int = 64) -> tuple[tuple[str, Timer], ...]:
        """Timers whose moment has come, with their peers, earliest first. They stay until a change cancels them."""
        return timers.due(self._read, now=now, limit=limit)

    def named_timers(self, name: str, start: int, most: int) -> tuple[tuple[str, Timer], ...]:
        """A part of the timers of one name, with their peers, earliest first. start: how many come before it."""
        return timers.named(self._read, name=name, start=start, most=most)

    def count_timers(self, name: str) -> int:
        """How many timers have one name."""
        return timers.count(self._read, name=name)

    # -- the way out --------------------------------------------------------------------------------------------

    def due_peers(self, now: int, besides: Collection[str] = (), limit: int = 256) -> tuple[str, ...]:
        """Peers for whom a message is due, besides these; as many as the `limit` longest due messages are for."""
        return outbox.due_peers(self._read, now=now, besides=besides, limit=limit)

    def due_outgoing(self, peer: str, now: int, after: int = 0, limit: int = 32) -> tuple[tuple[int, Outgoing], ...]:
        """Messages due for one peer, in the order they were said, with their places. after: the last place seen."""
        return outbox.due(self._read, peer=peer, now=now, after=after, limit=limit)

    def expired_outgoing(self, peer: str, now: int, limit: int = 32) -> tuple[Outgoing, ...]:
        """Messages on their way to one peer that need not be sent any more."""
        return outbox.expired(self._read, peer=peer, now=now, limit=limit)

    def holds_outgoing(self, peer: str) -> bool:
        """Whether messages to this peer wait because an attempt failed."""
        return outbox.holds(self._read, peer=peer)

    def outgoing(self) -> Iterator[tuple[str, Outgoing]]:
        """Everything on its way out with its peer, in the order it was said."""
        return outbox.waiting(self._read)

    async def retry_outgoing(
        self, peer: str, id: str, due: int, record: bytes | None = None, *, held: bool = False
    ) -> bool:
        """Try a message again at `due`, with another record if one is given. False: it is not queued any more."""
        return await self.write(partial(outbox.retry, peer=peer, id=id, due=due, record=record, held=held))

    async def hold_outgoing(self, peer: str, due: int, now: int, records: Sequence[tuple[str, bytes]] = ()) -> None:
        """Let what is due or held for one peer wait until `due`. records: (id, record) of messages to put back so."""
        await self.write(partial(outbox.hold, peer=peer, due=due, now=now, records=records))

    async def wake_outgoing(self, peer: str, at: int) -> int:
        """Make what is held for one peer due at `at`, if it would be later. Returns how many that moved."""
        return await self.write(partial(outbox.wake, peer=peer, at=at))

    async def finish_outgoing(self, messages: Collection[tuple[str, str]]) -> None:
        """Take messages out of the queue, each by its peer and its id, as far as they are there."""
        await self.write(partial(outbox.finish_all, messages=messages))

    async def hasten_leased(self, now: int, within: int, after: int = 0) -> int:
        """The same for what did not fail yet and is due later than in `after` seconds, in `within` at the latest."""
        return await self.write(partial(outbox.hasten_leased, now=now, within=within, after=after))

    async def hasten_outgoing(self, now: int) -> int:
        """Make all that is queued due, and held: whoever was to try it may have gone. Returns how many."""
        return await self.write(partial(outbox.hasten, now=now))

    async def shift_outgoing(self, by: int) -> int:
        """Move the next attempts of all that is queued by some seconds, as the clock was moved. Returns how many."""
        return await self.write(partial(outbox.shift, by=by))

    async def bury(self, peer: str, id: str, why: str, at: int) -> bool:
        """Give a message up and keep it as a dead letter. False: it is not queued any more."""
        return await self.write(partial(outbox.bury, peer=peer, id=id, why=why, at=at))

    async def revive(self, peer: str, row: Outgoing) -> bool:
        """Put a dead letter on its way again, as `row`. False: it is not there."""
        return await self.write(partial(outbox.revive, peer=peer, row=row))

    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """What was given up, oldest first."""
        return tuple(outbox.dead_letters(self._read))

    async def discard(self, peer: str, id: str) -> bool:
        """Throw a dead letter away. False: it is not there."""
        return await self.write(partial(outbox.discard, peer=peer, id=id))

    def next_due(self) -> int | None:
        """The earliest moment at which a timer or an outgoing message is due, those under way included."""
        return checks.next_due(self._read)

    # -- signed objects -----------------------------------------------------------------------------------------

    def ledger(self, peer: str, *, ours: bool | None = None) -> tuple[SignedRow, ...]:
        """The ledger with one peer, or one side of it, in the order it came about."""
        return ledger.ledger(self._read, peer=peer, ours=ours)

    def signed(self, peer: str, digest: str) -> SignedRow | None:
        """One signed object."""
        return ledger.signed(self._read, peer=peer, digest=digest)

    def numbered(self, peer: str, *, ours: bool, seq: int) -> tuple[SignedRow, ...]:
        """The objects with one number in one side's chain: none is a gap, more than one an equivocation."""
        return ledger.numbered(self._read, peer=peer, ours=ours, seq=seq)

    def with_object_id(self, peer: str, id: str) -> tuple[SignedRow, ...]:
        """The objects that bear this id, whoever signed them: more than one is an equivocation."""
        return ledger.with_object_id(self._read, peer=peer, id=id)

    # -- looking after it ---------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """How many rows each table has. Works on a locked vault."""
        return checks.counts(self._read)

    def instance(self) -> Instance | None:
        """Which copy of the wallet this is; None if a program made it that knew of none."""
        return instance.instance(self._read)

    def verify_inventory(self) -> None:
        """Raise Corrupt if a key or credential was removed or put back to an earlier revision behind our back."""
        inventory.verify(self._read)

    def verify(self) -> tuple[str, ...]:
        """Open every record and check the inventory. Returns what is wrong, in words; nothing is repaired."""
        return tuple(checks.faults(self._read))


def begin(tx: Transaction, fill: Callable[[Transaction], None] | None) -> None:
    """What a new wallet holds: its header, an inventory of nothing, which copy it is, and what `fill` writes."""
    save_header(tx, header=tx.vault.header)
    inventory.begin(tx)
    instance.write(tx, Instance(new_id()))
    if fill is not None:
        fill(tx)


def save_header(tx: Transaction, *, header: bytes) -> None:
    """The header, and a digest beside it: it tells damage from a wrong passphrase, which a lock alone cannot."""
    meta.write(tx, name="header", value=header)
    meta.write(tx, name="header-digest", value=sha256(header).digest())
