"""Calls: threads, what was said in them, and what may be said now."""

from typing import Annotated, Any, Literal

import msgspec

from agent import conversation as conversations
from agent.conversation import Conversation
from agent.draft import Line
from agent.relationship import Relationship, fingerprint
from agent.rest import book
from agent.rest.calls import Asked, Call
from agent.rest.faults import Fault
from agent.rest.pages import After, Limit, page
from agent.web.threads import family
from protocols import machine, table
from protocols.machine import Protocol, Thread
from protocols.messages import label
from wallet import signed
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.store.change import Entry


class ThreadsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """ThreadQuery threads."""

    family: Annotated[
        str, msgspec.Meta(max_length=64, description="`consent`, or one table: `relationship/notice`.")
    ] = ""
    state: Annotated[str, msgspec.Meta(max_length=64, description="As the table names it; `open`, `over`.")] = ""
    relationship: Annotated[str, msgspec.Meta(max_length=64)] = ""
    after: After = ""
    limit: Limit = 100


class ThreadQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With whom the thread is, should two people have begun threads of the same id."""

    relationship: Annotated[str, msgspec.Meta(max_length=64)] = ""


class ThreadSummary(msgspec.Struct, frozen=True):
    """A thread. family: its protocol and table; role: ours. bound: both sides are; record: by which record.
    can_say: what we may say now."""

    thread: str
    relationship: str
    family: str
    protocol: str
    role: str
    state: str
    over: bool
    bound: bool
    record: str | None
    since: str | None
    last: str | None
    can_say: tuple[str, ...]


class LogLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a log. by: `us` or `them`; body: what was said, personal data apart; digest: of the signed object."""

    at: str
    by: Literal["us", "them"]
    says: str
    message: str
    body: Any
    digest: str | None = None
    refused: str | None = None


class WholeThread(ThreadSummary, frozen=True):
    """A thread with its log, in order."""

    log: tuple[LogLine, ...]


class ThreadList(msgspec.Struct, frozen=True):
    """next: for `after`, if there are more."""

    threads: tuple[ThreadSummary, ...]
    next: str | None


async def threads(asked: Asked) -> ThreadList:
    """ThreadList, by family and state."""
    query: ThreadsQuery = asked.query
    peer = book.find(asked.agent, query.relationship).peer if query.relationship else None
    rows = asked.agent.store.threads(peer)
    chosen = ((of, conversations.read(row)) for of, row in rows)
    fitting = ((place(of, each), (of, each)) for of, each in chosen if fits(each.thread, query))
    found, more = page(fitting, query.after, query.limit)
    return ThreadList(tuple([await shown(asked, asked.agent.relationship(of)[0], each) for of, each in found]), more)


def place(peer: str, conversation: Conversation) -> str:
    """Where a thread stands in the list: oldest first."""
    thread = conversation.thread
    return f"{thread.said[0].at if thread.said else 0:011d}.{thread.thid}.{fingerprint(peer)}"


def fits(thread: Thread, query: ThreadsQuery) -> bool:
    """Whether a thread is meant."""
    protocol = table(thread.table)
    name = family(protocol)
    if query.family and query.family not in (name, name.partition("/")[0]):
        return False
    return query.state in ("", thread.state, "over" if is_over(protocol, thread) else "open")


async def thread(asked: Asked) -> WholeThread:
    """One thread with its log."""
    relationship, conversation = one(asked, asked.query.relationship)
    entries = asked.agent.store.log(relationship.peer, conversation.thread.thid)
    listed = await shown(asked, relationship, conversation)
    return WholeThread(**msgspec.structs.asdict(listed), log=tuple(line(each) for each in entries))


def one(asked: Asked, with_whom: str) -> tuple[Relationship, Conversation]:
    """The thread of this id. Raises NotFound, or Fault if several people have begun one."""
    thid = asked.path["thid"]
    peer = book.find(asked.agent, with_whom).peer if with_whom else None
    rows = asked.agent.store.threads_with_thid(thid)
    found = [(of, row) for of, row in rows if peer in (None, of)]
    if not found:
        raise NotFound(f'there is no thread "{thid[:64]}". GET /v1/threads lists them.')
    if len(found) > 1:
        raise Fault(
            409, f"{len(found)} people have threads of that id; nothing was done", "Name the relationship, too."
        )
    [(of, row)] = found
    return asked.agent.relationship(of)[0], conversations.read(row)


async def shown(asked: Asked, relationship: Relationship, conversation: Conversation) -> ThreadSummary:
    """A thread as it is answered."""
    thread, protocol = conversation.thread, table(conversation.thread.table)
    return ThreadSummary(
        thread=thread.thid,
        relationship=await book.subject(asked.agent, relationship),
        family=family(protocol),
        protocol=protocol.uri,
        role=thread.role,
        state=thread.state,
        over=is_over(protocol, thread),
        bound=thread.state in protocol.binding,
        record=thread.record,
        since=timestamp(thread.said[0].at) if thread.said else None,
        last=timestamp(thread.said[-1].at) if thread.said else None,
        can_say=can_say(protocol, thread),
    )


def can_say(protocol: Protocol, thread: Thread) -> tuple[str, ...]:
    """What we may say now, each kind once."""
    if is_over(protocol, thread):
        return ()
    return tuple(sorted({label(row.says) for row in machine.can_say(protocol, thread)}))


def is_over(protocol: Protocol, thread: Thread) -> bool:
    """Whether nothing more will be said."""
    return thread.state in protocol.final | {machine.LAPSED, machine.ABANDONED}


def line(entry: Entry) -> LogLine:
    """One line of a log, without the DIDs around it."""
    kept = msgspec.json.decode(entry.record, type=Line)
    plain = msgspec.json.decode(kept.message)
    body, digest = plain.get("body", {}), None
    if isinstance(object := body.get("signed"), dict):
        body, digest = object["credentialSubject"]["body"], signed.digest_of(object)
    return LogLine(
        at=timestamp(entry.at),
        by="us" if entry.ours else "them",
        says=plain["type"].rpartition("/")[2],
        message=entry.id,
        body=body,
        digest=digest,
        refused=kept.refused or None,
    )


CALLS = (
    Call("GET", "/v1/threads", "ThreadList, by family and state", "threads", threads, ThreadList, query=ThreadsQuery),
    Call(
        "GET",
        "/v1/threads/{thid}",
        "One thread: state, log, what may be said",
        "threads",
        thread,
        WholeThread,
        query=ThreadQuery,
    ),
)
