"""Messages over HTTP: POST one packed message, 202 once it is kept. Source: DIDComm v2.1, "Transports: HTTPS".

The public listener serves nothing but messages, the few public documents it is given, and a fixed text for whoever
opens an invitation in a browser: no cookies, no redirects. Every refusal is a short JSON text that echoes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from agent.errors import BadEnvelope, Dropped, Refused, TooLarge, Unavailable, Unreachable
from agent.reach import guarded_resolver, may_fetch

MEDIA_TYPES = frozenset(
    {"application/didcomm-encrypted+json", "application/didcomm-signed+json", "application/didcomm-plain+json"}
)
ENCRYPTED = "application/didcomm-encrypted+json"
MOST_BYTES = 1024 * 1024
BODY_SECONDS = 30.0
SEND_SECONDS = 15.0
MOST_HOPS = 3

INVITED = """This link is an invitation to meet, as equals, by an agent and wallet of your own.

A browser cannot take it up. Copy the whole link, and give it to your agent:

    freerange accept 'THE LINK'
"""

Receive = Callable[[bytes], Awaitable[None]]
Documents = Callable[[str], tuple[str, bytes] | None]


@dataclass
class Listener:
    """A listening socket. `receive` raises BadEnvelope, Dropped or TooLarge, or returns once the message is kept."""

    receive: Receive
    documents: Documents
    path: str = "/"
    most_bytes: int = MOST_BYTES
    _runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (of use when 0 was asked for). Raises OSError if it is taken."""
        server = web.Server(
            self.answer,
            access_log=None,
            keepalive_timeout=75,
            max_line_size=8190,
            lingering_time=0.5,
            auto_decompress=False,
        )
        self._runner = web.ServerRunner(server, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, backlog=1024)
        await site.start()
        address = self._runner.addresses[0]
        return int(address[1])

    async def stop(self) -> None:
        """Stop listening; requests under way are answered first."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of the public listener."""
        if request.method == "GET" and (found := self.documents(request.path)) is not None:
            headers = {"Content-Type": found[0], "Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff"}
            return web.Response(body=found[1], headers=headers)
        if request.path != self.path:
            return refusal(404, "not found")
        if request.method == "GET" and "_oob" in request.query:
            return web.Response(text=INVITED)
        if request.method != "POST":
            return refusal(405, "POST one packed DIDComm message")
        if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() not in MEDIA_TYPES:
            return refusal(415, f"send {ENCRYPTED}")
        if "Content-Encoding" in request.headers:
            return refusal(415, "send it uncompressed")
        try:
            await self.receive(await self.body(request))
        except TooLarge:
            return refusal(413, f"at most {self.most_bytes} bytes", close=True)
        except TimeoutError:
            return refusal(408, "too slow", close=True)
        except BadEnvelope:
            return refusal(400, "not a DIDComm message")
        except Unavailable:
            return refusal(503, "not now; send it again")
        except Dropped:
            pass  # answered exactly like a good message
        # failpoint: http.before-202
        return web.Response(status=202)

    async def body(self, request: web.BaseRequest) -> bytes:
        """The whole body, never holding more than the limit. Raises TooLarge, before reading if it was announced."""
        if request.content_length is not None and request.content_length > self.most_bytes:
            raise TooLarge("announced")
        if request.content.is_eof() and request.content.total_bytes <= self.most_bytes:
            return request.content.read_nowait()  # a small message has come with its headers
        parts = bytearray()
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                parts += chunk
                if len(parts) > self.most_bytes:
                    raise TooLarge("sent")
        return bytes(parts)


def refusal(status: int, words: str, *, close: bool = False) -> web.Response:
    """A fixed answer that echoes nothing."""
    headers = {"Retry-After": "5"} if status == 503 else {}
    answer = web.json_response({"error": words}, status=status, headers=headers)
    if close:
        answer.force_close()
    return answer


@dataclass
class Sender:
    """Posts packed messages, over kept-alive connections."""

    development: bool = False
    _session: aiohttp.ClientSession | None = None

    async def send(self, url: str, packed: bytes) -> None:
        """Post one message. Raises Unreachable (try again) or Refused (the other side will not have it).

        Only 307 is followed, within the same scheme (DIDComm v2.1, "Transports: HTTPS", redirects).
        """
        if self._session is None:
            connector = aiohttp.TCPConnector(limit_per_host=8, resolver=guarded_resolver(self.development))
            timeout = aiohttp.ClientTimeout(total=SEND_SECONDS, sock_connect=3)
            self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False)
        for _ in range(MOST_HOPS + 1):
            answer = await self.post(self._session, url, packed)
            if answer is None:
                return
            url = answer
        raise Unreachable("redirected too often")

    async def post(self, session: aiohttp.ClientSession, url: str, packed: bytes) -> str | None:
        """One POST: None when it was taken, or the place it was redirected to."""
        if not may_fetch(url, self.development):
            raise Refused("its address is not https, or not one of the public internet; nothing was sent")
        try:
            headers = {"Content-Type": ENCRYPTED}
            async with session.post(url, data=packed, headers=headers, allow_redirects=False) as answer:
                return judge(answer.status, answer.headers, url)
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            raise Unreachable(f"no connection ({type(fault).__name__})") from None

    async def close(self) -> None:
        """Close idle connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def judge(status: int, headers: Mapping[str, str], url: str) -> str | None:
    """What an HTTP answer to a POST means. See Sender.send."""
    if 200 <= status < 300:
        return None
    if status == 307:
        place = headers.get("Location", "")
        if urlsplit(place).scheme == urlsplit(url).scheme:
            return place
        raise Unreachable("redirected to another scheme")
    if status in (408, 425, 429) or status >= 500:
        raise Unreachable(f"it answered {status}")
    raise Refused(f"it answered {status}")
