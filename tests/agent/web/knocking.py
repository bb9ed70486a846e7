"""Requests to the owner's door, byte by byte: a browser would not let a test write some of them."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

from agent.web.server import Door

Answer = tuple[int, bytes, dict[str, str]]
Changes = Mapping[str, str | None]


def token(folder: Path) -> str:
    """The token, as the owner's programs read it."""
    found: str = json.loads((folder / "api.json").read_text())["token"]
    return found


async def asked(
    door: Door, folder: Path, method: str = "GET", path: str = "/v1/status", body: bytes = b"", **changes: str | None
) -> Answer:
    """What is answered. changes: headers, `_` for `-`, that differ from what the owner's programs send; None: none."""
    return await sent(door, folder, changes, method, path, body)


async def sent(
    door: Door, folder: Path, changes: Changes, method: str = "GET", path: str = "/v1/status", body: bytes = b""
) -> Answer:
    """The same, with the changes as a table."""
    headers: Changes = {
        "Host": f"127.0.0.1:{door.port}",
        "Authorization": f"Bearer {token(folder)}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    headers = {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
    return await written(door, "\r\n".join([*lines, "", ""]).encode("latin-1") + body)


async def written(door: Door, request: bytes) -> Answer:
    """What is answered to these bytes: status, body and headers, whose names are in lower case."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(request)
    raw = await reader.read()
    writer.close()
    head, _, said = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), said, {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in rest}
