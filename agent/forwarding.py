"""Taking a forward: what somebody sent for a client of ours is held, and handed over at once if the client is there.

A mediator sees of a message its size, when it came, and for which DID. It reads none, asks nobody about one, and tells
no sender whether its recipient is known. It passes on to nobody: clients fetch. Nor does it wrap anew what it hands
over, which travels sealed for its client anyhow. Source: DIDComm Messaging v2.1, "Routing Protocol 2.0".
"""

from functools import partial
from hashlib import sha256
from typing import Final

import msgspec

from agent import live
from agent.agent import Agent
from agent.didcomm import plaintext, routing
from agent.didcomm.attachments import MOST_ATTACHMENTS, content_of
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import BadPlaintext, Plaintext
from agent.errors import Dropped, TooLarge, TooMany
from agent.logs import note
from protocols import find
from protocols.problems import UnsupportedType
from protocols.standard.routing import routing as protocol
from wallet import dids
from wallet.errors import Malformed
from wallet.keys import random_bytes
from wallet.store import held
from wallet.store.held import Arriving, Fate, Limits

LIMITS: Final = Limits()
KEPT: Final = 7 * 86400  # seconds for which a message is held, unless its sender names an earlier end
LONGEST_DELAY: Final = 3600  # seconds for which a sender may ask us to wait before we hand a message over
ROOM_AFTER: Final = 60  # seconds until a full queue may have room
SWEEP: Final = 1000  # messages that one run of the sweeper drops at most
MOST_PASSES: Final = 5  # times that the very same is taken for one recipient: it goes in circles
MOST_REMEMBERED: Final = 4096  # messages of which it is known how often they came


class Recipient(msgspec.Struct):
    """For whom an envelope is, as far as a mediator looks."""

    header: dict[str, object] = {}


class Envelope(msgspec.Struct):
    """What a mediator sees of what it carries."""

    ciphertext: str
    recipients: tuple[Recipient, ...] = ()


_envelope = msgspec.json.Decoder(Envelope)


def is_forward(plain: Plaintext) -> bool:
    """Whether this is for somebody behind us."""
    if plain.type == routing.FORWARD:
        return True
    try:
        return protocol in find(plain.type)[0]
    except UnsupportedType:
        return False


async def forward(agent: Agent, opened: Opened, limits: Limits = LIMITS) -> bytes | None:
    """Take a forward, whoever sent it. Returns once what it carries is held.

    What it carries for ourselves is returned instead, to be taken as if it had come by itself: a mediator of ours may
    have wrapped it anew, or its sender may have used two keys of ours ("Rewrapping").
    Raises TooMany if that would be too much for its recipient, TooLarge; Dropped if we are no mediator, if it cannot be
    read, or if nobody here is reached by that DID: the sender sees no difference between these and a good one.
    """
    arriving = read(agent, opened)
    if not agent.config.mediates:
        return ours(agent, arriving)
    mark = sha256(b"\0".join((arriving.recipient.encode(), *arriving.packed))).digest()
    if agent.lines.passed.get(mark, 0) >= MOST_PASSES:
        raise Dropped("circle")
    taken = await agent.store.write(partial(held.hold, row=arriving, limits=limits))
    # failpoint: mediator.held
    agent.metrics.count("forwards", result=taken.fate.value)
    if taken.fate is Fate.FULL:
        raise TooMany("too much is held for its recipient", ROOM_AFTER)
    if taken.fate is Fate.UNKNOWN:
        return ours(agent, arriving)
    if taken.ids:
        remember(agent.lines.passed, mark)
        live.arrived(agent, taken, arriving.due)
    return None


def read(agent: Agent, opened: Opened) -> Arriving:
    """What a forward asks us to hold. Raises Dropped, which is BadPlaintext if its sender may be told, or TooLarge."""
    plain, now = opened.plaintext, agent.now()
    recipient = plain.body.get("next")
    if not isinstance(recipient, str) or not recipient.startswith("did:"):
        raise unfit(opened, "$.body.next")
    if not 0 < len(plain.attachments) <= MOST_ATTACHMENTS:
        raise unfit(opened, "$.attachments")
    try:
        packed = tuple(content_of(each) for each in plain.attachments)
        for each in packed:
            _envelope.decode(each)
    except (Malformed, msgspec.DecodeError, UnicodeDecodeError) as fault:  # what is only linked to is not fetched
        raise unfit(opened, "$.attachments") from fault
    if max(map(len, packed)) > live.MOST_BYTES:
        raise TooLarge("it could not be handed over in one message")
    expires = now + KEPT if plain.expires_time is None else min(now + KEPT, plain.expires_time)
    if expires <= now:
        raise Dropped("expired")
    due = min(now + delay(plain.delay_milli), expires)
    return Arriving(dids.did_of(recipient), packed, opened.sender or "", now, due, expires)


def unfit(opened: Opened, path: str) -> BadPlaintext:
    """The fault of a forward that asks for what cannot be done."""
    plain = opened.plaintext
    return BadPlaintext(
        plaintext.INVALID,
        path,
        sender=opened.sender,
        recipient_kid=opened.recipient_kid,
        claims={"id": plain.id, "thid": plain.thread},
    )


def delay(milli: int | None) -> int:
    """Seconds to wait before a message is handed over. A negative number asks for any time up to it; more than an hour
    is not waited for. Source: "Routing Protocol 2.0", `delay_milli`."""
    if milli is None or not -LONGEST_DELAY <= milli / 1000 <= LONGEST_DELAY:
        return 0
    if milli >= 0:
        return -(-milli // 1000)
    return int.from_bytes(random_bytes(4), "big") % (1 - milli // 1000)


def ours(agent: Agent, arriving: Arriving) -> bytes:
    """What a forward carries, if it is for the very DID of ours that it names. Raises Dropped.

    It must carry one thing: else one message could make us open many.
    """
    if len(arriving.packed) == 1:
        for recipient in _envelope.decode(arriving.packed[0]).recipients:
            kid = recipient.header.get("kid")
            if isinstance(kid, str) and dids.same(dids.did_of(kid), arriving.recipient) and agent.keys.holds(kid):
                return arriving.packed[0]
    raise Dropped("next")


def remember(passed: dict[bytes, int], mark: bytes) -> None:
    """The same has come once more."""
    count = passed.pop(mark, 0)
    while len(passed) >= MOST_REMEMBERED:
        del passed[next(iter(passed))]
    passed[mark] = count + 1


async def sweep(agent: Agent) -> int:
    """Drop what has expired: so much at a time that nobody waits for it, and the rest at the next tick. Returns how
    many."""
    first = agent.store.read(held.next_expiry)
    if first is None or first > agent.now():
        return 0
    dropped = await agent.store.write(partial(held.sweep, now=agent.now(), most=SWEEP))
    note("messages expired unfetched", count=dropped)
    agent.metrics.count("forwards", result="expired")
    if dropped == SWEEP:
        agent.stirred.set()
    return dropped
