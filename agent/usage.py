"""Facts of the things a person owns, as she records them, and sharing them while she lets somebody have them.

A fact is shared under a consent of schema `thing-usage` whose items are `/THING` or `/THING/FACT`; its own pointer ends
with its time. Only facts dated from the grant on, and before its end, are ever sent; once she has withdrawn, none are.
Source: vrm-protocols 5.3 (F03).
"""

from collections.abc import Iterator

import msgspec

from agent import conversation as conversations
from agent import effects, owner, told
from agent.agent import Agent
from agent.draft import Draft
from agent.vrm.consent import disclosure
from protocols.machine import Thread
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.vrm.consent import State, consent
from protocols.vrm.consent_words import covered, granted
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.store.change import Change, Item

FACT, SCHEMA = "usage-fact", "thing-usage"
MOST = 64  # facts in one message


class Fact(msgspec.Struct, frozen=True):
    """One fact. at: Unix seconds, of when it was so."""

    thing: str
    name: str
    value: object
    at: int

    @property
    def ptr(self) -> str:
        """Its place among the facts of her things."""
        steps = (self.thing, self.name, timestamp(self.at))
        return "".join("/" + each.replace("~", "~0").replace("/", "~1") for each in steps)


async def note(agent: Agent, thing: str, name: str, value: object, at: int) -> int:
    """Record a fact, and send it to whom it is shared with. Returns to how many. Raises Misuse."""
    if not thing.strip() or not name.strip():
        raise Misuse("a fact needs a thing and a name; nothing was recorded")
    fact = Fact(thing, name, value, at)
    await agent.store.apply(Change("", keep=(Item(FACT, new_id(), msgspec.json.encode(fact)),)))
    return await share(agent)


def of(agent: Agent) -> list[Fact]:
    """All that was recorded, oldest first."""
    found = (msgspec.json.decode(item.record, type=Fact) for item in agent.store.items(FACT))
    return sorted(found, key=lambda each: (each.at, each.ptr))


async def share(agent: Agent) -> int:
    """Send what is to be sent and has not been. Returns to how many."""
    count = 0
    for peer, thread in shared(agent):
        count += await owner.act(agent, peer, thread.thid, send)
    return count


def shared(agent: Agent) -> Iterator[tuple[str, Thread]]:
    """The consents under which facts of things may be sent."""
    for peer, row in tuple(agent.store.threads(only_open=True)):
        thread = conversations.read(row).thread
        if thread.table == consent.id and thread.state == State.GIVEN and granted(thread).schema == SCHEMA:
            yield peer, thread


def send(draft: Draft) -> Lookup[int]:
    """Say the facts that this thread has not been told. Returns 1 if there were any."""
    yield from ()
    fresh = due(draft)
    if draft.thread.state == State.GIVEN and fresh:
        effects.say(draft, disclosure(draft, {each.ptr: each.value for each in fresh[:MOST]}))
        return 1
    return 0


def due(draft: Draft) -> list[Fact]:
    """The facts that may be sent in this thread and have not been: dated in the time for which they were granted."""
    thread = draft.thread
    sent = {each.ptr for each in told.of(draft.agent, draft.peer) if each.thid == thread.thid}
    since = next(entry.at for entry in thread.said if entry.name in ("grant", "volunteer"))
    found = []
    for fact in of(draft.agent):
        items = [each for each in granted(thread).items if covered(fact.ptr, (each.ptr,))]
        timely = since - since % 60 <= fact.at <= draft.now and any(fact.at < unix(each.until) for each in items)
        if timely and fact.ptr not in sent and any(unix(each.until) > draft.now for each in items):
            found.append(fact)
    return found
