"""What a software assistant wants to say for its owner: it drafts, and she decides, having seen all that would be said.

Nothing of it is said, signed, granted or chosen before her yes, and what she says yes to is what was shown to her: the
message itself is kept, not a description of it. Source: vrm-protocols 5.10.
"""

import msgspec

from agent import asking, effects
from agent.agent import Agent
from agent.draft import Draft
from agent.owner import act
from protocols import table
from protocols.machine import Message, Protocol, Signed
from protocols.messages import Values, encode, values_of
from protocols.problems import Misuse, Problem
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.store.change import Question
from wallet.strict_json import Json, JsonObject

NAME = KIND = "proposal"


class Proposal(msgspec.Struct, frozen=True):
    """A message that waits for her yes. by: what the assistant's key is called; role: ours, if it begins the thread."""

    by: str
    table: str
    name: str
    signed: bool
    body: dict[str, object]
    attachments: list[object]
    values: Values | None = None
    role: str = ""
    parent: str | None = None


def put(draft: Draft, by: str, protocol: Protocol, message: Message, role: str = "", parent: str | None = None) -> None:
    """Ask the owner whether this may be said in the thread of this draft."""
    body, attachments = encode(message)
    signed = isinstance(message, Signed)
    proposal = Proposal(by, protocol.id, message.name, signed, body, attachments, values_of(message), role, parent)
    id = new_id()
    draft.questions += (Question(id, draft.thid, draft.now, msgspec.json.encode(asking.Asked(NAME))),)
    draft.add_item(KIND, id, msgspec.json.encode(proposal))


def of(agent: Agent, question: str) -> Proposal:
    """The proposal of a question. Raises Misuse if it is gone."""
    row = agent.store.item(KIND, question)
    if row is None:
        raise Misuse("this proposal is not here any more")
    return msgspec.json.decode(row.record, type=Proposal)


def message_of(proposal: Proposal) -> Message:
    """The message itself."""
    read = table(proposal.table).read
    return read(proposal.name, proposal.body, proposal.attachments, proposal.values, signed=proposal.signed)


def describe(draft: Draft, question: str) -> JsonObject:
    """The question in words, with all that would be said."""
    proposal = of(draft.agent, question)
    message = message_of(proposal)
    signs = "It would be signed: you are bound by it." if proposal.signed else "It would not be signed."
    told: list[Json] = [{"line": f"{name}: {value}"} for name, value in (proposal.values or {}).items()]
    who = draft.relationship.called
    return {
        "about": f"assistant/{NAME}",
        "letters": None,
        "who": f'your assistant "{proposal.by}"',
        "proof": "it used the key you gave it",
        "asks": f"It wants you to say {message.name} to {who}. Nothing is said unless you say yes.",
        "what": [*asking.by_field(message), *told, {"line": signs}],
        "why": None,
        "until": None,
        "lasts": None,
        "terms": None,
        "agreement": None,
        "choices": ["yes", "no"],
    }


async def answer(agent: Agent, peer: str, question: Question, *, yes: bool) -> str:
    """What she decided: say exactly what was shown, or drop it. Returns what was said. Raises Misuse."""

    def decide(draft: Draft) -> Lookup[str]:
        yield from ()
        proposal = of(agent, question.id)
        draft.settled += (question.id,)
        draft.claim += ((KIND, question.id),)
        if not yes:
            return "nothing"
        try:
            message = message_of(proposal)
        except Problem as fault:
            raise Misuse(f"{fault} It cannot be said; answer no.") from fault
        if draft.conversation is None:
            if not proposal.role:
                raise Misuse("the thread is gone; answer no")
            draft.begin(table(proposal.table), proposal.role, proposal.parent)
        effects.say(draft, message)
        return message.name

    return await act(agent, peer, question.thid, decide)
