"""The answer to nearly every message, byte for byte what aiohttp would say."""

import asyncio
from email.utils import parsedate_to_datetime
from time import time

import aiohttp
import pytest
from aiohttp import web

from agent.transports import http
from agent.transports.accepted import written
from agent.transports.http import ENCRYPTED, Listener
from tests.agent.transports.sockets import NOTHING, Ear
from tests.agent.transports.test_http import said

REQUEST = (f"Content-Type: {ENCRYPTED}", "Content-Length: 2", "Host: x")


async def place(listener: Listener) -> str:
    """Where it listens, once it does."""
    return f"http://127.0.0.1:{await listener.start('127.0.0.1', 0)}/"


def headers(answer: bytes) -> set[bytes]:
    """The head of an answer without the time."""
    head = answer.partition(b"\r\n\r\n")[0]
    return {line for line in head.split(b"\r\n") if not line.startswith(b"Date: ")}


async def test_it_says_what_the_library_would_say(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener(ear.receive, NOTHING.get)
    url = await place(listener)

    async def heads() -> list[set[bytes]]:
        both = ("POST / HTTP/1.1", *REQUEST), ("POST / HTTP/1.1", *REQUEST, "Connection: close")
        return [headers(await said(url, *both[1], body=b"{}")), headers((await kept(url))[0])]

    ours = await heads()
    monkeypatch.setattr(http, "accepted", lambda request: web.Response(status=202))
    theirs = await heads()

    assert ours[0] == theirs[0]
    assert ours[1] == theirs[1] - {b"Content-Type: application/octet-stream"}
    await listener.stop()


async def kept(url: str) -> list[bytes]:
    """The answers to three messages that come at once on one connection, which stays."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.split(":")[2].rstrip("/")))
    writer.write("\r\n".join(["POST / HTTP/1.1", *REQUEST, "", "{}"]).encode() * 3)
    answers = [await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60) for _ in range(3)]
    writer.close()
    return answers


async def test_several_on_one_connection_are_each_answered(ear: Ear) -> None:
    listener = Listener(ear.receive, NOTHING.get)

    answers = await kept(await place(listener))

    assert [each.split(b" ")[1] for each in answers] == [b"202"] * 3
    assert len(ear.heard) == 3
    await listener.stop()


async def test_clients_read_it(ear: Ear) -> None:
    listener = Listener(ear.receive, NOTHING.get)
    url = await place(listener)

    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.post(url, data=b"{}", headers={"Content-Type": ENCRYPTED}) as answer:
                assert (answer.status, await answer.read()) == (202, b"")
                assert abs(parsedate_to_datetime(answer.headers["Date"]).timestamp() - time()) < 5
    await listener.stop()


def test_over_tls_it_asks_for_tls() -> None:
    assert b"Strict-Transport-Security: " in written(0, secure=True)
    assert b"Strict-Transport-Security: " not in written(0, secure=False)
