"""A worker as whoever looks after it sees it: real processes, which do as they like."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from agent.cli.hand import Hand
from agent.cli.told import MOST_LINE, Told, line
from agent.cli.workers import Office
from tests.agent.transports.sockets import eventually
from tests.agent.transports.wire import PATIENCE

LISTENS = line(Told(listens=True)).decode()
LIVES = line(Told()).decode()
ANSWER = line(Told(number=1, checks={"store": True}, metrics=b"xxx")).decode()


async def hand(program: str, silent: float = PATIENCE) -> Hand:
    """A process of one's own. silent: seconds of silence that are too many."""
    arguments = ("-I", "-S", "-c", f"import sys, time\nsay = lambda said: print(said, end='', flush=True)\n{program}")
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=PIPE, stdout=PIPE, limit=MOST_LINE)
    return Hand(0, process, asyncio.Event(), silent)


async def test_it_listens_answers_and_ends() -> None:
    worker = await hand(
        f"say({LISTENS!r}); sys.stdin.readline(); say({ANSWER!r}.replace('eHh4', 'eHh4' * 50_000));"
        " sys.stdin.readline(); sys.exit(7)"
    )
    following = asyncio.create_task(worker.follow())
    await worker.ready.wait()

    first = await worker.ask(metrics=True)
    second = await worker.ask(metrics=True)
    status = await following

    assert first == Told(number=1, checks={"store": True}, metrics=b"xxx" * 50_000)
    assert second is None
    assert status == 7
    assert worker.listened
    assert not worker.ready.is_set()


async def test_one_that_says_what_means_nothing_is_ended() -> None:
    worker = await hand(f"say({LISTENS!r}); say('what?\\n'); time.sleep(600)")

    async with asyncio.timeout(PATIENCE / 2):
        status = await worker.follow()

    assert worker.listened
    assert status == -signal.SIGKILL


async def test_one_that_hangs_is_ended() -> None:
    worker = await hand(f"say({LISTENS!r}); sys.stdin.readline(); say({LIVES!r}); time.sleep(600)")
    following = asyncio.create_task(worker.follow())
    await worker.ready.wait()
    worker.silent = 0.4

    assert await worker.ask(metrics=False) is None
    assert await following == -signal.SIGKILL


async def test_one_that_says_that_it_lives_goes_on() -> None:
    worker = await hand(f"say({LISTENS!r})\nfor _ in range(25): say({LIVES!r}); time.sleep(0.1)")
    following = asyncio.create_task(worker.follow())
    await worker.ready.wait()
    worker.silent = 2.0

    assert await following == 0


async def test_what_was_said_while_we_were_held_still_is_heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As after a computer has slept: the time is over before anything is read."""
    loop, said = asyncio.get_running_loop(), tmp_path / "said"
    times = [loop.time()]
    monkeypatch.setattr(loop, "time", lambda: times[-1])  # so that no other wait, however long, is too long
    worker = await hand(
        f"say({LISTENS!r}); sys.stdin.readline(); say({LIVES!r}); open({str(said)!r}, 'x'); sys.stdin.readline()"
    )
    following = asyncio.create_task(worker.follow())
    await worker.ready.wait()
    assert worker.process.stdin

    worker.process.stdin.write(b"\n")
    ends = time.monotonic() + PATIENCE
    while not said.exists() and time.monotonic() < ends:
        time.sleep(0.01)  # noqa: ASYNC251 - nothing may be read meanwhile: that is what it is about
    times.append(times[-1] + PATIENCE)
    worker.process.stdin.write(b"\n")

    assert await following == 0


async def test_one_that_has_no_turn_for_long_says_where_it_is_and_ends() -> None:
    """Whoever looks after it may be gone."""
    program = (
        "import asyncio, time\nfrom agent.cli import worker\nworker.HANGS = 0.3\n"
        "async def main():\n"
        "    alive = worker.lives(lambda told: None)\n"
        "    alive.send(None); time.sleep(600)\n"  # one line: it is there from when the time begins to count
        "asyncio.run(main())"
    )

    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stderr=PIPE)
    _, said = await process.communicate()

    assert process.returncode == 1
    assert b"Timeout" in said
    assert b"line 6 in main" in said


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is started as a worker: it listens, and waits to be told to end."""
    made = tmp_path / "worker"
    made.write_text(f"#!/bin/sh\nread order\necho '{LISTENS.strip()}'\nexec cat\n")
    made.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(made))
    return made


async def test_where_no_process_can_be_had_the_others_go_on_and_it_is_tried_again(
    program: Path, tmp_path: Path
) -> None:
    office = Office(tmp_path, "a passphrase", 2, quiet=True)
    running = asyncio.create_task(office.run("they listen"))
    await eventually(lambda: len(office.hands) == 2 and all(each.listened for each in office.hands.values()))
    one, other = office.hands[0], office.hands[1]
    os.rename(program, away := tmp_path / "away")

    one.process.kill()
    await eventually(lambda: not one.ready.is_set())
    await asyncio.sleep(0.2)
    still = not running.done()
    os.rename(away, program)
    await eventually(lambda: office.hands[0] is not one and office.hands[0].listened)

    assert still
    assert office.hands[1] is other
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert {each.process.returncode for each in office.hands.values()} == {-signal.SIGTERM}


async def test_the_first_that_cannot_be_had_ends_it(program: Path, tmp_path: Path) -> None:
    os.remove(program)

    with pytest.raises(FileNotFoundError):
        await Office(tmp_path, "a passphrase", 1, quiet=True).run("they listen")
