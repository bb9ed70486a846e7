"""The loopback listener of the owner: her programs ask the JSON API, her browser gets pages.

Programs bring the token that the running agent left in its folder; a browser brings the key of a session, which it got
for a code of one use. Nothing else opens this door: no cookies, no CORS headers. Source: security 6.2.
"""

import asyncio
import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from agent import acts
from agent.agent import Agent
from agent.tasks import reading
from agent.web import answering, api, gate, live
from agent.web.pages import assets
from agent.web.pages.keeper import Keeper
from agent.web.pages.page import Fault, File, Made
from agent.web.sessions import Sessions, hash_of, name_of

TOKEN_FILE: Final = "api.json"
MOST_BYTES: Final = 1024 * 1024
MOST_SENT: Final = 16 * 1024 * 1024  # by a page: a back-up or a picture of a thing
STOP_SECONDS: Final = 2.0  # that requests under way get when the agent stops, and what nobody reads


class Knock(msgspec.Struct, frozen=True):
    """What a browser brings: the code it was opened with."""

    code: str


@dataclass
class Door:
    """The listener.

    agent: None while the wallet is locked, or is not made yet; then the keeper shows how to come in. token_hash:
    SHA-256 of the bearer token; the token itself is only in the owner's file.
    """

    agent: Agent | None
    token_hash: bytes = b""
    port: int = 0
    host: str = "127.0.0.1"
    sessions: Sessions = field(default_factory=Sessions)
    keeper: Keeper | None = None
    _under_way: int = 0
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen on loopback; returns the port. Raises OSError if it is taken."""
        server = answering.Server(reading(self.answer), access_log=None, lingering_time=STOP_SECONDS)
        self._runner = web.ServerRunner(server, shutdown_timeout=STOP_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.host = f"[{host}]" if ":" in host else host
        self.port = int(self._runner.addresses[0][1])
        return self.port

    async def stop(self) -> None:
        """Stop listening."""
        self.sessions.end()
        if self._runner is not None:
            await self._runner.cleanup()

    async def quiet(self, besides: int) -> None:
        """Return once no more requests than these are under way, or some take too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                while self._under_way > besides:
                    self._ended.clear()
                    await self._ended.wait()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request of the owner, or of somebody who would like to be."""
        here = {f"{host}:{self.port}" for host in ("127.0.0.1", "localhost", "[::1]")}
        if (refused := gate.refused(request, here)) is not None:
            return self.refuse(*refused)
        if request.method == "GET" and (asset := assets.found(request.path)) is not None:
            return web.Response(
                body=asset.content, content_type=asset.media_type, headers=gate.HEADERS, charset="utf-8"
            )
        if request.path == "/session":
            return await self.begin(request)
        if (refused := self.unproven(request) or gate.in_json(request, here)) is not None:
            return self.refuse(*refused)
        if request.path == "/events":
            return await live.tell(request, lambda: self.agent)
        path = request.raw_path.partition("?")[0]  # still encoded, so that a name may hold a slash
        most = MOST_SENT if path.startswith("/pages/") else MOST_BYTES
        if (body := await read(request, most)) is None:
            return self.reply(413, {"error": f"at most {most} bytes"})
        if (request.method, path) == ("POST", "/v1/codes"):
            return self.reply(200, {"code": self.sessions.code()})
        self._under_way += 1
        try:
            if path.startswith("/pages/"):
                return self.show(await self.visited(request, path.removeprefix("/pages"), body))
            if self.agent is None:
                return self.refuse(423, "the wallet is locked; nothing was shown or done. Unlock it first.")
            status, said = await api.answer(self.agent, request.method, path, body)
            return self.reply(status, said)
        finally:
            self._under_way -= 1
            self._ended.set()

    async def visited(self, request: web.BaseRequest, path: str, body: bytes) -> Made:
        """What came of looking at a page, or of sending a form. All pages are loaded for the first: they take 5 MiB."""
        from agent.web.pages import doorstep, visiting

        if self.agent is not None:
            session, query = session_of(request), dict(request.query)
            visit = visiting.answer(self.agent, request.method, path, query, body, self.keeper, session)
        elif self.keeper is not None:
            visit = doorstep.answer(self.keeper, request.method, path, body)
        else:
            return Fault("The wallet is locked. Nothing was shown or done.")
        return (await visit)[1]

    async def begin(self, request: web.BaseRequest) -> web.Response:
        """A session, for a code."""
        if (refused := gate.in_json(request, ())) is not None or request.method != "POST":
            return self.refuse(*(refused or (405, "POST a code")))
        try:
            knock = msgspec.json.decode(await request.content.read(1024), type=Knock)
        except msgspec.MsgspecError:
            return self.refuse(400, "not a code")
        key = self.sessions.begin(knock.code)
        if key and self.agent is not None:
            await acts.opened(self.agent, name_of(key))
        return self.reply(200, {"key": key}) if key else self.refuse(401, "this code is used, or too old")

    def unproven(self, request: web.BaseRequest) -> gate.Refusal | None:
        """The refusal of a request by nobody we know: the token is for programs and all; a session is for pages."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer" and hmac.compare_digest(hash_of(token), self.token_hash):
            return None
        pages = request.path.startswith("/pages/") or request.path == "/events"
        if scheme == "Session" and pages and self.sessions.goes_on(token):
            return None
        return 401, "a bearer token is needed; the running agent wrote one to api.json in its folder"

    def show(self, made: Made) -> web.Response:
        """What came of a visit. A page that says why it shows nothing is a page: its own script asked for it, and no
        browser shall log that as an error of ours."""
        match made:
            case str():
                return web.Response(text=made, content_type="text/html", headers=gate.HEADERS)
            case File():
                named = {"Content-Disposition": f'attachment; filename="{made.name}"'}
                return web.Response(body=made.content, content_type=made.media_type, headers=gate.HEADERS | named)
            case _:  # a fault is for the form that was sent: the page asked, and is answered
                return self.reply(200, msgspec.to_builtins(made))

    def refuse(self, status: int, words: str) -> web.Response:
        """A fixed answer that echoes nothing."""
        return self.reply(status, {"error": words})

    def reply(self, status: int, said: object) -> web.Response:
        """JSON that no cache keeps."""
        text = json.dumps(said, ensure_ascii=False, default=str)
        return web.Response(status=status, text=text, content_type="application/json", headers=gate.HEADERS)

    def write_token(self, home: Path, pid: int = 0) -> Path:
        """Make a token for this run and leave it where only the owner's own programs can read it (mode 0600).

        pid: the process to be told to stop; 0: this one.
        """
        token = secrets.token_urlsafe(32)
        self.token_hash = hash_of(token)
        path, fresh = home / TOKEN_FILE, home / f"{TOKEN_FILE}.new"
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            json.dump({"url": f"http://{self.host}:{self.port}", "token": token, "pid": pid or os.getpid()}, file)
        return fresh.replace(path)  # whole: somebody may be looking for it


async def read(request: web.BaseRequest, most: int) -> bytes | None:
    """The body; None if it has more bytes than that, of which no more are held."""
    if request.content_length is not None and request.content_length > most:
        return None
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def session_of(request: web.BaseRequest) -> str:
    """A name for the session that asks, by which nobody can take it up; "" for a program."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return name_of(key) if scheme == "Session" else ""
