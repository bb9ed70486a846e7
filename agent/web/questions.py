"""Routes: what waits for the owner, and her answers."""

from typing import Literal

import msgspec

from agent import asking, closing, effects, owner, proposals
from agent.agent import Agent
from agent.asking import Asked
from agent.draft import Draft
from agent.vrm import Wait
from agent.web.routes import Route
from protocols.problems import Misuse
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.needs import Lookup
from wallet.store.change import Question


class Answering(msgspec.Struct, frozen=True):
    """answer: yes or no. refuse: claims to keep back, by name, when saying yes to a request for proof."""

    answer: Literal["yes", "no"]
    refuse: tuple[str, ...] = ()


def shown(agent: Agent, peer: str, question: Question) -> dict[str, object]:
    """A question as it is listed."""
    draft, asked = Draft.of(agent, peer, question.thid), msgspec.json.decode(question.record, type=Asked)
    if asked.name == closing.NAME:
        words = closing.describe(draft)
    elif asked.name == proposals.NAME:
        words = proposals.describe(draft, question.id)
    else:
        words = asking.describe(draft, asking.message_of(draft, asked))
    return {"question": question.id, "at": timestamp(question.at), "thread": question.thid, **words}


def found(agent: Agent, id: str) -> tuple[str, Question]:
    """The open question whose id is, or begins with, `id`. Raises NotFound, or Misuse if several do."""
    fitting = [each for each in agent.store.questions() if each[1].id.startswith(id)]
    if not fitting:
        raise NotFound(f'no question "{id[:64]}" is waiting; freerange questions lists what is')
    if len(fitting) > 1:
        raise Misuse(f'"{id}" begins the id of {len(fitting)} questions; give more of it')
    return fitting[0]


async def questions(agent: Agent) -> object:
    """What waits for the owner, oldest first."""
    return [shown(agent, peer, question) for peer, question in agent.store.questions()]


async def question(agent: Agent, id: str) -> object:
    """One question."""
    return shown(agent, *found(agent, id))


async def answer(agent: Agent, id: str, asked: Answering) -> object:
    """Answer a question; what is said is a row of the thread's table."""
    peer, question = found(agent, id)
    subject = msgspec.json.decode(question.record, type=Asked)
    if subject.name == closing.NAME:
        return {"said": await closing.answer(agent, peer, question.id, over=asked.answer == "yes")}
    if subject.name == proposals.NAME:
        said = await proposals.answer(agent, peer, question, yes=asked.answer == "yes")
        return {"thread": question.thid, "said": said}

    def speak(draft: Draft) -> Lookup[str]:
        message = asking.message_of(draft, subject)
        reply = asking.yes(draft, message, asked.refuse) if asked.answer == "yes" else asking.no(draft)
        if reply is None:
            may = ", ".join(asking.choices(draft, message)) or "nothing by one word; use freerange say"
            raise Misuse(f"this question cannot be answered {asked.answer}; it takes {may}")
        yield from ()
        if isinstance(reply, Wait):
            draft.settle()
            return "nothing yet: it is said once the data is deleted"
        effects.say(draft, reply)
        return reply.name

    said = await owner.act(agent, peer, question.thid, speak)
    return {"thread": question.thid, "said": said}


ROUTES = (
    Route("GET", "/v1/questions", questions),
    Route("GET", "/v1/questions/{id}", question),
    Route("POST", "/v1/questions/{id}/answer", answer, Answering),
)
