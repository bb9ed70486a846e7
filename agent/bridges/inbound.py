"""What comes back over a bridge: carried out once, by the same path as what the owner does, and then settled there."""

from functools import partial
from typing import Final

from agent import effects, events, owner
from agent.agent import Agent
from agent.bridges import Bridge, Completion, Inbound, Saying, deleting
from agent.bridges.state import CARRIED_OUT, called
from agent.draft import Draft
from agent.errors import AgentError
from agent.logs import note
from protocols import find, machine
from protocols.machine import Message, Signed
from protocols.problems import Misuse, Problem
from protocols.vrm.base import VRM
from wallet.errors import NotFound, WalletError
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.store import items

REFUSALS: Final = (Misuse, Problem, WalletError, AgentError, LookupError, TypeError, ValueError)


async def take(agent: Agent, name: str, bridge: Bridge) -> int:
    """Carry out what has been done at a bridge. Returns how much there was."""
    done = await bridge.poll()
    for each in done:
        mark = f"{name} {each.key}"
        refused = "" if agent.store.item(CARRIED_OUT, mark) else await carried_out(agent, name, mark, each)
        # failpoint: bridges.carried-out
        await bridge.settle(each.key, refused)
        await agent.store.write(partial(items.claim, kind=CARRIED_OUT, id=mark))
        agent.metrics.count("bridge_inbound", result="refused" if refused else "carried_out")
    return len(done)


async def carried_out(agent: Agent, name: str, mark: str, inbound: Inbound) -> str:
    """Do what was done there. mark: what is kept with it, so that it is done once. Returns why not, if not."""
    try:
        match inbound:
            case Completion():
                await deleting.say(agent, name, inbound)
            case Saying():
                await say(agent, mark, inbound)
    except REFUSALS as fault:
        note("what a system of ours did was refused", bridge=called(name), error=type(fault).__name__)
        return str(fault) or type(fault).__name__
    return ""


async def say(agent: Agent, mark: str, saying: Saying) -> None:
    """Say one message, in a thread that there is or in a new one. Raises what `owner.act` does."""
    peer = events.peer_of(agent, saying.subject)
    if saying.thread and agent.store.thread(peer, saying.thread) is None:
        raise NotFound(f"there is no thread {saying.thread[:64]} with {saying.subject[:64]}")

    def decide(draft: Draft) -> Lookup[None]:
        draft.add_item(CARRIED_OUT, mark, b"{}", tag=mark.partition(" ")[0], private=False)
        if saying.thread:
            effects.say(draft, read(draft, saying))
        else:
            begin(draft, saying)
        yield from ()

    await owner.act(agent, peer, saying.thread or new_id(), decide)


def read(draft: Draft, saying: Saying) -> Message:
    """The message that is meant, in the form in which it may be said now. Raises a Problem if it lacks something."""
    may = machine.can_say(draft.protocol, draft.thread)
    forms = {issubclass(row.says, Signed) for row in may if row.says.name == saying.message}
    return draft.protocol.read(saying.message, saying.body, signed=forms.pop() if len(forms) == 1 else None)


def begin(draft: Draft, saying: Saying) -> None:
    """Begin a thread of a family with its first message. Raises Misuse if an organisation cannot."""
    tables, name = find(f"{VRM}/{saying.family}/1.0/{saying.message}")
    for table in tables:
        message = table.read(name, saying.body)
        role = table.opener(message, "org")
        if role is not None and role != "person":
            draft.begin(table, role)
            effects.say(draft, message)
            return
    raise Misuse(f"an organisation cannot begin anything by {saying.family[:64]}/{saying.message[:64]}")
