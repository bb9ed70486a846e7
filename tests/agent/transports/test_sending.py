"""Posting to a listener that means us harm, or breaks off: what is read of its answers, and for how long."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from agent.errors import Refused, Unreachable
from agent.transports import http
from agent.transports.http import Sender

Answers = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    """A sender in development mode."""
    made = Sender(development=True)
    yield made
    await made.close()


@asynccontextmanager
async def far(answers: Answers) -> AsyncIterator[str]:
    """The address of a listener that reads one message, then does as it likes."""

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n{}")
            await answers(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


async def test_an_answer_of_a_gigabyte_is_not_read(sender: Sender) -> None:
    """HT-13: nothing is, unless a message was asked for; and then no more than a message may hold."""
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/didcomm-encrypted+json\r\n")
        writer.write(b"Content-Length: 1073741824\r\n\r\n")
        while sent < 1 << 30:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with far(pour) as url:
        await sender.send(url, b"{}")
        assert sent < 8 << 20  # what the buffers of two kernels take


async def test_an_answer_that_never_ends_is_given_up(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """HT-13."""
    monkeypatch.setattr(http, "SEND_SECONDS", 0.3)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            writer.write(b"X")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with far(drip) as url, asyncio.timeout(3):
        with pytest.raises(Unreachable):
            await sender.send(url, b"{}")


async def test_the_time_for_an_answer_is_not_renewed_by_redirects(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HT-13. It is late by the loop's clock, which the test moves on: less than the time for one answer, each time."""
    monkeypatch.setattr(http, "SEND_SECONDS", 100.0)
    asked, loop = 0, asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + 60.0 * asked)

    async def lead_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)  # whoever has waited for too long gives up now
        writer.write(f"HTTP/1.1 307 On\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    async with far(lead_on) as url:
        with pytest.raises(Unreachable):
            await sender.send(url, b"{}")

    assert asked == 2


@pytest.mark.parametrize("length", [3_000, 300_000])
async def test_what_it_says_beside_its_status_is_not_repeated(sender: Sender, length: int) -> None:
    """HT-13: a reason of 3 kB is passed over, a longer one is no HTTP; neither gets into our words."""

    async def explain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 503 {'because ' * (length // 8)}\r\nContent-Length: 7\r\n\r\nbecause".encode())
        await writer.drain()

    async with far(explain) as url:
        with pytest.raises(Unreachable) as fault:
            await sender.send(url, b"{}")

    assert "because" not in str(fault.value)
    assert len(str(fault.value)) < 100


@pytest.mark.parametrize(("status", "said", "seconds"), [(503, "7", 7), (429, "99999999", 21600), (503, "?", None)])
async def test_when_it_wants_to_be_asked_again_is_passed_on(
    sender: Sender, status: int, said: str, seconds: int | None
) -> None:
    """HT-14."""

    async def later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} Later\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    async with far(later) as url:
        with pytest.raises(Unreachable) as fault:
            await sender.send(url, b"{}")

    assert fault.value.retry_after == seconds


async def test_a_place_to_go_on_to_that_is_none_is_not_gone_to(sender: Sender) -> None:
    async def lead_astray(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 307 On\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with far(lead_astray) as url:
        with pytest.raises(Unreachable, match="redirected"):
            await sender.send(url, b"{}")


@pytest.mark.parametrize(
    "url",
    [
        "https://[2606:4700::1111%25lo]/",
        "https://[2606:4700::1111%lo]/",
        "https://[::1%lo]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[::ffff:a00:1]/",
        "https://10.0.0.1/",
        "https://her:word@shop.example/",
        "https://her@shop.example/",
    ],
)
async def test_what_leads_into_a_network_of_ours_or_says_who_asks_is_refused(sender: Sender, url: str) -> None:
    with pytest.raises(Refused, match="nothing was sent"):
        await sender.send(url, b"{}")


@pytest.mark.parametrize(
    "host", ["127.1", "127.0.1", "127.0x0.1", "127.0.0.01", "127.0.0.1.", "localhost.", "LOCALHOST"]
)
async def test_no_spelling_of_an_address_of_this_computer_is_connected_to(host: str) -> None:
    """As a name each is looked up, and what is found is judged."""
    with pytest.raises(Unreachable, match=r"no connection \((OSError|gaierror)\)"):
        await Sender().send(f"https://{host}/", b"{}")


async def test_who_hangs_up_before_answering_may_have_taken_it_and_is_sent_it_again(sender: Sender) -> None:
    """HT-16: the receiver knows a repeat by its id (ST-01)."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with far(hang_up) as url:
        with pytest.raises(Unreachable) as fault:
            await sender.send(url, b"{}")

    assert fault.value.retry_after is None
