"""A deletion is complete when every system has said so that was told of it: then, and not before, the answer is signed.

A system that has a bridge which tells back says so over that bridge; those that only get webhooks say so over the REST
interface, whose keys are their operators', so that one word counts for all of them.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

import msgspec

from agent import completion, deletions
from agent.agent import Agent
from agent.bridges import Completion, Kept
from agent.draft import Draft
from protocols.vrm.base import KeptItem
from wallet.errors import NotFound
from wallet.store import items
from wallet.store.change import Item

SAID: Final = "deletion-said"
REST: Final = "rest"
WEBHOOK: Final = ("https:", "http:")


class Word(msgspec.Struct, frozen=True):
    """What one system said."""

    deleted: tuple[str, ...]
    kept: tuple[KeptItem, ...] = ()
    told: tuple[str, ...] = ()


def who(agent: Agent) -> set[str]:
    """Who has to say that a deletion is done: bridges by their settings, and the REST interface for webhooks."""
    return {REST if each.startswith(WEBHOOK) else each for each in agent.config.bridges}


def owed_by(agent: Agent, by: str) -> int:
    """How many deletions wait for the word of one system that a bridge leads to."""
    if by.startswith(WEBHOOK) and sum(each.startswith(WEBHOOK) for each in agent.config.bridges) > 1:
        return 0  # the others speak for it
    by = REST if by.startswith(WEBHOOK) else by
    found = (deletion.id for _, deletion in deletions.of(agent))
    return sum(agent.store.item(SAID, name(id, by)) is None for id in found)


async def say(agent: Agent, by: str, done: Completion) -> bool:
    """Note that one system has deleted, and complete the deletion if it was the last. Saying it again does nothing.

    by: the bridge's setting, or REST. Returns whether the deletion is complete now, or was before. Raises Misuse if
    something is neither deleted nor kept for a reason.
    """
    try:
        peer, deletion = deletions.find(agent, done.deletion)
    except NotFound:
        return True
    word = Word(done.deleted, tuple(map(kept_item, done.kept)), done.told)
    others = {said.id.rpartition(" ")[2]: said for said in agent.store.items(SAID, tag=deletion.id)}
    if who(agent) - {by, *others}:
        row = Item(SAID, name(deletion.id, by), msgspec.json.encode(word), peer, deletion.id)
        await agent.store.write(partial(items.keep, row=row))
        return False
    words = [word, *(msgspec.json.decode(said.record, type=Word) for who, said in others.items() if who != by)]
    all_of_it = together(words)
    strike = partial(struck, ids=[said.id for said in others.values()])
    await completion.complete(agent, deletion.id, all_of_it.deleted, all_of_it.kept, all_of_it.told, also=strike)
    return True


def struck(draft: Draft, *, ids: Iterable[str]) -> None:
    """What the systems said is needed no more."""
    draft.claim += tuple((SAID, id) for id in ids)


def name(deletion: str, by: str) -> str:
    """What a system's word is kept under; settings have no spaces."""
    return f"{deletion} {by}"


def kept_item(kept: Kept) -> KeptItem:
    """A value that stays, as a receipt names it. Raises ValidationError if the reason is none."""
    return msgspec.convert({"ptr": kept.ptr, "why": kept.why, "until": kept.until}, KeptItem)


def together(words: Sequence[Word]) -> Word:
    """What several systems said: deleted is what none of them keeps."""
    kept = tuple(dict.fromkeys(each for word in words for each in word.kept))
    named = {each.ptr for each in kept}
    deleted = dict.fromkeys(ptr for word in words for ptr in word.deleted if ptr not in named)
    return Word(tuple(deleted), kept, tuple(dict.fromkeys(each for word in words for each in word.told)))
