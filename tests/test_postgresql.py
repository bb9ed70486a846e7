"""The PostgreSQL that tests use does what they rely on: it keeps what it commits, and is gone when they are."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from tests.postgresql import ABSENT, OWNER, ROOT, Server, living, programs, segment

LEFT = """
import sys, time
from tests.postgresql import Ground, Server
ground = Ground()
server = Server.make(ground.folder)
server.pause() if "paused" in sys.argv else None
print(ground.folder, flush=True)
time.sleep(600)
"""


async def scalar(url: str, query: str, patience: float = 10) -> object:
    """The first value of a query, asked over a new connection."""
    connection = await asyncpg.connect(url, timeout=patience)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def segments() -> set[str]:
    """The ids of all shared memory of this computer that is in no folder."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return {line.split()[1] for line in lines}


async def test_a_database_is_new_and_belongs_to_nobody_mighty(database: str) -> None:
    tables = await scalar(database, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    rights = await scalar(database, "SELECT current_user || rolsuper FROM pg_roles WHERE rolname = current_user")

    assert tables == 0
    assert rights == f"{OWNER}false"


async def test_it_is_as_durable_as_it_comes(database: str) -> None:
    settings = [await scalar(database, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")]

    assert settings == ["on", "on", "on"]


async def test_killed_and_started_again_it_has_what_it_had(own_postgresql: Server) -> None:
    url = own_postgresql.database()
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE kept (n int)")
    await connection.execute("INSERT INTO kept VALUES (7)")

    own_postgresql.kill()
    with pytest.raises(OSError):
        await scalar(url, "SELECT 1")
    own_postgresql.start()

    assert await scalar(url, "SELECT n FROM kept") == 7
    assert "automatic recovery in progress" in own_postgresql.said()


async def test_it_can_be_restarted_and_its_connections_cut(own_postgresql: Server) -> None:
    url = own_postgresql.database()
    own_postgresql.restart()
    connection = await asyncpg.connect(url)

    cut = own_postgresql.cut()

    assert cut == 1
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("SELECT 1")


async def test_held_still_it_answers_when_it_may(own_postgresql: Server) -> None:
    url = own_postgresql.database()

    own_postgresql.pause()
    with pytest.raises(TimeoutError):
        await scalar(url, "SELECT 1", patience=0.3)
    own_postgresql.resume()

    assert await scalar(url, "SELECT 1") == 1


async def test_a_promoted_standby_has_all_that_was_committed(own_postgresql: Server) -> None:
    standby = own_postgresql.standby()
    url = own_postgresql.database()
    await scalar(url, "CREATE TABLE kept AS SELECT 7 AS n")
    before = await scalar(url, "SELECT inet_server_port()")

    own_postgresql.kill()
    standby.promote()

    assert before == own_postgresql.port
    assert await scalar(url, "SELECT n FROM kept") == 7
    assert await scalar(url, "SELECT inet_server_port()") == standby.port
    assert await scalar(url, "CREATE TABLE more AS SELECT 8 AS n") is None


@pytest.mark.parametrize("state", ["running", "paused"])
def test_nothing_is_left_of_it_when_its_user_is_killed(state: str) -> None:
    if programs() is None:
        pytest.skip(ABSENT)
    user = subprocess.Popen((sys.executable, "-c", LEFT, state), cwd=ROOT, stdout=subprocess.PIPE)
    assert user.stdout
    folder = Path(user.stdout.readline().decode().strip())
    there, held = living(folder), segment(folder / "main")

    os.kill(user.pid, signal.SIGKILL)
    user.communicate()
    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)

    assert there
    assert held
    assert held not in segments()
    assert not folder.exists()
    assert not living(folder)
