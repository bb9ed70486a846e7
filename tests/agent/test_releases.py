"""A wallet of any release is opened by this one, and means what it meant. Source: security P17, SR-12, SR-13."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from agent.__main__ import main
from tests.agent.released import RELEASES, SECRETS, Json, Released, lines, opened, says, views
from tests.agent.world import PASSPHRASE, World, state, the_only, threads
from tests.promises import Promise
from wallet.store import file, schema
from wallet.store.sqlite import FileStore
from wallet.version import PROGRAM

ROOT = Path(__file__).parents[2]
every_release = pytest.mark.parametrize("released", RELEASES, ids=lambda released: released.folder.name)


@every_release
@pytest.mark.parametrize("name", SECRETS)
async def test_a_wallet_of_an_earlier_release_means_what_it_meant(
    world: World, released: Released, name: str, promise: Promise
) -> None:
    agent, then = await opened(world, released, name), released.dump["agents"][name]

    assert agent.store.verify() == ()
    assert lines(agent.store) == then["lines"]
    assert says(await views(agent), then["views"])
    promise("P17", what="wallets of released versions opened", size=1, result="they say what they said", part=True)


def test_a_wallet_that_lost_something_would_be_found_out() -> None:
    then: Json = {"peers": [{"name": "a", "terms": None}, {"name": "b", "terms": "t"}]}

    assert says({"peers": [{"name": "b", "terms": "t", "new": 1}, {"name": "a", "terms": None}]}, then)
    for now in (
        {"peers": [{"name": "a", "terms": None}]},
        {"peers": [{"name": "a", "terms": "t"}, {"name": "b", "terms": "t"}]},
        {"peers": [{"name": "a"}, {"name": "b", "terms": "t"}]},
        {},
    ):
        assert not says(now, then)


@every_release
async def test_what_was_under_way_goes_on(world: World, released: Released) -> None:
    library, her = await opened(world, released, "library"), await opened(world, released, "her")
    [proffered] = [thid for thid, each in threads(her).items() if each.thread.state == "proffered"]

    await world.pass_time(3600)
    await world.answer(her)

    assert state(her, proffered) == state(library, proffered) == "in-force"
    assert len(the_only(her).agreements) == len(the_only(library).agreements) == 2
    assert len(await world.listed(her, "/v1/credentials")) == 2
    said = str([entry.record for thid in threads(library) for entry in library.store.log(the_only(library).peer, thid)])
    assert "On its way" in said
    assert "Given up" not in said
    assert her.store.verify() == library.store.verify() == ()


@every_release
async def test_what_was_heard_by_the_earlier_release_is_still_known(world: World, released: Released) -> None:
    agent, peer = await opened(world, released, "her"), ""
    peer = the_only(agent).peer
    theirs = [
        line for line in released.dump["agents"]["her"]["lines"] if line["kind"] == "message" and not line["ours"]
    ]

    assert theirs
    assert all(agent.store.seen(peer, line["id"]) for line in theirs)


def fixture_of_this_version(folder: Path) -> Released:
    """What scripts/make_fixture makes now."""
    made = Released(folder / "this version")
    command = (sys.executable, str(ROOT / "scripts" / "make_fixture"), "--to", str(made.folder))
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return made


@pytest.mark.full
async def test_the_fixture_of_this_version_can_be_made(world: World, tmp_path: Path) -> None:
    made = fixture_of_this_version(tmp_path)

    for name in SECRETS:
        agent = await opened(world, made, name)
        assert lines(agent.store) == made.dump["agents"][name]["lines"]
        assert (await views(agent)) == made.dump["agents"][name]["views"]


# -- newer data ---------------------------------------------------------------------------------------------------


def test_an_older_program_refuses_a_newer_wallet_and_names_its_maker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    (tmp_path / "pw").touch(0o600)
    (tmp_path / "pw").write_text(PASSPHRASE)
    opens = ("--passphrase-file", str(tmp_path / "pw"))
    assert main(["--home", str(home), "init", "--development", *opens]) == 0
    before = (home / "wallet.db").read_bytes()
    monkeypatch.setattr(file, "MIGRATIONS", schema.MIGRATIONS[:1])

    status = main(["--home", str(home), "peers", *opens])

    assert status == 15
    assert PROGRAM in capsys.readouterr().err
    assert (home / "wallet.db").read_bytes() == before


# -- a kill in between --------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from wallet.store import file

path, left = Path(sys.argv[1]), [int(sys.argv[2])]
connect = file.connect

def counted(path, *, writes):
    connection = connect(path, writes=writes)
    def trace(statement):
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
    connection.set_trace_callback(trace)
    return connection

file.connect = counted
file.header(path)
print(left[0])
"""


def migrate(path: Path, until: int = 10_000) -> tuple[int, int]:
    """Open a wallet in a process killed at statement `until`. Returns how it ended, and how many it executed."""
    command = (sys.executable, "-c", KILLED, str(path), str(until))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, until - int(done.stdout or 0)


def content(path: Path) -> list[str]:
    """All there is in a SQLite file, whatever its pages are like."""
    with closing(sqlite3.connect(path)) as connection:
        return [*connection.iterdump()]


@every_release
@pytest.mark.parametrize("kills", [5, pytest.param(10_000, marks=pytest.mark.full)])
async def test_a_migration_killed_at_any_statement_begins_again(
    tmp_path: Path, released: Released, kills: int, promise: Promise
) -> None:
    original = released.unpack("library", tmp_path / "original")
    before, schema_then = content(original), schema_of(original)
    if schema_then == len(schema.MIGRATIONS):
        pytest.skip("part of a later release: this one migrates nothing yet")
    _, count = migrate(original)
    at = range(0, count, max(1, count // kills))

    for statement in at:
        path = released.unpack("library", tmp_path / str(statement))
        status, _ = migrate(path, statement)
        assert status == -signal.SIGKILL
        store = FileStore.open(path)
        await store.unlock(SECRETS["library"])
        assert store.verify() == ()
        assert lines(store) == released.dump["agents"]["library"]["lines"]
        assert content(Path(f"{path}.schema-{schema_then}")) == before
        store.close()
    assert len(at) >= min(kills, 20)
    what = "statements of migrations at which they were killed"
    promise("P17", what=what, size=len(at), result="all whole at the next start", part=True)


def schema_of(path: Path) -> int:
    """The schema of a wallet file."""
    with closing(sqlite3.connect(path)) as connection:
        ((number,),) = connection.execute("PRAGMA user_version")
    return int(number)
