"""Before a release each step is taken, in order, until one fails."""

import runpy
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "release"))
take: Callable[[Mapping[str, Sequence[str]]], int] = SCRIPT["take"]


def test_the_steps_are_there_and_the_last_of_them_is_long() -> None:
    assert list(SCRIPT["STEPS"]) == ["check", "soak"]
    assert all((ROOT / words[0]).is_file() for words in SCRIPT["STEPS"].values())


def test_it_stops_at_the_first_that_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    touch = ("-c", f"open({str(tmp_path / 'later')!r}, 'x')")

    status = take({"first": ("-c", "raise SystemExit(3)"), "second": touch})

    assert status == 3
    assert not (tmp_path / "later").exists()
    assert "first failed" in capfd.readouterr().err


def test_it_is_fit_if_all_goes_well(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    touch = ("-c", f"open({str(tmp_path / 'later')!r}, 'x')")

    assert take({"first": ("-c", ""), "second": touch}) == 0
    assert (tmp_path / "later").exists()
    assert "fit to be released" in capfd.readouterr().out


@pytest.mark.parametrize("minutes", ["-1", "0", "nan", "inf", "many"])
def test_a_soak_that_could_show_nothing_is_refused(minutes: str) -> None:
    command = (sys.executable, ROOT / "scripts" / "soak", f"--minutes={minutes}")

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "--minutes" in done.stderr.splitlines()[-1]
