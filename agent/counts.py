"""What an org counts of casts: numbers about nobody, which a tag on each row lets the store count without opening any.

A row is of one cast and names nobody: not whom, not what, not when (agent/vrm/intent_org.py). Its tag is what became of
it, so all that there can be is counted by as many look-ups as there are outcomes. Source: vrm-protocols 5.6, "Kept".
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final, get_args, get_type_hints

import msgspec

from agent.agent import Agent
from protocols.vrm.intent_words import Close, Decline, Release

KIND: Final = "cast-count"
ENDS: Final = {"lost": Close, "declined": Decline, "released": Release}
"""How a cast may end without an order, and the message that says why."""


def tag_of(counted: dict[str, str]) -> str:
    """What became of one cast, in a word; empty if it ended in two ways, and the row must be looked into.

    counted: what was counted of it, each with its reason.
    """
    ends = [(name, counted[name]) for name in ENDS if name in counted]
    if len(ends) > 1 or (ends and "won" in counted):
        return ""
    [(name, reason)] = ends or [("won" if "won" in counted else "open", "")]
    return f"{'bid' if 'bid' in counted else 'none'} {name} {reason}".rstrip()


def outcomes() -> Iterator[tuple[bool, str, str]]:
    """All that can become of a cast: whether there was a bid, how it ended, and why."""
    for bid in (True, False):
        yield from ((bid, name, "") for name in ("open", "won"))
        for name, message in ENDS.items():
            yield from ((bid, name, reason) for reason in get_args(get_type_hints(message)["reason"]))


def counted(agent: Agent) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """How many were received, bid for, won, and so on; and of each end, how many for which reason."""
    found, reasons = Counter[str](), {name: Counter[str]() for name in ENDS}
    for bid, name, reason in outcomes():
        tag = f"{'bid' if bid else 'none'} {name} {reason}".rstrip()
        number = agent.store.count_items(KIND, tag=tag)
        found.update({"received": number, "bid": number if bid else 0, name: number})
        if reason and number:
            reasons[name][reason] += number
    for row in agent.store.items(KIND, tag=""):
        for what, why in msgspec.json.decode(row.record, type=dict[str, str]).items():
            found[what] += 1
            if why:
                reasons.setdefault(what, Counter())[why] += 1
    return found, reasons
