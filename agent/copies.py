"""Signs that another copy of this wallet is at work, or was: two copies contradict each other towards everybody.

Files cannot see each other, so what is noticed is what others say: an answer, in a thread of which this wallet knows
nothing. It is told once for each relationship, and after a wallet was restored from an older back-up it means that
something was said after that. Source: security, case SR-15.
"""

import msgspec

from agent import backup
from agent.agent import Agent
from agent.didcomm.plaintext import Plaintext
from agent.draft import Draft
from agent.logs import note

KIND = "copy"
TOLD_FOR = 30 * 86400  # seconds for which the owner is reminded


class Sign(msgspec.Struct, frozen=True):
    """What was noticed. called: who answered; at: Unix seconds."""

    called: str
    at: int


def notice(draft: Draft, message: Plaintext) -> None:
    """Look whether somebody we know goes on with a thread that we never began, and remember it."""
    answers = message.thid not in (None, message.id)
    if draft.conversation is not None or not answers or draft.unmet or not possible(draft.agent):
        return
    if draft.agent.store.item(KIND, draft.peer) is None:
        draft.add_item(KIND, draft.peer, msgspec.json.encode(Sign(draft.relationship.called, draft.now)))
        draft.agent.metrics.count("signs_of_another_copy")
        note("somebody answers what this wallet never said: another copy of it may be running")


def possible(agent: Agent) -> bool:
    """Whether there can be another copy: a back-up was made of this wallet, or it was made of one."""
    instance = agent.store.instance()
    return (instance is not None and instance.epoch > 0) or backup.recovery(agent.store) is not None


def signs(agent: Agent) -> tuple[Sign, ...]:
    """What was noticed lately."""
    found = (msgspec.json.decode(row.record, type=Sign) for row in agent.store.items(KIND))
    return tuple(each for each in found if agent.now() - each.at < TOLD_FOR)
