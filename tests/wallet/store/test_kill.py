"""What was acknowledged survives a kill at any moment, and nothing is ever half written."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wallet.store.sqlite import Store
from wallet.vault import Vault

ROOT = Path(__file__).parents[3]


def killed_writer(path: Path, first: int, seconds: float) -> set[int]:
    """Run a writer, kill it `seconds` after its first acknowledgement. Returns the numbers it was acknowledged."""
    command = [sys.executable, "-m", "tests.wallet.store.writing", str(path), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline()]
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        told += writer.stdout.readlines()
    return {int(line) for line in told if line.endswith("\n")}


def whole(store: Store) -> set[int]:
    """The numbers stored; fails if a change is there in part."""
    lanes = range(8)
    logged = {int(entry.id) for lane in lanes for entry in store.log(f"peer-{lane}", "t1")}
    kept = {int(item.id) for item in store.items("key")}
    counts = store.counts()

    assert logged == kept
    assert counts["heard"] == counts["outgoing"] == len(kept)
    return kept


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.full)])
def test_a_killed_writer_loses_nothing_it_was_acknowledged(path: Path, kills: int) -> None:
    Store.create(path, Vault.create(bytes(32))).close()
    source, acknowledged = random.Random(5), set[int]()

    for kill in range(kills):
        told = killed_writer(path, (kill + 1) * 1_000_000, source.random() * 0.05)
        acknowledged |= told
        assert told

    store = Store.open(path)
    store.vault.unlock(bytes(32))
    assert acknowledged <= whole(store)
    assert store.verify() == ()
    store.close()
