"""A disk that fails, is kept busy by others, or may not be written to. Source: docs/security.md, rows SR-09 to 11."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.faults.judging import Verdict
from tests.faults.lives import Place
from tests.faults.test_disk import ALLOWED, GATHER, accepted_again, answers, refused_again, under_load
from tests.faults.test_kill import REACHED, come_to_rest, look
from tests.faults.volumes import volume

FAILS_AT = ("writer.begun=eio", "writer.before-commit=eio", "apply.before-outbox=eio", "writer.before-commit=enospc")
STRACE = ("strace", "-D", "-f", "-qq", "--seccomp-bpf")
CALLS = ("fdatasync", "pwrite64")


async def injected(noted: Path) -> None:
    """Return once an error was said."""
    async with asyncio.timeout(REACHED):
        while "(INJECTED)" not in noted.read_text():  # noqa: ASYNC110, ASYNC240 - nobody is told of it
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("failpoint", FAILS_AT)
async def test_while_the_disk_fails_nothing_is_accepted_and_then_all_goes_on(tmp_path: Path, failpoint: str) -> None:
    place, broken = await Place.make(tmp_path), tmp_path / "broken"
    async with under_load(tmp_path, place, failpoints=f"{failpoint}?{broken}") as (life, load):
        broken.touch()
        await refused_again(load)
        broken.unlink()
        await accepted_again(load)
        died = life.dead

    assert not died
    assert answers(load).keys() == {202, 503}
    assert look(place, load, everywhere=True) == Verdict()


@pytest.mark.full
@pytest.mark.parametrize("call", CALLS)
async def test_an_error_said_by_the_kernel_costs_one_batch_and_no_message(tmp_path: Path, call: str) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace on this machine; install it with the system's package manager")
    place, noted = await Place.make(tmp_path), tmp_path / "noted"
    inject = ("-o", str(noted), "-e", f"trace={call}", "-e", f"inject={call}:error=EIO:when=60+200")
    async with under_load(tmp_path, place, under=(*STRACE, *inject)) as (life, load):
        await injected(noted)
        await accepted_again(load)
        died = life.dead

    assert not died
    assert answers(load).keys() <= ALLOWED
    assert look(place, load, everywhere=True) == Verdict()
    await load.open()
    assert await come_to_rest(place, load) == Verdict()
    await load.close()


async def test_another_program_that_keeps_the_wallet_locked_is_waited_for(tmp_path: Path) -> None:
    place = await Place.make(tmp_path)
    async with under_load(tmp_path, place) as (life, load):
        other = sqlite3.connect(place.wallet, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(GATHER)
        other.execute("ROLLBACK")
        other.close()
        await accepted_again(load)
        died = life.dead

    assert not died
    assert answers(load).keys() <= ALLOWED
    assert look(place, load, everywhere=True) == Verdict()


async def test_on_a_file_system_that_may_not_be_written_to_it_says_so(tmp_path: Path) -> None:
    with volume(tmp_path / "disk", mib=8) as disk:
        place = await Place.make(disk.folder)
        if not disk.mounted:
            pytest.skip("part of a later release: read-only file systems where none can be mounted")
        disk.seal()
        life = await place.start()
        status = await life.ended()

    assert status == 1
    assert "Read-only file system" in life.said
    assert "a fault of this program" not in life.said


async def test_a_second_agent_on_the_same_wallet_is_refused(tmp_path: Path) -> None:
    place = await Place.make(tmp_path)
    first = await place.start()
    second = await place.start()

    assert await second.ended() == 13
    assert not first.dead
    assert await first.stop() == 0
