"""The bench runs: every figure is taken, once and small. What the figures are is no matter of a test."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_bench_takes_every_figure() -> None:
    command = (sys.executable, str(ROOT / "scripts" / "bench"), "--tiny", "--json")

    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    missing = [row for row in report["figures"] if row["median"] is None and "against" not in row["name"]]
    assert report["figures"]
    assert not missing
