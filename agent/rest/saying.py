"""Calls: beginning a thread, and saying one message in it: by its table, as everybody speaks; there is no
second way."""

from typing import Annotated, Any

import msgspec

from agent import effects, notices, owner, proposals
from agent.draft import Draft
from agent.rest import book
from agent.rest.calls import Asked, Call
from agent.rest.faults import Fault
from agent.rest.threads import can_say, one
from protocols import find, machine, tables
from protocols.machine import Message, Protocol, Signed, Thread
from protocols.problems import Misuse, Problem, UnsupportedType
from protocols.vrm.base import VRM
from protocols.vrm.relationship import Notice
from wallet.keys import new_id
from wallet.needs import Lookup

PROPOSED = "proposed"  # the owner is asked; nothing is said yet


class Saying(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message. message: its name, as `can_say` lists it; body: its fields. data: personal data beside what is
    signed, by JSON Pointer; attachments: DIDComm attachments. relationship: see `ThreadQuery`."""

    message: Annotated[str, msgspec.Meta(max_length=256)]
    body: dict[str, Any] = {}
    data: dict[str, Any] | None = None
    attachments: tuple[dict[str, Any], ...] = ()
    relationship: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Beginning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A thread to begin with its first message. message: `relationship/1.0/notice`, or a whole message type URI.
    parent: the thread that causes this one."""

    relationship: Annotated[str, msgspec.Meta(max_length=64)]
    message: Annotated[str, msgspec.Meta(max_length=512)]
    body: dict[str, Any] = {}
    data: dict[str, Any] | None = None
    attachments: tuple[dict[str, Any], ...] = ()
    parent: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class Said(msgspec.Struct, frozen=True):
    """What came of it."""

    thread: str
    state: str


async def begin(asked: Asked) -> Said:
    """Begin a thread."""
    wanted: Beginning = asked.body
    relationship = book.find(asked.agent, wanted.relationship)
    kind = asked.agent.config.kind
    protocol, message = opening(wanted, kind)
    if isinstance(message, Notice) and (rule := notices.forbidden(asked.agent, relationship.peer, message)):
        raise Fault(409, f"{rule}; nothing was said", "Tell those whose rules allow it: POST /v1/notices.")
    thid = new_id()

    def speak(draft: Draft) -> Lookup[Said]:
        role = protocol.opener(message, kind) or ""
        if asked.assistant:
            proposals.put(draft, asked.assistant, protocol, message, role, wanted.parent)
            said = Said(thid, PROPOSED)
        else:
            draft.begin(protocol, role, wanted.parent)
            effects.say(draft, message)
            said = Said(thid, draft.thread.state)
        asked.keep(draft, said)
        yield from ()
        return said

    return await owner.act(asked.agent, relationship.peer, thid, speak)


def opening(wanted: Beginning, kind: str) -> tuple[Protocol, Message]:
    """The message that is to begin a thread, and its table. Raises Fault, naming what can."""
    uri = wanted.message if ":" in wanted.message else f"{VRM}/{wanted.message}"
    try:
        found, name = find(uri)
    except UnsupportedType as fault:
        raise Fault(409, f"{fault} Nothing was said.", "Say one of can_say.", may=openers()) from fault
    for protocol in found:
        message = read(protocol, name, wanted)
        if protocol.opener(message, kind) in ours(protocol, kind):
            return protocol, message
    raise Fault(409, f"{name} cannot begin a thread of ours; nothing was said", "Say one of can_say.", may=openers())


def openers() -> tuple[str, ...]:
    """What an org may begin a thread with."""
    return tuple(sorted({label_of(each, row.says) for each in tables() for row in each.rows if begins(each, row)}))


def begins(protocol: Protocol, row: machine.Row) -> bool:
    """Whether an org may open a thread by this row."""
    return protocol.start in row.when and row.by in ours(protocol)


def ours(protocol: Protocol, kind: str = "org") -> tuple[str, ...]:
    """The roles an agent of this kind may have in a table: its own, where there is one."""
    roles = tuple(str(each) for each in protocol.roles)
    return (kind,) if {"org", "person"} & set(roles) else roles


def label_of(protocol: Protocol, kind: type[Message]) -> str:
    """A message as it is named in a call."""
    return protocol.type_of(kind).removeprefix(f"{VRM}/")


async def say(asked: Asked) -> Said:
    """Say one message."""
    wanted: Saying = asked.body
    relationship, conversation = one(asked, wanted.relationship)
    thid = conversation.thread.thid

    def speak(draft: Draft) -> Lookup[Said]:
        may = can_say(draft.protocol, draft.thread)
        state = draft.thread.state
        name, _, tag = wanted.message.removesuffix(")").partition("(")
        if name not in {each.partition("(")[0] for each in may}:
            words = f"{wanted.message[:64]} cannot be said now, and was not: the thread is {state}"
            do = "Say one of can_say." if may else "Wait for the other side." if draft.still_open else "Begin another."
            raise Fault(409, words, do, state=state, may=may)
        try:
            message = read(draft.protocol, name, with_tag(wanted, tag), draft.thread)
            if asked.assistant:
                proposals.put(draft, asked.assistant, draft.protocol, message)
            else:
                effects.say(draft, message)
        except Misuse as fault:
            raise Fault(409, str(fault), "Mend it, or say another of can_say.", state=state, may=may) from fault
        said = Said(thid, PROPOSED if asked.assistant else draft.thread.state)
        asked.keep(draft, said)
        yield from ()
        return said

    return await owner.act(asked.agent, relationship.peer, thid, speak)


def with_tag(wanted: Saying, tag: str) -> Saying:
    """`receipt(update)` means the receipt of an update."""
    return msgspec.structs.replace(wanted, body={**wanted.body, "of": tag}) if tag else wanted


def read(protocol: Protocol, name: str, wanted: Saying | Beginning, thread: Thread | None = None) -> Message:
    """The message that is meant. Raises Fault if it lacks something."""
    rows = machine.can_say(protocol, thread) if thread else protocol.rows
    forms = {issubclass(row.says, Signed) for row in rows if row.says.name == name}
    form = forms.pop() if len(forms) == 1 else None
    try:
        return protocol.read(name, wanted.body, wanted.attachments, wanted.data, signed=form)
    except Problem as fault:
        do = "Mend it: docs/protocols.md has what each message carries."
        raise Fault(422, f"{fault} Nothing was said.", do) from fault


LATER = {404: "There is no such thread.", 409: "It may not be said now; `can_say` names what may."}

CALLS = (
    Call("POST", "/v1/threads", "Begin a thread", "speak", begin, Said, Beginning, fails=LATER),
    Call("POST", "/v1/threads/{thid}/say", "Say one message in a thread", "speak", say, Said, Saying, fails=LATER),
)
