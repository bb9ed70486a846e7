"""An org's side of intent: what is bid by rule, what is counted, and what is forgotten when a cast is over.

A cast is a lead without a name. The org keeps it until it is closed, and a day longer than she chooses at most; what
remains is a count (vrm-protocols 5.6, "Kept").
"""

from collections.abc import Collection
from hashlib import sha256
from typing import Final

import msgspec
from msgspec.structs import replace

from agent import cards, counts, deletions, held, prices, rosters, wording
from agent.draft import Draft
from agent.json_values import as_json
from agent.vrm.bids import WAITING, digest_of_bid, in_time, require_ours, said, seal_of
from agent.vrm.side import WAIT, Side, Wait, typed
from protocols.machine import Message
from protocols.messages import encode, unix
from protocols.problems import InvalidMessage, TermsRequired
from protocols.standard.issue_credential import SD_JWT, OfferCredential, issue_credential
from protocols.vrm.base import VRM
from protocols.vrm.demand import Item
from protocols.vrm.intent import State, cast
from protocols.vrm.intent_words import (
    Answer,
    Bid,
    Cast,
    Close,
    Confirm,
    Decline,
    Outcome,
    Release,
    Seal,
    Select,
    SelectAck,
)
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.signed import new_salt
from wallet.strict_json import Json, JsonObject

SEALED: Final = "bid-sealed"  # items: a bid that waits to be opened, by thread
STANDS: Final = "bid-stands"  # items: for how long a bid is held when it is selected, by thread
OPEN, PURGE = "seal-open", "cast-purge"  # reminders
DAY: Final = 86400
HOLD: Final = DAY  # seconds for which a bid is held for her, unless its rule says otherwise
RECEIPT: Final = f"{VRM}/purchase-receipt"  # the type of the card that an order ends with
CLOSED: Final = "closed"  # why an org's systems are to delete


class Stands(msgspec.Struct, frozen=True):
    """A bid that is acknowledged without asking. hold: seconds; rule: whose stock it takes from, empty for none."""

    hold: int
    rule: str = ""


# -- what must hold -----------------------------------------------------------------------------------------------


def check(draft: Draft, message: Message) -> Lookup[None]:
    """A cast that can still be answered, the bid that stands here, a Label for each value. Raises a Problem."""
    yield from ()
    match message:
        case Cast():
            in_time(draft, message.bid_by, message.name)
            if message.select_by < message.bid_by:
                raise InvalidMessage(message.name, "she would choose before the bids are in")
        case Select() if draft.thread.state == State.BID:
            if draft.relationship.met and draft.relationship.governing(draft.now) is None:
                raise TermsRequired(message.name)
            require_ours(draft, message)
        case Confirm():
            bare = set(message.values) - {each.ptr for each in message.labels}
            if bare:
                raise InvalidMessage(message.name, f"{min(bare)} has no label")


# -- what is said without asking ----------------------------------------------------------------------------------


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """A bid by the price rules, or none at all; a bid that stands is held; a closed cast is forgotten first."""
    yield from ()
    match message:
        case Cast():
            return offered(draft, message)
        case Answer():
            return WAIT  # the cast still waits for its bid
        case Select():
            return held_for_her(draft)
        case Close():
            done = deletions.begin(draft, CLOSED, cast_digest(draft), ("",), owes="receipt(close)")
            forget(draft)
            return done or WAIT
    return None


def offered(draft: Draft, wanted: Cast) -> Message | None:
    """What the price rules say to a cast; terms that are not at hand are never taken."""
    text = rosters.text_of(draft.agent, wanted.terms.digest)
    if text is None or (text.id, text.version) != (wanted.terms.id, wanted.terms.version):
        return Decline("terms")
    found = prices.quote(draft.agent, wanted)
    if found is None or isinstance(found, Decline):
        return found
    rule, offer = found
    valid_until = timestamp(unix(wanted.select_by) + rule.valid)
    bid = Bid(offer, valid_until=valid_until, accepts=wanted.terms.digest, conditions=rule.conditions)
    return prepare(draft, wanted, bid, Stands(rule.hold, rule.name))


def prepare(draft: Draft, wanted: Cast, bid: Bid, stands: Stands | None = None) -> Message:
    """The bid itself or, for a cast that takes sealed bids, its seal; it is opened once no more bids are taken."""
    if stands is not None:
        draft.add_item(STANDS, draft.thid, msgspec.json.encode(stands))
    if not wanted.seal:
        return bid
    sealed = replace(bid, salt=new_salt())
    draft.add_item(SEALED, draft.thid, msgspec.json.encode(sealed))
    draft.remind(OPEN, unix(wanted.bid_by) + 1)
    return Seal(seal_of(sealed))


def open_seal(draft: Draft) -> Message | None:
    """No more bids are taken: open ours."""
    row = draft.agent.store.item(SEALED, draft.thid)
    if row is None or draft.conversation is None or draft.thread.state != State.SEALED:
        return None
    draft.claim += ((SEALED, draft.thid),)
    return msgspec.json.decode(row.record, type=Bid)


def held_for_her(draft: Draft) -> Message | None:
    """What is said to a selection: as the bid's own rule says, else the owner is asked."""
    row = draft.agent.store.item(STANDS, draft.thid)
    if row is None:
        return None
    if timestamp(draft.now) > draft.thread.latest(Bid).valid_until:
        return Decline("expired")
    stands = msgspec.json.decode(row.record, type=Stands)
    if stands.rule and not prices.take(draft, stands.rule, prices.amount_of(draft.thread.latest(Cast))):
        return Decline("sold-out")
    return SelectAck(digest_of_bid(draft.thread), timestamp(draft.now + stands.hold))


# -- what follows -------------------------------------------------------------------------------------------------


def follow(draft: Draft, message: Message) -> None:
    """Count, set the clock, keep what came with an order, forget what is over."""
    match message:
        case Cast():
            count(draft, "received")
            draft.remind(PURGE, unix(message.select_by) + DAY)
        case Bid():
            count(draft, "bid")
        case Decline() if draft.thread.state == State.DECLINED:
            count(draft, "declined", message.reason)
            let_go(draft, CLOSED)
        case Close() if draft.thread.state == State.CLOSED:
            count(draft, "lost", message.reason)
        case Release():
            count(draft, "released", message.reason)
            let_go(draft, "released")
        case Confirm():
            labels = held.labels_of(message.labels, draft.thread.record or "")
            held.keep(draft, "jscontact", message.values, labels)
            count(draft, "won")
        case Outcome():
            draft.hand_on(draft.peer, new_id(), issue_credential, purchase_receipt(draft, message), pthid=draft.thid)


def purchase_receipt(draft: Draft, message: Outcome) -> OfferCredential:
    """The receipt for an order, as a card of hers: what was bought, when and for how much."""
    offer = draft.thread.latest(Bid).offer
    bought = offer.item_offered or Item(name="see the order")
    claims: JsonObject = {
        "order": message.order,
        "date": timestamp(draft.now)[:10],
        "price": offer.price,
        "currency": offer.price_currency,
        "item": bought.name or bought.category or "see the order",
    }
    claims |= {"warranty": offer.warranty} if offer.warranty else {}
    claims |= {"delivery": message.delivery} if message.delivery else {}
    return cards.offer(draft, format=SD_JWT, type=RECEIPT, name="Purchase receipt", claims=claims)


def cast_digest(draft: Draft) -> str:
    """The Digest of the cast."""
    return next((entry.digest or "" for entry in draft.thread.said if entry.name == Cast.name), "")


def purge(draft: Draft) -> Message | None:
    """A day after she chose: whatever is still here of the cast goes, with a no if nothing was said. What is held or
    ordered is looked at again every day, until it is done."""
    if draft.conversation is None:
        return None
    if draft.thread.state in (*WAITING, State.SELECTED):  # she has lapsed there by now
        return Decline("expired")
    if draft.thread.state in (State.RESERVED, State.RECALLED, State.ORDERED):
        draft.remind(PURGE, draft.now + DAY)
    elif draft.thread.state != State.COMPLETED:
        forget(draft)
    return None


def let_go(draft: Draft, reason: str) -> None:
    """Forget a cast, and have the org's systems forget it. One that is declined in the change in which it is heard was
    never told to them."""
    digest = cast_digest(draft)
    if any(row.digest == digest for row in draft.signed):
        draft.publish = tuple(each for each in draft.publish if b"vrm.intent.cast.v1" not in each.record)
    else:
        deletions.begin(draft, reason, digest, ("",))
    forget(draft)


def forget(draft: Draft) -> None:
    """Keep of the cast no more than that there was one, and what we signed ourselves."""
    digest = cast_digest(draft)
    kept = tuple(entry for entry in draft.thread.said if entry.name not in (Cast.name, Answer.name))
    draft.update(thread=replace(draft.thread, said=kept))
    draft.log = tuple(each for each in draft.log if each.ours or each.thid != draft.thid)
    draft.signed = tuple(row for row in draft.signed if row.digest != digest)
    draft.purge += ((draft.thid, digest),)
    draft.reminders = tuple(each for each in draft.reminders if each.name != PURGE)
    draft.forget(PURGE)
    for kind in (SEALED, STANDS):
        if draft.agent.store.item(kind, draft.thid) and (kind, draft.thid) not in draft.claim:
            draft.claim += ((kind, draft.thid),)


def count(draft: Draft, what: str, reason: str = "") -> None:
    """Count what has become of a cast. The row names nobody: not whom, not what, not when."""
    id = sha256(f"{draft.peer} {draft.thid}".encode()).hexdigest()[:32]
    here = next((each for each in reversed(draft.keep) if (each.kind, each.id) == (counts.KIND, id)), None)
    row = here or draft.agent.store.item(counts.KIND, id)
    so_far: dict[str, str] = msgspec.json.decode(row.record) if row else {}
    now = {**so_far, what: reason}
    draft.add_item(counts.KIND, id, msgspec.json.encode(now), tag=counts.tag_of(now), private=False)


# -- questions ----------------------------------------------------------------------------------------------------


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """What the clerk is asked, in words."""
    if isinstance(message, Cast):
        way = typed(f"To bid: freerange bid {draft.thid[:8]} AMOUNT CURRENCY", "/demand")
        wanted: list[Json] = [{"line": line} for line in in_words(message)]
        return [*wanted, way], None
    if isinstance(message, Select):
        offered: Json = wording.offer(msgspec.to_builtins(draft.thread.latest(Bid).offer))
        return [{"line": f"Your bid: {offered}"}, {"line": "Whoever picks it has not said who she is."}], None
    if isinstance(message, Confirm):
        labels = [msgspec.to_builtins(each) for each in message.labels]
        lines: list[Json] = [{"line": f"She tells you {wording.item(each)}"} for each in labels]
        own = f"Yes gives it a number of its own; for one of yours: freerange demand outcome {draft.thid[:8]} NUMBER"
        return [*lines, typed(own, "/demand")], None
    return None


def in_words(wanted: Cast) -> list[str]:
    """A cast, line by line."""
    item, ceiling = wanted.demand.item_offered, wanted.demand.price_specification
    named = (item.amount and f"{item.amount} of", item.name, item.category, item.brand, item.model, item.description)
    lines = [", ".join(str(each) for each in named if each) or "something", f"where: {wanted.demand.eligible_region}"]
    lines += [f"{name}: {value}" for name, value in (item.more or {}).items()]
    lines += [f"at most {ceiling.max_price} {ceiling.price_currency}"] if ceiling else []
    lines += [f"by {wording.day(wanted.demand.availability_ends)}"] if wanted.demand.availability_ends else []
    lines += [f"it must: {each}" for each in wanted.must]
    lines += ["bids are sealed"] if wanted.seal else []
    return [
        *lines,
        f"bid by {wording.moment(wanted.bid_by)}; she chooses by {wording.moment(wanted.select_by)}",
        f"under {wanted.terms.id} {wanted.terms.version}",
    ]


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """The bid still stands; or the order is taken, under a number of its own."""
    match message:
        case Select():
            return SelectAck(digest_of_bid(draft.thread), timestamp(draft.now + HOLD))
        case Confirm():
            return Outcome(order=f"O-{draft.thid[:8]}")
    return None


def no(draft: Draft) -> Message | None:
    """No bid, or no longer."""
    return (
        Decline("not-us")
        if draft.thread.state in WAITING
        else (Decline("sold-out") if draft.thread.state == State.SELECTED else None)
    )


def event(draft: Draft, event: str, message: Message) -> JsonObject | None:
    """A lead says until when it may be kept; an order names its own record; a closed one, how it ended."""
    body = as_json(encode(message)[0])
    match message:
        case Cast():
            return {**body, "purge_by": timestamp(unix(message.select_by) + DAY)}
        case Close() | Decline() | Release():
            return {"ended": message.name, **body, "bid": said(draft.thread, Bid.name)}
        case Confirm():
            record, values = draft.thread.record or "", as_json(message.values)
            items: list[Json] = [
                {
                    "ptr": each.ptr,
                    "value": values[each.ptr],
                    "label": {"purpose": each.purpose, "expires": each.expires, "record": record},
                }
                for each in message.labels
                if each.ptr in values
            ]
            offer: Json = msgspec.to_builtins(draft.thread.latest(Bid).offer)
            return {"bid": message.bid, "record": record, "offer": offer, "items": items}
    return None


SIDE = Side(
    tables=(cast,),
    check=check,
    follow=follow,
    answer=answer,
    asks={
        Cast: "Somebody asks for an offer.",
        Select: "{} picks your bid, and asks whether it still stands.",
        Confirm: "{} orders, and says who she is.",
    },
    content=content,
    yes=yes,
    takes_yes=(Select, Confirm),
    no=no,
    due={OPEN: open_seal, PURGE: purge},
    event=event,
)
