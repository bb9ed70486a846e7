"""What a turn in one relationship brings about in another: said once the turn is kept, exactly once.

A change touches one relationship, so what is to be said to somebody else waits in the store (`Draft.hand_on`), and is
taken out by the change that says it.
"""

from functools import partial

import msgspec

from agent import effects, owner
from agent.agent import Agent
from agent.draft import ERRAND, Draft, Errand
from agent.logs import note
from protocols import table
from protocols.problems import Misuse, Problem
from wallet.errors import NotFound
from wallet.needs import Lookup
from wallet.store.change import Change, Item


async def run(agent: Agent) -> None:
    """Say what waits to be said."""
    for item in tuple(agent.store.items(ERRAND)):
        errand = msgspec.json.decode(item.record, type=Errand)
        try:
            await owner.act(agent, errand.peer, errand.thid, partial(say, item=item, errand=errand))
        except (Misuse, Problem, NotFound) as fault:  # it is over there: nothing is left to be said
            note("something is not to be said any more", message=errand.name, error=type(fault).__name__)
            await agent.store.apply(Change(errand.peer, claim=((item.kind, item.id),)))


def say(draft: Draft, item: Item, errand: Errand) -> Lookup[None]:
    """Say one message, in its thread, and take it out of what waits."""
    protocol = table(errand.table)
    message = protocol.read(errand.name, errand.body, errand.attachments, signed=errand.signed)
    draft.claim += ((item.kind, item.id),)
    if draft.conversation is None:
        opener = protocol.opener(message, "person" if draft.relationship.acting else draft.agent.config.kind)
        if opener is None:
            raise Misuse(f"{errand.name} begins no thread")
        draft.begin(protocol, opener, errand.pthid)
    effects.say(draft, message)
    yield from ()
