"""A thing changes hands between two persons, neither of whom learns who the other is.

The holder invites from the DID made for the thing; who takes the link up knocks from a DID made for it as well, and is
offered the thing. What goes along is fixed when the invitation is made: the proof of ownership, the warranty, the chain
of transfers so far, and the closed cases. The receipt, which may say who bought it, stays. Source: vrm-protocols 5.7.
"""

from collections.abc import Collection

import msgspec

from agent import standing_offers, things
from agent.agent import CHANGEABLE
from agent.beside import bytes_of
from agent.didcomm.attachments import Attachment as Carried
from agent.draft import Draft
from agent.things import Fields, Owned
from agent.vrm.side import Side
from agent.vrm.things import described
from protocols.machine import Attachment, Message
from protocols.messages import label
from protocols.problems import BadProof, Misuse
from protocols.standard.trust_ping import Ping, trust_ping
from protocols.vrm.base import Money
from protocols.vrm.things import Hand, transfer
from protocols.vrm.things_words import Accept, Confirm, NotWanted, Offer
from wallet.encoding import digest
from wallet.keys import new_id
from wallet.names import same
from wallet.needs import Lookup
from wallet.store.change import Item
from wallet.strict_json import Json

HANDING = "handing"
OFFERING = "offer-a-thing"


class Handing(msgspec.Struct, frozen=True, omit_defaults=True):
    """A thing that is offered to whoever takes up an invitation. attached: what goes along, as it was then."""

    thing: str
    invitation: str
    credential: str
    attached: tuple[Attachment, ...]
    price: Money | None = None
    thid: str = ""

    @property
    def history(self) -> tuple[str, ...]:
        """Digests of what goes along."""
        return tuple(digest_of(each) for each in self.attached)


def digest_of(attachment: Attachment) -> str:
    """What names an attachment: the Digest of its bytes."""
    return digest(bytes_of(msgspec.convert(msgspec.to_builtins(attachment), Carried)))


def item(handing: Handing) -> Item:
    """What is kept of it; it is found by its thread."""
    return Item(HANDING, handing.invitation, msgspec.json.encode(handing), tag=handing.thid)


def of_thread(draft: Draft) -> Handing | None:
    """What is offered in this thread."""
    row = next(draft.agent.store.items(HANDING, tag=draft.thid), None)
    return msgspec.json.decode(row.record, type=Handing) if row else None


# -- somebody takes the link up -----------------------------------------------------------------------------------


def knocked(draft: Draft, message: Message) -> None:
    """Whoever took up an invitation to a thing is offered it, in a thread of its own; so with what else waits behind
    one."""
    if not isinstance(message, Ping) or draft.thread.role != "receiver":
        return
    standing_offers.knocked(draft)
    known = draft.relationship
    if known.our_did.startswith(CHANGEABLE):  # a thing is handed on under a DID made for it, which nobody looks up
        return
    row = draft.agent.store.item(HANDING, known.invitation) if known.invitation else None
    if row is None:
        return
    handing = msgspec.json.decode(row.record, type=Handing)
    if not handing.thid:
        handing = msgspec.structs.replace(handing, thid=new_id())
        draft.keep += (item(handing),)
        draft.remind(OFFERING, draft.now, handing.thid)


def offered(draft: Draft) -> Message | None:
    """The offer, which begins its thread."""
    handing = of_thread(draft)
    owned = next((each for each in things.every(draft.agent) if handing and each.id == handing.thing), None)
    if handing is None or owned is None or owned.state != things.OURS or draft.conversation is not None:
        return None
    draft.begin(transfer, Hand.HOLDER, handing.invitation)
    return Offer(owned.thing, handing.credential, handing.history, price=handing.price)


# -- what must hold -----------------------------------------------------------------------------------------------


def check(draft: Draft, message: Message) -> Lookup[None]:
    """An answer is to this offer, from the DID it names; a confirmation brings what was offered. Raises BadProof."""
    yield from ()
    match message:
        case Accept():
            require(message.offer == offer_digest(draft), "another offer was accepted")
            ours = any(same(message.new_holder, did) for did in draft.relationship.their_dids)
            require(ours, "the new holder is not who signed this")
        case Confirm():
            offer, accept = draft.thread.latest(Offer), draft.thread.latest(Accept)
            require(message.offer == offer_digest(draft) == accept.offer, "another offer was confirmed")
            require(message.credential == offer.credential, "it is of another thing")
            require(same(message.new_holder, accept.new_holder), "another holder was confirmed")


def require(holds: bool, otherwise: str) -> None:
    """Raises BadProof unless it holds."""
    if not holds:
        raise BadProof(otherwise)


def offer_digest(draft: Draft) -> str:
    """The Digest of the object by which the thing was offered here."""
    return next((each.digest or "" for each in draft.thread.said if each.name == label(Offer)), "")


# -- what follows -------------------------------------------------------------------------------------------------


def follow(draft: Draft, message: Message) -> None:
    """Handed over: it is no longer the holder's, and it is the receiver's, with what came along."""
    if not isinstance(message, Confirm):
        return
    if draft.thread.role == Hand.RECEIVER:
        things.put(draft, taken(draft, message))
        return
    owned = things.of_did(draft)
    if owned is not None:
        things.put(draft, msgspec.structs.replace(owned, state="passed-on", transfer=draft.thid))


def taken(draft: Draft, message: Confirm) -> Owned:
    """The entry of a thing that was just handed over."""
    by_name = {each.id: each for each in message.attachments}
    kinds = [kind for kind in ("ownership", "warranty") if kind in by_name]
    papers = tuple(things.carried(by_name[kind], kind) for kind in kinds)
    offer = draft.thread.latest(Offer)
    said = things.claims_of(papers[-1]) if papers else {}
    return Owned(
        id=new_id(),
        thing=offer.thing,
        since=draft.now,
        papers=papers,
        chain=(*objects(by_name.get("chain")), *own_objects(draft)),
        history=objects(by_name.get("history")),
        documents=documents_in(by_name.get("documents")),
        missing=tuple(sorted(set(offer.history) - {digest_of(each) for each in message.attachments})),
        did=draft.relationship.our_did,
        warranty_until=str(said.get("warrantyUntil") or ""),
        transfer=draft.thid,
    )


def objects(attachment: Attachment | None) -> tuple[Fields, ...]:
    """The signed objects in an attachment; none if they cannot be read."""
    try:
        return msgspec.convert(attachment.data.json if attachment else [], tuple[Fields, ...])
    except msgspec.ValidationError:
        return ()


def documents_in(attachment: Attachment | None) -> dict[str, Fields]:
    """The DID documents in an attachment; none if they cannot be read."""
    try:
        return msgspec.convert(attachment.data.json if attachment else {}, dict[str, Fields])
    except msgspec.ValidationError:
        return {}


def own_objects(draft: Draft) -> tuple[Fields, ...]:
    """The offer, its acceptance and its confirmation, as they were signed here."""
    rows = {each.digest: each.record for each in (*draft.agent.store.ledger(draft.peer), *draft.signed)}
    named = {each.name: each.digest for each in draft.thread.said if each.digest}
    wanted = (named.get(label(kind)) for kind in (Offer, Accept, Confirm))
    return tuple(msgspec.json.decode(rows[each], type=Fields) for each in wanted if each in rows)


# -- questions ----------------------------------------------------------------------------------------------------


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """The receiver takes it; the holder hands it over."""
    match message:
        case Offer():
            return Accept(offer=offer_digest(draft), new_holder=draft.relationship.our_did)
        case Accept():
            handing, owned = of_thread(draft), things.of_did(draft)
            if handing is None or owned is None:
                return None
            if owned.state != things.OURS:
                raise Misuse(f"{owned.thing.name} is not yours any more ({owned.state}); answer no. Nothing was said.")
            return Confirm(message.offer, handing.credential, message.new_holder, attachments=handing.attached)
    return None


def no(draft: Draft) -> Message | None:
    """Not after all."""
    return NotWanted("changed-mind")


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """What changes hands, and what the other side learns."""
    match message:
        case Offer():
            price: list[Json] = (
                [{"line": f"Price: {message.price.amount} {message.price.currency}"}] if message.price else []
            )
            along = f"{len(message.history)} papers come along; they are checked when you have it."
            hidden = "Neither of you learns who the other is."
            return [*described(message.thing), *price, {"line": along}, {"line": hidden}], None
        case Accept():
            thing = draft.thread.latest(Offer).thing
            warning = "Yes hands it over for good: its proof of ownership, its warranty and its history go along."
            return [*described(thing), {"line": warning}, {"line": "Your receipt and your notes stay with you."}], None
    return None


ASKS: dict[type[Message], str] = {
    Offer: "Somebody offers you a thing.",
    Accept: "The thing you offered is accepted. Hand it over?",
}

SIDE = Side(
    tables=(transfer,),
    check=check,
    follow=follow,
    asks=ASKS,
    content=content,
    yes=yes,
    takes_yes=(Offer, Accept),
    no=no,
    due={OFFERING: offered},
)
KNOCK = Side(tables=(trust_ping,), follow=knocked)
