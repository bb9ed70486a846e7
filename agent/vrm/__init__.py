"""How this agent behaves in the VRM families, beyond their tables: `agent/vrm/consent.py` goes with
`protocols/vrm/consent.py`, and so on. To add one, add its `SIDE` to `SIDES`."""

from agent.vrm.side import NOTHING, WAIT, Side, Wait
from protocols.machine import Protocol

__all__ = ["NOTHING", "SIDES", "WAIT", "Side", "Wait", "side_of"]

SIDES: tuple[Side, ...] = ()


def side_of(protocol: Protocol) -> Side:
    """What we add to the family of this table: nothing, unless it is listed."""
    return next((side for side in SIDES if protocol in side.tables), NOTHING)
