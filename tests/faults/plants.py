"""Faults planted on purpose, so that a test that finds none is known to be able to. For the process under test only."""

from collections.abc import Callable
from typing import Final

POISON: Final = "make it fail"


def early_202() -> None:
    """Answer 202 before the message is kept."""
    import asyncio

    from agent import inbox
    from agent.agent import Agent
    from agent.errors import AgentError

    receive = inbox.receive
    under_way: set[asyncio.Task[None]] = set()

    async def later(agent: Agent, raw: bytes) -> None:
        try:
            await asyncio.sleep(0.05)
            await receive(agent, raw)
        except AgentError:
            return

    async def at_once(agent: Agent, raw: bytes, *_: object) -> None:
        task = asyncio.create_task(later(agent, raw))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    inbox.receive = at_once  # type: ignore[assignment]  # that is the fault


def deaf_to_repeats() -> None:
    """Do not mark what was heard."""
    from wallet.store import log
    from wallet.store.change import Heard, Outcome
    from wallet.store.transaction import Transaction

    def hear(tx: Transaction, *, peer: bytes, name: str, row: Heard) -> Outcome:
        return Outcome.APPLIED

    log.hear = hear


def answers_apart() -> None:
    """Keep what a message causes in a change of its own, a moment after the message."""
    import asyncio

    from msgspec.structs import replace

    from wallet.store.change import Change, Outcome
    from wallet.store.store import Store

    apply = Store.apply

    async def halves(store: Store, change: Change) -> Outcome:
        outcome = await apply(store, replace(change, send=()))
        if outcome is Outcome.APPLIED and change.send:
            await asyncio.sleep(0.02)
            await apply(store, Change(change.peer, send=change.send))
        return outcome

    Store.apply = halves  # type: ignore[assignment,method-assign]  # that is the fault


def stumbles() -> None:
    """Fail at every message that says so; a fault as there may be one, of which quarantine takes care."""
    from agent import inbox
    from agent.didcomm.envelopes import Opened
    from agent.draft import Draft
    from agent.hearing import hear
    from wallet.needs import Lookup

    def hears(draft: Draft, opened: Opened) -> Lookup[None]:
        if opened.plaintext.body.get("content") == POISON:
            raise RuntimeError(POISON)
        yield from hear(draft, opened)

    inbox.hear = hears  # type: ignore[attr-defined]  # that is the fault


def dies() -> None:
    """Take the whole process down at every message that says so."""
    import os

    from agent import inbox
    from agent.didcomm.envelopes import Opened
    from agent.draft import Draft
    from agent.hearing import hear
    from wallet.needs import Lookup

    def hears(draft: Draft, opened: Opened) -> Lookup[None]:
        if opened.plaintext.body.get("content") == POISON:
            os.abort()
        yield from hear(draft, opened)

    inbox.hear = hears  # type: ignore[attr-defined]  # that is the fault


def never_too_many() -> None:
    """Take all that comes at once."""
    from agent.transports.guard import Guard

    def full(self: Guard) -> bool:
        return False

    Guard.full = full  # type: ignore[method-assign]  # that is the fault


def leaks() -> None:
    """Keep two KiB of every message for ever."""
    from agent import inbox
    from agent.agent import Agent
    from agent.ways import WayBack

    receive, kept = inbox.receive, list[bytearray]()

    async def keeps(agent: Agent, raw: bytes, back: WayBack | None = None) -> None:
        kept.append(bytearray(2048))
        await receive(agent, raw, back)

    inbox.receive = keeps


def hasty() -> None:
    """Do at once what can wait for days: no fault, but the only way to see it done."""
    from agent import gathering, link, rotation

    gathering.LINGER, gathering.SETTLING = 0, 2  # type: ignore[misc]  # constants, but for this
    rotation.rotate.__kwdefaults__ = {"linger": 0}
    link.run.__defaults__ = (link.Rhythm(first=0.1, look=0.5, poll=0.3, again=0.1, tidy=0.2),)


def told_twice() -> None:
    """Tell each recipient of a campaign once more, in a thread that nobody wrote down beforehand."""
    import msgspec

    from agent import campaigns
    from agent.agent import Agent
    from agent.draft import Draft
    from agent.many import Kind, Order, Plan, To
    from agent.owner import commit
    from wallet.keys import new_id
    from wallet.store.campaigns import Recipient

    once = campaigns.say

    async def twice(agent: Agent, row: Recipient, kind: Kind, plan: Plan) -> None:
        await once(agent, row, kind, plan)
        to = msgspec.json.decode(row.record, type=To)
        draft = Draft.of(agent, to.to, new_id(), begins=True)
        await agent.meet(kind.say(draft, Order(plan.content, to.given)))
        await commit(agent, draft)

    campaigns.say = twice


PLANTS: Final[dict[str, Callable[[], None]]] = {
    "early-202": early_202,
    "deaf-to-repeats": deaf_to_repeats,
    "answers-apart": answers_apart,
    "stumbles": stumbles,
    "dies": dies,
    "never-too-many": never_too_many,
    "leaks": leaks,
    "hasty": hasty,
    "told-twice": told_twice,
}
