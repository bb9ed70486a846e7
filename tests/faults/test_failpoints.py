"""Failpoints are comments until a test asks for them; a release cannot be asked."""

import errno
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from agent.__main__ import main
from tests.faults import failpoints
from tests.faults.failpoints import MARK, NAME, ROOT, VARIABLE, called, marked, orders

AT_LEAST = 25


def test_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    names = Counter(name for name, _ in marked())

    assert len(names) >= AT_LEAST
    assert [name for name, count in names.items() if count > 1] == []
    assert [name for name in names if not NAME.fullmatch(name)] == []


@pytest.mark.parametrize("path", sorted({path for _, path in marked()}), ids=lambda path: path.stem)
def test_each_stands_where_a_statement_may_stand(path: Path) -> None:
    source = path.read_text()

    compile(called(source), str(path), "exec")

    assert called(source).count("\n") == source.count("\n")
    assert not MARK.search(called(source))
    assert source.count("failpoint:") == len(MARK.findall(source))


def test_an_ordinary_start_refuses_to_be_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, "writer.after-commit=kill")

    assert main(["serve", "--home", str(tmp_path)]) == 16
    assert main(["config", "--home", str(tmp_path)]) == 16

    said = capsys.readouterr().err
    assert VARIABLE in said
    assert "unset" in said.lower()


def test_an_ordinary_import_passes_failpoints_by() -> None:
    program = "from wallet.store import writer; import builtins; print(hasattr(builtins, '__failpoint__'))"

    run = subprocess.run(
        (sys.executable, "-c", program), cwd=ROOT, env={**os.environ, VARIABLE: "x"}, capture_output=True, check=True
    )

    assert run.stdout == b"False\n"


def test_a_process_dies_at_the_pass_that_was_ordered(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "tests.faults.start", "init", "--development", "--home", str(tmp_path / "her"))
    options = ("--key-file", str(tmp_path / "key"))
    environment = {**os.environ, VARIABLE: "home.after-config=kill@1"}

    dead = subprocess.run((*command, *options), cwd=ROOT, env=environment, capture_output=True, check=False)

    assert dead.returncode == -9
    assert (tmp_path / "her" / "config.json").is_file()
    assert not (tmp_path / "her" / "wallet.db").exists()


def test_an_order_is_carried_out_when_its_time_has_come(tmp_path: Path) -> None:
    found = orders(f"a.b=enospc@2,c.d=eio@2+,e.f=enospc?{tmp_path}/full,g.h=sleep:0.001")
    outcomes = {name: [outcome(order) for _ in range(3)] for name, order in found.items()}
    (tmp_path / "full").touch()

    assert outcomes["a.b"] == [None, errno.ENOSPC, None]
    assert outcomes["c.d"] == [None, errno.EIO, errno.EIO]
    assert outcomes["e.f"] == [None, None, None]
    assert outcome(found["e.f"]) == errno.ENOSPC


def outcome(order: failpoints.Order) -> int | None:
    """The error number that passing by raised."""
    try:
        order.pass_by()
    except OSError as fault:
        return fault.errno
    return None


@pytest.mark.parametrize("text", ["a", "a.b=kill@x", "a.b=explode:"])
def test_an_order_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        orders(text)


def test_a_failpoint_that_does_not_exist_is_refused() -> None:
    run = subprocess.run(
        (sys.executable, "-m", "tests.faults.start", "--version"),
        cwd=ROOT,
        env={**os.environ, VARIABLE: "no.such=kill"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode != 0
    assert "no.such" in run.stderr
