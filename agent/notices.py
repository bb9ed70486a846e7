"""One notice to everybody whose rules allow it, and to nobody else. Source: vrm-protocols 5.1, 6.

Who is left out is counted and named to the operator with the rule; what the rules say is never sent anywhere.
"""

from collections.abc import Collection
from dataclasses import dataclass

from agent import notice_rules, owner, rules_known
from agent import relationship as relationships
from agent.agent import Agent
from agent.relationship import Relationship
from protocols.problems import Misuse
from protocols.vrm.relationship import Notice, notice


@dataclass(frozen=True, slots=True)
class Choice:
    """One relationship, and the rule that forbids to tell it; empty if none does."""

    who: Relationship
    against: str = ""


def choose(agent: Agent, said: Notice, peers: Collection[str] | None = None) -> list[Choice]:
    """Whom this may be told, and whom not. peers: among these relationships; None: among all that have not ended."""
    known = (relationships.read(row) for row in agent.store.peers())
    meant = [each for each in known if each.met and not each.ended and (peers is None or each.peer in peers)]
    return [Choice(each, forbidden(agent, each.peer, said)) for each in meant]


def forbidden(agent: Agent, peer: str, said: Notice) -> str:
    """The rule of this person that forbids to tell her this now; empty if none does."""
    rules, now = rules_known.in_force(agent, peer), agent.now()
    counted = rules_known.this_week(agent, peer, now) if rules and rules.max_per_week is not None else 0
    return notice_rules.against(rules, said, now=now, this_week=counted)


async def send(agent: Agent, said: Notice, peers: Collection[str] | None = None) -> list[Choice]:
    """Tell everybody whom it may be told. Returns who was told and who was not. Raises Misuse for a person's agent."""
    if agent.config.kind != "org":
        raise Misuse("notices are told by organisations; a person writes with: freerange say")
    if not said.text.strip():
        raise Misuse("there is nothing in it to be read; nothing was said. Say in a few words what it is.")
    choices = choose(agent, said, peers)
    for each in choices:
        if not each.against:
            await owner.open_thread(agent, each.who.peer, notice, said)
    return choices
