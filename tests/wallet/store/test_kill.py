"""What was acknowledged survives a kill at any moment, and nothing is ever half written."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.failpoints import VARIABLE
from tests.faults.points import SERVER
from tests.wallet.store.writing import TENANT
from wallet.errors import Locked
from wallet.store import postgresql
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.vault import Vault

ROOT = Path(__file__).parents[3]


def killed_writer(where: Path | str, first: int, seconds: float | None, **environment: str) -> set[int]:
    """Run a writer, kill it `seconds` after its first acknowledgement. Returns the numbers it was acknowledged.

    seconds: None if it will die by itself.
    """
    command = [sys.executable, "-m", "tests.wallet.store.writing", str(where), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | environment) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline()]
        if seconds is not None:
            time.sleep(seconds)
            writer.send_signal(signal.SIGKILL)
        told += writer.stdout.readlines()
    return {int(line) for line in told if line.endswith("\n")}


def whole(store: Store) -> set[int]:
    """The numbers stored; fails if a change is there in part."""
    lanes = range(8)
    logged = {int(entry.id) for lane in lanes for entry in store.log(f"peer-{lane}", "t1")}
    kept = {int(item.id) for kind in ("key", "note") for item in store.items(kind)}
    counts = store.counts()

    assert logged == kept
    assert counts["heard"] == counts["outgoing"] == len(kept)
    return kept


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.full)])
def test_a_killed_writer_loses_nothing_it_was_acknowledged(path: Path, kills: int) -> None:
    FileStore.create(path, Vault.create(bytes(32))).close()
    source, acknowledged = random.Random(5), set[int]()

    for kill in range(kills):
        told = killed_writer(path, (kill + 1) * 1_000_000, source.random() * 0.05)
        acknowledged |= told
        assert told

    store = FileStore.open(path)
    store.vault.unlock(bytes(32))
    assert acknowledged <= whole(store)
    assert store.verify() == ()
    store.close()


# -- on a server ---------------------------------------------------------------------------------------------------


async def opened(url: str) -> Store:
    """The wallet, once the server has noticed that its last agent is dead."""
    deadline = time.monotonic() + 60
    while True:
        try:
            store = postgresql.open(url, TENANT)
            break
        except Locked:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.05)
    await store.unlock(bytes(32))
    return store


@pytest.mark.parametrize("kills", [6, pytest.param(200, marks=pytest.mark.full)])
async def test_a_killed_writer_to_a_server_loses_nothing_it_was_acknowledged(
    may_wait: None, database: str, kills: int
) -> None:
    postgresql.create(database, TENANT, Vault.create(bytes(32))).close()
    source, acknowledged = random.Random(5), set[int]()

    for kill in range(kills):
        told = killed_writer(database, (kill + 1) * 1_000_000, source.random() * 0.05)
        acknowledged |= told
        assert told

    store = await opened(database)
    assert acknowledged <= whole(store)
    assert store.verify() == ()
    store.close()


@pytest.mark.parametrize("name", SERVER)
async def test_killed_at_each_step_of_a_commit_to_a_server(may_wait: None, database: str, name: str) -> None:
    postgresql.create(database, TENANT, Vault.create(bytes(32))).close()

    told = killed_writer(database, 0, None, **{VARIABLE: f"{name}=kill@5"})

    store = await opened(database)
    stored = whole(store)
    assert told
    assert told <= stored
    assert len(stored) - len(told) <= (8 if name == "server.after-commit" else 0)
    assert store.verify() == ()
    store.close()
