"""How far each bridge has come, in the wallet, so that a process that dies goes on where it was.

A bridge has a cursor: the last event before which all were handed over, but for those of subjects that are held up.
Each of these has a row of its own that says from which event on it waits. So what cannot be delivered for one customer
costs one row, and delays nobody else. Both name events by id: an export carries them to another wallet.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from agent.agent import Agent
from wallet.store import events, items
from wallet.store.change import Item
from wallet.store.transaction import Transaction

STATE, HELD_UP, SECRET, CARRIED_OUT = "bridge", "bridge-held-up", "bridge-secret", "bridge-inbound"
DELAYS: Final = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each further attempt: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h."""


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """One bridge. cursor: see the module, "" before the first event; paused: the operator wants nothing handed over.

    gone: the other side wants no more. tries, due, why: how often in a row nobody was there, when to try next, and what
    was said; due is 0 if somebody is. Unix seconds.
    """

    cursor: str = ""
    paused: bool = False
    gone: bool = False
    tries: int = 0
    due: int = 0
    why: str = ""

    def rests(self, now: int) -> bool:
        """Whether nothing is handed over now."""
        return self.paused or self.gone or now < self.due


Alter: TypeAlias = Callable[[State], State]


class HeldUp(msgspec.Struct, frozen=True):
    """One subject at one bridge. first: the event that was not taken; tries: how often; due: when to try next, 0 if it
    was given up and waits for the operator; since: of the first attempt. Unix seconds."""

    subject: str
    first: str
    tries: int
    due: int
    since: int
    why: str


def called(name: str) -> str:
    """What a bridge is called in logs, and where others may look: there may be a secret in the rest of its setting."""
    parts = urlsplit(name)
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else name.partition(":")[0]


def delay(tries: int) -> int:
    """Seconds to wait after so many attempts; 0: there have been enough."""
    return DELAYS[tries - 1] if tries <= len(DELAYS) else 0


def of(agent: Agent, name: str) -> State:
    """How far a bridge has come."""
    row = agent.store.item(STATE, name)
    return msgspec.json.decode(row.record, type=State) if row else State()


def held_up(agent: Agent, name: str) -> dict[str, HeldUp]:
    """The subjects that wait at a bridge, by name, those that have waited longest first."""
    rows = agent.store.items(HELD_UP, tag=name)
    found = (msgspec.json.decode(row.record, type=HeldUp) for row in rows)
    return {each.subject: each for each in found}


async def save(
    agent: Agent, name: str, alter: Alter | None = None, *, hold: Collection[HeldUp] = (), free: Collection[str] = ()
) -> None:
    """Put down how far a bridge has come, in one transaction. alter: of what is stored by then, for the operator may
    have altered it too. free: subjects that wait no longer."""
    await agent.store.write(partial(_save, name=name, alter=alter, hold=hold, free=free))


def _save(tx: Transaction, *, name: str, alter: Alter | None, hold: Collection[HeldUp], free: Collection[str]) -> None:
    if alter is not None:
        row = items.item(tx, kind=STATE, id=name)
        before = msgspec.json.decode(row.record, type=State) if row else State()
        items.keep(tx, row=Item(STATE, name, msgspec.json.encode(alter(before))))
    for subject in free:
        items.claim(tx, kind=HELD_UP, id=f"{name} {subject}")
    for each in hold:
        items.keep(tx, row=Item(HELD_UP, f"{name} {each.subject}", msgspec.json.encode(each), tag=name))


def waiting(agent: Agent, name: str) -> int:
    """How many events a bridge has not come to yet; those of subjects that are held up are not among them."""
    place = agent.store.read(partial(events.place_of, id=of(agent, name).cursor))
    return agent.store.read(partial(events.count, place=place))


def reached(agent: Agent, name: str) -> int:
    """The place before which no event is needed by this bridge any more."""
    names = [of(agent, name).cursor, *(each.first for each in held_up(agent, name).values())]
    return min(agent.store.read(partial(events.place_of, id=each)) for each in names)


# -- what a bridge needs to log in --------------------------------------------------------------------------------


def secret(agent: Agent, name: str) -> bytes | None:
    """What a bridge was given, or made, to log in or sign with."""
    row = agent.store.item(SECRET, name)
    return row.record if row else None


async def keep_secret(agent: Agent, name: str, value: bytes) -> None:
    """Keep that, sealed."""
    await agent.store.write(partial(items.keep, row=Item(SECRET, name, value)))
