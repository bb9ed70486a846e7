"""The listener for whoever watches over the agent: /health, /ready, /metrics. Off unless the setting `metrics` is made.

It says how the agent does and nothing about anybody: no names, no DIDs, no messages. It takes no orders.
"""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from agent.agent import Agent
from agent.tasks import reading
from agent.web import metrics
from agent.web.readiness import Lookout

STOP_SECONDS: Final = 1.0
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


class Window:
    """The listener, whoever knows what it says."""

    _runner: web.ServerRunner | None = None

    async def checks(self) -> dict[str, bool]:
        """Whether each condition holds; names only, for the words are the owner's (freerange doctor)."""
        raise NotImplementedError

    async def metrics(self) -> bytes:
        """Everything that is counted, in the text format of Prometheus."""
        raise NotImplementedError

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port. Raises OSError if it is taken."""
        self._runner = web.ServerRunner(
            web.Server(reading(self.answer), access_log=None), shutdown_timeout=STOP_SECONDS
        )
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
                checks = await self.checks()
                ready = all(checks.values())
                return web.json_response({"ready": ready, "checks": checks}, status=200 if ready else 503)
            case "/metrics":
                return web.Response(body=await self.metrics(), headers={"Content-Type": TEXT})
        return web.json_response({"error": "GET /health, /ready or /metrics"}, status=404)


@dataclass
class Monitor(Window):
    """What is to be seen of one process."""

    agent: Agent
    lookout: Lookout

    async def checks(self) -> dict[str, bool]:
        """See Window."""
        checks = {each.check: each.ok for each in await self.lookout.look()}
        return checks | {"stopping": False} if self.agent.stopping else checks

    async def metrics(self) -> bytes:
        """See Window."""
        return metrics.text(self.agent, await self.lookout.look())
