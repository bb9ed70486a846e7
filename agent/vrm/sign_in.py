"""Signing in: what each side does about it, beyond the table. Source: vrm-protocols 5.1.

Her agent signs only for an origin at the domain that the org has proved. The org's link opens the session that asked,
and no other, once and for a minute: whoever passes a challenge on gets nothing, for only the browser that holds the
session gets in, and it needs the code that her agent was given.
"""

from urllib.parse import urlsplit

import msgspec

from agent.draft import Draft
from agent.vrm.side import Side, Wait
from protocols.machine import Message, Thread
from protocols.vrm.sign_in import Admit, Challenge, Decline, Response, State, sign_in
from wallet.encoding import b64u, digest
from wallet.keys import random_bytes
from wallet.needs import Lookup
from wallet.store.change import Item
from wallet.strict_json import Json

CODE = "sign-in-code"
LASTS = 60  # seconds for which a link opens its session
PATH = "/sign-in?code="


class Code(msgspec.Struct, frozen=True):
    """What a link opens. session: Digest of the browser's session id; peer: who it is; until: Unix seconds."""

    session: str
    peer: str
    thid: str
    until: int


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """Somebody else's page is turned down without asking her; whoever has signed is let in."""
    yield from ()
    match message:
        case Challenge():
            return None if at_home(draft, message.origin) else Decline("unknown-origin")
        case Response():
            return admitted(draft, message)
    return None


def at_home(draft: Draft, origin: str) -> bool:
    """Whether an origin is at the domain that the org has proved, and is as safe as it has to be."""
    parts = urlsplit(origin)
    safe = parts.scheme == "https" or draft.agent.config.development
    return safe and bool(draft.relationship.domain) and parts.netloc == draft.relationship.domain


def admitted(draft: Draft, message: Response) -> Message:
    """A link with a code that works once."""
    code = b64u(random_bytes(32))
    opens = Code(message.session, draft.peer, draft.thid, draft.now + LASTS)
    draft.keep += (Item(CODE, digest(code.encode()), msgspec.json.encode(opens), draft.peer),)
    return Admit(f"{message.origin}{PATH}{code}")


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """The page that asks."""
    if not isinstance(message, Challenge):
        return None
    return [{"line": f"The page {message.origin}, whose domain this organisation has proved"}], None


def no(draft: Draft) -> Message | None:
    """Not me, or not there."""
    return Decline("other") if draft.thread.state in (State.CHALLENGED, State.ANSWERED) else None


def link(thread: Thread) -> str:
    """The link of a sign-in that was admitted; empty if there is none."""
    return thread.latest(Admit).url if thread.state == State.ADMITTED else ""


SIDE = Side(tables=(sign_in,), answer=answer, content=content, no=no)
