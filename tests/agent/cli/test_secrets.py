"""The owner's secret: typed unseen, from a file, or from a descriptor."""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

from tests.agent.cli.conftest import PASSPHRASE, ROOT, Owner


def at_a_terminal(words: tuple[str, ...], typed: list[str]) -> tuple[int, str]:
    """Run a command at a terminal of its own, and type a line at each prompt. Returns its status, and all it showed."""
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "agent", *words)
    process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown = ""
    try:
        while True:
            shown += os.read(ours, 4096).decode()
            if typed and shown.rstrip(" ").endswith(":"):
                time.sleep(0.1)  # getpass throws away what was typed before it asked
                os.write(ours, (typed.pop(0) + "\n").encode())
                shown += "\n"
    except OSError:  # the other side has closed it
        pass
    os.close(ours)
    return process.wait(60), shown


def test_a_passphrase_is_typed_twice_and_never_shown(she: Owner) -> None:
    init = ("--home", str(she.home), "init", "--development")

    status, shown = at_a_terminal(init, ["short", PASSPHRASE, "something else", PASSPHRASE, PASSPHRASE])

    assert status == 0, shown
    assert "12 is the least" in shown
    assert "The two differ." in shown
    assert PASSPHRASE not in shown


def test_a_wrong_passphrase_may_be_typed_again_twice(her: Owner) -> None:
    peers = ("--home", str(her.home), "peers")

    status, shown = at_a_terminal(peers, ["a wrong passphrase", PASSPHRASE])
    never, _ = at_a_terminal(peers, ["wrong passphrase 1", "wrong passphrase 2", "wrong passphrase 3"])

    assert status == 0, shown
    assert "That is not it." in shown
    assert "You know nobody yet." in shown
    assert never == 10


def test_without_a_terminal_it_says_what_to_do(her: Owner) -> None:
    words = (sys.executable, "-m", "agent", "--home", str(her.home), "peers")

    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)

    assert done.returncode == 2
    assert "--passphrase-file" in done.stderr


def test_a_passphrase_comes_through_a_descriptor(her: Owner) -> None:
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode())
    os.close(writing)

    assert her.types("peers", "--passphrase-fd", str(reading)).status == 0


def test_a_descriptor_that_is_not_open_is_misuse(her: Owner) -> None:
    assert her.types("peers", "--passphrase-fd", "987").status == 2


def test_a_file_that_is_not_there_is_misuse(her: Owner, tmp_path: Path) -> None:
    assert her.types("peers", "--passphrase-file", str(tmp_path / "none")).status == 2
    assert her.types("peers", "--key-file", str(tmp_path / "none")).status == 2


def test_only_one_way_to_unlock_is_taken(her: Owner) -> None:
    assert her.unlocks("peers", "--passphrase-fd", "0").status == 2
