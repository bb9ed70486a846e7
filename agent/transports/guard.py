"""Who is answered at the public listener, and how much of it anybody may hold: names, numbers, seconds.

The order of the checks is the order of what they cost. Sources: security 3.1, "Default limits", and the cases HT.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from agent import limits
from agent.config import Config
from agent.errors import TooMany, Unavailable
from agent.limits import Limits, Network
from agent.transports.pace import Pace

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{1,5})?", re.IGNORECASE)


@dataclass(frozen=True)
class Bounds:
    """What may be held at most. Numbers of connections and bytes; seconds.

    head: from the connection, or the first byte of a later request, until its header is complete. body: until the body
    is, and at `slowest` bytes a second after `patience` seconds. write: an answer that is not taken. idle: between
    requests. work: messages being taken at once; beyond that they are refused at once, which costs least (HT-19).
    """

    connections: int = 4096
    per_address: int = 64
    work: int = 256
    head_bytes: int = 32 * 1024
    write_buffer: int = 64 * 1024
    head: float = 10.0
    body: float = 30.0
    patience: float = 5.0
    slowest: float = 1024.0
    write: float = 30.0
    idle: float = 75.0
    stop: float = 4.0
    look_every: float = 1.0


@dataclass
class Guard:
    """The rules of one listener, and the work in hand.

    hosts: the names it answers to, in lower case without ports; empty for any. trusted: proxies whose word on where a
    request comes from is believed. spared: addresses that many share, so that their connections are not counted.
    """

    limits: Limits = field(default_factory=Limits)
    hosts: frozenset[str] = frozenset()
    trusted: tuple[Network, ...] = ()
    spared: tuple[Network, ...] = ()
    bounds: Bounds = Bounds()
    working: int = 0
    pace: Pace = field(default_factory=Pace)

    def source(self, request: web.BaseRequest) -> str:
        """Whom a request is counted for."""
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
        return limits.source_of(request.remote or "", forwarded, self.trusted)

    def refuse(self, request: web.BaseRequest) -> web.Response | None:
        """Why this request is not answered, if it is not, as far as its header tells."""
        if (refused := self.misdirected(request)) is not None:
            return refused
        return self.refuse_source(self.source(request))

    def refuse_source(self, source: str) -> web.Response | None:
        """Why nothing of this source is taken now, if so."""
        try:
            self.admit(source)
        except TooMany as fault:
            return refusal(429, "too many; wait", retry_after=fault.retry_after)
        except Unavailable:
            return refusal(503, "not now; send it again", retry_after=1)
        return None

    def admit(self, source: str) -> None:
        """One more message or question from a source. Raises TooMany, or Unavailable if there is too much to do."""
        self.limits.message_from(source)
        if self.full():
            raise Unavailable("too much to do")

    def full(self) -> bool:
        """Whether one more message is too many now; whoever asks refuses it, and it is counted (HT-19)."""
        behind = self.behind
        if behind:
            self.limits.metrics.count("refused", reason="overload")
        return behind

    @property
    def behind(self) -> bool:
        """Whether there is so much to do that one more message has to wait, if it can."""
        return self.working >= self.bounds.work or self.pace.behind(self.working)

    def work(self) -> "Work":
        """While a message is being taken."""
        return Work(self)

    def is_here(self, host: str) -> bool:
        """Whether this is a name that we answer to, as a Host header spells it."""
        place = _HOST.fullmatch(host)
        return place is not None and (not self.hosts or place[1].lower() in self.hosts)

    def misdirected(self, request: web.BaseRequest) -> web.Response | None:
        """The refusal of a request to somebody else (HT-12), or to nobody."""
        named = request.headers.getall("Host", ())
        places = [_HOST.fullmatch(each) for each in (*named, request.host)]
        if request.version < (1, 0):
            return refusal(400, "HTTP/1.1 is spoken here", close=True)
        if len(named) > 1 or not all(places) or (not named and request.version >= (1, 1)):
            return refusal(400, "name one host", close=True)
        if self.hosts and not (named and all(place and place[1].lower() in self.hosts for place in places)):
            self.limits.metrics.count("refused", reason="name")
            return refusal(421, "not a name of this agent")
        return None


class Work:
    """A block in which a message is being taken."""

    __slots__ = ("began", "guard")

    def __init__(self, guard: Guard) -> None:
        self.guard, self.began = guard, guard.pace.now()

    def __enter__(self) -> None:
        self.guard.working += 1
        self.guard.pace.begins()

    def __exit__(self, *fault: object) -> None:
        guard = self.guard
        guard.working -= 1
        guard.pace.took(guard.pace.now() - self.began, beside=guard.working)


def of(config: Config, those: Limits) -> Guard:
    """The rules by these settings."""
    trusted = limits.networks(config.trusted_proxies)
    host = (urlsplit(config.url).hostname or "").lower()
    hosts = {f"[{host}]" if ":" in host else host}
    if config.development:  # everybody is at this computer's address, and may call it what they like
        return Guard(those, LOOPBACK_NAMES | hosts, trusted, spared=limits.networks(LOOPBACK))
    return Guard(those, frozenset(hosts), trusted, spared=trusted)


def refusal(status: int, words: str, *, close: bool = False, retry_after: int = 5) -> web.Response:
    """A fixed answer that echoes nothing. retry_after: seconds, told with 429 and 503."""
    headers = {"Retry-After": str(retry_after)} if status in (429, 503) else {}
    answer = web.json_response({"error": words}, status=status, headers=headers)
    if close:
        answer.force_close()
    return answer
