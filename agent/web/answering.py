"""The owner's listener, in whose answers nothing of the HTTP library shows: also to what cannot be read or goes wrong.

A page that fails is an answer of ours like any other, with the same headers; why goes to the log. Source: UI-06.
"""

import asyncio

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from agent.logs import note
from agent.web import gate

UNREADABLE = b'{"error": "not a request that can be read"}'
FAULT = b'{"error": "A fault of the agent. What was asked for may not be done; look again before you repeat it."}'


class Connection(RequestHandler):
    """One connection of a browser or a program."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Fixed words, which echo nothing."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is on its way already")
        if status >= 500:
            note("a page could not be answered", path=request.path, error=type(exc).__name__)
        found = web.Response(
            status=500 if status >= 500 else 400,
            body=FAULT if status >= 500 else UNREADABLE,
            content_type="application/json",
            headers=gate.HEADERS,
        )
        found.force_close()
        return found


class Server(web.Server):
    """Makes such connections."""

    def __call__(self) -> RequestHandler:
        """A new one."""
        return Connection(self, loop=asyncio.get_running_loop(), **self._kwargs)
