"""Bids, as both sides of intent see them: what a seal is of, and which object a bid is. Source: vrm-protocols 5.6."""

from typing import Final

from msgspec.structs import replace

from agent.draft import Draft
from agent.json_values import as_json
from protocols.machine import Thread
from protocols.messages import encode
from protocols.problems import CastClosed, InvalidMessage
from protocols.vrm.intent import State
from protocols.vrm.intent_words import Bid, Cast, Select
from wallet.canonical import canonical
from wallet.credentials.vcdm import timestamp
from wallet.encoding import digest

WAITING: Final = (State.OPEN, State.SEALED, State.BID)


def seal_of(bid: Bid) -> str:
    """Digest of a bid that is sealed: of the JCS form of its body without the salt, beside the salt."""
    body, _ = encode(replace(bid, salt=None))
    return digest(canonical({"bid": as_json(body), "salt": bid.salt or ""}))


def digest_of_bid(thread: Thread) -> str:
    """The Digest of the bid that stands in this thread; empty if there is none."""
    return next((entry.digest or "" for entry in reversed(thread.said) if entry.name == Bid.name), "")


def said(thread: Thread, name: str) -> bool:
    """Whether a message of this name stands in the thread."""
    return any(entry.name == name for entry in thread.said)


def in_time(draft: Draft, until: str, name: str) -> None:
    """Raises CastClosed if it is heard after that. until: a Time."""
    if timestamp(draft.now) > until and not draft.agent.clock_in_doubt:
        raise CastClosed(name, until)


def require_ours(draft: Draft, message: Select) -> None:
    """Raises InvalidMessage if another bid is selected than the one that stands here."""
    if message.bid != digest_of_bid(draft.thread):
        raise InvalidMessage(message.name, "it names another bid than the one that stands here")


def cast_of(draft: Draft) -> Cast:
    """The cast of this thread."""
    return draft.thread.latest(Cast)
