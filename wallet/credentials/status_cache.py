"""Status lists at hand, so that presenting a credential does not tell its issuer (one fetch serves all its holders).

A list that was seen is not replaced by an older one, and one that is good for a year is asked for again within a day.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from wallet.credentials.status_bits import Order, entry

MIN_TTL = 60
MAX_TTL = 24 * 3600
DEFAULT_TTL = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList:
    """A verified list. uri: where it came from. subject: which list it says it is. ttl: seconds, already within bounds.

    issued, expires, fetched: Unix seconds.
    """

    uri: str
    subject: str
    issuer: str
    raw: bytes
    bits: int
    order: Order
    purposes: tuple[str, ...]
    issued: float
    expires: float | None
    ttl: int
    fetched: int

    def at(self, index: int, bits: int | None = None) -> int | None:
        """The entry, or None outside the list."""
        return entry(self.raw, index, bits=bits or self.bits, order=self.order)

    def fresh(self, now: int) -> bool:
        """Whether it need not be asked for again."""
        return now < self.fetched + self.ttl and not self.expired(now)

    def expired(self, now: int, leeway: int = 0) -> bool:
        """Whether its own end has passed."""
        return self.expires is not None and self.expires <= now - leeway


def bounded_ttl(ttl: float | None) -> int:
    """Seconds until a list is asked for again: at least a minute, at most a day."""
    return int(max(MIN_TTL, min(DEFAULT_TTL if ttl is None else ttl, MAX_TTL)))


class StatusCache:
    """Lists by address, the least recently used ones dropped. size: most lists; room: most bytes in all."""

    def __init__(self, *, size: int = 256, room: int = 64 * 1024 * 1024) -> None:
        self._lists: OrderedDict[str, StatusList] = OrderedDict()
        self._size = size
        self._room = room

    def get(self, uri: str) -> StatusList | None:
        """The list last kept for an address, fresh or not."""
        if uri in self._lists:
            self._lists.move_to_end(uri)
        return self._lists.get(uri)

    def keep(self, found: StatusList) -> StatusList:
        """Keep a verified list, and return the one that counts: the newer of it and the one held (no rollback)."""
        held = self._lists.get(found.uri)
        if held is not None and held.issued > found.issued:
            return held
        self._lists[found.uri] = found
        self._lists.move_to_end(found.uri)
        while len(self._lists) > 1 and (len(self._lists) > self._size or self._filled() > self._room):
            self._lists.popitem(last=False)
        return found

    def due(self, now: int, jitter: Sequence[float] = ()) -> tuple[str, ...]:
        """Addresses to ask again, so that no list is fetched because of one presentation.

        jitter: numbers in 0..1, cycled; each list is due after that share of its ttl, but not before half of it.
        """
        shares = jitter or (1.0,)
        return tuple(
            found.uri
            for place, found in enumerate(self._lists.values())
            if now >= found.fetched + found.ttl * max(0.5, shares[place % len(shares)])
        )

    def _filled(self) -> int:
        return sum(len(found.raw) for found in self._lists.values())
