"""What an owner asks of the other side, and answers it: comparisons, challenges, disputes, attestations.

Nobody is made to answer. What is not answered by its date is `unanswered`: a label computed here, and evidence too.
Source: vrm-protocols 5.11.
"""

from collections.abc import Sequence

from agent import conversation as conversations
from agent import evidence
from agent.agent import Agent
from agent.binding import RECORD
from agent.draft import Draft
from agent.effects import say
from agent.owner import act, open_thread
from agent.vrm import audit as side
from protocols.machine import Attachment, Content, Thread
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.vrm import audit
from protocols.vrm.audit import Attest, Challenge, Dispute, Evidence, Position, Role, State
from wallet import signed
from wallet.keys import new_id
from wallet.needs import Lookup

UNANSWERED = "unanswered"


async def compare(agent: Agent, peer: str) -> str:
    """Compare both chains with this peer now. Returns the thread; empty if something is on its way there, and it is
    done in ten minutes instead."""

    def ask(draft: Draft) -> Lookup[str]:
        yield from ()
        if side.on_the_way(draft):
            side.plan(draft, side.standing(agent, peer), side.SOON)
            return ""
        message = side.due(draft)
        if message is None:
            raise Misuse("it is being compared already")
        say(draft, message)
        return draft.thid

    return await act(agent, peer, new_id(), ask)


async def challenge(agent: Agent, peer: str, message: Challenge) -> str:
    """Ask by what right something was done. Returns the thread. Raises Misuse for a date that is past."""
    if unix(message.answer_by) <= agent.now():
        raise Misuse(f"{message.answer_by} is past; nothing was asked. Name a date to come.")
    return await open_thread(agent, peer, audit.challenge, message)


async def dispute(agent: Agent, peer: str, message: Dispute) -> str:
    """State a position against the other side's. Raises Misuse for evidence that is not in the ledger with it."""
    for each in message.evidence:
        if agent.store.signed(peer, each) is None:
            raise Misuse(f"{each} is not among what you two signed; nothing was said. See: freerange ledger")
    return await open_thread(agent, peer, audit.dispute, message)


async def attest(agent: Agent, peer: str, message: Attest) -> str:
    """State that we comply with something."""
    return await open_thread(agent, peer, audit.attest, message)


async def answer(agent: Agent, peer: str, thid: str, records: Sequence[str], text: str, want: str = "") -> str:
    """Answer a challenge by records, or a dispute by a position. Returns what was said.

    records: Digests; none: for a challenge, every record that binds the two. Raises Misuse.
    """

    def reply(draft: Draft) -> Lookup[str]:
        yield from ()
        table = draft.protocol
        if table is audit.challenge:
            named = tuple(records) or tuple(item.id for item in agent.store.items(RECORD, peer=peer))
            message = Evidence(records=named, text=text or None, attachments=objects(agent, peer, named))
            say(draft, message)
        elif table is audit.dispute:
            say(draft, Position(text=text, evidence=tuple(records), want=want or None))
        else:
            raise Misuse("this is no challenge and no dispute; nothing was said")
        return draft.thread.said[-1].name

    return await act(agent, peer, thid, reply)


def objects(agent: Agent, peer: str, records: Sequence[str]) -> tuple[Attachment, ...]:
    """Every signed object of these records, each once. Raises Misuse for one that is not here."""
    held = {row.digest: evidence.read(row) for row in agent.store.ledger(peer)}
    if unknown := [each for each in records if each not in held]:
        raise Misuse(f"{unknown[0]} is not among what you two signed; nothing was said")
    found = {object.digest: object.raw for each in records for object in signed.record(each, held)}
    return tuple(Attachment(id=name, data=Content(json=raw)) for name, raw in found.items())


# -- how it stands ------------------------------------------------------------------------------------------------


def asked(agent: Agent, peer: str) -> list[Thread]:
    """The challenges and disputes with a peer, oldest first."""
    threads = (conversations.read(row).thread for _, row in agent.store.threads(peer))
    return sorted(
        (each for each in threads if each.table in (audit.challenge.id, audit.dispute.id)),
        key=lambda each: each.said[0].at,
    )


def label(agent: Agent, thread: Thread) -> str:
    """How one of them stands: its state, or `unanswered` once its date is past."""
    if thread.state == State.CHALLENGED and unix(thread.latest(Challenge).answer_by) <= agent.now():
        return UNANSWERED
    return thread.state


def ours(thread: Thread) -> bool:
    """Whether we asked."""
    return thread.role == Role.ASKER
