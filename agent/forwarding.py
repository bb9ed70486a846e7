"""Taking a forward: what somebody sent for a client of ours is held, and handed over at once if the client is there.

A mediator sees of a message its size, when it came, and for which DID. It reads none, asks nobody about one, and tells
no sender whether its recipient is known. Source: DIDComm Messaging v2.1, "Routing Protocol 2.0".
"""

from functools import partial
from typing import Final

from agent import calls
from agent.agent import Agent
from agent.didcomm import routing
from agent.didcomm.attachments import MOST_ATTACHMENTS, content_of
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import Plaintext
from agent.errors import Dropped, TooMany, Unreachable
from agent.logs import note
from protocols import find
from protocols.machine import Attachment, Content
from protocols.problems import UnsupportedType
from protocols.standard import pickup
from protocols.standard.routing import routing as protocol
from wallet import dids
from wallet.encoding import b64u
from wallet.errors import Malformed
from wallet.keys import random_bytes
from wallet.store import held
from wallet.store.held import Arriving, Fate, Held, Limits, Taken
from wallet.strict_json import is_plain

LIMITS: Final = Limits()
KEPT: Final = 7 * 86400  # seconds for which a message is held, unless its sender names an earlier end
LONGEST_DELAY: Final = 3600  # seconds for which a sender may ask us to wait before we hand a message over
ROOM_AFTER: Final = 60  # seconds until a full queue may have room
SWEEP: Final = 1000  # messages that one run of the sweeper drops at most
ENCRYPTED: Final = "application/didcomm-encrypted+json"


def is_forward(plain: Plaintext) -> bool:
    """Whether this is for somebody behind us."""
    if plain.type == routing.FORWARD:
        return True
    try:
        return protocol in find(plain.type)[0]
    except UnsupportedType:
        return False


async def forward(agent: Agent, opened: Opened, limits: Limits = LIMITS) -> None:
    """Take a forward, whoever sent it. Returns once what it carries is held.

    Raises TooMany if that would be too much for its recipient; Dropped if we are no mediator, if it cannot be read, or
    if nobody here is reached by that DID: the sender sees no difference between these and a good one.
    """
    if not agent.config.mediates:
        raise Dropped("forward")
    arriving = read(agent, opened)
    taken = await agent.store.write(partial(held.hold, row=arriving, limits=limits))
    # failpoint: mediator.held
    agent.metrics.count("forwards", result=taken.fate.value)
    if taken.fate is Fate.FULL:
        raise TooMany("too much is held for its recipient", ROOM_AFTER)
    if taken.fate is Fate.UNKNOWN:
        raise Dropped("next")
    if taken.ids:
        await hand_over(agent, taken)


def read(agent: Agent, opened: Opened) -> Arriving:
    """What a forward asks us to hold. Raises Dropped."""
    plain, now = opened.plaintext, agent.now()
    recipient = plain.body.get("next")
    if not isinstance(recipient, str) or not recipient.startswith("did:"):
        raise Dropped("next")
    if not 0 < len(plain.attachments) <= MOST_ATTACHMENTS:
        raise Dropped("attachments")
    expires = now + KEPT if plain.expires_time is None else min(now + KEPT, plain.expires_time)
    if expires <= now:
        raise Dropped("expired")
    try:
        packed = tuple(content_of(each) for each in plain.attachments)
    except Malformed as fault:  # what is only linked to is not fetched
        raise Dropped("attachments") from fault
    if not all(each[:1] == b"{" and is_plain(each) for each in packed):
        raise Dropped("attachments")
    due = min(now + delay(plain.delay_milli), expires)
    return Arriving(dids.did_of(recipient), packed, opened.sender or "", now, due, expires)


def delay(milli: int | None) -> int:
    """Seconds to wait before a message is handed over. A negative number asks for any time up to it; more than an hour
    is not waited for. Source: "Routing Protocol 2.0", `delay_milli`."""
    if milli is None or not -LONGEST_DELAY <= milli / 1000 <= LONGEST_DELAY:
        return 0
    if milli >= 0:
        return -(-milli // 1000)
    return int.from_bytes(random_bytes(4), "big") % (1 - milli // 1000)


# -- handing over to whoever is there -----------------------------------------------------------------------------


async def hand_over(agent: Agent, taken: Taken) -> None:
    """Tell the client, if it keeps a line open and wants that, what has just come. What it does not acknowledge stays
    held: a line may be dead without our knowing."""
    lines = [line for line in agent.ways.all(taken.account) if taken.account in agent.lines.live.get(line, ())]
    if not lines:
        return
    fresh = agent.store.read(partial(held.by_id, account=taken.account, ids=taken.ids, now=agent.now()))
    for line in lines if fresh else ():
        version = agent.lines.live[line][taken.account]
        try:
            await calls.push(agent, taken.account, line, delivery(fresh), version)
        except Unreachable:
            continue
        # failpoint: mediator.pushed
        return


def delivery(messages: tuple[Held, ...], recipient: str | None = None) -> pickup.Delivery:
    """Messages as they are delivered, each under the id by which it is acknowledged."""
    attachments = tuple(
        Attachment(id=each.id, media_type=ENCRYPTED, data=Content(base64=b64u(each.packed))) for each in messages
    )
    return pickup.Delivery(recipient_did=recipient, attachments=attachments)


async def sweep(agent: Agent) -> int:
    """Drop what has expired, so much at a time that nobody waits for it. Returns how many."""
    dropped = 0
    while count := await agent.store.write(partial(held.sweep, now=agent.now(), most=SWEEP)):
        dropped += count
    if dropped:
        note("messages expired unfetched", count=dropped)
        agent.metrics.count("forwards", result="expired")
    return dropped
