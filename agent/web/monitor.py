"""The listener for whoever watches over the agent: /health, /ready, /metrics. Off unless the setting `metrics` is made.

It says how the agent does and nothing about anybody: no names, no DIDs, no messages. It takes no orders.
"""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from agent.agent import Agent
from agent.web import metrics
from agent.web.readiness import Lookout

STOP_SECONDS: Final = 1.0
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Monitor:
    """The listener."""

    agent: Agent
    lookout: Lookout
    _runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port. Raises OSError if it is taken."""
        self._runner = web.ServerRunner(web.Server(self.answer, access_log=None), shutdown_timeout=STOP_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        if request.method not in ("GET", "HEAD"):
            return web.json_response({"error": "GET /health, /ready or /metrics"}, status=405)
        match request.path:
            case "/health":
                return web.json_response({"alive": True})
            case "/ready":
                return await self.ready()
            case "/metrics":
                found = await self.lookout.look()
                return web.Response(body=metrics.text(self.agent, found), headers={"Content-Type": TEXT})
        return web.json_response({"error": "GET /health, /ready or /metrics"}, status=404)

    async def ready(self) -> web.Response:
        """200 if every condition holds, else 503; names only, for the words are the owner's (freerange doctor)."""
        checks = {each.check: each.ok for each in await self.lookout.look()}
        if self.agent.stopping:
            checks["stopping"] = False
        ready = all(checks.values())
        return web.json_response({"ready": ready, "checks": checks}, status=200 if ready else 503)
