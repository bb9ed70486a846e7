"""What an ending deletes: of a relationship everything, of an agreement what was told under it.

The receipt names what became of the data, so it is said once that has become so. Source: vrm-protocols, section 6.
"""

from agent import conversation as conversations
from agent import deletions, held
from agent.draft import Draft
from agent.vrm.consent import UNDER_TERMS, given_under
from agent.vrm.side import WAIT, Wait
from protocols.machine import Message
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.vrm.consent import consent
from protocols.vrm.consent_words import granted
from protocols.vrm.data_rights import State as Case
from protocols.vrm.data_rights import data_rights
from protocols.vrm.data_rights_words import Exercise
from protocols.vrm.relationship import End, EndReceipt
from protocols.vrm.terms import Withdraw, WithdrawReceipt
from wallet.credentials.vcdm import timestamp


def of_relationship(draft: Draft, message: End) -> Message | Wait:
    """Delete all that is held of her; the receipt, or WAIT while her data is still elsewhere.

    Raises Misuse if she is to have her data back first and has not got it.
    """
    if message.data == "return-then-erase" and (case := unreturned(draft)):
        raise Misuse(f"she wants her data back first; nothing was said. Give it: freerange rights fulfil {case[:8]}")
    values = held.of(draft.agent, draft.peer)
    due = max(unix(f"{message.by}T00:00:00Z"), draft.now + 86400)
    said = deletions.all_of(draft, "ended", values, owes="receipt(end)", due=due, whole=True)
    if said is None:
        return WAIT
    return EndReceipt("done", kept=(), erased_at=timestamp(draft.now))


def unreturned(draft: Draft) -> str:
    """The case in which she asked for her data and has not got it; empty if there is none."""
    for _, row in draft.agent.store.threads(draft.peer):
        thread = conversations.read(row).thread
        if thread.table == data_rights.id and thread.state in (Case.ASKED, Case.OPEN):
            sent = any(entry.name == "deliver" for entry in thread.said)
            if thread.latest(Exercise).right in ("portability", "access") and not sent:
                return thread.thid
    return ""


def of_agreement(draft: Draft, message: Withdraw) -> Message | Wait:
    """Delete what was told under an agreement that she ends; the receipt, or WAIT."""
    record = draft.thread.record
    values = [each for each in held.of(draft.agent, draft.peer) if agreement_of(draft, each.thid) == record]
    body = {"ended": message.from_, "survives": [], "data": "erase"}
    if values and deletions.all_of(draft, "withdrawn", values, owes="receipt(withdraw)", body=body) is None:
        return WAIT
    return WithdrawReceipt("done", ended=message.from_, survives=(), data="erase")


def agreement_of(draft: Draft, thid: str) -> str | None:
    """The record of the terms under which a consent was given."""
    conversation, _ = draft.agent.conversation(draft.peer, thid)
    if conversation is None or conversation.thread.table != consent.id:
        return None
    return granted(conversation.thread).agreement


def follow(draft: Draft, message: Message) -> None:
    """An org signs that data is erased only if it is; of whom it has left itself, it keeps nothing. A person withdraws
    each consent under an agreement that ends, when it ends (vrm-protocols 5.2). Raises Misuse.
    """
    if draft.agent.config.kind != "org":
        if isinstance(message, Withdraw):
            for thid in given_under(draft, draft.thread.record):
                draft.remind(UNDER_TERMS, max(unix(message.from_), draft.now), thid)
        return
    match message:
        case EndReceipt() if ended_by_us(draft):
            deletions.all_of(draft, "ended", held.of(draft.agent, draft.peer), owes="", whole=True)
        case EndReceipt() if message.erased_at:
            deletions.must_be_done(draft, held.of(draft.agent, draft.peer))
        case WithdrawReceipt() if message.data == "erase":
            record = draft.thread.record
            under = [each for each in held.of(draft.agent, draft.peer) if agreement_of(draft, each.thid) == record]
            deletions.must_be_done(draft, under)


def ended_by_us(draft: Draft) -> bool:
    """Whether it was we who ended the relationship in this thread."""
    return any(entry.name == End.name and entry.by == draft.thread.role for entry in draft.thread.said)
