"""What may be fetched: the one place from which documents of the outside world come.

A look-up in `wallet` yields a `Fetch`; `Needs.meet` drives it, fetches under the rules below, and sends the bytes back.
https only, no redirects, no private or special addresses (the address connected to is the one checked), limits on size
and time. Whatever goes wrong, the look-up hears the same words. In development mode http on loopback is allowed too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from agent.errors import TooMany
from agent.logs import note
from agent.metrics import Metrics
from agent.reach import Nearby, guarded_connector, may_fetch
from agent.transports.retry import retry_after
from wallet.errors import Unresolved
from wallet.needs import Fetch, Lookup

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")

TOTAL_SECONDS = 5.0
CONNECT_SECONDS = 3.0
KEEP_FAILURE_SECONDS = 60.0
MOST_KEPT = 1024
MOST_BYTES_KEPT = 16 * 1024 * 1024
MOST_AT_ONCE = 64  # documents under way because of messages; what the owner does waits for nobody


class Later(Exception):
    """Its place answered, and wants to be asked again in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


@dataclass
class Memory:
    """Documents by URL with the time they were fetched; the oldest are forgotten first.

    Or None, for a failure, with the time until which it is remembered.
    """

    kept: dict[str, tuple[float, bytes | None]] = field(default_factory=dict)
    _filled: int = 0  # bytes of all of them

    def keep(self, url: str, at: float, body: bytes | None) -> None:
        """Remember what came of a URL."""
        if url in self.kept:
            self._forget(url)
        self.kept[url] = (at, body)
        self._filled += len(body or b"")
        while len(self.kept) > MOST_KEPT or self._filled > MOST_BYTES_KEPT:
            self._forget(next(iter(self.kept)))

    def _forget(self, url: str) -> None:
        _, body = self.kept.pop(url)
        self._filled -= len(body or b"")

    def recall(self, url: str, now: float, max_age: float) -> bytes | None:
        """The document, if it is remembered and not older than that, in seconds."""
        at, body = self.kept.get(url, (now, None))
        return body if now - at < max_age else None

    def failed(self, url: str, now: float) -> bool:
        """Whether it could not be had a moment ago."""
        until, body = self.kept.get(url, (now, b""))
        return body is None and now < until


@dataclass
class Needs:
    """The guarded fetcher, with a short memory for what it fetched and for what it could not.

    The last good documents of those we know are remembered apart, so that no stranger can push them out. nearby: for
    tests alone. stale: how often an old document had to do (DID-22).
    """

    development: bool = False
    now: Callable[[], float] = monotonic
    nearby: Nearby | None = None
    stale: int = 0
    metrics: Metrics = field(default_factory=Metrics)
    _recent: Memory = field(default_factory=Memory)
    _good: Memory = field(default_factory=Memory)
    _under_way: int = 0
    _session: "aiohttp.ClientSession | None" = None

    async def meet(self, lookup: Lookup[T], charge: Callable[[], None] | None = None, need: Fetch | None = None) -> T:
        """Finish a look-up. Costs nothing if it asks for nothing.

        need: what it asked for already, if it has begun. charge: called before a document is fetched for somebody
        else's sake; may raise TooMany. Documents of those we know are not charged: there are as many as we know.
        """
        try:
            need = need or next(lookup)
            while True:
                try:
                    answer = await self.fetch(need, charge)
                except Unresolved as failure:
                    need = lookup.throw(failure)
                else:
                    need = lookup.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result

    async def fetch(self, need: Fetch, charge: Callable[[], None] | None = None) -> bytes:
        """The bytes at `need.url`. Raises Unresolved, in the same words whatever the cause, and what `charge` does."""
        body = self._recent.recall(need.url, self.now(), need.max_age)
        if body is None and not self._recent.failed(need.url, self.now()):
            body, rest = await self._fetch_or_rest(need, charge)
            self.metrics.count("documents", result="failed" if body is None else "fetched")
            self._recent.keep(need.url, self.now() + (rest if body is None else 0), body)
        if need.stale_if_error:
            body = self._last_good(need, body)
        if body is None or len(body) > need.limit:
            raise Unresolved(f"{need.url} could not be had; try again later")
        return body

    async def _fetch_or_rest(self, need: Fetch, charge: Callable[[], None] | None) -> tuple[bytes | None, float]:
        """What was fetched; if nothing was, for how many seconds it is not asked for again. Raises TooMany."""
        try:
            return await self._fetch_for(need, charge), KEEP_FAILURE_SECONDS
        except Later as wish:
            return None, min(wish.seconds, KEEP_FAILURE_SECONDS)

    async def _fetch_for(self, need: Fetch, charge: Callable[[], None] | None) -> bytes | None:
        """Fetch, if whoever causes it may have us do so now. Raises TooMany, and Later as `_fetch` does."""
        if charge is None or need.stale_if_error:
            return await self._fetch(need)
        if self._under_way >= MOST_AT_ONCE:
            raise TooMany("too many look-ups at once")
        charge()
        self._under_way += 1
        try:
            return await self._fetch(need)
        finally:
            self._under_way -= 1

    def _last_good(self, need: Fetch, body: bytes | None) -> bytes | None:
        """What was fetched, remembered for a bad day; or, on such a day, what was remembered."""
        if body is not None:
            at, _ = self._recent.kept.get(need.url, (self.now(), None))
            self._good.keep(need.url, at, body)
            return body
        body = self._good.recall(need.url, self.now(), need.stale_if_error)
        if body is not None:
            self.stale += 1
            self.metrics.count("documents", result="stale")
            note("an old document had to do: its place does not answer")
        return body

    async def _fetch(self, need: Fetch) -> bytes | None:
        """What is there now. Raises Later if its place says when to ask again."""
        import aiohttp

        if not may_fetch(need.url, self.development):
            return None
        try:
            headers = {"Accept": need.accept, "Accept-Encoding": "identity"}
            async with self._open().get(need.url, headers=headers, allow_redirects=False) as answer:
                if answer.status != 200 and (seconds := retry_after(answer.headers)) is not None:
                    raise Later(seconds)
                if answer.status != 200 or "Content-Encoding" in answer.headers:
                    return None
                body = await answer.content.read(need.limit + 1)
                while len(body) <= need.limit and (more := await answer.content.read(need.limit + 1 - len(body))):
                    body += more
                return body if len(body) <= need.limit else None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None

    async def knock(self, url: str) -> str | None:
        """Whether anybody answers at `url`, whatever it says: the Date it gives (maybe empty), or None."""
        import aiohttp

        if not may_fetch(url, self.development):
            return None
        try:
            async with self._open().get(url, allow_redirects=False) as answer:
                return answer.headers.get("Date", "")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            connector = guarded_connector(self.development, self.nearby)
            timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=timeout, trust_env=False, skip_auto_headers=("User-Agent",)
            )
        return self._session

    async def close(self) -> None:
        """Close idle connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
