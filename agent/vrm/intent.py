"""How this agent behaves in intent: as the person who casts in one thread, as the org that bids in another."""

from collections.abc import Collection

from agent.draft import Draft
from agent.vrm.intent_org import SIDE as ORG
from agent.vrm.intent_person import SIDE as PERSON
from agent.vrm.side import Side, Wait
from protocols.machine import Message
from protocols.vrm.intent import cast
from wallet.needs import Lookup
from wallet.strict_json import Json


def ours(draft: Draft) -> Side:
    """The side that is ours in this thread."""
    return PERSON if draft.thread.role == "person" else ORG


def check(draft: Draft, message: Message) -> Lookup[None]:
    """What must hold of what was heard."""
    return (yield from ours(draft).check(draft, message))


def follow(draft: Draft, message: Message) -> None:
    """What follows from a turn."""
    ours(draft).follow(draft, message)


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """What is said without asking."""
    return (yield from ours(draft).answer(draft, message))


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """What is asked, in words."""
    return ours(draft).content(draft, message)


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """What a plain yes says."""
    return ours(draft).yes(draft, message, refused)


def no(draft: Draft) -> Message | None:
    """What a no says."""
    return ours(draft).no(draft)


SIDE = Side(
    tables=(cast,),
    check=check,
    follow=follow,
    answer=answer,
    asks={**PERSON.asks, **ORG.asks},
    content=content,
    yes=yes,
    takes_yes=ORG.takes_yes,
    no=no,
    due={**PERSON.due, **ORG.due},
    event=ORG.event,
    word=PERSON.word,
    exclusive=PERSON.exclusive,
)
