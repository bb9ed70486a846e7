"""Who sits at the browser: a code of one use from the owner's own terminal, exchanged for the key of one session.

Only hashes are kept, in memory; every session is over when the agent stops. No cookies: all ports of a computer share
those, and not a session's key. Source: security 6.2, cases UI-01, UI-13.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Final

CODE_SECONDS: Final = 60.0  # until a code is worth nothing
IDLE_SECONDS: Final = 12 * 3600.0  # until a session that nobody uses is over
MOST: Final = 64  # codes or sessions at once; the oldest give way


@dataclass
class Sessions:
    """now: seconds of a clock that nobody sets."""

    now: Callable[[], float] = monotonic
    _codes: dict[bytes, float] = field(default_factory=dict)
    _used: dict[bytes, float] = field(default_factory=dict)

    def code(self) -> str:
        """A code for the address that the terminal opens: good once, for a minute."""
        return remembered(self._codes, self.now())

    def begin(self, code: str) -> str | None:
        """The key of a new session for a code; None if the code is unknown, used, or too old."""
        made = next((each for each in self._codes if hmac.compare_digest(each, hash_of(code))), None)
        if made is None or self._codes.pop(made) + CODE_SECONDS < self.now():
            return None
        return remembered(self._used, self.now())

    def goes_on(self, key: str) -> bool:
        """Whether this is the key of a session; it is used now."""
        kept = next((each for each in self._used if hmac.compare_digest(each, hash_of(key))), None)
        if kept is None:
            return False
        if self._used[kept] + IDLE_SECONDS < self.now():
            del self._used[kept]
            return False
        self._used[kept] = self.now()
        return True

    def names(self) -> list[str]:
        """The sessions there are."""
        return [each.hex()[:8] for each in self._used]

    def end(self, besides: str = "") -> int:
        """End all sessions, or all but the one of that name. Returns how many."""
        ended = [each for each in self._used if each.hex()[:8] != besides]
        for each in ended:
            del self._used[each]
        return len(ended)


def remembered(those: dict[bytes, float], now: float) -> str:
    """A new secret, of which the hash is among those."""
    while len(those) >= MOST:
        del those[next(iter(those))]
    made = secrets.token_urlsafe(32)
    those[hash_of(made)] = now
    return made


def hash_of(secret: str) -> bytes:
    """What is kept of a secret. It may be bytes that are no text, as a header may bring them."""
    return sha256(secret.encode(errors="surrogateescape")).digest()


def name_of(key: str) -> str:
    """A short name of a session, from which its key cannot be told."""
    return hash_of(key).hex()[:8]
