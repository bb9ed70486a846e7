"""Routes: problems with things, for whoever raised them and for whoever is to solve them."""

from typing import Literal

import msgspec

from agent import conversation as conversations
from agent import effects, families, owner, things
from agent.agent import Agent
from agent.conversation import Conversation
from agent.draft import Draft
from agent.relationship import Relationship
from agent.things import Owned
from agent.vrm.things import case_number
from agent.web.parts import proof
from agent.web.routes import Route
from agent.web.threads import shown
from protocols.machine import Message, Thread
from protocols.problems import Misuse
from protocols.vrm.base import Money
from protocols.vrm.things import service
from protocols.vrm.things_words import Add, Close, Decline, Reopen, Report, ReportReceipt, Resolve, Update
from wallet.errors import NotFound
from wallet.needs import Lookup

TURNS = {"reported": "them", "open": "them", "resolved": "you", "closed": "nobody", "declined": "nobody"}


class Acting(msgspec.Struct, frozen=True):
    """What is done about a case. number, answer_by: with `answer`; status: with `update`; remedy, amount: with
    `resolve`; reason: with `decline`; solved: with `close`. text: with all but `answer`."""

    act: Literal["answer", "update", "resolve", "decline", "add", "reopen", "close"]
    text: str = ""
    number: str = ""
    answer_by: str | None = None
    status: str = ""
    remedy: str = ""
    reason: str = "other"
    amount: Money | None = None
    solved: bool = True


async def cases(agent: Agent) -> list[tuple[Relationship, Conversation]]:
    """Every case, whichever side we are on, in the order in which they were opened."""
    await families.look_up(agent)
    return [(agent.relationship(peer)[0], each) for peer, each in families.every(agent, service)]


def about(agent: Agent, owned: Owned) -> list[tuple[Relationship, Conversation]]:
    """The cases about one thing of hers, in the order in which they were opened."""
    found = (
        (agent.relationship(peer)[0], conversations.read(row))
        for peer in dict.fromkeys(owned.peers.values())
        for _, row in agent.store.threads(peer)
    )
    ours = [each for each in found if each[1].thread.table == service.id]
    return sorted(ours, key=lambda each: each[1].thread.said[0].at)


def number(thread: Thread) -> str:
    """The number of a case; empty until the org has given one."""
    return thread.latest(ReportReceipt).case if said(thread, "receipt(report)") else ""


def said(thread: Thread, label: str) -> bool:
    """Whether this was said in the thread."""
    return any(each.name == label for each in thread.said)


def described(relationship: Relationship, conversation: Conversation) -> dict[str, object]:
    """A case as it is listed."""
    thread = conversation.thread
    report = thread.latest(Report)
    papers = [things.thing_in(things.claims_of(things.carried(each)), "") for each in report.attachments]
    latest = thread.latest(Update) if said(thread, "update") else None
    outcome = thread.latest(Resolve) if said(thread, "resolve") else None
    receipt = thread.latest(ReportReceipt) if said(thread, "receipt(report)") else None
    waits = latest is not None and latest.status == "waiting-owner" and thread.state == "open"
    person_turn = waits or thread.state == "resolved"
    turn = "nobody" if TURNS[thread.state] == "nobody" else "person" if person_turn else "org"
    return {
        **shown(relationship, conversation),
        "who": proof(relationship),
        "case": number(thread) or None,
        "thing": papers[0].name if papers else None,
        "attached": [each.id for each in report.attachments],
        "problem": report.problem.text,
        "want": report.want,
        "answer_by": receipt.answer_by if receipt else None,
        "status": latest.status if latest else None,
        "latest": latest.text if latest else None,
        "outcome": outcome.remedy if outcome else None,
        "outcome_text": outcome.text if outcome else None,
        "amount": msgspec.to_builtins(outcome.amount) if outcome else None,
        "refused": thread.latest(Decline).reason if thread.state == "declined" else None,
        "solved": thread.latest(Close).solved if said(thread, "close") else None,
        "waits_for": "nobody" if turn == "nobody" else "you" if turn == thread.role else "them",
    }


async def listed(agent: Agent) -> object:
    """Every case, oldest first."""
    return sorted((described(*each) for each in await cases(agent)), key=lambda each: str(each["since"]))


async def find(agent: Agent, named: str) -> tuple[Relationship, Conversation]:
    """The case with this number, or in the thread whose id begins so. Raises NotFound, Misuse."""
    rows = agent.store.threads_with_thid(named)
    exact = [(agent.relationship(peer)[0], conversations.read(row)) for peer, row in rows]
    if len(exact) == 1 and exact[0][1].thread.table == service.id:
        return exact[0]
    wanted = named.casefold()
    known = await cases(agent)
    found = [each for each in known if number(each[1].thread).casefold() == wanted]
    found = found or [each for each in known if each[1].thread.thid.startswith(wanted)]
    if not found:
        raise NotFound(f'there is no case "{named[:100]}"; freerange cases lists them')
    if len(found) > 1:
        raise Misuse(f'"{named[:100]}" could be {len(found)} cases; give the id of its thread')
    return found[0]


async def one(agent: Agent, named: str) -> object:
    """One case."""
    return described(*await find(agent, named))


async def act(agent: Agent, named: str, asked: Acting) -> object:
    """Say the next thing in a case."""
    relationship, conversation = await find(agent, named)
    thid = conversation.thread.thid

    def speak(draft: Draft) -> Lookup[None]:
        effects.say(draft, message_for(draft, asked))
        yield from ()

    await owner.act(agent, relationship.peer, thid, speak)
    return described(relationship, agent.conversation(relationship.peer, thid)[0] or conversation)


def message_for(draft: Draft, asked: Acting) -> Message:
    """What is said. Raises Misuse, saying what is missing or not as it must be."""
    body: dict[str, object] = {"text": asked.text} if asked.text else {}
    kinds: dict[str, tuple[type[Message], dict[str, object]]] = {
        "answer": (
            ReportReceipt,
            {
                "of": "report",
                "result": "done",
                "case": asked.number or case_number(draft),
                **({"answer_by": asked.answer_by} if asked.answer_by else {}),
            },
        ),
        "update": (Update, {**body, "status": asked.status}),
        "resolve": (Resolve, {**body, "remedy": asked.remedy, **({"amount": asked.amount} if asked.amount else {})}),
        "decline": (Decline, {**body, "reason": asked.reason}),
        "add": (Add, body),
        "reopen": (Reopen, body),
        "close": (Close, {"solved": asked.solved}),
    }
    kind, fields = kinds[asked.act]
    try:
        message: Message = msgspec.convert(msgspec.to_builtins(fields), kind)
    except msgspec.ValidationError as fault:
        raise Misuse(f"{asked.act} was not said: {fault}") from fault
    return message


ROUTES = (
    Route("GET", "/v1/cases", listed),
    Route("GET", "/v1/cases/{named}", one),
    Route("POST", "/v1/cases/{named}", act, Acting),
)
