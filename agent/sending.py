"""Saying: a turn of ours becomes a message of its thread, numbered, acknowledging what was heard, and on its way out.

Source: vrm-protocols 3.2 (headers) and 3.6 (delivery).
"""

from collections.abc import Mapping, Sequence

import msgspec

from agent import beside, ledger, mandates, parcel
from agent.beside import Beside
from agent.conversation import REPORT_TYPE
from agent.didcomm import plaintext
from agent.didcomm.attachments import Attachment
from agent.didcomm.plaintext import Plaintext
from agent.draft import Draft, Line
from agent.json_values import as_json
from agent.ledger import SignedMessage
from agent.notice_rules import ALWAYS
from agent.parcel import Parcel
from protocols import machine
from protocols.machine import Effect, Message, Signed, Turn
from protocols.messages import encode
from protocols.problems import Misuse
from protocols.standard.empty import Empty, empty
from protocols.standard.report_problem import ProblemReport
from protocols.vrm.base import outlives
from protocols.vrm.relationship import Notice
from wallet.keys import new_id
from wallet.store.change import Outgoing

EMPTY_TYPE = empty.type_of(Empty)
BRIEFLY = 60  # seconds for which we try to tell a stranger that it was refused
STALE = 7 * 86400  # seconds after which a notice that could not be delivered is old news
ACK_AFTER = 2  # seconds we wait for a message of ours that can carry the acknowledgement


def utter(draft: Draft, message: Message) -> tuple[Effect, ...]:
    """Say this in the thread; returns what follows from it. Raises Misuse if it may not be said now."""
    if draft.relationship.ended and not outlives(draft.protocol.uri, message.name):
        raise Misuse(f"{message.name} was not said: the relationship has ended")
    id, protocol = new_id(), draft.protocol
    copy = mandates.permit(draft, message) if draft.begun.mandate and draft.relationship.acting else None
    body, listed = encode(message)
    attachments = tuple(msgspec.convert(listed, list[Attachment]))
    if copy and not copy.shown:
        attachments += (mandates.attachment(copy),)
    signed = None
    if isinstance(message, Signed):
        attachments = beside.numbered(attachments)
        along = beside.of(message, attachments)
        signed = sign(draft, message, along)
        body = {"signed": signed.object.raw, **along.members}
    effects = draft.step(Turn(draft.thread.role, message, id, draft.now, signed.digest if signed else None))
    if signed:
        draft.add_signed(signed)
    expires = machine.deadline(protocol, draft.thread) if draft.thread.entered == id else None
    until = draft.now + STALE if isinstance(message, Notice) and message.kind not in ALWAYS else None
    named = copy.digest if copy else None
    post(draft, id, protocol.type_of(message), body, attachments, expires=expires, until=until, mandate=named)
    if copy:
        mandates.acted(draft, copy, message, id, signed.digest if signed else None)
    return effects


def sign(draft: Draft, message: Signed, along: Beside) -> SignedMessage:
    """The object by which we say a signed message, next in our chain."""
    return ledger.sign(
        message,
        protocol=draft.protocol,
        thread=draft.thread,
        relationship=draft.relationship,
        re=ledger.answered(draft.thread, draft.begun.latest),
        keys=draft.agent.keys,
        now=draft.now,
        to_the_minute=draft.agent.config.kind == "person",
        beside=along,
    )


def post(
    draft: Draft,
    id: str,
    type: str,
    body: Mapping[str, object],
    attachments: Sequence[Attachment],
    *,
    expires: int | None,
    until: int | None = None,
    mandate: str | None = None,
) -> None:
    """Put the next message of the thread into the change. expires, and until when it is tried: Unix seconds."""
    conversation, reliable = draft.begun, draft.protocol.reliable
    message = Plaintext(
        id=id,
        type=type,
        thid=draft.thid,
        pthid=conversation.thread.pthid,
        created_time=draft.rounded(),
        expires_time=None if expires is None else draft.cut(expires),
        please_ack=("",) if reliable else (),
        ack=conversation.owed,
        sender_order=conversation.said + 1 if reliable else None,
        terms=ledger.terms_header(draft.relationship, draft.now),
        mandate=mandate,
        attachments=tuple(attachments),
        body=as_json(body),
    )
    enqueue(draft, message, reliable=reliable, until=expires or until)
    draft.drop_bare()
    draft.update(said=conversation.said + 1, owed=(), ack="")


def complain(draft: Draft, report: ProblemReport, refused: str) -> None:
    """Send a problem report about a message of theirs; it stands outside the order of the thread."""
    body, _ = encode(report)
    until = draft.now + BRIEFLY if draft.unmet else None  # whoever is still there asks again
    enqueue(draft, aside(draft, REPORT_TYPE, body, pthid=draft.thid, ack=(refused,)), reliable=False, until=until)
    if draft.conversation:
        draft.update(complaints=draft.conversation.complaints + 1)


def warn(draft: Draft, report: ProblemReport) -> None:
    """Say something of this thread that refuses nothing; it names no message, so it ends nothing either."""
    body, _ = encode(report)
    enqueue(draft, aside(draft, REPORT_TYPE, body, pthid=draft.thid, ack=()), reliable=False)
    draft.update(complaints=draft.begun.complaints + 1)


def complain_again(draft: Draft, refused: str) -> None:
    """Send a problem report of ours again, as it was, if one was about this message."""
    for entry in draft.agent.store.log(draft.peer, draft.thid):
        said = plaintext.read(bytes(msgspec.json.decode(entry.record, type=Line).message)) if entry.ours else None
        if said is not None and said.type == REPORT_TYPE and said.ack == (refused,):
            enqueue(draft, msgspec.structs.replace(said, from_=None, to=None, from_prior=None), reliable=False)


def acknowledge(draft: Draft) -> None:
    """If acknowledgements are owed and nothing we say carries them, let a bare one go in a moment."""
    conversation = draft.conversation
    if conversation is None or not conversation.owed:
        return
    bare = aside(draft, EMPTY_TYPE, {}, thid=draft.thid, ack=conversation.owed)
    draft.drop_bare()
    back = draft.agent.ways.of(draft.peer, draft.thid)
    now_or_never = back is not None and back.single  # later there is no way back any more
    enqueue(draft, bare, reliable=False, after=None if now_or_never else ACK_AFTER)
    draft.update(ack=bare.id)


def acknowledge_bare(draft: Draft, message: Plaintext) -> None:
    """Acknowledge a message that is no turn of any thread."""
    enqueue(draft, aside(draft, EMPTY_TYPE, {}, thid=message.thread, ack=(message.id,)), reliable=False)


def aside(
    draft: Draft,
    type: str,
    body: Mapping[str, object],
    *,
    ack: tuple[str, ...] = (),
    please_ack: tuple[str, ...] = (),
    thid: str | None = None,
    pthid: str | None = None,
) -> Plaintext:
    """A message that is about a thread without being one of its turns."""
    return Plaintext(
        id=new_id(),
        type=type,
        thid=thid,
        pthid=pthid,
        created_time=draft.rounded(),
        please_ack=please_ack,
        ack=ack,
        body=as_json(body),
    )


def enqueue(
    draft: Draft,
    message: Plaintext,
    *,
    reliable: bool,
    until: int | None = None,
    after: int | None = None,
    goodbye: str = "",
) -> None:
    """Put a finished message into the log and on its way out, where it gets its addresses.

    after: seconds before it is tried; None: at once. goodbye: see Parcel.
    """
    raw, who = plaintext.write(message), draft.relationship
    stranger = who if draft.unmet else None
    packing = Parcel(msgspec.Raw(raw), since=draft.now, reliable=reliable, stranger=stranger, goodbye=goodbye)
    lasts = until or (parcel.FOR_EVER if reliable else draft.now + parcel.LIFETIME)
    again = parcel.RESEND_AFTER[0] if reliable else parcel.LEASE  # what goes at once is ours to try until then
    due = draft.now + (again if after is None else after)
    draft.send += (Outgoing(message.id, draft.thid, due, lasts, parcel.write(packing)),)
    if message.type != EMPTY_TYPE:
        draft.note(message.id, plaintext.addressed(raw, from_=who.spoken_as, to=who.spoken_to), ours=True)
