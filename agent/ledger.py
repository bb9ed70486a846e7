"""The ledger of a relationship: what each side signed, in two chains, and what both are bound by.

Both sides hold the same bytes, so each computes the same record id; a side that computes another has not agreed.
Source: vrm-protocols 3.4 and 3.5.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import msgspec

from agent.beside import Beside
from agent.relationship import Link, Relationship
from protocols.machine import Protocol, Signed, Thread
from protocols.messages import encode
from protocols.problems import BadProof, Equivocation, InvalidMessage
from protocols.vrm.base import VRM
from wallet import signed as objects
from wallet.credentials.issuers import Resolve
from wallet.errors import Unresolved, WalletError
from wallet.keys import Keyring
from wallet.needs import Lookup
from wallet.signed import Head, Place, SignedObject
from wallet.store.change import SignedRow
from wallet.store.store import Store
from wallet.strict_json import JsonObject


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A signed object on its way into the ledger. place: where it stands in its author's chain."""

    object: SignedObject
    ours: bool
    place: Place = Place.NEXT

    @property
    def digest(self) -> str:
        """Its Digest, which names it."""
        return self.object.digest

    def row(self, at: int) -> SignedRow:
        """What the store keeps."""
        object = self.object
        raw = msgspec.json.encode(object.raw)
        return SignedRow(object.digest, object.id, self.ours, object.seq, object.thid, at, raw)


def family(protocol: Protocol) -> str:
    """The name of a protocol's family, as it stands in types of signed objects."""
    return protocol.uri.rsplit("/", 2)[1]


def sign(
    message: Signed,
    *,
    protocol: Protocol,
    thread: Thread,
    relationship: Relationship,
    re: str,
    keys: Keyring,
    now: int,
    to_the_minute: bool,
    beside: Beside,
) -> SignedMessage:
    """The object by which we say a signed message: the next of our chain, answering `re`, if that is anything."""
    body, _ = encode(message)
    made = objects.make(
        base=VRM,
        type=objects.type_name(family(protocol), message.name),
        id=objects.new_object_id(),
        kid=f"{relationship.signed_as}#key-1",
        keys=keys,
        now=now,
        to_the_minute=to_the_minute,
        thid=thread.thid,
        audience=relationship.their_did,
        seq=relationship.ours.seq + 1,
        prev=relationship.ours.head or None,
        re=re or None,
        body=cast(JsonObject, body),  # the encoding of a message is JSON by construction
        data_digest=beside.digest,
        attachments=beside.attachments,
    )
    return SignedMessage(objects.read(made, base=VRM), ours=True)


def verify(
    body: JsonObject,
    name: str,
    *,
    protocol: Protocol,
    thid: str,
    relationship: Relationship,
    answers: Collection[str | None],
    store: Store,
    resolve: Resolve,
) -> Lookup[SignedMessage]:
    """The object in a heard message's body, checked in the mandated order.

    answers: what its `re` may name: None if it may be the thread's first signed object.
    Raises BadProof, Equivocation, InvalidMessage.
    """
    if "signed" not in body:
        raise InvalidMessage(name, "it must be signed - at `$.signed`")
    try:
        object = yield from objects.check(
            body["signed"],
            base=VRM,
            type=objects.type_name(family(protocol), name),
            issuers=relationship.their_dids,
            audience=relationship.our_dids,
            thid=thid,
            answers=lambda re: re in answers,
            resolve=resolve,
        )
    except Unresolved:
        raise  # it may well be good: not heard, and so it comes again
    except WalletError as fault:
        raise BadProof(str(fault)) from fault
    place = place_of(object, relationship, store)
    if place is Place.EQUIVOCATION:
        raise Equivocation("number or id")
    return SignedMessage(object, ours=False, place=place)


def place_of(object: SignedObject, relationship: Relationship, store: Store) -> Place:
    """Where an object of theirs stands in their chain, by what we hold of it."""
    last, peer = relationship.theirs, relationship.peer
    numbered = store.numbered(peer, ours=False, seq=object.seq) if object.seq <= last.seq else ()
    named = store.with_object_id(peer, object.id)
    return objects.place(
        object,
        head=Head(last.seq, last.head) if last.seq else None,
        at_seq=numbered[0].digest if numbered else None,
        at_id=named[0].digest if named else None,
    )


def open_answers(thread: Thread | None) -> frozenset[str | None]:
    """What a signed object of theirs may answer in this thread: any that stands in it; the first, nothing."""
    known = frozenset(each.digest for each in thread.said if each.digest) if thread else frozenset[str]()
    return known or frozenset((None,))


def answered(thread: Thread, theirs: str) -> str:
    """What our next signed object answers: their latest one applied here or, before there is any, our own that it goes
    on from. theirs: Digest, empty if there is none."""
    ours = (each.digest for each in reversed(thread.said) if each.by == thread.role and each.digest)
    return theirs or next(ours, "")


def next_link(relationship: Relationship, signed: SignedMessage) -> Relationship:
    """The relationship once this object is the newest of its side's chain."""
    link = Link(signed.object.seq, signed.digest)
    if signed.ours:
        return msgspec.structs.replace(relationship, ours=link)
    if link.seq > relationship.theirs.seq:
        return msgspec.structs.replace(relationship, theirs=link)
    return relationship


def terms_header(relationship: Relationship, now: int) -> JsonObject | None:
    """The header `terms` of a message: the agreement in force under which it is sent (vrm-protocols 3.3)."""
    governing = relationship.governing(now)
    if governing is None:
        return None
    named: JsonObject = {"id": governing.id, "version": governing.version, "digest": governing.digest}
    return {"record": governing.record, "agreement": named}
