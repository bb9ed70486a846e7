"""One act towards many: what a kind of campaign is, and what the wallet keeps of one. Source: vrm-protocols, 3.8.

A kind says, for one recipient at a time and when its turn comes, all that is said to it: so what is said is made from
what is known then, and everything that could be compared (DID, ids, salt, nonce) is fresh for each. Nothing of the
campaign itself is ever said: what is kept here stays here.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from agent import effects
from agent.agent import Agent
from agent.draft import Draft
from agent.vrm import side_of
from protocols.machine import ABANDONED, LAPSED, Message, Protocol, Thread
from protocols.problems import Misuse
from wallet.needs import Lookup
from wallet.store.change import Progress

DAY = 86400
SENT, DELIVERED, SILENT, SKIPPED, TOLD = "sent", "delivered", "silent", "skipped", "told"
"""States of a recipient before it answers: said; acknowledged; asked once more; nothing could be said to it, and why
is kept; said in a way that needs no answer. `QUEUED` comes first, and then come the words of the family."""
PURCHASE = "only one of the offers of one want may be chosen at a time, and another one is; nothing was said"


class Plan(msgspec.Struct, frozen=True):
    """What a campaign's row holds. content: what is said to all, as its kind reads it; title: for the owner.

    jitter: seconds over which the first attempts are spread; size: recipients.
    """

    kind: str
    title: str
    content: dict[str, object]
    state: Literal["filling", "running", "paused", "cancelled"] = "filling"
    jitter: int = 600
    size: int = 0


class To(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a recipient's row holds. to: the relationship, or the DID of somebody not met; given: what is said to it
    alone; peer: the relationship in which it was said; why: why nothing could be said."""

    to: str
    given: dict[str, object] = {}
    peer: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What one recipient is to be told: as to all, and as to it alone."""

    content: dict[str, object]
    given: dict[str, object]


async def as_named(agent: Agent, to: str, thid: str) -> str:
    """Recipients are relationships."""
    return to


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that can be said to many. name: it stays in the store for good.

    say: says it in a draft whose thread, the recipient's, has not begun; raises Misuse if there is nothing to be said.
    towards: the relationship in which it is said, made if need be. Called anew if the program ended in between. Raises
    OSError or Unreachable if there is no way now, Misuse or Refused if there is none; it has ten seconds.
    patience: seconds without an answer after which a recipient is called silent.
    reminder: what it is then told, once, as plain text; empty: nothing.
    """

    name: str
    say: Callable[[Draft, Order], Lookup[None]]
    towards: Callable[[Agent, str, str], Awaitable[str]] = as_named
    patience: int = 14 * DAY
    reminder: str = ""


def opening(draft: Draft, protocol: Protocol, message: Message) -> None:
    """Begin the recipient's thread with this."""
    role = protocol.opener(message, draft.agent.config.kind)
    if role is None:
        raise Misuse(f"{message.name} cannot begin a thread of {protocol.id}")
    draft.begin(protocol, role)
    effects.say(draft, message)


def progress(draft: Draft) -> None:
    """Let the recipient's row move on in the very change by which its thread does."""
    conversation = draft.conversation
    if conversation is None or not conversation.campaign or draft.progress:
        return
    campaign, thread, before = conversation.campaign, conversation.thread, draft.thread_was
    if before is None or not moved_on(thread):
        if thread.said[0].id in draft.done:
            draft.progress = (Progress(campaign, thread.thid, DELIVERED, keeps_time=True, only=SENT),)
    elif not moved_on(before) or standing(draft, before) != standing(draft, thread):
        word, chosen = standing(draft, thread)
        draft.progress = (Progress(campaign, thread.thid, word, chosen=chosen),)


def moved_on(thread: Thread) -> bool:
    """Whether more has happened in a thread that we opened than that we opened it."""
    return len(thread.said) > 1 or thread.state in (LAPSED, ABANDONED)


def standing(draft: Draft, thread: Thread) -> tuple[str, bool]:
    """By which word a thread is counted, and whether it is one of which a campaign may have one."""
    side = side_of(draft.protocol)
    word = thread.state if thread.state in (LAPSED, ABANDONED) else side.word(thread)
    return word, thread.state in side.exclusive
