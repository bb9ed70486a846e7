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


def number(typed: str) -> int:
    """Which part of a list is meant, from 1; the first by what is no number."""
    return max(1, int(typed)) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else 1


def start(typed: str) -> int:
    """How many entries are left out before a part. Raises Misuse for what is no number."""
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
        raise Misuse(f'"{typed[:40]}" is no number of entries to leave out; nothing was looked up')
    return int(typed)


def part(before: str, total: int, listed: Callable[[int, int], Iterable[Any]]) -> dict[str, object]:
    """A part of a list with its size. before: how many entries come before it, as typed in the path. Raises Misuse."""
    first = start(before)
    return {"total": total, "start": first, "items": [*listed(first, SIZE)]}
