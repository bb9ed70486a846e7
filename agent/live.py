"""Live delivery: what arrives for a client that keeps a line open, and asked for it, goes out on that line at once.

Nobody waits for it: neither the sender, who is answered once the message is held, nor one client for another. What the
client does not acknowledge stays held, for a line may be dead without our knowing. A client that has been away asks for
what came meanwhile; from then on nothing is passed over. Source: didcomm.org/message-pickup/4.0, "Live Mode".
"""

import asyncio
from functools import partial
from typing import Final

from agent import calls
from agent.agent import Agent
from agent.errors import Unreachable
from agent.logs import note
from agent.ways import WayBack
from protocols.machine import Attachment, Content, Protocol
from protocols.standard import pickup
from wallet.encoding import b64u
from wallet.errors import WalletError
from wallet.store import held
from wallet.store.held import Held, Taken

AT_ONCE: Final = 10  # messages in one delivery that nobody asked for
MOST_BYTES: Final = 560 * 1024  # of messages in one delivery: twice in base64 it is still less than a message may have
ENCRYPTED: Final = "application/didcomm-encrypted+json"


def begin(agent: Agent, peer: str, line: WayBack, version: Protocol) -> None:
    """From now on, hand over to this client on this line what arrives. What is held already it has to ask for."""
    first = not lines_of(agent, peer)
    agent.lines.live.setdefault(line, {})[peer] = version
    if first:
        agent.lines.handing.up_to[peer] = agent.store.read(partial(held.newest, account=peer))
        start(agent, peer)  # what came while that was looked up


def end(agent: Agent, peer: str, line: WayBack) -> None:
    """No longer on this line."""
    agent.lines.live.get(line, {}).pop(peer, None)


def lines_of(agent: Agent, peer: str) -> list[WayBack]:
    """The lines on which a client takes what arrives, newest first."""
    return [line for line in agent.ways.all(peer) if peer in agent.lines.live.get(line, ())]


def arrived(agent: Agent, taken: Taken, due: int) -> None:
    """Something is held. due: when it may be handed over, Unix seconds."""
    peer = taken.account
    if peer not in agent.lines.handing.up_to:
        return
    wait = due - agent.now()
    if wait > 0:
        asyncio.get_running_loop().call_later(wait, start, agent, peer, taken.ids)
    else:
        start(agent, peer)


def start(agent: Agent, peer: str, ids: tuple[str, ...] = ()) -> None:
    """Hand over what has arrived, and what was to be handed over later (ids). It goes on until nothing is left."""
    handing = agent.lines.handing
    if peer not in handing.up_to:
        return  # it has left meanwhile
    handing.late.setdefault(peer, []).extend(ids)
    handing.stirred.add(peer)
    if peer not in handing.tasks:
        handing.tasks[peer] = asyncio.get_running_loop().create_task(hand_over(agent, peer))


async def hand_over(agent: Agent, peer: str) -> None:
    """Hand over until nothing is left, or nobody is there any more."""
    handing = agent.lines.handing
    try:
        while peer in handing.stirred:  # else nothing has come since it was looked for
            handing.stirred.discard(peer)
            while messages := late(agent, peer) or newer(agent, peer):
                if await said(agent, peer, messages):
                    handing.up_to[peer] = max(handing.up_to[peer], *(each.place for each in messages))
                elif not lines_of(agent, peer):
                    del handing.up_to[peer]
                    return
    except (OSError, WalletError) as fault:  # it is held, and goes with what arrives next
        note("live delivery stopped", error=type(fault).__name__)
    finally:
        handing.late.pop(peer, None)
        handing.stirred.discard(peer)
        del handing.tasks[peer]


def late(agent: Agent, peer: str) -> tuple[Held, ...]:
    """What was to be handed over later, and is still held; one by one, for it may be large."""
    ids = agent.lines.handing.late.get(peer, [])
    while ids:
        found = agent.store.read(partial(held.by_id, account=peer, ids=(ids.pop(0),), now=agent.now()))
        if found:
            return found
    return ()


def newer(agent: Agent, peer: str) -> tuple[Held, ...]:
    """What has arrived since."""
    after = agent.lines.handing.up_to[peer]
    found = partial(held.deliverable, account=peer, recipient=None, after=after, now=agent.now())
    return agent.store.read(partial(found, most=AT_ONCE, most_bytes=MOST_BYTES))


async def said(agent: Agent, peer: str, messages: tuple[Held, ...]) -> bool:
    """Send these on the newest line that works. Returns False if none does."""
    for line in lines_of(agent, peer):
        try:
            await calls.push(agent, peer, line, delivery(messages), agent.lines.live[line][peer])
        except Unreachable:
            end(agent, peer, line)
            continue
        return True
    return False


def delivery(messages: tuple[Held, ...], recipient: str | None = None) -> pickup.Delivery:
    """Messages as they are delivered, each under the id by which it is acknowledged."""
    attachments = tuple(
        Attachment(id=each.id, media_type=ENCRYPTED, data=Content(base64=b64u(each.packed))) for each in messages
    )
    return pickup.Delivery(recipient_did=recipient, attachments=attachments)
