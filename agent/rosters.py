"""The rosters this agent holds: which it deals in, loading another pinned by its Digest, swapping and dropping them.

What is proffered, accepted or taken as an alternative is on the roster in use. Texts of agreements that came into force
stay with their records, whatever becomes of the roster they are from. Source: vrm-protocols 5.2.
"""

from functools import lru_cache

import msgspec

from agent import agreements
from agent.agent import Agent
from agent.agreements import MOST_BYTES, PINNED, Roster, Text
from protocols.problems import Misuse
from wallet.errors import NotFound
from wallet.needs import Fetch, Lookup
from wallet.store.change import Change, Item

ROSTER, IN_USE, TEXT = "roster", "roster-in-use", "agreement-text"
CHOSEN = "chosen"
PREFERRED = "agreements-preferred"


class Held(msgspec.Struct, frozen=True):
    """A roster as it was loaded. raw: the file; source: where it came from, for people; at: Unix seconds."""

    raw: bytes
    source: str
    at: int


_read = lru_cache(maxsize=8)(agreements.read)  # by its Digest, which it has


def chosen(agent: Agent) -> str:
    """Digest of the roster in use."""
    item = agent.store.item(IN_USE, CHOSEN)
    return item.record.decode() if item else PINNED


def in_use(agent: Agent) -> Roster:
    """The roster in use."""
    return of(agent, chosen(agent))


def of(agent: Agent, pinned: str) -> Roster:
    """A roster that is here. Raises NotFound, or BadRoster if it has been altered."""
    if pinned == PINNED:
        return agreements.shipped_roster()
    return _read(held(agent, pinned).raw, pinned=pinned)


def held(agent: Agent, pinned: str) -> Held:
    """A roster that was loaded, as a file. Raises NotFound."""
    item = agent.store.item(ROSTER, pinned)
    if item is None:
        raise NotFound(f'no roster "{pinned[:64]}" is here; freerange roster list shows those that are')
    return msgspec.json.decode(item.record, type=Held)


def all_of(agent: Agent) -> dict[str, Roster]:
    """Every roster that is here, by its Digest; the shipped one first."""
    return {each: of(agent, each) for each in (PINNED, *(item.id for item in agent.store.items(ROSTER)))}


def source_of(agent: Agent, pinned: str) -> str:
    """Where a roster came from; empty for the one that is shipped."""
    return "" if pinned == PINNED else held(agent, pinned).source


def on_the_roster(agent: Agent, digest: str) -> Text | None:
    """The agreement with this Digest, if it is on the roster in use."""
    return in_use(agent).by_digest(digest)


def text_of(agent: Agent, digest: str) -> Text | None:
    """The agreement with this Digest: on any roster here, or kept with a record."""
    for roster in all_of(agent).values():
        if (found := roster.by_digest(digest)) is not None:
            return found
    item = agent.store.item(TEXT, digest)
    return msgspec.json.decode(item.record, type=Text) if item else None


def preferred(agent: Agent) -> tuple[Text, ...]:
    """What the owner named, or else the settings, and the roster in use has, preferred first: what an org accepts by
    itself, or a person proffers."""
    roster, item = in_use(agent), agent.store.item(PREFERRED, CHOSEN)
    named = msgspec.json.decode(item.record, type=tuple[str, ...]) if item else agent.config.accepts
    return tuple(text for each in named if (text := roster.by_id(each)) is not None)


def kept(text: Text) -> Item:
    """The text of an agreement, to be kept with its record."""
    return Item(TEXT, text.digest, msgspec.json.encode(text))


# -- the owner ----------------------------------------------------------------------------------------------------


def fetched(url: str) -> Lookup[bytes]:
    """The file at a URL, as it is now. Raises Unresolved."""
    return (yield Fetch(url, limit=MOST_BYTES, max_age=0))


async def load(agent: Agent, raw: bytes, *, pinned: str, source: str) -> Roster:
    """Keep a roster. Raises BadRoster if it is not the one that was named, or any text in it is not as listed."""
    roster = agreements.read(raw, pinned=pinned)
    if pinned != PINNED:
        record = msgspec.json.encode(Held(raw, source, agent.now()))
        await agent.store.apply(Change(peer="", keep=(Item(ROSTER, pinned, record),)))
    return roster


async def use(agent: Agent, pinned: str) -> Roster:
    """Deal in the agreements of this roster from now on. Raises NotFound."""
    roster = of(agent, pinned)
    await agent.store.apply(Change(peer="", keep=(Item(IN_USE, CHOSEN, pinned.encode()),)))
    return roster


async def prefer(agent: Agent, ids: tuple[str, ...]) -> tuple[Text, ...]:
    """Proffer or accept these agreements of the roster in use from now on, in this order. Raises Misuse."""
    roster = in_use(agent)
    for id in ids:
        if roster.by_id(id) is None:
            raise Misuse(f'no agreement "{id[:64]}" is on the roster in use; nothing was changed')
    if len(set(ids)) < len(ids):
        raise Misuse("an agreement is named twice; nothing was changed")
    if not ids and agent.config.kind == "person":
        raise Misuse("some terms of yours have to stay, or there would be none to bring; nothing was changed")
    await agent.store.apply(Change(peer="", keep=(Item(PREFERRED, CHOSEN, msgspec.json.encode(ids)),)))
    return preferred(agent)


async def drop(agent: Agent, pinned: str) -> None:
    """Forget a roster. Raises NotFound, or Misuse if it is in use or is the one that is shipped."""
    if pinned == PINNED:
        raise Misuse("this roster comes with the program and stays; nothing was dropped")
    if pinned == chosen(agent):
        raise Misuse("this roster is in use; use another one first. Nothing was dropped.")
    held(agent, pinned)
    await agent.store.apply(Change(peer="", claim=((ROSTER, pinned),)))


def find(agent: Agent, text: str) -> str:
    """The Digest of the roster meant by its name or the beginning of its Digest. Raises NotFound, or Misuse."""
    here = all_of(agent)
    found = [each for each, roster in here.items() if text and (each.startswith(text) or roster.name == text)]
    if len(found) > 1:
        raise Misuse(f'"{text[:64]}" could be any of {len(found)} rosters; give the beginning of its digest')
    if not found:
        names = ", ".join(roster.name for roster in here.values())
        raise NotFound(f'no roster "{text[:64]}" is here; here are {names}')
    return found[0]
