"""How this agent behaves in the VRM families, beyond their tables: `agent/vrm/consent.py` goes with
`protocols/vrm/consent.py`, and so on. To add one, add its `SIDE` to `SIDES`."""

from collections.abc import Callable
from functools import cache

from agent.draft import Draft
from agent.vrm import (
    audit,
    claims,
    consent,
    data_rights,
    delegation,
    experience,
    handing_on,
    intent,
    loyalty,
    pausing,
    pool,
    profile,
    sign_in,
    terms,
    things,
)
from agent.vrm.side import NOTHING, WAIT, Side, Wait
from protocols.machine import Message, Protocol

__all__ = ["NOTHING", "SIDES", "WAIT", "Side", "Wait", "due_in", "side_of"]

SIDES: tuple[Side, ...] = (
    sign_in.SIDE,
    terms.SIDE,
    audit.SIDE,
    profile.SIDE,
    consent.SIDE,
    data_rights.SIDE,
    delegation.SIDE,
    experience.SIDE,
    things.SIDE,
    handing_on.SIDE,
    handing_on.KNOCK,
    claims.SIDE,
    claims.PAPERS,
    loyalty.SIDE,
    intent.SIDE,
    pool.SIDE,
    pausing.SIDE,
)


@cache
def side_of(protocol: Protocol) -> Side:
    """What we add to the family of this table: nothing, unless it is listed."""
    return next((side for side in SIDES if protocol in side.tables), NOTHING)


def due_in(name: str) -> Callable[[Draft], Message | None]:
    """What is done when a reminder of this name rings: nothing, if no family knows it any more."""
    return next((side.due[name] for side in SIDES if name in side.due), lambda draft: None)
