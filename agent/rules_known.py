"""The rules that hold between a person and an organisation: those she stated and it receipted, and what was told since.

Both sides keep them in their own stores. Of several, the highest version is in force (vrm-protocols 4).
"""

import msgspec

from agent import conversation as conversations
from agent.agent import Agent
from agent.notice_rules import ALWAYS, WEEK
from protocols.machine import Thread
from protocols.vrm.relationship import Notice, Rules, notice

KIND = "rules"


def in_force(agent: Agent, peer: str) -> Rules | None:
    """The rules in force in this relationship; None if none were stated."""
    found = (msgspec.json.decode(item.record, type=Rules) for item in agent.store.items(KIND, peer=peer))
    return max(found, key=lambda each: each.version, default=None)


def everywhere(agent: Agent) -> dict[str, Rules]:
    """The rules in force in every relationship that has some, by its peer."""
    found: dict[str, Rules] = {}
    for item in agent.store.items(KIND):
        rules = msgspec.json.decode(item.record, type=Rules)
        if item.peer not in found or found[item.peer].version < rules.version:
            found[item.peer] = rules
    return found


def this_week(agent: Agent, peer: str, now: int) -> int:
    """How many notices of the last seven days count against her weekly number."""
    return sum(1 for _, said, at in notices(agent, peer) if at > now - WEEK and said.kind not in ALWAYS)


def notices(agent: Agent, peer: str) -> list[tuple[Thread, Notice, int]]:
    """Every notice of this relationship, oldest first: its thread, what it says, and when (Unix seconds)."""
    threads = (conversations.read(row).thread for _, row in agent.store.threads(peer))
    told = [(each, each.latest(Notice), each.said[0].at) for each in threads if each.table == notice.id]
    return sorted(told, key=lambda each: each[2])
