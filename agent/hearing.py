"""Hearing one message: in its place in the thread, checked beyond its form, by the table, and with what follows.

A message that cannot be applied changes nothing but the log; its sender, who is authenticated, is told once.
"""

import json
from functools import partial
from hashlib import sha256

import msgspec

from agent import beside, checks, copies, effects, evidence, ledger, mandates, open_threads, policy, sending
from agent.agent import CHANGEABLE
from agent.conversation import MOST_EARLY, MOST_EARLY_BYTES, REPORT_TYPE
from agent.didcomm import plaintext
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import BadPlaintext, Plaintext
from agent.draft import Draft, Line
from agent.errors import Dropped, Unavailable
from agent.ledger import SignedMessage
from agent.logs import note
from agent.watch import SKEW
from protocols import find, machine
from protocols.machine import Message, Problem, Protocol, Turn
from protocols.problems import (
    AgainstHouseRules,
    BadProof,
    ChainGap,
    DelegationScope,
    OfferExpired,
    OutOfTurn,
    UnsupportedType,
)
from protocols.standard.report_problem import ProblemReport, report_of
from wallet.credentials.vcdm import timestamp
from wallet.needs import Lookup
from wallet.signed import Place
from wallet.store import change

REMEMBER = 30 * 86400  # seconds for which a repeat is known by its id
REMEMBER_EXPIRED = 7 * 86400
UNREADABLE = "The message cannot be read: {1}."
OF_TIME = "e.p.req.time"
BY_RULE = ("e.p.req.", "e.p.legal.")  # codes of refusals that say nothing against the form or the proof
AHEAD, FROM_THE_FUTURE = (
    "w.m.req.time",
    "The message says it was made in the future. It was applied; look at the clock.",
)
MOST_COMPLAINTS = 10  # problem reports of ours in one thread, then silence


def hear(draft: Draft, opened: Opened) -> Lookup[None]:
    """Hear one message. Everything it brings about is in the draft then. Raises Dropped if nothing is to be kept."""
    message = opened.plaintext
    recognise(draft, opened)
    draft.done += message.ack
    if message.type == sending.EMPTY_TYPE:
        if message.please_ack and not message.ack:  # acknowledgements are never acknowledged (ST-09)
            sending.acknowledge_bare(draft, message)
        return
    forget_at = max(draft.now + REMEMBER, (message.expires_time or 0) + REMEMBER_EXPIRED)
    draft.heard = change.Heard(message.id, plaintext.fingerprint(message), forget_at)
    if message.type == REPORT_TYPE and not said_in_turn(draft, message):
        hear_report(draft, opened)
        return
    copies.notice(draft, message)
    if not in_order(draft, message):
        return
    yield from take_turn(draft, message, opened.raw)
    while (waiting := next_early(draft)) is not None:
        yield from take_turn(draft, plaintext.read(waiting), waiting)
    yield from policy.decide(draft)
    sending.acknowledge(draft)


def recognise(draft: Draft, opened: Opened) -> None:
    """Learn from the envelope by which DIDs the two know each other."""
    draft.recognise(opened.ours or draft.relationship.our_did, brief=opened.sender == opened.who)


def take_turn(draft: Draft, message: Plaintext, raw: bytes) -> Lookup[None]:
    """Apply one message that is in its place, or refuse it and say why."""
    before = draft.snapshot()
    kept = raw if draft.agent.config.kind == "person" else beside.without_data(raw)
    draft.note(message.id, kept, ours=False)
    try:
        yield from apply(draft, message)
    except Problem as problem:
        if draft.agent.clock_in_doubt and problem.code.startswith(OF_TIME):
            raise Unavailable("this computer's clock is in doubt") from problem  # it may not be too late at all
        proved = draft.proved
        draft.restore(before)
        draft.note(message.id, kept, ours=False, refused=str(problem))
        keep_refused(draft, proved, problem)
        refuse(draft, problem)
        if isinstance(problem, DelegationScope):
            mandates.tell_her(draft, message.mandate)
        complain(draft, message, problem)
    else:
        wonder(draft, message)
    if message.sender_order is not None:
        draft.update(heard=message.sender_order)
    if message.please_ack:
        draft.owe(message.id)


def apply(draft: Draft, plain: Plaintext) -> Lookup[None]:
    """The turn itself. Raises a Problem if the message cannot be applied."""
    if plain.expires_time is not None and plain.expires_time <= max(draft.now, plain.created_time or 0):
        raise OfferExpired(plain.type.rpartition("/")[2], timestamp(plain.expires_time))
    begins = draft.conversation is None
    message, signed = yield from understand(draft, plain)
    draft.proved = signed
    yield from mandates.judge(draft, plain, message)
    by = draft.protocol.other(draft.thread.role)
    if draft.may_hear(by, message):
        yield from checks.check(draft, message)
    follows = draft.step(Turn(by, message, plain.id, draft.now, signed.digest if signed else None))
    if signed:
        if signed.place is Place.GAP:
            note_gap(draft, signed)
        draft.add_signed(signed)
        if signed.object.issuer.startswith(CHANGEABLE):
            yield from evidence.keep_document(draft, signed.object.issuer)
    effects.follow(draft, message, follows)
    if begins and draft.still_open:
        open_threads.opened(draft.agent, draft.peer, draft.protocol)


def keep_refused(draft: Draft, proved: SignedMessage | None, problem: Problem) -> None:
    """What was well signed, and refused by a rule, stands in the ledger all the same, on both sides: it moves nothing,
    but their chain goes on from it. Advertising against her rules is counted, and nothing else is made of it."""
    if proved is not None and not draft.unmet and problem.code.startswith(BY_RULE):
        draft.witness(proved)
    if isinstance(problem, AgainstHouseRules):
        draft.learn(blocked=draft.relationship.blocked + 1)
        draft.agent.metrics.count("notices_blocked")


def note_gap(draft: Draft, signed: SignedMessage) -> None:
    """One of their objects is not here yet, or is lost: this is evidence, not a gate, and audit closes it (3.5).

    Nobody is told: objects of several threads may well come in another order than they were signed in.
    """
    number, last = signed.object.seq, draft.relationship.theirs.seq
    missing = str(last + 1) if number == last + 2 else f"{last + 1} to {number - 1}"
    note(ChainGap.code, words=str(ChainGap(str(number), missing)), peer=draft.relationship.called)
    draft.agent.metrics.count("chain_gaps")


def understand(draft: Draft, plain: Plaintext) -> Lookup[tuple[Message, SignedMessage | None]]:
    """The typed message, its signed object verified; begins the thread if this is its first message.

    Rules only ever see what has been verified here. Raises a Problem.
    """
    tables, name = find(plain.type)
    if draft.conversation is not None:
        if draft.protocol not in tables:
            raise UnsupportedType(plain.type)
        tables = (draft.protocol,)
    else:
        open_threads.admit(draft.agent, draft.peer, tables)
    signed, body, values = None, plain.body, None
    if tables[0].kinds(name, signed=True) and ("signed" in plain.body or not tables[0].kinds(name, signed=False)):
        signed = yield from verified(draft, plain, name, tables[0])
        body, values = signed.object.body, beside.check(signed.object, plain)
    own = [each for each in plain.attachments if not (plain.mandate and each.id == mandates.ATTACHED)]
    attachments = msgspec.to_builtins(own) if own else ()
    theirs = "org" if draft.agent.config.kind == "person" or draft.relationship.acting else "person"
    for table in tables:
        message = table.read(name, body, attachments, values, signed=signed is not None)
        if draft.conversation is not None:
            return message, signed
        if (opener := table.opener(message, theirs)) is not None:
            draft.begin(table, table.other(opener), plain.pthid)
            return message, signed
    raise OutOfTurn(name, "peer", "not begun yet")


def verified(draft: Draft, plain: Plaintext, name: str, table: Protocol) -> Lookup[SignedMessage]:
    """The signed object a message carries, proved. Raises a Problem.

    If it is not proved by the document we remember of a peer whose document may change, it is tried once more by the
    document as it is now (DID-21).
    """
    agent, thread = draft.agent, draft.conversation.thread if draft.conversation else None
    check = partial(
        ledger.verify,
        plain.body,
        name,
        protocol=table,
        thid=draft.thid,
        relationship=draft.relationship,
        answers=ledger.open_answers(thread),
        store=agent.store,
    )
    try:
        return (yield from check(resolve=agent.resolve_known))
    except BadProof:
        if not draft.relationship.their_did.startswith(CHANGEABLE):
            raise
        return (yield from check(resolve=agent.resolve_anew))


def in_order(draft: Draft, message: Plaintext) -> bool:
    """Whether the message is the next of its thread; an early one is held, a repeated one only acknowledged."""
    order, conversation = message.sender_order, draft.conversation
    expected = conversation.heard + 1 if conversation else 1
    if order is None or order == expected:
        return True
    if order < expected:
        draft.owe(message.id)
        sending.acknowledge(draft)
        return False
    if conversation is None and was_refused(draft):
        return True  # it follows on a first message that was refused: no thread will begin, and that is its answer too
    held = conversation.early if conversation else ()
    packed = plaintext.write(message).decode()
    size = len(packed) + sum(len(each) for _, each in held)
    if conversation is None or len(held) >= MOST_EARLY or size > MOST_EARLY_BYTES:
        raise Dropped("early")  # unacknowledged, so it comes again
    draft.update(early=tuple(sorted((*held, (order, packed)))))
    return False


def was_refused(draft: Draft) -> bool:
    """Whether the first message of this thread, which has not begun, came and was refused."""
    lines = (msgspec.json.decode(entry.record, type=Line) for entry in draft.agent.store.log(draft.peer, draft.thid))
    return any(line.refused for line in lines)


def next_early(draft: Draft) -> bytes | None:
    """The held message whose turn it is now, taken out of the thread."""
    conversation = draft.conversation
    if conversation is None or not conversation.early or conversation.early[0][0] != conversation.heard + 1:
        return None
    (_, packed), *rest = conversation.early
    draft.update(early=tuple(rest))
    return packed.encode()


def said_in_turn(draft: Draft, report: Plaintext) -> bool:
    """Whether a problem report is a row of the thread's own table, by which its protocol says no."""
    spoken = draft.conversation is not None and report.thread == draft.thid
    return spoken and bool(draft.protocol.kinds("problem-report"))


def hear_report(draft: Draft, opened: Opened) -> None:
    """A complaint of theirs: it may end a thread that binds nobody, and is never answered (law 3)."""
    if draft.conversation is None:
        raise Dropped("report")
    draft.note(opened.plaintext.id, opened.raw, ours=False)
    for refused in opened.plaintext.ack:
        draft.reported(refused)


def refuse(draft: Draft, problem: Problem) -> None:
    """What a refusal does to our side of the thread: nothing, unless it could only wait for what was refused."""
    if draft.conversation is None or isinstance(problem, OutOfTurn | UnsupportedType):
        return
    after = machine.refuse(draft.protocol, draft.thread)
    if after != draft.thread:
        draft.update(thread=after)
        draft.wake(None)
        draft.settle()


def complain(draft: Draft, message: Plaintext, problem: Problem) -> None:
    """Tell the sender, once, why its message was not applied; never in answer to a `decline` or a report."""
    if not message.type.endswith(("/decline", "/problem-report")) and may_complain(draft):
        sending.complain(draft, report_of(problem), message.id)


def wonder(draft: Draft, message: Plaintext) -> None:
    """Warn a sender whose clock is ahead, once in a thread; its message was applied all the same (ST-07)."""
    early = message.created_time is not None and message.created_time > draft.now + SKEW
    quiet = draft.conversation is None or draft.conversation.complaints or message.type.endswith("/problem-report")
    if early and not quiet and may_complain(draft):
        sending.warn(draft, ProblemReport(code=AHEAD, comment=FROM_THE_FUTURE))


def may_complain(draft: Draft) -> bool:
    """Whether one more report may go: so many in a thread, so many a minute to one peer, then silence."""
    conversation = draft.conversation
    quiet = conversation is not None and conversation.complaints >= MOST_COMPLAINTS
    return not quiet and draft.agent.may_complain(draft.peer)


def hear_again(draft: Draft, opened: Opened) -> None:
    """A repeat says nothing new: our acknowledgement was lost, so it goes again (what we answered is resent anyway).
    But it may have come from, or to, another DID than before."""
    message = opened.plaintext
    recognise(draft, opened)
    applied = draft.conversation is not None and (message.sender_order or 0) <= draft.conversation.heard
    if message.please_ack and applied:  # what is held, waiting for an earlier one, is not acknowledged yet
        draft.owe(message.id)
        sending.acknowledge(draft)
    if draft.conversation is None:  # a first message that was refused: nothing but the refusal will quiet its sender
        sending.complain_again(draft, message.id)


def hear_unreadable(draft: Draft, id: str, fault: BadPlaintext) -> None:
    """An authentic message whose plaintext cannot be read: refused once, and its place in the thread is taken."""
    conversation, order = draft.conversation, fault.claims.get("sender_order")
    said = json.dumps(fault.claims, sort_keys=True).encode()  # in ASCII: there may be half a surrogate pair in it
    draft.heard = change.Heard(id, sha256(said).digest(), draft.now + REMEMBER)
    if conversation is not None and type(order) is int and order == conversation.heard + 1:  # true and 1.0 equal 1
        draft.update(heard=order)
    if may_complain(draft):
        sending.complain(draft, ProblemReport(code=fault.code, comment=UNREADABLE, args=(fault.path,)), id)
