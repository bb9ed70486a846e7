"""Messages over HTTP: POST one packed message, 202 once it is kept. Source: DIDComm v2.1, "Transports: HTTPS".

The public listener serves nothing but messages, the few public documents it is given, and a fixed text for whoever
opens an invitation in a browser: no cookies, no redirects. Every refusal is a short JSON text that echoes nothing.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import time
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from agent.errors import AgentError, BadEnvelope, Dropped, Refused, TooLarge, TooMany, Unavailable, Unreachable
from agent.logs import note
from agent.reach import Nearby, guarded_connector, may_fetch
from agent.transports.accepted import accepted
from agent.transports.accepting import Entrance
from agent.transports.connection import Server
from agent.transports.guard import Guard, refusal
from agent.transports.retry import retry_after
from agent.transports.upgraded import Sockets
from agent.transports.upgraded import wants as wants_socket
from agent.transports.websocket import Heart
from agent.watch import Watch
from agent.ways import Answer, Receive

MEDIA_TYPES = frozenset(
    {"application/didcomm-encrypted+json", "application/didcomm-signed+json", "application/didcomm-plain+json"}
)
ENCRYPTED = "application/didcomm-encrypted+json"
MOST_BYTES = 1024 * 1024
MOST_DELIVERED = 2 * MOST_BYTES  # of an answer: what was sent to a mediator comes in base64, in another message
SEND_SECONDS = 15.0
MOST_HOPS = 3

INVITED = """This link is an invitation to meet, as equals, by an agent and wallet of your own.

A browser cannot take it up. Copy the whole link, and give it to your agent:

    freerange accept 'THE LINK'
"""

Documents = Callable[[str], tuple[str, bytes] | None]


@dataclass
class Listener:
    """A listening socket. `receive` raises BadEnvelope, Dropped or TooLarge, or returns once the message is kept."""

    receive: Receive
    documents: Documents
    path: str = "/"
    most_bytes: int = MOST_BYTES
    guard: Guard = field(default_factory=Guard)
    tls: ssl.SSLContext | None = None
    heart: Heart = field(default_factory=Heart)
    _entrance: Entrance | None = None

    def __post_init__(self) -> None:
        self._sockets = Sockets(self.receive, self.guard, self.heart, self.most_bytes)

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (of use when 0 was asked for). Raises OSError if it is taken."""
        metrics = self.guard.limits.metrics
        server = Server(self.answer, self.guard.bounds, self.guard.full)
        entrance = Entrance(server, self.guard.spared, self.tls, metrics)
        found = entrance.open(host, port)
        self._entrance = entrance
        return found

    async def stop(self) -> None:
        """Stop listening; requests under way are answered first."""
        if self._entrance is not None:
            await self._sockets.close()
            await self._entrance.close()

    def show(self, tls: ssl.SSLContext) -> None:
        """From now on, prove who we are by another certificate; connections that are open stay."""
        if self._entrance is not None:
            self._entrance.tls = tls

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of the public listener."""
        if (refused := self.guard.refuse(request)) is not None:
            return refused
        if request.method == "GET" and (found := self.documents(request.path)) is not None:
            headers = {"Content-Type": found[0], "Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff"}
            return web.Response(body=found[1], headers=headers)
        if request.path != self.path:
            return refusal(404, "not found")
        if request.method == "GET" and "_oob" in request.query:
            return web.Response(text=INVITED)
        if wants_socket(request):
            return await self._sockets.answer(request)
        if request.method != "POST":
            return refusal(405, "POST one packed DIDComm message")
        if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() not in MEDIA_TYPES:
            return refusal(415, f"send {ENCRYPTED}")
        if "Content-Encoding" in request.headers:
            return refusal(415, "send it uncompressed")
        return await self.take(request)

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """Take the message of a POST: 202 once it is kept, or 200 with a message for its sender, who asked for that."""
        back = Answer(self.guard.source(request))
        try:
            raw = await self.body(request)
            with self.guard.work():
                await self.receive(raw, back)
        except TooLarge:
            return refusal(413, f"at most {self.most_bytes} bytes", close=True)
        except TimeoutError:
            return refusal(408, "too slow", close=True)
        except web.RequestPayloadError:
            return refusal(400, "not a body that can be read", close=True)
        except BadEnvelope:
            return refusal(400, "not a DIDComm message")
        except TooMany as fault:
            return refusal(429, "too many; wait", retry_after=fault.retry_after)
        except Unavailable:
            return refusal(503, "not now; send it again")
        except Dropped:
            pass  # answered exactly like a good message
        packed = await back.message()
        # failpoint: http.before-202
        if packed is not None:
            return web.Response(body=packed, content_type=ENCRYPTED)
        return accepted(request)

    async def body(self, request: web.BaseRequest) -> bytes:
        """The whole body, never holding more than the limit, nor waiting longer than the bounds allow.

        Raises TooLarge, before reading if it was announced; TimeoutError; RequestPayloadError.
        """
        if request.content_length is not None and request.content_length > self.most_bytes:
            raise TooLarge("announced")
        if request.content.is_eof() and request.content.total_bytes <= self.most_bytes:
            return request.content.read_nowait()  # a small message has come with its headers
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0  # it is no answer yet
        parts, bounds, began = bytearray(), self.guard.bounds, asyncio.get_running_loop().time()
        async with asyncio.timeout_at(began + min(bounds.patience, bounds.body)) as deadline:
            async for chunk in request.content.iter_any():
                parts += chunk
                if len(parts) > self.most_bytes:
                    raise TooLarge("sent")
                paid_for = max(bounds.patience, len(parts) / bounds.slowest)
                deadline.reschedule(began + min(bounds.body, paid_for))
        return bytes(parts)


@dataclass
class Sender:
    """Posts packed messages, over kept-alive connections."""

    development: bool = False
    nearby: Nearby | None = None  # for tests alone
    watch: Watch | None = None  # is told the time of those who answer
    _session: aiohttp.ClientSession | None = None

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Post one message. Raises Unreachable (try again) or Refused (the other side will not have it).

        receive: takes the message that an answer may hold. Returns whether there was one; it is out of the other side's
        hands whatever becomes of it here, so what matters is sent until it is acknowledged.
        Only 307 is followed, within the same scheme (DIDComm v2.1, "Transports: HTTPS", redirects).
        """
        if self._session is None:
            connector = guarded_connector(self.development, self.nearby, limit_per_host=8)
            timeout = aiohttp.ClientTimeout(total=SEND_SECONDS, sock_connect=3)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=timeout, trust_env=False, skip_auto_headers=("User-Agent",)
            )
        answer = await self.follow(self._session, url, packed, bool(receive))
        return answer is not None and receive is not None and await taken(answer, receive)

    async def follow(self, session: aiohttp.ClientSession, url: str, packed: bytes, listens: bool) -> bytes | None:
        """Post to `url`, or to where it leads: the message in the answer, if any. Raises Unreachable or Refused."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                for _ in range(MOST_HOPS + 1):
                    place, answer = await self.post(session, url, packed, listens)
                    if place is None:
                        return answer
                    url = place
        except TimeoutError:
            raise Unreachable(f"no answer within {SEND_SECONDS:.0f} s") from None
        raise Unreachable("redirected too often")

    async def post(
        self, session: aiohttp.ClientSession, url: str, packed: bytes, listens: bool
    ) -> tuple[str | None, bytes | None]:
        """One POST: (None, the message in the answer, if any) when it was taken, or the place it was redirected to."""
        if not may_fetch(url, self.development):
            raise Refused("its address is not https, or not one of the public internet; nothing was sent")
        try:
            headers = {"Content-Type": ENCRYPTED, "Accept-Encoding": "identity"}
            async with session.post(url, data=packed, headers=headers, allow_redirects=False) as answer:
                if self.watch is not None:
                    self.watch.compare(urlsplit(url).netloc, answer.headers.get("Date", ""), time())
                place = judge(answer.status, answer.headers, url)
                return place, await answered(answer) if listens and answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            raise Unreachable(f"no connection ({type(fault).__name__})") from None

    async def close(self) -> None:
        """Close idle connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def answered(answer: aiohttp.ClientResponse) -> bytes | None:
    """The message an answer holds: of a DIDComm media type, uncompressed and of a size that we take; else None."""
    if answer.content_type not in MEDIA_TYPES or "Content-Encoding" in answer.headers:
        return None
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > MOST_DELIVERED:
            return None
    return bytes(body) or None


async def taken(packed: bytes, receive: Receive) -> bool:
    """Take a message that came as an answer, as if it had been posted to us."""
    try:
        await receive(packed, None)
    except AgentError as fault:
        note("an answer was not taken", error=type(fault).__name__)
    return True


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
        raise Unreachable(f"it answered {status}", retry_after(headers), there=status == 429)
    raise Refused(f"it answered {status}")
