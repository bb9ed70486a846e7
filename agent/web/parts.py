"""What routes share: a part of a long list, newest first, like `/v1/things/newest/{start}`; and who somebody is."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from agent import wording
from agent.relationship import Relationship, fingerprint
from protocols.problems import Misuse

SIZE: Final = 50


def proof(who: Relationship) -> str:
    """What stands beside a name, which anybody can choose: the domain that is proved, or what nobody can choose."""
    public = wording.organisation(who.their_did) if who.their_did.startswith("did:web:") else ""
    return who.domain or public or fingerprint(who.peer)


def part(start: str, total: int, listed: Callable[[int, int], Iterable[Any]]) -> dict[str, object]:
    """A part of a list with its size. start: how many come before it, as it stands in the path. Raises Misuse."""
    if not (start.isascii() and start.isdecimal() and len(start) < 10):
        raise Misuse(f'"{start[:40]}" is no number of entries to leave out; nothing was looked up')
    return {"total": total, "start": int(start), "items": [*listed(int(start), SIZE)]}
