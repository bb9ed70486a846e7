"""HT-05: a request that two servers could read differently is read by none, and nothing that hides in it is seen."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.transports.guard import Guard
from agent.transports.http import Listener
from agent.ways import WayBack
from tests.corpus.http_requests import CHUNKED, HIDDEN, HOST, LF, REFUSED, TRAILERS, posted

ROWS = 20
NOTHING: dict[str, tuple[str, bytes]] = {}


class Ear:
    """Takes whatever message it is given."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def receive(self, raw: bytes, back: WayBack | None) -> None:
        """Hear one message."""
        self.heard.append(raw)


@pytest.fixture
def ear() -> Ear:
    """An ear."""
    return Ear()


@pytest.fixture
async def port(ear: Ear) -> AsyncIterator[int]:
    """The port of a listener."""
    listener = Listener(ear.receive, NOTHING.get, guard=Guard(hosts=frozenset({HOST})))
    yield await listener.start("127.0.0.1", 0)
    await listener.stop()


async def exchanged(port: int, request: bytes) -> bytes:
    """All that is answered to these bytes, until the connection is closed; an empty answer if it stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    parts = bytearray()
    try:
        async with asyncio.timeout(60):
            while part := await reader.read(65536):
                parts += part
    except ConnectionError:  # closed while bytes of ours were still coming
        pass
    except TimeoutError:
        return b""
    finally:
        writer.close()
    return bytes(parts)


@pytest.mark.parametrize("name", [*REFUSED, "lines-ended-by-a-bare-lf", "trailers-without-end"])
async def test_what_two_servers_could_read_differently_is_refused_and_the_connection_closed(
    ear: Ear, port: int, name: str
) -> None:
    """HT-05."""
    request = {**REFUSED, "lines-ended-by-a-bare-lf": LF, "trailers-without-end": TRAILERS}[name]

    head, _, body = (await exchanged(port, request)).partition(b"\r\n\r\n")

    assert head.split()[1] == b"400"
    assert list(json.loads(body)) == ["error"]
    assert len(body) <= 200
    assert b"aiohttp" not in head
    assert ear.heard == []


async def test_the_same_request_without_the_fault_is_taken(ear: Ear, port: int) -> None:
    """What is refused above is refused for its fault: refusing everything would not pass."""
    good = [posted("Content-Length: 2", "Connection: close")]
    good.append(posted(CHUNKED, "Connection: close", body="2\r\n{}\r\n0\r\nX-Trailer: y\r\n\r\n"))
    good.append(posted("Content-Length: 2", f"X-Long: {'y' * 8192}", "Connection: close"))
    good.append(posted(*(f"X-{number}: y" for number in range(60)), "Content-Length: 2", "Connection: close"))

    answers = [await exchanged(port, each) for each in good]

    assert [each.split()[1] for each in answers] == [b"202"] * len(good)
    assert ear.heard == [b"{}"] * len(good)


async def test_two_requests_in_one_go_are_two_messages(ear: Ear, port: int) -> None:
    """The hidden request is one that would be answered, if it were seen."""
    last = HIDDEN.replace("/hidden", "/").replace("Content-Length", "Connection: close\r\nContent-Length").encode()

    answer = await exchanged(port, posted("Content-Length: 2") + last)

    assert answer.count(b" 202 ") == 2
    assert ear.heard == [b"{}", b"{}"]


def test_every_row_of_the_table_is_shown_somewhere() -> None:
    rows = json.loads((Path(__file__).parent / "http" / "rows.json").read_text())

    assert set(rows) == {f"HT-{row:02}" for row in range(1, ROWS + 1)}
