"""Speaking to a Tryton server: JSON-RPC over HTTP, in a session that is opened anew when it has ended.

Source: trytond 6.0 to 8.2, `trytond/protocols/dispatcher.py` and `trytond/protocols/jsonrpc.py`.
"""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import msgspec

from agent.bridges import Undelivered, Unreachable
from agent.reach import chosen_connector

if TYPE_CHECKING:
    import aiohttp

SECONDS: Final = 12.0  # one call may take
SESSION_OVER: Final = (401, 403)
CLASS: Final = "__class__"
Row = dict[str, Any]


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens a session: a user of the Tryton server's own, in the group "Party Administration"."""

    user: str
    password: str


class Refusal(Undelivered):
    """The server would not do it. The words name the kind of fault, and nothing of what was asked."""


class Server:
    """One database of one server. url: where it is, the name of the database last."""

    def __init__(self, url: str, login: Login) -> None:
        self.url, self.login = f"{url.rstrip('/')}/rpc/", login
        self.user = 0  # our own number there, once logged in
        self._session = ""
        self._numbers = count(1)
        self._entry = asyncio.Lock()
        self._http: aiohttp.ClientSession | None = None

    async def call(self, method: str, *params: object, context: Row | None = None) -> Any:
        """What the server answers. params: without the context, which comes last.

        Raises Refusal if it will not, Unreachable if nobody is there or the login does not fit.
        """
        await self.enter(stale="")
        session, whole = self._session, [*params, context or {}]
        status, answer = await self._post(method, whole, session)
        if status in SESSION_OVER:
            await self.enter(stale=session)
            status, answer = await self._post(method, whole, self._session)
        return result(status, answer, method)

    async def enter(self, *, stale: str) -> None:
        """See to it that there is a session; stale: one that has ended."""
        async with self._entry:
            if self._session != stale:
                return
            params: list[object] = [self.login.user, {"password": self.login.password}, "en"]
            status, answer = await self._post("common.db.login", params, "")
            found = answer.get("result") if isinstance(answer, dict) else None
            if status != 200 or not isinstance(found, list | tuple) or len(found) < 2:
                raise Unreachable("its login does not fit; remove the bridge, and add it with another")
            self.user = int(found[0])
            token = f"{self.login.user}:{found[0]}:{found[1]}".encode()
            self._session = f"Session {b64encode(token).decode()}"

    async def close(self) -> None:
        """Let go of the connection; the session ends by itself."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def _post(self, method: str, params: list[object], session: str) -> tuple[int, Any]:
        import aiohttp

        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=SECONDS)
            self._http = aiohttp.ClientSession(connector=chosen_connector(), timeout=timeout, trust_env=False)
        headers = {"Content-Type": "application/json", **({"Authorization": session} if session else {})}
        body = msgspec.json.encode({"id": next(self._numbers), "method": method, "params": params}, enc_hook=encoded)
        try:
            async with self._http.post(self.url, data=body, headers=headers, allow_redirects=False) as answer:
                raw = await answer.read()
                return answer.status, msgspec.json.decode(raw) if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise Unreachable(f"nobody answers at its address ({type(fault).__name__})") from fault
        except msgspec.DecodeError as fault:
            raise Unreachable("what answers at its address is no Tryton server") from fault

    # -- models ---------------------------------------------------------------------------------------------------

    async def create(self, model: str, values: Row) -> int:
        """A new record; its number."""
        made = await self.call(f"model.{model}.create", [values])
        return int(made[0])

    async def write(self, model: str, ids: Sequence[int], values: Row) -> None:
        """Change records."""
        if ids:
            await self.call(f"model.{model}.write", list(ids), values)

    async def delete(self, model: str, ids: Sequence[int]) -> None:
        """Delete records."""
        if ids:
            await self.call(f"model.{model}.delete", list(ids))

    async def search(self, model: str, domain: Sequence[object]) -> list[int]:
        """The numbers of the records that fit, archived ones too."""
        whole = "party." in model and not any(each[0] == "active" for each in domain if isinstance(each, list))
        everything = [*domain, ["active", "in", [True, False]]] if whole else domain
        return [int(each) for each in await self.call(f"model.{model}.search", list(everything), 0, None, None)]

    async def find(
        self, model: str, domain: Sequence[object], fields: Sequence[str], order: tuple[str, str], limit: int
    ) -> list[Row]:
        """The records that fit. order: a field, and `ASC` or `DESC`."""
        by = [list(order)]
        found: list[Row] = await self.call(f"model.{model}.search_read", list(domain), 0, limit, by, list(fields))
        return found


def result(status: int, answer: Any, method: str) -> Any:
    """What a call came to. Raises Refusal or Unreachable."""
    if status in SESSION_OVER:
        raise Unreachable("it ended our session at once: its clock, or its settings, are wrong")
    if status != 200 or not isinstance(answer, dict):
        raise Unreachable(f"it answered {status}")
    if "error" in answer:
        error = answer["error"]
        kind = str(error[0])[:64] if isinstance(error, list) and error else "a fault"
        raise Refusal(f"{method} was refused: {kind}")
    return answer.get("result")


def encoded(value: object) -> object:
    """A value that JSON has no word for, as Tryton writes it."""
    if isinstance(value, Decimal):
        return {CLASS: "Decimal", "decimal": str(value)}
    raise NotImplementedError(type(value).__name__)  # by this msgspec is told that there is no other way either


def moment(at: str) -> Row:
    """A moment, as a call takes it. at: as `text_of` gives it."""
    then = datetime.fromisoformat(at)
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {CLASS: "datetime", **{name: getattr(then, name) for name in names}}


def text_of(value: Row) -> str:
    """A moment that was answered, as text that sorts."""
    date = "-".join(f"{int(value[name]):02}" for name in ("year", "month", "day"))
    time = ":".join(f"{int(value.get(name, 0)):02}" for name in ("hour", "minute", "second"))
    return f"{date}T{time}.{int(value.get('microsecond', 0)):06}"
