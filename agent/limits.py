"""How much of us one source may use: by its address before a message is opened, by who it is once that is proven.

Token buckets: so many a second, and a burst beyond that after a pause. Whoever finds its bucket empty is told when to
come again; nothing else about it is remembered. Source: security 3.1, "Default limits", and cases HT-11, HT-18, DID-20.
"""

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil
from time import monotonic
from typing import TypeAlias

from agent.config import Config
from agent.errors import TooMany
from agent.metrics import Metrics

BURST = 100
MOST_REMEMBERED = 100_000  # sources, the longest unheard of forgotten first
LOOKUPS_BY_ADDRESS, LOOKUPS_BY_PEER = 10, 60  # documents a minute that a source may have us fetch
MINUTE = 60

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass
class Buckets:
    """One bucket for each source. rate: tokens a second, 0 for no limit; burst: how many a bucket holds."""

    rate: float
    burst: float
    now: Callable[[], float] = monotonic
    most: int = MOST_REMEMBERED
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, source: str) -> float:
        """Take one token: 0.0, or the seconds until there is one; then nothing was taken."""
        if not self.rate:
            return 0.0
        now = self.now()
        level, at = self._levels.pop(source, (self.burst, now))
        level = min(self.burst, level + (now - at) * self.rate)
        wait = 0.0 if level >= 1 else (1 - level) / self.rate
        self._levels[source] = (level if wait else level - 1, now)  # put back last: the first is the longest unheard of
        if len(self._levels) > self.most:
            del self._levels[next(iter(self._levels))]
        return wait

    def spend(self, source: str, words: str) -> None:
        """Take one token. Raises TooMany."""
        if wait := self.take(source):
            raise TooMany(words, retry_after=max(1, ceil(wait)))

    def __len__(self) -> int:
        return len(self._levels)


@dataclass
class OpenThreads:
    """At most how many threads a peer holds open, by table. at: Unix seconds when they were counted; added: since."""

    at: int
    most: Counter[str]
    added: int = 0


@dataclass
class Limits:
    """The buckets of one agent. A source is an address as `source_of` gives it; a peer is the DID that names it.

    What is refused is counted as `refused`, by reason.
    """

    addresses: Buckets = field(default_factory=lambda: Buckets(50, BURST))
    peers: Buckets = field(default_factory=lambda: Buckets(20, BURST))
    lookups_by_address: Buckets = field(
        default_factory=lambda: Buckets(LOOKUPS_BY_ADDRESS / MINUTE, LOOKUPS_BY_ADDRESS)
    )
    metrics: Metrics = field(default_factory=Metrics)
    open_threads: dict[str, OpenThreads] = field(default_factory=dict)  # kept by agent.open_threads
    lookups_by_peer: Buckets = field(default_factory=lambda: Buckets(LOOKUPS_BY_PEER / MINUTE, LOOKUPS_BY_PEER))

    def message_from(self, source: str) -> None:
        """One more message from an address, before anything is done with it. Raises TooMany."""
        self._spend(self.addresses, source, "address", "too many messages from this address")

    def message_of(self, peer: str) -> None:
        """One more message of a proven sender. Raises TooMany."""
        self._spend(self.peers, peer, "sender", "too many messages of this sender")

    def lookup_from(self, source: str) -> None:
        """One more document to be fetched because of a message whose sender is not proven yet. Raises TooMany."""
        self._spend(self.lookups_by_address, source, "lookups", "too many unknown senders from this address")

    def lookup_of(self, peer: str) -> None:
        """One more document to be fetched because of what a proven sender said. Raises TooMany."""
        self._spend(self.lookups_by_peer, peer, "lookups", "too much of what this sender says has to be looked up")

    def _spend(self, buckets: Buckets, name: str, reason: str, words: str) -> None:
        try:
            buckets.spend(name, words)
        except TooMany:
            self.metrics.count("refused", reason=reason)
            raise


def of(config: Config) -> Limits:
    """The limits of these settings. In development mode everybody shares this computer's address, so it has none."""
    by_address = 0 if config.development else config.rate_per_address
    return Limits(addresses=Buckets(by_address, BURST), peers=Buckets(config.rate_per_peer, BURST))


def networks(addresses: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks, as settings spell them. Raises ValueError."""
    return tuple(ipaddress.ip_network(each) for each in addresses)


@lru_cache(maxsize=4096)
def is_within(address: str, those: tuple[Network, ...]) -> bool:
    """Whether an address is in one of these networks; what is no address is in none."""
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None)
    return any((mapped or number) in network for network in those)


def source_of(address: str, forwarded: str = "", trusted: tuple[Network, ...] = ()) -> str:
    """Whom a request is counted for.

    address: of the socket. forwarded: its header X-Forwarded-For, believed only of a proxy in `trusted`, and only as
    far as trusted proxies wrote it: from the right, the first address that is not one of theirs (HT-11).
    """
    if forwarded and is_within(address, trusted):
        for step in reversed(forwarded.split(",")):
            address = step.strip()
            if not is_within(address, trusted):
                break
    return counted(address)


@lru_cache(maxsize=4096)
def counted(address: str) -> str:
    """An address as it is counted: IPv6 by its /64, which is what one customer of a network has."""
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(number, ipaddress.IPv4Address):
        return str(number)
    if number.ipv4_mapped:
        return str(number.ipv4_mapped)
    return str(ipaddress.ip_network((int(number), 64), strict=False))
