"""backup, export, import, passphrase: as typed, with wallets that rest and agents that run."""

import asyncio
import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from agent.cli import recovery, running
from agent.cli.exits import Stopped
from tests.agent.cli.conftest import PASSPHRASE, ROOT, Owner
from wallet.words import key_of, words_of

TEXT = "https://didcomm.org/basicmessage/2.0/message"


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """Where the recovery words lie for programs; not there yet."""
    return tmp_path / "words"


def elsewhere(owner: Owner, tmp_path: Path) -> Owner:
    """The same person, at another computer."""
    return Owner(tmp_path / "elsewhere", owner.listen, owner.opens, owner.capture)


# -- backup -------------------------------------------------------------------------------------------------------


def test_a_wallet_that_rests_is_backed_up_proved_and_restored(her: Owner, words: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "her.age", elsewhere(her, tmp_path)

    made = her.unlocks("backup", "create", str(file), "--words-file", str(words))
    proved = her.types("backup", "verify", str(file), "--words-file", str(words))
    again = new.unlocks("backup", "restore", str(file), "--words-file", str(words))

    assert (made.status, proved.status, again.status) == (0, 0, 0), made.err + proved.err + again.err
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(words.stat().st_mode) == 0o600
    assert "every key does its work" in proved.out
    assert new.unlocks("doctor").status == 0
    assert (new.home / "config.json").read_text() == (her.home / "config.json").read_text()


def test_later_back_ups_need_no_words(her: Owner, words: Path, tmp_path: Path) -> None:
    her.unlocks("backup", "create", str(tmp_path / "1.age"), "--words-file", str(words))
    assert "no back-up" not in her.unlocks("backup").out

    assert her.unlocks("backup", "create", str(tmp_path / "2.age")).status == 0

    assert her.types("backup", "verify", str(tmp_path / "2.age"), "--words-file", str(words)).status == 0


def test_without_a_back_up_it_says_how_to_make_one(her: Owner) -> None:
    assert "freerange backup create" in her.unlocks("backup").out


def test_without_a_terminal_or_a_file_there_are_no_words_and_no_back_up(her: Owner, tmp_path: Path) -> None:
    refused = her.unlocks("backup", "create", str(tmp_path / "her.age"))

    assert refused.status == 2
    assert "--words-file" in refused.err
    assert "no back-up" in her.unlocks("backup").out
    assert not (tmp_path / "her.age").exists()


def test_a_file_is_never_overwritten(her: Owner, words: Path, tmp_path: Path) -> None:
    file = tmp_path / "her.age"
    file.write_text("precious")

    assert her.unlocks("backup", "create", str(file), "--words-file", str(words)).status == 2
    assert her.unlocks("export", str(file)).status == 2

    assert file.read_text() == "precious"


def test_what_cannot_be_restored_says_why_and_makes_nothing(her: Owner, words: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "her.age", elsewhere(her, tmp_path)
    her.unlocks("backup", "create", str(file), "--words-file", str(words))
    other = tmp_path / "other words"
    other.touch(0o600)
    other.write_text(" ".join(words_of(bytes(32))))
    cut = tmp_path / "cut.age"
    cut.write_bytes(file.read_bytes()[:-1])

    for path, opens, status in ((file, other, 10), (cut, words, 12), (words, words, 12), (tmp_path / "none", words, 1)):
        for way in ("verify", "restore"):
            refused = new.types(
                "backup", way, str(path), "--words-file", str(opens), *(new.opens if way == "restore" else ())
            )
            assert refused.status == status, (path, way, refused.err)
            assert "Traceback" not in refused.err
    assert not (new.home / "wallet.db").exists()
    assert her.unlocks("backup", "restore", str(file), "--words-file", str(words)).status == 2


def test_words_that_are_none_are_named(her: Owner, words: Path, tmp_path: Path) -> None:
    words.touch(0o600)
    words.write_text("zoo " * 23 + "frog")

    refused = her.types("backup", "identity", "--words-file", str(words))

    assert refused.status == 2
    assert "do not fit together" in refused.err


def test_the_stock_tool_reads_a_back_up_with_the_line_the_words_become(her: Owner, words: Path, tmp_path: Path) -> None:
    tool = shutil.which("age")
    if tool is None:
        pytest.skip("the age tool is not installed; scripts/check --all installs it")
    file, line = tmp_path / "her.age", tmp_path / "identity"
    her.unlocks("backup", "create", str(file), "--words-file", str(words))
    line.touch(0o600)
    line.write_text(her.types("backup", "identity", "--words-file", str(words)).out)

    read = subprocess.run((tool, "-d", "-i", str(line), str(file)), capture_output=True, check=True).stdout

    first, *_, last = [msgspec.json.decode(each, type=dict[str, object]) for each in read.splitlines()]
    assert (first["kind"], last["kind"]) == ("manifest", "trailer")
    assert her.types("backup", "verify", str(file), "--identity", str(line)).status == 0


def test_words_that_were_lost_are_forgotten_and_others_made(her: Owner, words: Path, tmp_path: Path) -> None:
    her.unlocks("backup", "create", str(tmp_path / "1.age"), "--words-file", str(words))
    lost = words.rename(tmp_path / "lost")

    assert her.unlocks("backup", "forget").status == 0
    made = her.unlocks("backup", "create", str(tmp_path / "2.age"), "--words-file", str(words))

    assert made.status == 0, made.err
    assert her.types("backup", "verify", str(tmp_path / "2.age"), "--words-file", str(words)).status == 0
    assert her.types("backup", "verify", str(tmp_path / "2.age"), "--words-file", str(lost)).status == 10
    new = secret(tmp_path / "new", "a passphrase of another kind")
    assert her.types("passphrase", "--words-file", str(lost), "--new-passphrase-file", str(new)).status == 10


# -- words at a terminal ------------------------------------------------------------------------------------------


def test_at_a_terminal_the_words_are_shown_once_and_four_are_asked_for(her: Owner, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "agent", "--home", str(her.home), "backup", "create", str(tmp_path / "her.age"))
    parent, child = pty.openpty()
    done = subprocess.Popen((*command, *her.opens), cwd=ROOT, stdin=child, stdout=child, stderr=child, close_fds=True)
    os.close(child)
    seen = ""

    while True:
        try:
            piece = os.read(parent, 4096).decode()
        except OSError:  # the other side has ended
            break
        if not piece:
            break
        seen += piece
        if asked := re.search(r"Word (\d+): \Z", seen):
            shown = re.findall(r"(\d+) ([a-z]+)", seen.partition("in order.")[2].partition("Word")[0])
            os.write(parent, (dict(shown)[asked.group(1)] + "\n").encode())
            seen += "\n"

    assert done.wait(60) == 0, seen
    assert seen.count("Word ") == 4
    shown = re.findall(r"\d+ ([a-z]+)", seen.partition("in order.")[2].partition("Word")[0])
    assert len(key_of(" ".join(shown))) == 32
    file = tmp_path / "typed"
    file.touch(0o600)
    file.write_text(" ".join(shown))
    assert her.types("backup", "verify", str(tmp_path / "her.age"), "--words-file", str(file)).status == 0


def test_words_that_are_not_confirmed_count_for_nothing() -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "frog"

    with pytest.raises(Stopped, match="not confirmed"):
        recovery.confirm(words_of(bytes(32)), answer)

    assert len(asked) == 3


def test_words_may_be_typed_on_several_lines(her: Owner) -> None:
    from argparse import Namespace

    typed = list(words_of(bytes(range(32))))
    lines = iter([" ".join(typed[:5]), " ".join(typed[5:20]).upper(), " ".join(typed[20:])])

    assert recovery.given(Namespace(words_file=None), lambda _: next(lines)) == bytes(range(32))


# -- an agent that runs -------------------------------------------------------------------------------------------


@contextmanager
def load(owner: Owner) -> Iterator[list[int]]:
    """Keep a running agent busy: its owner writes to the library, as fast as she can."""
    over, statuses = threading.Event(), list[int]()
    at = running.address(owner.home)
    assert at is not None
    body = msgspec.json.encode({"peer": "Town Library", "type": TEXT, "body": {"content": "x" * 200}})

    def write() -> None:
        while not over.is_set():
            status, _ = asyncio.run(running.ask(at, "POST", "/v1/threads", body))
            statuses.append(status)

    thread = threading.Thread(target=write)
    thread.start()
    yield statuses
    over.set()
    thread.join()


def test_a_running_agent_is_backed_up_killed_restored_and_found_again(
    met: Owner, library: Owner, words: Path, tmp_path: Path
) -> None:
    file, new = tmp_path / "her.age", elsewhere(met, tmp_path)
    with load(met) as statuses:
        time.sleep(0.3)
        made = met.types("backup", "create", str(file), "--words-file", str(words))
        time.sleep(0.1)
    met.stop(signal.SIGKILL)
    shutil.rmtree(met.home)
    [person] = library.types("peers", "--json").rows
    said = library.types("say", str(person["fingerprint"]), "Your book is here", "--json").said

    again = new.unlocks("backup", "restore", str(file), "--words-file", str(words))
    assert new.serve()

    assert (made.status, again.status) == (0, 0), made.err + again.err
    assert set(statuses) == {200}
    until = time.monotonic() + 60
    while "Your book is here" not in new.types("log", str(said["thread"])).out and time.monotonic() < until:
        time.sleep(0.2)
    assert "Your book is here" in new.types("log", str(said["thread"])).out
    assert new.types("ping", "Town Library").status == 0
    assert new.types("terms", "proffer", "Town Library").status == 0
    new.stop()


# -- export and import --------------------------------------------------------------------------------------------


def test_an_export_says_loudly_what_is_in_it_and_asks_for_the_passphrase_though_the_agent_runs(
    met: Owner, tmp_path: Path
) -> None:
    file = tmp_path / "her.jsonl"

    without = met.types("export", str(file))
    made = met.unlocks("export", str(file))

    assert without.status == 2
    assert made.status == 0, made.err
    assert "PRIVATE KEYS" in made.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b'"d":' in file.read_bytes()
    (tmp_path / "passphrase").write_text("another passphrase altogether\n")
    assert met.unlocks("export", str(tmp_path / "other.jsonl")).status == 10


def test_an_export_for_an_age_recipient_is_opened_with_its_identity(met: Owner, tmp_path: Path) -> None:
    from wallet import age

    line = tmp_path / "identity"
    line.touch(0o600)
    line.write_text("# mine\n" + age.identity(bytes(32)) + "\n")

    made = met.unlocks("export", str(tmp_path / "her.age"), "--to", age.recipient(age.identity(bytes(32))))

    assert made.status == 0
    assert "PRIVATE" not in made.err
    assert met.types("backup", "verify", str(tmp_path / "her.age"), "--identity", str(line)).status == 0
    assert met.unlocks("export", str(tmp_path / "none.age"), "--to", "age1nobody").status == 2


def test_what_is_imported_is_added_once_and_nothing_is_overwritten(met: Owner, tmp_path: Path) -> None:
    file, new = tmp_path / "her.jsonl", elsewhere(met, tmp_path)
    assert met.unlocks("export", str(file)).status == 0
    assert met.unlocks("import", str(file)).status == 13  # her agent runs
    new.init()

    first = new.unlocks("import", str(file))
    second = new.unlocks("import", str(file))

    assert (first.status, second.status) == (0, 0), first.err + second.err
    assert "1 relationship" in first.out
    assert "Added nothing" in second.out
    assert "Town Library" in new.unlocks("peers").out


def test_what_differs_is_listed_and_left_as_it_is(met: Owner, library: Owner, tmp_path: Path) -> None:
    file = tmp_path / "her.jsonl"
    met.unlocks("export", str(file))
    assert met.types("terms", "proffer", "Town Library").status == 0
    met.stop()
    before = met.unlocks("terms").out

    outcome = met.unlocks("import", str(file))

    assert outcome.status == 1
    assert "relationship did:" in outcome.out
    assert "what is here was kept" in outcome.err
    assert met.unlocks("terms").out == before


# -- passphrase ---------------------------------------------------------------------------------------------------


def secret(path: Path, text: str) -> Path:
    """A file with a passphrase in it."""
    path.touch(0o600)
    path.write_text(text + "\n")
    return path


def test_a_passphrase_is_changed(her: Owner, tmp_path: Path) -> None:
    new = secret(tmp_path / "new", "a passphrase of another kind")

    changed = her.unlocks("passphrase", "--new-passphrase-file", str(new))

    assert changed.status == 0, changed.err
    assert her.unlocks("peers").status == 10
    assert her.types("peers", "--passphrase-file", str(new)).status == 0


def test_who_forgot_the_passphrase_chooses_another_with_the_words(her: Owner, words: Path, tmp_path: Path) -> None:
    her.unlocks("backup", "create", str(tmp_path / "her.age"), "--words-file", str(words))
    new = secret(tmp_path / "new", "a passphrase of another kind")

    changed = her.types("passphrase", "--words-file", str(words), "--new-passphrase-file", str(new))

    assert changed.status == 0, changed.err
    assert her.unlocks("peers").status == 10
    assert her.types("peers", "--passphrase-file", str(new)).status == 0
    assert her.types("passphrase", "--words-file", str(words), "--new-passphrase-file", str(new)).status == 0


def test_a_passphrase_gives_way_to_a_key_file(her: Owner, tmp_path: Path) -> None:
    changed = her.unlocks("passphrase", "--new-key-file", str(tmp_path / "key"))

    assert changed.status == 0, changed.err
    assert her.types("peers", "--key-file", str(tmp_path / "key")).status == 0
    assert her.unlocks("peers").status == 10


def test_a_passphrase_that_is_not_changed_stays(her: Owner, tmp_path: Path) -> None:
    wrong, short = secret(tmp_path / "wrong", "not the passphrase at all"), secret(tmp_path / "short", "short")
    new = secret(tmp_path / "new", "a passphrase of another kind")

    assert her.types("passphrase", "--passphrase-file", str(wrong), "--new-passphrase-file", str(new)).status == 10
    assert her.unlocks("passphrase", "--new-passphrase-file", str(short)).status == 2
    words = secret(tmp_path / "words", " ".join(words_of(bytes(32))))
    assert her.types("passphrase", "--words-file", str(words), "--new-passphrase-file", str(new)).status == 10

    assert her.unlocks("peers").status == 0
    assert PASSPHRASE in (tmp_path / "passphrase").read_text()
