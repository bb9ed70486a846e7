"""docs/how-to/recover-a-lost-wallet.md, from beginning to end, with two agents that run."""

import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.agent.cli.conftest import Owner, _cheap, her, library, met, she

__all__ = ["_cheap", "her", "library", "met", "she"]

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "recover-a-lost-wallet.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


@dataclass
class Reader:
    """Somebody who does what the page says, with words and passphrases in files instead of in her head."""

    owner: Owner
    folder: Path

    def does(self, section: str) -> str:
        """Type everything in a section. Returns what was printed."""
        shown = ""
        for kind, block in re.findall(r"^```(sh|text)\n(.*?)^```$", SECTIONS[section], re.DOTALL | re.MULTILINE):
            if kind == "text":
                assert block.strip() in shown
                continue
            for line in block.splitlines():
                shown += self.types(line)
        return shown

    def types(self, line: str) -> str:
        """Type one line; fails unless it is done."""
        command, _, target = line.partition(" > ")
        if command.startswith("age "):
            return self.runs(command)
        words = shlex.split(command)[1:]
        if words[0] == "serve":
            return self.owner.serve()
        if words[0] == "stop":
            assert self.owner.stop() == 0
            return ""
        words = [
            str(self.folder / word) if word.startswith(("wallet.", "everything.", "new-")) else word for word in words
        ]
        outcome = self.owner.types(*words, *self.adds(words))
        assert outcome.status == 0, (line, outcome.err)
        if target:
            (self.folder / target).write_text(outcome.out)
        return outcome.out

    def adds(self, words: list[str]) -> tuple[str, ...]:
        """What she would type when she is asked."""
        known, new = ("--words-file", str(self.folder / "words")), str(self.folder / "other passphrase")
        asked: tuple[str, ...] = ()
        if {"create", "verify", "identity"} & {*words} or ("restore" in words and words[-1].endswith(".age")):
            asked += known
        if "passphrase" in words:
            return (*known, "--new-passphrase-file", new)
        if {"restore", "export", "doctor", "forget"} & {*words}:
            asked += self.owner.opens
        return asked

    def runs(self, command: str) -> str:
        """Run the stock tool."""
        if shutil.which("age") is None:
            pytest.skip("the age tool is not installed; scripts/check --all installs it")
        return subprocess.run(shlex.split(command), cwd=self.folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def reader(met: Owner, tmp_path: Path) -> Iterator[Reader]:
    """She, whose agent runs and who knows a library."""
    (tmp_path / "other passphrase").touch(0o600)
    (tmp_path / "other passphrase").write_text("another passphrase that she chose\n")
    made = Reader(met, tmp_path)
    yield made
    if made.owner.serving:
        made.owner.stop(signal.SIGKILL)


def test_the_page_is_true_from_beginning_to_end(reader: Reader, library: Owner, tmp_path: Path) -> None:
    reader.does("Make a back-up")

    reader.owner.stop(signal.SIGKILL)
    shutil.rmtree(reader.owner.home)
    reader.owner = Owner(tmp_path / "another", reader.owner.listen, reader.owner.opens, reader.owner.capture)
    reader.does("The computer is gone")
    assert reader.owner.types("ping", "Town Library").status == 0

    reader.does("It was stolen")
    assert reader.owner.types("ping", "Town Library").status == 0

    reader.does("You forgot the passphrase")
    assert reader.owner.unlocks("peers").status == 10
    reader.owner.opens = ("--passphrase-file", str(tmp_path / "other passphrase"))
    assert "Town Library" in reader.owner.unlocks("peers").out

    reader.does("You lost the words")
    reader.owner.home = tmp_path / "new-home"
    assert "Town Library" in reader.owner.unlocks("peers").out
    assert "no back-up" in reader.owner.unlocks("backup").out

    assert '"kind":"trailer"' in reader.does("Without this program")


def test_the_page_has_no_section_that_is_not_tried() -> None:
    tried = {
        "Make a back-up",
        "The computer is gone",
        "It was stolen",
        "You forgot the passphrase",
        "You lost the words",
    }

    assert {*SECTIONS} == tried | {"Without this program"}
