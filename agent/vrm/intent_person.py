"""Her side of intent: which bids count, how many reach her, and what her agent says while she is silent.

Source: vrm-protocols, section 5.6, "Rules" and "Delivery". Silence never orders: at the end of the time she named the
cast is closed, and a bid that is held for her is released.
"""

from functools import partial
from typing import Any, Final

import msgspec

from agent import one_off, told, wants, wording
from agent.draft import Draft, Line
from agent.held import labels_of
from agent.vrm.bids import WAITING, cast_of, digest_of_bid, in_time, said, seal_of
from agent.vrm.side import WAIT, Side, Wait, typed
from protocols.machine import Message, Thread
from protocols.messages import unix
from protocols.problems import InvalidMessage, QuotaExceeded
from protocols.vrm.base import ItemLabel
from protocols.vrm.intent import State, cast
from protocols.vrm.intent_words import (
    Answer,
    AskRelease,
    Bid,
    Cast,
    Close,
    Confirm,
    Question,
    Release,
    Seal,
    SelectAck,
)
from wallet.needs import Lookup
from wallet.store import campaigns
from wallet.strict_json import Json

CAST: Final = "cast-of-hers"  # items: what is behind one of her casts, by thread
DECIDED: Final = "order-decided"  # items: what she will confirm as soon as the bid is held for her, by thread
OVER: Final = "cast-over"  # reminder: the time in which she chooses is over
OFFERED: Final = "offered"
WORDS: Final = {State.BID: OFFERED, State.OPEN: "asking"}


class Behind(msgspec.Struct, frozen=True):
    """What is behind a cast. want: its id; bids: how many of all of its casts reach her."""

    want: str
    bids: int


class Peer(msgspec.Struct, frozen=True):
    """What counts here of a recipient's row."""

    peer: str = ""


class Decided(msgspec.Struct, frozen=True):
    """What she says in `confirm`."""

    values: dict[str, Any]
    labels: tuple[ItemLabel, ...]


def word(thread: Thread) -> str:
    """How the tally of a cast counts a thread."""
    return WORDS.get(State(thread.state), thread.state)


def behind(draft: Draft) -> Behind | None:
    """The want behind the cast of this thread."""
    row = draft.agent.store.item(CAST, draft.thid)
    return msgspec.json.decode(row.record, type=Behind) if row else None


def decided(draft: Draft) -> Confirm | None:
    """The order she has decided on, if she has."""
    row = draft.agent.store.item(DECIDED, draft.thid)
    if row is None:
        return None
    found = msgspec.json.decode(row.record, type=Decided)
    return Confirm(digest_of_bid(draft.thread), found.labels, values={**found.values})


# -- what must hold -----------------------------------------------------------------------------------------------


def check(draft: Draft, message: Message) -> Lookup[None]:
    """A bid or seal in time, the bid that was sealed, and no more questions than she takes. Raises a Problem."""
    yield from ()
    if draft.thread.state not in WAITING:
        return  # it crossed something of ours, and changes nothing
    wanted = cast_of(draft)
    match message:
        case Question() if asked(draft) > wanted.questions:
            raise QuotaExceeded(f"{wanted.questions} questions are answered here")
        case Seal():
            in_time(draft, wanted.bid_by, message.name)
        case Bid() if draft.thread.state == State.SEALED:
            in_time(draft, wanted.select_by, message.name)
            if seal_of(message) != draft.thread.latest(Seal).bid_digest:
                raise InvalidMessage(message.name, "it is not the bid that was sealed")
        case Bid():
            in_time(draft, wanted.bid_by, message.name)
            if wanted.seal:
                raise InvalidMessage(message.name, "this cast takes sealed bids: deposit the digest of it first")


def asked(draft: Draft) -> int:
    """How many questions were heard in this thread, the one being heard included."""
    rows = {row.id: row for row in (*draft.agent.store.log(draft.peer, draft.thid), *draft.log) if not row.ours}
    lines = (msgspec.json.decode(row.record, type=Line) for row in rows.values())
    return sum(b"/intent/1.0/question" in bytes(line.message) and not line.refused for line in lines)


# -- what is said without her -------------------------------------------------------------------------------------


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """Bids wait in the table of offers; a bid too many is closed; an order she decided on is confirmed."""
    yield from ()
    match message:
        case Bid():
            found = behind(draft)
            return Close("quota") if found and offers(draft) >= found.bids else WAIT
        case SelectAck():
            return decided(draft)
        case AskRelease():
            return decided(draft) or Release("other")
    return None


def offers(draft: Draft) -> int:
    """How many offers of the same want have reached her, this one not counted."""
    campaign = draft.begun.campaign
    if not campaign:
        return 0
    counts = draft.agent.store.read(partial(campaigns.tally, campaign=campaign))
    return counts.get(OFFERED, 0)


def over(draft: Draft) -> Message | None:
    """The time in which she chooses is over: whoever was not selected is told so."""
    if draft.conversation is None or draft.thread.state not in WAITING:
        if draft.conversation is not None and not draft.still_open:
            one_off.retire(draft)  # an offer that lapsed, say: nothing more comes of it
        return None
    return Close("expired")


def follow(draft: Draft, message: Message) -> None:
    """Set her clock when a cast goes out; remember what was told with an order."""
    match message:
        case Cast():
            draft.remind(OVER, unix(message.select_by))
        case Confirm():
            told.note(draft, message.values, labels_of(message.labels, draft.thread.record or ""), "jscontact")
            forget_decision(draft)
            finish(draft)
        case Release():
            forget_decision(draft)
        case Answer():
            draft.settle()
    if not draft.still_open and draft.thread.state != State.COMPLETED:
        one_off.retire(draft)


def finish(draft: Draft) -> None:
    """It is ordered: the want is done, and those who still wait are told that she chose another."""
    found, campaign = behind(draft), draft.begun.campaign
    want = wants.by_id(draft.agent, found.want) if found else None
    if want is not None:
        draft.keep += (wants.item(msgspec.structs.replace(want, state="ordered")),)
    rows = draft.agent.store.read(partial(campaigns.recipients, campaign=campaign, state=None)) if campaign else ()
    for row in rows:
        peer = msgspec.json.decode(row.record, type=Peer).peer
        other = draft.agent.conversation(peer, row.thid)[0] if peer and row.thid != draft.thid else None
        if other is not None and other.thread.state in WAITING:
            draft.hand_on(peer, row.thid, cast, Close("chose-another"))


def forget_decision(draft: Draft) -> None:
    """It has been carried out, or has become void."""
    if draft.agent.store.item(DECIDED, draft.thid):
        draft.claim += ((DECIDED, draft.thid),)


def no(draft: Draft) -> Message | None:
    """She lets the org off; also said for her if she is silent until the bid is held no longer."""
    if draft.thread.state in (State.RESERVED, State.RECALLED):
        return Release("expired" if cast_is_over(draft) else "changed-mind")
    return None


def cast_is_over(draft: Draft) -> bool:
    """Whether what was held for her is held no longer."""
    if not said(draft.thread, SelectAck.name):
        return False
    return draft.now >= unix(draft.thread.latest(SelectAck).hold_until)


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """What she is asked, in words."""
    match message:
        case Question(text=text):
            way = "To answer: freerange want answer WANT TEXT"
            return [{"line": f'"{text}"'}, typed(way, page_of(draft))], None
        case SelectAck():
            bid = draft.thread.latest(Bid)
            line = (
                f"{bid.offer.price} {bid.offer.price_currency}, held for you until {wording.moment(message.hold_until)}"
            )
            way = "To order it, and say who you are: freerange order WANT"
            return [{"line": line}, typed(way, page_of(draft))], None
    return None


def page_of(draft: Draft) -> str:
    """Where a browser shows the want behind the cast of this thread."""
    found = behind(draft)
    return f"/wants/{found.want}" if found else "/wants"


SIDE = Side(
    tables=(cast,),
    check=check,
    follow=follow,
    answer=answer,
    asks={
        Question: "{} asks something about what you want.",
        SelectAck: "{} holds its bid for you.",
        AskRelease: "{} asks to be let off its bid.",
    },
    content=content,
    no=no,
    due={OVER: over},
    word=word,
    exclusive=frozenset({State.SELECTED, State.RESERVED, State.RECALLED, State.ORDERED, State.COMPLETED}),
)
"""An order tells who she is, so it takes more than a plain yes."""
