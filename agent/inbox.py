"""The way in: bytes from any transport become one change in the store, or nothing at all.

    raw -> open the envelope -> whose turn is it? -> hear it -> apply the change -> answer

`receive` returns only once what was said is kept, so whoever is answered 202 may forget it. The order of the steps is
fixed, and nothing after a failed step runs (security 2.5, "Order of work"). If the store moved on between reading and
applying, the message is simply heard again: deciding touches nothing.
"""

from functools import partial
from time import perf_counter

from msgspec.structs import replace

from agent import calls, closing, forwarding, mediator, rotation, strangers
from agent.agent import Agent
from agent.conversation import thread_of
from agent.didcomm import plaintext
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import BadPlaintext, Plaintext
from agent.draft import Draft
from agent.errors import AgentError, Dropped, TooMany, Unavailable
from agent.hearing import hear, hear_again, hear_unreadable
from agent.logs import note
from agent.opening import open_envelope
from agent.owner import TRIES, commit
from agent.quarantine import MOST_SECONDS, Case
from agent.rotation import Move
from agent.tracing import span
from agent.watch import is_plausible
from agent.ways import WayBack
from wallet import dids
from wallet.errors import Corrupt, NotFound, Unresolved, WalletError
from wallet.store.change import Change, Outcome


async def receive(agent: Agent, raw: bytes, back: WayBack | None = None) -> None:
    """Take one packed message. Returns once it is kept.

    back: the connection it came over, whose `source` is counted already; messages for its sender take it if it asks
    for that. Raises BadEnvelope or Dropped if there is nothing to keep, Unavailable or TooMany if it should be sent
    again.
    """
    if agent.store.vault.locked:
        raise Unavailable("the wallet is locked")  # whoever sends it keeps it
    if agent.stopping:
        raise Unavailable("this agent is being stopped")
    if not is_plausible(agent.now()):
        raise Unavailable("clock_implausible")  # whatever would be found of times now would be wrong
    case, began = Case(raw), perf_counter()
    try:
        with span("receive"):
            await understand(agent, case, back)
        agent.quarantine.done(case)
        agent.metrics.count("messages_received", result="kept")
    except (Unavailable, TooMany):
        agent.metrics.count("messages_received", result="put off")
        raise
    except AgentError as fault:
        agent.quarantine.done(case)
        agent.metrics.count("messages_received", result="dropped" if isinstance(fault, Dropped) else "malformed")
        if isinstance(fault, Dropped):
            agent.metrics.count("dropped", reason=fault.reason)
        raise
    except Exception as fault:  # one message must never stop the others, whatever is in it
        note("a message could not be taken", error=type(fault).__name__)
        if not await agent.quarantine.failed(case, fault, agent.now()):
            raise Unavailable("a fault of ours") from fault
    finally:
        agent.quarantine.put_off(case)
        agent.metrics.answered(began, len(raw))


async def understand(agent: Agent, case: Case, back: WayBack | None) -> None:
    """Open the envelope, and wait for its sender's turn."""
    try:
        opened = await open_envelope(agent, case.packed, back.source if back else "")
    except BadPlaintext as fault:
        await unreadable(agent, fault)
        raise
    except Unresolved as fault:
        raise Unavailable("the sender cannot be looked up") from fault
    except Corrupt as fault:  # a key of ours: the sender has done nothing wrong
        raise Unavailable("the wallet is damaged") from fault
    except WalletError as fault:
        raise Dropped(type(fault).__name__) from fault
    if opened.recipient_kid is None:
        raise Dropped("not encrypted")  # a signature alone does not say that the message was meant for us
    if forwarding.is_forward(opened.plaintext):
        await forward(agent, opened, case, back)
        return
    if opened.sender is None:
        await closing.hear(agent, opened)
        return
    # failpoint: inbox.opened
    if agent.store.shared and not calls.is_one(agent, opened):
        try:
            if await attend(agent, opened, case, back, trusting=True):
                return
        except (Dropped, NotFound):
            if not agent.unlearn(opened.who, opened.ours):
                raise
        agent.unlearn(opened.who, opened.ours)
    await attend(agent, opened, case, back)


async def attend(agent: Agent, opened: Opened, case: Case, back: WayBack | None, *, trusting: bool = False) -> bool:
    """Hear a message in its sender's turn.

    trusting: by what is remembered of its sender, though another worker may know better. Returns False, or raises
    Dropped or NotFound, if it is to be heard by what is stored, for nothing has come of it.
    """
    known = agent.peer_between(opened.who, opened.ours, trusting=trusting)
    move = await rotation.claimed(agent, opened, known, trusting=trusting)
    peer = move.peer if move else known or opened.who
    if not case.mark:  # else it is heard once more
        agent.limits.message_of(peer)
        if calls.is_one(agent, opened):
            await calls.hear(agent, peer, opened, back, mediator.answer)
            return True
        if await agent.quarantine.known(case, opened.who, opened.plaintext.id, agent.now()):
            return True
    async with agent.turn_of(peer):
        if not await take(agent, opened, move, back, trusting=trusting):
            return False
    agent.outbox.hasten(peer)
    if back is not None:
        go_back(agent, peer, back)
    return True


async def forward(agent: Agent, opened: Opened, case: Case, back: WayBack | None) -> None:
    """Take what is for somebody behind us. What is for ourselves after all is taken as if it had come by itself: one
    layer of it and no more, or a message could make us open as many as fit into it (MD-12)."""
    try:
        inside = await forwarding.forward(agent, opened)
    except BadPlaintext as fault:
        await unreadable(agent, fault)
        raise
    if inside is None:
        return
    if case.unwrapped:
        raise Dropped("nested")
    case.packed, case.unwrapped = inside, True
    await understand(agent, case, back)


async def take(
    agent: Agent, opened: Opened, move: Move | None, back: WayBack | None = None, *, trusting: bool = False
) -> bool:
    """Hear one authenticated message and apply what follows, in its peer's turn. move: by which its sender is known.

    trusting: see `attend`.
    """
    for tried in range(TRIES):
        draft = begin(agent, opened, move, again=tried > 0, trusting=trusting)
        if not trusting:
            offer(agent, draft.peer, opened.plaintext, back)
        try:
            charge, began = partial(agent.limits.lookup_of, draft.peer), perf_counter()
            await agent.meet(hear(draft, opened), charge, within=MOST_SECONDS)
            agent.metrics.passed("decide", began)
        except Unresolved as fault:
            raise Unavailable("somebody it names cannot be looked up") from fault
        # failpoint: inbox.decided
        match await commit(agent, draft):
            case Outcome.APPLIED:
                # failpoint: inbox.kept
                if trusting:  # what follows from it is on its way, and leaves once we wait
                    offer(agent, draft.peer, opened.plaintext, back)
                return True
            case _ if trusting:
                return False
            case Outcome.DUPLICATE:
                await repeat(agent, opened, move)
                return True
            case Outcome.FULL:
                raise Unavailable("too much waits for its sender already")
            case Outcome.EQUIVOCATION if await was_heard_before(agent, draft, opened.plaintext):
                await repeat(agent, opened, move)
                return True
            case Outcome.EQUIVOCATION:
                note("two messages with one id, the second dropped", peer=draft.relationship.called)
                raise Dropped("equivocation")
    raise Unavailable("the relationship kept moving")


async def was_heard_before(agent: Agent, draft: Draft, message: Plaintext) -> bool:
    """Whether it is a repeat of what an earlier version of this program heard, which marked it in another way."""
    if draft.heard is None:
        return False
    mark = replace(draft.heard, digest=plaintext.former_fingerprint(message))
    return await agent.store.apply(Change(peer=draft.peer, heard=mark)) is Outcome.DUPLICATE


def begin(agent: Agent, opened: Opened, move: Move | None, *, again: bool = False, trusting: bool = False) -> Draft:
    """A draft in the relationship that a message belongs to, or begins. Raises Dropped if it belongs to none.

    A message that names no other thread is taken for the first of its own, unless that turned out wrong before: again.
    """
    peer = move.peer if move else agent.peer_between(opened.who, opened.ours, trusting=trusting)
    thid = thread_of(opened.plaintext)
    if peer:
        begins = not again and thid == opened.plaintext.id
        draft = Draft.of(agent, peer, thid, begins=begins, trusting=trusting)
    else:
        draft = strangers.admit(agent, opened)
    if move is not None:
        rotation.follow(draft, move)
    elif not draft.relationship.is_theirs(opened.who):
        raise Dropped("former")  # they moved while this waited for its turn
    if not speaks_to(draft, opened.ours):
        raise Dropped("to")
    return draft


def offer(agent: Agent, peer: str, message: Plaintext, back: WayBack | None) -> None:
    """Let what we say to a proven sender go back the way its message came, if the message asks for that."""
    if back is None:
        return
    match message.return_route:
        case "all":
            agent.ways.offer(peer, back)
        case "thread":
            agent.ways.offer(peer, back, message.return_route_thread or message.thread)


def go_back(agent: Agent, peer: str, back: WayBack) -> None:
    """A message was kept: an answer on its connection waits for what is under way to its sender."""
    if agent.ways.leads(back, peer):
        coming = agent.outbox.under_way(peer)
        if coming is not None:
            back.expect(coming)


def speaks_to(draft: Draft, ours: str | None) -> bool:
    """Whether a message came to the DID that this relationship uses, or used when they wrote. To another of ours it is
    not answered: two of them would be seen to be kept in one place.
    """
    return ours is not None and draft.relationship.hears(ours, draft.now)


async def repeat(agent: Agent, opened: Opened, move: Move | None) -> None:
    """A message heard before: apply nothing of what it says, and acknowledge it again."""
    draft = begin(agent, opened, move, again=True)
    # failpoint: inbox.repeated
    hear_again(draft, opened)
    await commit(agent, draft)


async def unreadable(agent: Agent, fault: BadPlaintext) -> None:
    """If it was a known peer who sent what cannot be read: tell it, if the message can be named."""
    sender = fault.sender or ""
    ours = dids.canonical(dids.did_of(fault.recipient_kid)) if fault.recipient_kid else None
    peer = agent.peer_between(dids.canonical(sender), ours) if sender else None
    if peer is None:
        return
    agent.limits.message_of(peer)
    if fault.id is None or fault.thid is None:
        return
    async with agent.turn_of(peer):
        draft = Draft.of(agent, peer, fault.thid)
        if not draft.relationship.is_theirs(sender) or not speaks_to(draft, ours):
            return
        hear_unreadable(draft, fault.id, fault)
        await commit(agent, draft)
