"""Routes: what customers asked of an organisation and somebody has to answer, and how its day goes.

Three kinds of case: requests about data, which have a day by which the law wants an answer; problems with things; and
experiences. Lists come in parts, newest first; what is open is looked for among the newest of each kind.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import msgspec

from agent import acts, deletions, exercising, families, tally
from agent import conversation as conversations
from agent.agent import Agent
from agent.agreements import purposes
from agent.draft import Draft
from agent.relationship import Relationship, fingerprint
from agent.vrm import data_rights as ours
from agent.web import cases, experiences
from agent.web.parts import part
from agent.web.queue import called
from agent.web.routes import Route
from protocols.machine import Protocol, Thread
from protocols.messages import unix
from protocols.vrm.data_rights import data_rights
from protocols.vrm.data_rights_words import Exercise
from protocols.vrm.experience import experience
from protocols.vrm.things import service
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.store import standing

LOOKED_THROUGH: Final = 200  # of each kind: the newest
SOON: Final = 7  # days
ORG: Final = "org"
Row = dict[str, Any]


def request(agent: Agent, who: Relationship, thread: Thread) -> Row:
    """A request about data."""
    found = exercising.case(agent, who, thread)
    waits = exercising.is_open(thread)
    due = str(found["due"] or "")
    return {
        **head(thread, who),
        "kind": "request",
        "what": found["right"],
        "words": "",
        "due": due or None,
        "days": (date.fromisoformat(due) - date.fromisoformat(tally.day(agent.now()))).days if due and waits else None,
        "late": found["overdue"],
        "waits": waits,
        "state": thread.state,
    }


def problem(agent: Agent, who: Relationship, thread: Thread) -> Row:
    """A problem with a thing."""
    conversation, _ = agent.conversation(who.peer, thread.thid)
    found = cases.described(who, conversation) if conversation else {}
    due = found.get("answer_by")
    waits = found.get("waits_for") == "you"
    return {
        **head(thread, who),
        "kind": "problem",
        "what": found.get("want"),
        "words": found.get("problem"),
        "due": due,
        "days": (unix(str(due)) - agent.now()) // 86400 if due and waits else None,
        "late": bool(due) and waits and unix(str(due)) < agent.now(),
        "waits": waits,
        "state": thread.state,
    }


def told(agent: Agent, who: Relationship, thread: Thread) -> Row:
    """An experience: it waits until something was answered."""
    found = experiences.told(agent, who.peer, thread)
    waits = thread.state in ("shared", "received") and not found.get("answer") and not found.get("remedy")
    return {
        **head(thread, who),
        "kind": "experience",
        "what": found["kind"],
        "words": found["text"],
        "due": None,
        "days": None,
        "late": False,
        "waits": waits,
        "state": thread.state,
    }


def head(thread: Thread, who: Relationship) -> Row:
    """What all rows begin with."""
    since = timestamp(thread.said[0].at) if thread.said else None
    return {"id": thread.thid, "with": who.called, "fingerprint": fingerprint(who.peer), "since": since}


Describe = Callable[[Agent, Relationship, Thread], Row]
KINDS: Final[dict[str, tuple[Protocol, Describe]]] = {
    "requests": (data_rights, request),
    "problems": (service, problem),
    "experiences": (experience, told),
}


def newest(agent: Agent, kind: str, start: int, most: int) -> list[Row]:
    """Some cases of a kind, the newest first."""
    protocol, describe = KINDS[kind]
    found = families.newest(agent, protocol, start, most)
    return [
        describe(agent, agent.relationship(peer)[0], each.thread) for peer, each in found if each.thread.role == ORG
    ]


def waiting(agent: Agent) -> list[Row]:
    """What somebody has to answer: first what is due first, then what was asked first."""
    found = [each for kind in KINDS for each in newest(agent, kind, 0, LOOKED_THROUGH) if each["waits"]]
    return sorted(found, key=lambda each: (str(each["due"] or "9999")[:10], str(each["since"])))


async def load(agent: Agent) -> object:
    """What waits for an answer, of all kinds, and how many of each there ever were."""
    await families.look_up(agent)
    totals = {kind: families.count(agent, protocol) for kind, (protocol, _) in KINDS.items()}
    return {"waiting": waiting(agent), "totals": totals}


async def listed(agent: Agent, kind: str, start: str) -> object:
    """A part of the cases of one kind."""
    if kind not in KINDS:
        raise NotFound(f"there are no cases of that kind; there are {', '.join(KINDS)}")
    await families.look_up(agent)
    total = families.count(agent, KINDS[kind][0])
    return part(start, total, lambda begin, most: newest(agent, kind, begin, most))


async def one(agent: Agent, id: str) -> object:
    """One case: what kind it is, and all there is to know before it is answered."""
    for peer, row in agent.store.threads_with_thid(id):
        thread = conversations.read(row).thread
        for protocol, describe in KINDS.values():
            if thread.table == protocol.id and thread.role == ORG:
                who = agent.relationship(peer)[0]
                more = asked_for(agent, who, thread) if protocol is data_rights else {}
                return {**describe(agent, who, thread), **more, "peer": peer}
    raise NotFound("there is no such case here")


def asked_for(agent: Agent, who: Relationship, thread: Thread) -> Row:
    """What a request about data is about: what we hold of it, and what she would have in its place."""
    draft = Draft.of(agent, who.peer, thread.thid)
    values = ours.meant(draft, thread.latest(Exercise))
    row = agent.store.item(ours.CORRECTIONS, ours.case_id(draft))
    asked: dict[str, object] = msgspec.json.decode(row.record) if row else {}
    return {
        "holds": [
            {"ptr": each.ptr, "why": purposes.in_words(each.label.purpose), "until": each.label.expires}
            for each in values
        ],
        "corrections": [{"ptr": ptr, "value": value} for ptr, value in asked.items()],
        "deleting": [each.id for each in deletions.of_thread(draft)],
        "delivered": any(each.name == "deliver" for each in thread.said),
    }


async def overview(agent: Agent) -> object:
    """How the day goes: what was done, what is stuck, and what waits for somebody."""
    await families.look_up(agent)
    open_cases = waiting(agent)
    queues = agent.store.read(standing.queues)
    ids = {each["id"] for each in open_cases}
    questions = agent.store.questions()
    others = [(peer, each) for peer, each in questions if each.thid not in ids]  # a case is asked about once
    names: dict[str, str] = {}
    return {
        "today": tally.of_day(agent, agent.now()),
        "questions": len(questions),
        "asked": [
            {"question": each.id, "who": called(agent, peer, names), "at": timestamp(each.at)}
            for peer, each in others[:5]
        ],
        "cases": open_cases[:5],
        "open": len(open_cases),
        "late": sum(each["late"] for each in open_cases),
        "soon": sum(each["days"] is not None and not each["late"] and each["days"] <= SOON for each in open_cases),
        "stuck": {"out": agent.outbox.held_up(), "dead": queues["dead"], "apart": queues["quarantine"]},
        "on_the_way": queues["outgoing"],
        "sitting": agent.desk.get(acts.SITTING.get(), ""),
        "troubles": [{"what": name, "why": why, "do": do} for name, (why, do) in agent.troubles.items()],
    }


ROUTES = (
    Route("GET", "/v1/overview", overview),
    Route("GET", "/v1/caseload", load),
    Route("GET", "/v1/caseload/{id}", one),
    Route("GET", "/v1/caseload/{kind}/{start}", listed),
)
