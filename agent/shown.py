"""What a person has shown of her cards to one peer: a part of what that peer knows of her, from her own store."""

from dataclasses import dataclass

from agent import cards, showing
from agent import conversation as conversations
from agent.agent import Agent
from agent.binding import said
from protocols.machine import Thread
from protocols.standard.present_proof import Presentation, RequestPresentation, Role, present_proof
from wallet.strict_json import JsonObject


@dataclass(frozen=True, slots=True)
class Shown:
    """One showing. at: Unix seconds; claims: what could be read; why: what it was said to be for."""

    thid: str
    at: int
    claims: JsonObject
    why: str


def of(agent: Agent, peer: str) -> list[Shown]:
    """All that was shown to one peer, oldest first."""
    threads = (conversations.read(row).thread for _, row in agent.store.threads(peer))
    proved = (each for each in threads if each.table == present_proof.id and each.role == Role.PROVER)
    found = [read(each) for each in proved if said(each, "presentation")]
    return sorted(found, key=lambda each: each.at)


def read(thread: Thread) -> Shown:
    """What was shown in one thread."""
    question, message = thread.latest(RequestPresentation), thread.latest(Presentation)
    asked = showing.asked(question)
    wanted = {each.id: each for each in showing.wanted(asked.dcql_query).credentials}
    claims: JsonObject = {}
    for attachment in message.attachments:
        query = wanted.get(attachment.id or "", next(iter(wanted.values())))
        for card in showing.held(attachment, query):
            claims |= {name: value for name, value in card.claims.items() if name not in cards.NEVER_HIDDEN - {"sub"}}
    at = next(each.at for each in thread.said if each.name == "presentation")
    return Shown(thread.thid, at, claims, asked.purpose or question.goal or "")
