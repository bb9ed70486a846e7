"""Routes: threads, what was said in them, what may be said next, and saying it."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from agent import conversation as conversations
from agent import effects, names, owner
from agent import relationship as relationships
from agent.agent import Agent
from agent.conversation import Conversation
from agent.draft import Draft, Line
from agent.relationship import Relationship
from agent.web.routes import Route
from protocols import find, machine, table
from protocols.machine import Message, Protocol, Signed, Thread
from protocols.messages import label
from protocols.problems import Misuse, Problem
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.needs import Lookup
from wallet.store.change import Entry


class Beginning(msgspec.Struct, frozen=True):
    """A thread to begin. type: a message type URI; body: the message's fields."""

    peer: str
    type: str
    body: dict[str, object] = {}
    attachments: tuple[object, ...] = ()


class Saying(msgspec.Struct, frozen=True):
    """A message to say in a thread: its name and its fields."""

    message: str
    body: dict[str, object] = {}
    attachments: tuple[object, ...] = ()


def every(agent: Agent) -> Iterator[tuple[Relationship, Conversation]]:
    """All threads, with whom."""
    known = {row.peer: relationships.read(row) for row in agent.store.peers()}
    for peer, row in agent.store.threads():
        yield known[peer], conversations.read(row)


def one(agent: Agent, thid: str) -> tuple[Relationship, Conversation]:
    """The thread whose id is, or begins with, `thid`. Raises NotFound, or Misuse if several do."""
    exact = agent.store.threads_with_thid(thid)
    found = [(agent.relationship(peer)[0], conversations.read(row)) for peer, row in exact]
    found = found or [each for each in every(agent) if each[1].thread.thid.startswith(thid)]
    if not found:
        raise NotFound(f'there is no thread "{thid[:64]}"; freerange threads lists them')
    if len(found) > 1:
        raise Misuse(f'"{thid}" begins the id of {len(found)} threads; give more of it')
    return found[0]


def family(protocol: Protocol) -> str:
    """A protocol's short name, for people."""
    _, name, _ = protocol.uri.rsplit("/", 2)
    return f"{name}/{protocol.table}" if protocol.table else name


def shown(relationship: Relationship, conversation: Conversation) -> dict[str, object]:
    """A thread as it is listed."""
    thread = conversation.thread
    protocol = table(thread.table)
    over = thread.state in protocol.final | {machine.LAPSED, machine.ABANDONED}
    said = thread.said
    return {
        "thread": thread.thid,
        "with": relationship.called,
        "about": family(protocol),
        "protocol": protocol.uri,
        "role": thread.role,
        "state": thread.state,
        "over": over,
        "bound": thread.state in protocol.binding,
        "record": thread.record,
        "since": timestamp(said[0].at) if said else None,
        "last": timestamp(said[-1].at) if said else None,
        "unacknowledged": len(conversation.owed),
        "can_say": [] if over else sorted({label(row.says) for row in machine.can_say(protocol, thread)}),
    }


async def threads(agent: Agent) -> object:
    """All threads, oldest first."""
    return sorted((shown(*each) for each in every(agent)), key=lambda each: str(each["since"]))


async def thread(agent: Agent, thid: str) -> object:
    """One thread."""
    return shown(*one(agent, thid))


def line(entry: Entry, relationship: Relationship) -> dict[str, object]:
    """One line of a log."""
    kept = msgspec.json.decode(entry.record, type=Line)
    plain = msgspec.json.decode(kept.message)
    return {
        "at": timestamp(entry.at),
        "by": "us" if entry.ours else relationship.called,
        "ours": entry.ours,
        "with": relationship.called,
        "says": plain["type"].rpartition("/")[2],
        "type": plain["type"],
        "id": entry.id,
        "thread": entry.thid,
        "refused": kept.refused or None,
        "message": plain,
    }


async def log(agent: Agent, thid: str) -> object:
    """What was said in one thread, in order."""
    relationship, conversation = one(agent, thid)
    entries = agent.store.log(relationship.peer, conversation.thread.thid)
    return {**shown(relationship, conversation), "log": [line(each, relationship) for each in entries]}


def read(protocol: Protocol, name: str, asked: Beginning | Saying, thread: Thread | None = None) -> Message:
    """The message an owner means, as it may be said in the thread. Raises Misuse if there is none, or it lacks
    something."""
    rows = machine.can_say(protocol, thread) if thread else protocol.rows
    forms = {issubclass(row.says, Signed) for row in rows if row.says.name == name}
    with as_misuse():
        return protocol.read(name, asked.body, asked.attachments, signed=forms.pop() if len(forms) == 1 else None)


@contextmanager
def as_misuse() -> Iterator[None]:
    """What would be a peer's fault in a message that was heard is, in one that is to be said, the owner's."""
    try:
        yield
    except Problem as fault:
        raise Misuse(f"{fault} Nothing was said.") from fault


async def begin(agent: Agent, asked: Beginning) -> object:
    """Begin a thread with its first message."""
    relationship = names.find_peer(agent, asked.peer)
    with as_misuse():
        tables, name = find(asked.type)
    for protocol in tables:
        message = read(protocol, name, asked)
        if protocol.opener(message) is not None:
            return {"thread": await owner.open_thread(agent, relationship.peer, protocol, message)}
    raise Misuse(f"{name} cannot begin a thread; nothing was said")


async def say(agent: Agent, thid: str, asked: Saying) -> object:
    """Say one message in a thread."""
    relationship, conversation = one(agent, thid)

    def speak(draft: Draft) -> Lookup[str]:
        effects.say(draft, read(draft.protocol, asked.message, asked, draft.thread))
        yield from ()
        return draft.thread.state

    state = await owner.act(agent, relationship.peer, conversation.thread.thid, speak)
    return {"thread": conversation.thread.thid, "state": state}


ROUTES = (
    Route("GET", "/v1/threads", threads),
    Route("GET", "/v1/threads/{thid}", thread),
    Route("GET", "/v1/threads/{thid}/log", log),
    Route("POST", "/v1/threads", begin, Beginning),
    Route("POST", "/v1/threads/{thid}/say", say, Saying),
)
