"""The loopback listener of the owner's API.

Every request is checked before routing: Host is one of ours, Origin and Sec-Fetch-Site are absent or our own, the
bearer token fits, the body is JSON. No cookies, no CORS headers. Source: security 6.2 and cases UI-01..05, UI-22.
"""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from agent.agent import Agent
from agent.web import api

TOKEN_FILE = "api.json"
MOST_BYTES = 1024 * 1024
STOP_SECONDS = 2.0  # that requests under way get when the agent stops


@dataclass
class Door:
    """The listener. token_hash: SHA-256 of the bearer token; the token itself is only in the owner's file."""

    agent: Agent
    token_hash: bytes = b""
    port: int = 0
    host: str = "127.0.0.1"
    _runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen on loopback; returns the port. Raises OSError if it is taken."""
        self._runner = web.ServerRunner(web.Server(self.answer, access_log=None), shutdown_timeout=STOP_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.host = f"[{host}]" if ":" in host else host
        self.port = int(self._runner.addresses[0][1])
        return self.port

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request of the owner, or of somebody who would like to be."""
        if (refused := self.refuse(request)) is not None:
            status, words = refused
            return self.reply(status, {"error": words})
        if request.content_length is not None and request.content_length > MOST_BYTES:
            return self.reply(413, {"error": f"at most {MOST_BYTES} bytes"})
        body = await request.read()
        path = request.raw_path.partition("?")[0]  # still encoded, so that a name may hold a slash
        status, said = await api.answer(self.agent, request.method, path, body)
        return self.reply(status, said)

    def refuse(self, request: web.BaseRequest) -> tuple[int, str] | None:
        """Why this request is not answered, if it is not: each check alone stops a page of another origin."""
        here = {f"{host}:{self.port}" for host in ("127.0.0.1", "localhost", "[::1]")}
        if request.headers.get("Host") not in here:
            return 421, "not a name of this agent"
        origin = request.headers.get("Origin")
        if origin is not None and origin not in {f"http://{host}" for host in here}:
            return 403, "not from another page"
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return 403, "not from another page"
        if "token" in request.query or "access_token" in request.query:
            return 400, "a token never stands in an address"
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not hmac.compare_digest(hash_of(token), self.token_hash):
            return 401, "a bearer token is needed; the running agent wrote one to api.json in its folder"
        if request.method != "GET" and request.content_type != "application/json":
            return 415, "send application/json"
        return None

    def reply(self, status: int, said: object) -> web.Response:
        """JSON that no cache keeps."""
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
        text = json.dumps(said, ensure_ascii=False, default=str)
        return web.Response(status=status, text=text, content_type="application/json", headers=headers)

    def write_token(self, home: Path) -> Path:
        """Make a token for this run and leave it where only the owner's own programs can read it (mode 0600)."""
        token = secrets.token_urlsafe(32)
        self.token_hash = hash_of(token)
        path = home / TOKEN_FILE
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            json.dump({"url": f"http://{self.host}:{self.port}", "token": token, "pid": os.getpid()}, file)
        return path


def hash_of(token: str) -> bytes:
    """What is kept of a token. token: perhaps bytes that are no text, as a header may bring them."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()
