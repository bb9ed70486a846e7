"""One notice to everybody whose rules allow it, and to nobody else. Source: vrm-protocols 5.1, 6.

Who is left out is counted and named to the operator with the rule; what the rules say is never sent anywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from agent import groups, many, notice_rules, owner, rules_known
from agent import relationship as relationships
from agent.agent import Agent
from agent.draft import Draft
from agent.many import Kind, Order
from agent.relationship import Relationship
from protocols.problems import Misuse
from protocols.vrm.relationship import Notice, notice
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.store import items
from wallet.store.change import Change, Item


@dataclass(frozen=True, slots=True)
class Choice:
    """One relationship, and the rule that forbids to tell it; empty if none does."""

    who: Relationship
    against: str = ""


def choose(agent: Agent, said: Notice, among: Iterable[Relationship] | None = None) -> list[Choice]:
    """Whom this may be told, and whom not. among: these, each once; None: all there are. None of them if it has ended.

    Only who is named is looked at: there may be a million others.
    """
    known = among if among is not None else (relationships.read(row) for row in agent.store.peers())
    meant = {each.peer: each for each in known if each.met and not each.ended}
    return [Choice(each, forbidden(agent, each.peer, said)) for each in meant.values()]


def forbidden(agent: Agent, peer: str, said: Notice) -> str:
    """The rule of this person that forbids to tell her this now; empty if none does."""
    rules, now = rules_known.in_force(agent, peer), agent.now()
    counted = rules_known.this_week(agent, peer, now) if rules and rules.max_per_week is not None else 0
    return notice_rules.against(rules, said, now=now, this_week=counted)


async def send(agent: Agent, said: Notice, among: Iterable[Relationship] | None = None) -> list[Choice]:
    """Tell everybody whom it may be told. Returns who was told and who was not. Raises Misuse for a person's agent."""
    if agent.config.kind != "org":
        raise Misuse("notices are told by organisations; a person writes with: freerange say")
    if not said.text.strip():
        raise Misuse("there is nothing in it to be read; nothing was said. Say in a few words what it is.")
    choices = choose(agent, said, among)
    for each in choices:
        if not each.against:
            await owner.open_thread(agent, each.who.peer, notice, said)
    return choices


# -- written first, looked at, and told as a campaign -------------------------------------------------------------

WRITTEN: Final = "notice-written"


class Written(msgspec.Struct, frozen=True):
    """A notice that is written, and who might be told it when that was last looked at. tag: of whom; empty: everybody.

    allowed, against: relationships, and for the latter the rule of each. Whoever is told is asked for by her rules once
    more at that moment. dropped: it is not told any more.
    """

    id: str
    notice: Notice
    at: int
    tag: str = ""
    allowed: tuple[str, ...] = ()
    against: tuple[tuple[str, str], ...] = ()
    dropped: bool = False


async def write(agent: Agent, said: Notice, tag: str = "", id: str = "") -> Written:
    """Write a notice, and look at whom it may be told. id: of one that is written anew. Raises Misuse."""
    if agent.config.kind != "org":
        raise Misuse("notices are told by organisations; a person writes with: freerange say")
    if not said.text.strip():
        raise Misuse("there is nothing in it to be read; say in a few words what it is. Nothing was kept.")
    choices = [each for each in choose(agent, said) if not tag or tag in groups.tags(agent, each.who.peer)]
    made = Written(
        id or new_id(),
        said,
        agent.now(),
        tag,
        tuple(each.who.peer for each in choices if not each.against),
        tuple((each.who.peer, each.against) for each in choices if each.against),
    )
    await keep(agent, made)
    return made


async def keep(agent: Agent, made: Written) -> None:
    """Keep what is written."""
    await agent.store.apply(Change(peer="", keep=(Item(WRITTEN, made.id, msgspec.json.encode(made)),)))


def written(agent: Agent, id: str) -> Written:
    """What is written. Raises NotFound."""
    item = agent.store.item(WRITTEN, id)
    if item is None:
        raise NotFound("there is no such notice")
    return msgspec.json.decode(item.record, type=Written)


def newest(agent: Agent, start: int, most: int) -> tuple[int, list[Written]]:
    """How many were written, and some of them, the newest first."""
    rows = agent.store.read(partial(items.newest, kind=WRITTEN, peer="", tag=None, start=start, most=most))
    found = [msgspec.json.decode(each.record, type=Written) for each in rows]
    return agent.store.count_items(WRITTEN, peer=""), found


def say(draft: Draft, order: Order) -> Lookup[None]:
    """Tell it to one of many, if her rules allow it now."""
    said = msgspec.convert(order.content, Notice)
    if against := forbidden(draft.agent, draft.peer, said):
        raise Misuse(against)
    if draft.relationship.ended:
        raise Misuse("the relationship has ended")
    many.opening(draft, notice, said)
    yield from ()


KIND = Kind("notice", say)
"""Telling many. Its content is a Notice."""
