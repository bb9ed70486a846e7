"""The listener of the API for an org's own systems. Off unless the setting `integrations` is made.

It listens on this computer only; a system elsewhere comes through a web server that speaks TLS. Pages in a browser are
not answered: nothing that sends an Origin is a system of the org's.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import msgspec
from aiohttp import web

from agent.agent import Agent
from agent.logs import note
from agent.rest import once
from agent.rest.desk import Desk
from agent.rest.faults import Fault
from agent.tasks import reading
from wallet.errors import WalletError

MOST_BYTES: Final = 1024 * 1024
STOP_SECONDS: Final = 2.0
FORGET_EVERY: Final = 600  # seconds
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@dataclass
class Counter:
    """Where integrations come: the listener. It forgets what was answered more than 24 hours ago."""

    agent: Agent
    desk: Desk = field(init=False)
    port: int = 0
    _runner: web.ServerRunner | None = None
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.desk = Desk(self.agent)

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port. Raises OSError if it is taken."""
        self._runner = web.ServerRunner(
            web.Server(reading(self.answer), access_log=None), shutdown_timeout=STOP_SECONDS
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.port = int(self._runner.addresses[0][1])
        self._task = asyncio.create_task(self.forget())
        return self.port

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        if (fault := self.refuse(request)) is not None:
            return reply(fault.status, fault.shown)
        try:
            body = await request.content.read(MOST_BYTES + 1)
            while len(body) <= MOST_BYTES and (more := await request.content.readany()):
                body += more
        except (OSError, asyncio.IncompleteReadError):  # whoever asked has gone
            return reply(400, Fault(400, "the request broke off; nothing was done").shown)
        if len(body) > MOST_BYTES:
            return reply(413, Fault(413, f"the body has more than {MOST_BYTES} bytes; nothing was done").shown)
        headers = {name.lower(): value for name, value in request.headers.items()}
        return reply(*await self.desk.answer(request.method, request.raw_path, headers, body))

    def refuse(self, request: web.BaseRequest) -> Fault | None:
        """Why this request is not read at all, if it is not."""
        if "Origin" in request.headers:
            return Fault(403, "pages in a browser are not answered", "Call from a program of yours.")
        if request.method != "GET" and request.content_type != "application/json":
            return Fault(415, "the body must be JSON; nothing was done", "Send Content-Type: application/json")
        return None

    async def forget(self) -> None:
        """Now and then, drop what nobody may ask for any more."""
        while True:
            try:
                if not self.agent.clock_in_doubt:
                    await once.forget(self.agent)
            except (OSError, WalletError) as fault:  # a full disk, say: they can wait
                note("answers to integrations stay for now", error=type(fault).__name__)
            await asyncio.sleep(FORGET_EVERY)


def reply(status: int, said: object) -> web.Response:
    """JSON that no cache keeps."""
    headers = {**HEADERS, "WWW-Authenticate": "Bearer"} if status == 401 else HEADERS
    body = msgspec.json.encode(said)
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
