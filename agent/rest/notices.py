"""Calls: one notice to everybody whose rules allow it, and to nobody else."""

from collections import Counter

import msgspec

from agent import notices
from agent.rest import book
from agent.rest.book import Rule
from agent.rest.calls import Asked, Call
from protocols.vrm.relationship import Notice


class Telling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """notice: as in relationship/1.0. relationships: to whom, by id; left out: to all. rule: those whose rules say so.
    preview: only count."""

    notice: Notice
    relationships: tuple[str, ...] | None = None
    rule: Rule | None = None
    preview: bool = False


class Told(msgspec.Struct, frozen=True):
    """allowed: how many were told; suppressed: how many have rules against it; because: which, in words."""

    allowed: int
    suppressed: int
    because: dict[str, int]


async def tell(asked: Asked) -> Told:
    """Tell everybody it may be told. A recall, or a breach of their data, is told whatever the rules say."""
    wanted: Telling = asked.body
    listed = wanted.relationships
    named = (book.find(asked.agent, each) for each in listed) if listed is not None else book.known(asked.agent)
    query = book.BookQuery(rule=wanted.rule)
    among = [each for each in named if book.fits(asked.agent, each, query)]
    if wanted.preview:
        choices = notices.choose(asked.agent, wanted.notice, among)
    else:
        choices = await notices.send(asked.agent, wanted.notice, among)
    against = Counter(each.against for each in choices if each.against)
    return Told(len(choices) - against.total(), against.total(), dict(against))


CALLS = (Call("POST", "/v1/notices", "One notice to a selection", "notices", tell, Told, Telling, whole=False),)
