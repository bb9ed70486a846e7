"""Routes: exactly what left, when, and to whom: every message that was said, the newest first, a part at a time.

The log of what was said is the source: what stands there is what the other side got, personal data included. Of a kind
of messages at most so many are looked through at once; where that ends is said, and the next part goes on from there.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final, Literal

import msgspec

from agent import names, shown, wording
from agent.agent import Agent
from agent.draft import Line
from agent.relationship import fingerprint
from agent.web import deeds
from agent.web.routes import Route
from protocols.machine import Thread
from protocols.problems import Problem
from protocols.standard.present_proof import Presentation, present_proof
from wallet.credentials.vcdm import timestamp
from wallet.errors import WalletError
from wallet.store import log
from wallet.store.change import Entry

PART: Final = 50  # messages of one part
LOOKED: Final = 1000  # messages that are looked through at once for those of one kind
FOR_EVER: Final = 2**53

Kind = Literal["", "values", "cards", "written", "signed", "other"]
Month = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{4}-(0[1-9]|1[0-2]))?\Z")]

UNSIGNED: Final = {  # what is said without a signature, by family and name
    "basicmessage/message": "A message",
    "present-proof/presentation": "Cards shown",
    "present-proof/propose-presentation": "Cards offered to be shown",
    "issue-credential/request-credential": "A card taken",
    "issue-credential/propose-credential": "A card asked for",
    "issue-credential/offer-credential": "A card offered",
    "issue-credential/issue-credential": "A card issued",
    "issue-credential/ack": "A card received",
    "present-proof/request-presentation": "Cards asked for",
    "present-proof/ack": "Cards seen",
    "things/add": "More about a problem",
    "things/update": "How a problem stands",
    "experience/add": "More about an experience",
    "profile/ask": "Asked whether it is still right",
    "intent/ask-release": "Asked to be let go",
    "relationship/challenge": "Asked to sign in",
    "out-of-band/invitation": "An invitation",
    "relationship/hello": "Hello",
    "relationship/admit": "Let in",
    "trust-ping/ping": "Knocked",
    "trust-ping/ping-response": "Answered a knock",
    "discover-features/queries": "Asked what their agent can do",
    "discover-features/disclose": "Said what your agent can do",
    "intent/question": "A question",
    "intent/answer": "An answer",
    "loyalty/ask": "A programme asked for",
}


TO_MEDIATORS: Final = frozenset({"coordinate-mediation", "messagepickup", "message-pickup", "routing"})


class Looking(msgspec.Struct, frozen=True):
    """peer: by name, all if empty; month: as 2027-03, any if empty; start: how many messages are left out before it;
    most: how many are listed."""

    peer: str = ""
    kind: Kind = ""
    month: Month = ""
    start: Annotated[int, msgspec.Meta(ge=0, le=2**40)] = 0
    most: Annotated[int, msgspec.Meta(ge=1, le=LOOKED)] = PART


class Plain(msgspec.Struct, frozen=True):
    """The parts of a message that are shown."""

    type: str
    body: dict[str, Any] = {}


_line = msgspec.json.Decoder(Line)
_plain = msgspec.json.Decoder(Plain)


async def look(agent: Agent, asked: Looking) -> object:
    """A part of what left. next: where the next part begins, None at the end; total: all messages, of any kind."""
    peer = names.find_peer(agent, asked.peer).peer if asked.peer else None
    since, until = bounds(asked.month)
    total = agent.store.read(partial(log.count_said, peer=peer, since=since, until=until))
    most = LOOKED if asked.kind else asked.most
    read = partial(log.said, peer=peer, since=since, until=until, start=asked.start, most=most)
    found: list[dict[str, object]] = []
    passed, last = 0, None
    for with_, entry in agent.store.read(read):
        passed, last = passed + 1, entry.at
        plain = _plain.decode(_line.decode(entry.record).message)
        if asked.kind in ("", kind_of(plain)) or (asked.kind == "signed" and "signed" in plain.body):
            found.append(item(agent, with_, entry, plain))
        if len(found) == asked.most:
            break
    more = asked.start + passed < total
    return {
        "total": total,
        "start": asked.start,
        "next": asked.start + passed if more else None,
        "back_to": timestamp(last) if last is not None else None,
        "items": found,
    }


def bounds(month: str) -> tuple[int, int]:
    """From when to before when a month lasts; all times without one. Unix seconds."""
    if not month:
        return 0, FOR_EVER
    first = datetime.strptime(f"{month}-01+0000", "%Y-%m-%d%z")
    after = (first + timedelta(days=31)).replace(day=1)
    return int(first.timestamp()), int(after.timestamp())


def family(plain: Plain) -> str:
    """The family and the name of a message, as `basicmessage/message`."""
    parts = plain.type.rsplit("/", 3)
    return f"{parts[-3]}/{parts[-1]}" if len(parts) == 4 else plain.type


def kind_of(plain: Plain) -> str:
    """What kind of message it is, by the most that it tells: values of hers, cards, words, or a signature."""
    if plain.body.get("data"):
        return "values"
    named = family(plain)
    if named == "present-proof/presentation":
        return "cards"
    if named == "basicmessage/message":
        return "written"
    return "signed" if "signed" in plain.body else "other"


def item(agent: Agent, peer: str, entry: Entry, plain: Plain) -> dict[str, object]:
    """One message that left."""
    who, _ = agent.relationship(peer)
    body = said(plain)
    type_ = signed_type(plain)
    title = deeds.title(type_, body) if type_ else UNSIGNED.get(family(plain)) or in_words(family(plain))
    return {
        "at": timestamp(entry.at),
        "with": who.called,
        "fingerprint": fingerprint(peer),
        "domain": who.domain,
        "kind": kind_of(plain),
        "signed": bool(type_),
        "title": title,
        "values": [*values(plain, body)],
        "claims": claims(agent, peer, entry, plain),
        "lines": msgspec.to_builtins(lines(agent, plain, body)),
        "thread": entry.thid,
        "id": entry.id,
    }


def signed_type(plain: Plain) -> str:
    """The type of the signed object in it; empty if it is not signed."""
    found = plain.body.get("signed")
    types = found.get("type") if isinstance(found, dict) else None
    return str(types[-1]) if isinstance(types, list) and types else ""


def said(plain: Plain) -> Mapping[str, object]:
    """The members of what was said, out of its signed object if it is one."""
    found = plain.body.get("signed")
    subject = found.get("credentialSubject") if isinstance(found, dict) else None
    body = subject.get("body") if isinstance(subject, dict) else plain.body
    return body if isinstance(body, dict) else {}


def values(plain: Plain, body: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """Each value of hers that it carried, with what it was said to be for and until when, if that was said."""
    data, labels = plain.body.get("data"), body.get("labels")
    known = {each.get("ptr"): each for each in labels if isinstance(each, dict)} if isinstance(labels, list) else {}
    for ptr, value in data.items() if isinstance(data, dict) else ():
        place = ptr if ptr.startswith("/") else f"/{ptr}"
        label = known.get(place, {})
        purpose = label.get("purpose")
        yield {
            "what": wording.field(place),
            "value": wording.value(value),
            "why": wording.purpose(str(purpose)) if purpose else None,
            "until": label.get("expires"),
        }


def claims(agent: Agent, peer: str, entry: Entry, plain: Plain) -> dict[str, object]:
    """What could be read of the cards that were shown."""
    if family(plain) != "present-proof/presentation":
        return {}
    conversation, _ = agent.conversation(peer, entry.thid)
    if conversation is None or not complete(conversation.thread):
        return {}
    try:
        return dict(shown.read(conversation.thread).claims)
    except (Problem, WalletError, LookupError, ValueError):
        return {}


def complete(thread: Thread) -> bool:
    """Whether cards were asked for and shown in it."""
    known = {each.name for each in thread.said}
    return thread.table == present_proof.id and {"request-presentation", Presentation.name} <= known


def lines(agent: Agent, plain: Plain, body: Mapping[str, object]) -> list[deeds.Line]:
    """What else it says; the values it carried are told apart from it."""
    text = body.get("content")
    if family(plain) == "basicmessage/message" and isinstance(text, str):
        return [deeds.Line("Says", text)]
    left_out = ("labels", "fields") if plain.body.get("data") else ()
    kept = {name: value for name, value in body.items() if name not in left_out}
    return deeds.lines(kept, partial(deeds.agreement, agent))


def in_words(named: str) -> str:
    """A message nobody has words for, by its name."""
    where, _, name = named.partition("/")
    if where in TO_MEDIATORS:
        return "Arranged with a mediator"
    if name in ("decline", "problem-report"):
        return "No" if name == "decline" else "Said that something could not be taken"
    return f"{where.replace('-', ' ')}: {name.replace('-', ' ')}"


async def first(agent: Agent) -> object:
    """When the first message left that is here; nothing, if none did."""
    at = agent.store.read(log.first_said)
    return {"first": timestamp(at) if at else None}


ROUTES = (
    Route("POST", "/v1/history", look, Looking),
    Route("GET", "/v1/history/first", first),
)
