"""Pausing one relationship: until a day nothing new of theirs is taken there, so that nobody is asked or told anything.

What she began goes on, and so does whatever is owed or ends something. A recall or a breach of her data is told all the
same; both sides' records are still compared. The organisation is told by rules of hers (vrm-protocols 5.1), which it is
told again when the pause is over; what it sends in spite of them is refused, in words.
"""

from typing import Final

import msgspec

from agent import conversation as conversations
from agent import house_rules
from agent.agent import Agent
from agent.draft import Draft
from agent.notice_rules import ALWAYS
from agent.relationship import Relationship
from agent.vrm.side import Side
from protocols.machine import Message
from protocols.problems import Paused
from protocols.standard.basic_message import basic_message
from protocols.standard.issue_credential import issue_credential
from protocols.standard.present_proof import present_proof
from protocols.vrm.base import VRM, outlives
from protocols.vrm.relationship import Notice, Role, Rules, rules
from wallet.keys import new_id

OVER: Final = "pause-over"  # reminder: tell them that it is over
ASKING: Final = frozenset({basic_message.id, issue_credential.id, present_proof.id})


def paused(who: Relationship, now: int) -> bool:
    """Whether nothing new of theirs is taken now. now: Unix seconds."""
    return now < who.paused


def refuse(draft: Draft, message: Message) -> None:
    """Raise Paused for a message that would begin something new, or goes on with a chat that they began."""
    if not paused(draft.relationship, draft.now) or draft.relationship.acting:
        return
    thread, table = draft.thread, draft.protocol
    theirs = not thread.said or thread.said[0].by != thread.role
    new = not thread.said or table is basic_message
    urgent = isinstance(message, Notice) and message.kind in ALWAYS
    asks = table.uri.startswith(VRM) or table.id in ASKING
    if theirs and new and asks and not urgent and not outlives(table.uri, message.name):
        raise Paused(message.name)


def begin(draft: Draft, until: int) -> Message | None:
    """Pause it. until: Unix seconds. Returns what they are told, which begins the thread; None for those who speak no
    language for it, or have been told."""
    before = paused(draft.relationship, draft.now)
    draft.learn(paused=until)
    draft.remind(OVER, until, new_id())
    return None if before else told(draft, paused=True)


def end(draft: Draft) -> Message | None:
    """Take up again. Returns what they are told, likewise."""
    draft.learn(paused=0)
    return told(draft, paused=False)


def due(draft: Draft) -> Message | None:
    """The day has come: they are told, unless another day was named since, or it is over already."""
    who = draft.relationship
    return end(draft) if who.paused and not paused(who, draft.now) and draft.conversation is None else None


def told(draft: Draft, *, paused: bool) -> Message | None:
    """Her rules for this relationship as they are then."""
    who = draft.relationship
    if not who.met or who.ended or who.acting:
        return None
    draft.begin(rules, Role.PERSON)
    return stated(draft.agent, who.peer, draft.now, paused=paused)


def stated(agent: Agent, peer: str, now: int, *, paused: bool) -> Rules:
    """What she states of her house rules in one relationship, or nothing but the pause if she has none.

    Of a higher number than anything else that was stated there, so that it governs.
    """
    standing = house_rules.standing(agent)
    said = house_rules.stated(standing, now) if standing else Rules(1, {}, "none")
    said = msgspec.structs.replace(said, paused=True if paused else said.paused)
    threads = (conversations.read(row).thread for _, row in agent.store.threads(peer))
    before = [each.latest(Rules) for each in threads if each.table == rules.id]
    last = max(before, key=lambda each: each.version, default=None)
    if last is None or last.version < said.version:
        return said
    same = alike(last, said)
    return last if same else msgspec.structs.replace(said, version=last.version + 1)


def alike(one: Rules, other: Rules) -> bool:
    """Whether both say the same, whatever their numbers."""
    return msgspec.structs.replace(one, version=0) == msgspec.structs.replace(other, version=0)


SIDE = Side(tables=(rules,), due={OVER: due})
