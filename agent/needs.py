"""What may be fetched: the one place from which documents of the outside world come.

A look-up in `wallet` yields a `Fetch`; `Needs.meet` drives it, fetches under the rules below, and sends the bytes back.
https only, no redirects, no private or special addresses (the address connected to is the one checked), limits on size
and time. Whatever goes wrong, the look-up hears the same words. In development mode http on loopback is allowed too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from agent.reach import guarded_resolver, may_fetch
from wallet.errors import Unresolved
from wallet.needs import Fetch, Lookup

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")

TOTAL_SECONDS = 5.0
CONNECT_SECONDS = 3.0
KEEP_SECONDS = 300.0
KEEP_FAILURE_SECONDS = 60.0
MOST_KEPT = 1024
MOST_BYTES_KEPT = 16 * 1024 * 1024


@dataclass
class Needs:
    """The guarded fetcher, with a short memory for what it fetched and for what it could not."""

    development: bool = False
    now: Callable[[], float] = monotonic
    _kept: dict[str, tuple[float, bytes | None]] = field(default_factory=dict)
    _session: "aiohttp.ClientSession | None" = None

    async def meet(self, lookup: Lookup[T]) -> T:
        """Finish a look-up. Costs nothing if it asks for nothing."""
        try:
            need = next(lookup)
            while True:
                try:
                    answer = await self.fetch(need)
                except Unresolved as failure:
                    need = lookup.throw(failure)
                else:
                    need = lookup.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result

    async def fetch(self, need: Fetch) -> bytes:
        """The bytes at `need.url`. Raises Unresolved, with the same words whatever the cause."""
        kept_until, kept = self._kept.get(need.url, (0.0, None))
        if self.now() >= kept_until:
            kept = await self._fetch(need)
            self._keep(need.url, kept)
        if kept is None or len(kept) > need.limit:
            raise Unresolved(f"{need.url} could not be had; try again later")
        return kept

    def _keep(self, url: str, found: bytes | None) -> None:
        """Remember what came of a URL, and forget the oldest of the rest: strangers choose what we look up."""
        self._kept.pop(url, None)
        self._kept[url] = (self.now() + (KEEP_FAILURE_SECONDS if found is None else KEEP_SECONDS), found)
        filled = sum(len(body or b"") for _, body in self._kept.values())
        while len(self._kept) > MOST_KEPT or filled > MOST_BYTES_KEPT:
            _, oldest = self._kept.pop(next(iter(self._kept)))
            filled -= len(oldest or b"")

    async def _fetch(self, need: Fetch) -> bytes | None:
        import aiohttp

        if not may_fetch(need.url, self.development):
            return None
        try:
            headers = {"Accept": need.accept, "Accept-Encoding": "identity"}
            async with self._open().get(need.url, headers=headers, allow_redirects=False) as answer:
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
            connector = aiohttp.TCPConnector(resolver=guarded_resolver(self.development), ttl_dns_cache=60)
            timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False)
        return self._session

    async def close(self) -> None:
        """Close idle connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
