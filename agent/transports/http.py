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

from aiohttp import web

from agent import limits
from agent.errors import AgentError, BadEnvelope, Dropped, Refused, TooLarge, TooMany, Unavailable, Unreachable
from agent.logs import note
from agent.reach import Nearby, guarded_addresses, guarded_tls, may_fetch
from agent.tasks import reading
from agent.transports.accepted import accepted
from agent.transports.accepting import Entrance
from agent.transports.answers import Answer as HttpAnswer
from agent.transports.answers import BadAnswer
from agent.transports.client import Client
from agent.transports.connection import Server
from agent.transports.guard import Guard, refusal
from agent.transports.retry import retry_after
from agent.transports.straight import Post
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
MOST_UNHEARD = 64 * 1024  # of an answer in which nothing is looked for: more costs more than a new connection
SEND_SECONDS = 15.0
HEADERS = f"Content-Type: {ENCRYPTED}\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
MOST_HOPS = 3

INVITED = """This link is an invitation to meet, as equals, by an agent and wallet of your own.

A browser cannot take it up. Copy the whole link, and give it to your agent:

    freerange accept 'THE LINK'
"""

Documents = Callable[[str], tuple[str, bytes] | None]


@dataclass
class Listener:
    """A listening socket. `receive` raises BadEnvelope, Dropped or TooLarge, or returns once the message is kept.

    shared: other processes of ours listen at the same place, and the system deals the connections out.
    """

    receive: Receive
    documents: Documents
    path: str = "/"
    most_bytes: int = MOST_BYTES
    guard: Guard = field(default_factory=Guard)
    tls: ssl.SSLContext | None = None
    heart: Heart = field(default_factory=Heart)
    shared: bool = False
    _entrance: Entrance | None = None

    def __post_init__(self) -> None:
        self._sockets = Sockets(self.receive, self.guard, self.heart, self.most_bytes)

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (of use when 0 was asked for). Raises OSError if it is taken."""
        metrics = self.guard.limits.metrics
        server = Server(reading(self.answer), self.guard.bounds, self.guard.full, self)
        entrance = Entrance(server, self.guard.spared, self.tls, metrics, shared=self.shared)
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
        try:
            raw = await self.body(request)
        except TooLarge:
            return self.too_large()
        except TimeoutError:
            return too_slow()
        except web.RequestPayloadError:
            return refusal(400, "not a body that can be read", close=True)
        answer = await self.keep(raw, self.guard.source(request))
        return accepted(request) if answer is None else answer

    def takes(self, post: Post) -> bool:
        """Whether this is a message for us; else the long way says what it is."""
        meant = post.path == self.path and post.kind in MEDIA_TYPES and len(post.body) <= self.most_bytes
        return meant and self.guard.is_here(post.host)

    async def take(self, post: Post, address: str) -> web.Response | None:
        """Answer one message that came straight; None: it was accepted. address: of the socket."""
        source = limits.source_of(address, post.forwarded, self.guard.trusted)
        refused = self.guard.refuse_source(source)
        return await self.keep(post.body, source) if refused is None else refused

    async def keep(self, raw: bytes, source: str) -> web.Response | None:
        """Take a message: None once it is kept, or an answer with a message for its sender, who asked for that.

        source: whom it is counted for.
        """
        back = Answer(source)
        try:
            with self.guard.work():
                await self.receive(raw, back)
        except TooLarge:
            return self.too_large()
        except TimeoutError:
            return too_slow()
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
        return None if packed is None else web.Response(body=packed, content_type=ENCRYPTED)

    def too_large(self) -> web.Response:
        """The answer to more than is taken, of which the rest is not read."""
        return refusal(413, f"at most {self.most_bytes} bytes", close=True)

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


def too_slow() -> web.Response:
    """The answer to what took too long."""
    return refusal(408, "too slow", close=True)


@dataclass
class Sender:
    """Posts packed messages, over kept-alive connections."""

    development: bool = False
    nearby: Nearby | None = None  # for tests alone
    watch: Watch | None = None  # is told the time of those who answer
    _client: Client | None = None

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Post one message. Raises Unreachable (try again) or Refused (the other side will not have it).

        receive: takes the message that an answer may hold. Returns whether there was one; it is out of the other side's
        hands whatever becomes of it here, so what matters is sent until it is acknowledged.
        Only 307 is followed, within the same scheme (DIDComm v2.1, "Transports: HTTPS", redirects).
        """
        if self._client is None:
            self._client = Client(guarded_addresses(self.development, self.nearby), guarded_tls(self.nearby))
        answer = await self.follow(self._client, url, packed, bool(receive))
        return answer is not None and receive is not None and await taken(answer, receive)

    async def follow(self, client: Client, url: str, packed: bytes, listens: bool) -> bytes | None:
        """Post to `url`, or to where it leads: the message in the answer, if any. Raises Unreachable or Refused."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                for _ in range(MOST_HOPS + 1):
                    place, answer = await self.post(client, url, packed, listens)
                    if place is None:
                        return answer
                    url = place
        except TimeoutError:
            raise Unreachable(f"no answer within {SEND_SECONDS:.0f} s") from None
        raise Unreachable("redirected too often")

    async def post(self, client: Client, url: str, packed: bytes, listens: bool) -> tuple[str | None, bytes | None]:
        """One POST: (None, the message in the answer, if any) when it was taken, or the place it was redirected to."""
        if not may_fetch(url, self.development):
            raise Refused("its address is not https, or not one of the public internet; nothing was sent")
        try:
            answer = await client.post(url, packed, HEADERS, MOST_DELIVERED if listens else MOST_UNHEARD)
        except (BadAnswer, OSError) as fault:  # some of TLS are both an OSError and a ValueError
            raise Unreachable(f"no connection ({type(fault).__name__})") from None
        except ValueError:
            raise Refused("its address names no place; nothing was sent") from None
        if self.watch is not None:
            self.watch.compare(urlsplit(url).netloc, answer.headers.get("Date", ""), time())
        place = judge(answer.status, answer.headers, url)
        return place, answered(answer) if listens and answer.status == 200 else None

    async def close(self) -> None:
        """Close idle connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None


def answered(answer: HttpAnswer) -> bytes | None:
    """The message an answer holds: of a DIDComm media type, uncompressed and of a size that we take; else None."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in MEDIA_TYPES or "Content-Encoding" in answer.headers:
        return None
    return answer.body or None


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
        if scheme_of(place) == scheme_of(url):
            return place
        raise Unreachable("redirected to another scheme")
    if status in (408, 425, 429) or status >= 500:
        raise Unreachable(f"it answered {status}", retry_after(headers), there=status == 429)
    raise Refused(f"it answered {status}")


def scheme_of(url: str) -> str:
    """The scheme of a URL; "" if it is none that can be read."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return ""
