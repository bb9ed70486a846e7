"""A change: everything that one message, or one act of the owner, alters. Applied whole or not at all.

A change touches one relationship. Two guards make it safe to compute from a plain read: the message must be new, and
the relationship and thread must still be at the version they were read at. If a guard fails nothing is written, and the
caller reads again and decides again.

Times are Unix seconds. `record` fields are plaintext here; the store seals them.
"""

from enum import Enum

import msgspec


class Heard(msgspec.Struct, frozen=True):
    """A message that arrived. digest: SHA-256 of what was said, so that a repeat can be told from an equivocation."""

    id: str
    digest: bytes
    forget_at: int


class Peer(msgspec.Struct, frozen=True):
    """A relationship. peer: the first DID of the other side; dids: every DID it is, or was, known by."""

    peer: str
    version: int
    dids: tuple[str, ...]
    record: bytes


class Thread(msgspec.Struct, frozen=True):
    """A conversation with one peer. open: something may still be said in it."""

    thid: str
    version: int
    open: bool
    record: bytes


class Entry(msgspec.Struct, frozen=True):
    """One line of a thread's log. ours: we said it."""

    thid: str
    id: str
    ours: bool
    at: int
    record: bytes


class Item(msgspec.Struct, frozen=True):
    """Something kept: a key, a DID, a credential, an agreement, an invitation.

    peer: the relationship it belongs to, or "" if to none. tag: one value by which it may be found, exactly.
    """

    kind: str
    id: str
    record: bytes
    peer: str = ""
    tag: str = ""


class Question(msgspec.Struct, frozen=True):
    """What waits for the owner."""

    id: str
    thid: str
    at: int
    record: bytes


class Timer(msgspec.Struct, frozen=True):
    """A moment at which the agent looks at a thread again. One per (thread, name); setting it again moves it."""

    thid: str
    name: str
    at: int


class Outgoing(msgspec.Struct, frozen=True):
    """A message on its way out. id: the message's own; due: when to try next; until: when to give up.

    held: it waits because its last attempt failed, or that of an earlier one. A message with the id of one already
    queued replaces it: resending is the same message again.
    """

    id: str
    thid: str
    due: int
    until: int
    record: bytes
    held: bool = False


class SignedRow(msgspec.Struct, frozen=True):
    """One signed object of the relationship's ledger. ours: we signed it; seq: its number in that side's chain."""

    digest: str
    object_id: str
    ours: bool
    seq: int
    thid: str
    at: int
    record: bytes


class Event(msgspec.Struct, frozen=True):
    """What an org's own systems are to hear. subject: what only they and we call the relationship; at: when it was.

    One with the id of an event that is there already replaces it, in its place.
    """

    id: str
    subject: str
    at: int
    record: bytes


class Progress(msgspec.Struct, frozen=True):
    """How far a campaign has come with one recipient, whose row is there already. state: a word.

    at: when something is to be done about it next, None: nothing; keeps_time: as it was. record: None: as it was.
    first: this is the first that is said to it, which nobody may have done yet. only: if it is in this state; else it
    stays as it is. chosen: it, and no other of them.
    """

    campaign: str
    thid: str
    state: str
    at: int | None = None
    keeps_time: bool = False
    record: bytes | None = None
    first: bool = False
    only: str = ""
    chosen: bool = False


class Change(msgspec.Struct, frozen=True):
    """See the module. Every field but `peer` may be left out."""

    peer: str
    heard: Heard | None = None
    relationship: Peer | None = None  # stored at version + 1 if the row is at `version` now (0: must not exist)
    stands: int | None = None  # the version at which the relationship must be, where it stays as it is
    threads: tuple[Thread, ...] = ()  # likewise
    log: tuple[Entry, ...] = ()
    keep: tuple[Item, ...] = ()
    claim: tuple[tuple[str, str], ...] = ()  # (kind, id) of items that must exist and are removed: single use
    ask: tuple[Question, ...] = ()
    settled: tuple[str, ...] = ()  # ids of questions answered; each must still be open
    timers: tuple[Timer, ...] = ()
    cancel: tuple[tuple[str, str], ...] = ()  # (thread, name) of timers
    send: tuple[Outgoing, ...] = ()
    room: int | None = None  # how many messages may wait for this peer, these and dead letters included
    done: tuple[str, ...] = ()  # ids of our messages to this peer that need no more sending
    signed: tuple[SignedRow, ...] = ()
    publish: tuple[Event, ...] = ()
    progress: tuple[Progress, ...] = ()
    purge: tuple[tuple[str, str], ...] = ()  # (thread, Digest): all they said in it, and that object of theirs, go


class Outcome(Enum):
    """What became of a change."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"  # the same message was heard before; nothing written
    EQUIVOCATION = "equivocation"  # same id, other content; nothing written
    FULL = "full"  # so much waits for this peer already that nothing more may be said; nothing written
    TAKEN = "taken"  # another recipient of the campaign is chosen already; nothing written
    CONFLICT = "conflict"  # a version, claim or question moved on; nothing written
