"""docs/tutorial/first-steps.md, typed as it says, at two terminals: what it shows is what appears."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.agent.cli.conftest import free_port

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0  # seconds for what other processes do
PAGE = ROOT / "docs" / "tutorial" / "first-steps.md"
BLOCKS = re.findall(r"^```(sh|text)(?: (\w+)( &)?)?\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
ARRIVES = {"freerange questions": "question", "freerange credentials": "claims"}
MASKS = (
    (r"\bu[A-Za-z0-9_-]{46}\b", "DIGEST"),
    (r"\b[0-9a-f]{8}\b|\b[0-9a-f]{4}-[0-9a-f]{4}\b", "LETTERS"),
    (r"\d+ checks", "N checks"),
    (r"\s+", " "),
)


def masked(text: str) -> str:
    """Text without what differs from run to run."""
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return text.strip()


@dataclass
class Terminal:
    """One person at one terminal. screen: a file with everything that was shown."""

    folder: Path
    screen: Path
    environment: dict[str, str]

    @property
    def shown(self) -> str:
        """Everything on the screen."""
        return self.screen.read_text()

    def types(self, line: str, *, wait: bool = True) -> str:
        """Run a line; what the screen shows after it."""
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.environment[name] = str(self.folder / value)
            return self.shown
        with self.screen.open("a") as screen:
            process = subprocess.Popen(
                ("sh", "-c", line),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
            )
        if wait:
            assert process.wait(2 * PATIENCE) == 0, f"{line}\n{self.shown}"
        return self.shown


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[dict[str, Terminal]]:
    """Two terminals in one folder, with the command at hand."""
    command = tmp_path / "bin" / "freerange"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m agent "$@"\n')
    command.chmod(0o755)
    (tmp_path / "passphrase").touch(0o600)
    (tmp_path / "passphrase").write_text("what she would type\n")
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    common = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "FREERANGE_TEST_KDF": "1", "COLUMNS": "200"}
    both = {name: Terminal(tmp_path, tmp_path / f"{name}.screen", dict(common)) for name in ("library", "you")}
    for each in both.values():
        each.screen.touch()
    yield both
    for each in both.values():
        subprocess.run(("freerange", "stop"), env=each.environment, capture_output=True, check=False)


def as_typed(line: str, terminals: dict[str, Terminal], ports: tuple[int, int]) -> str:
    """A line with the words in capitals filled in, the ports free ones, and the passphrase from a file."""
    everything = terminals["you"].shown + terminals["library"].shown
    found = {
        "LINK": re.findall(r"^http\S+\?_oob=\S+$", everything, re.MULTILINE),
        "LETTERS": re.findall(r"\b[0-9a-f]{4}-[0-9a-f]{4}\b", terminals["library"].shown),
        "QUESTION": re.findall(r"^\[([0-9a-f]{8})\]", terminals["you"].shown, re.MULTILINE),
        "RECORD": re.findall(r"both hold record\s+(u\S{46})", terminals["you"].shown),
    }
    for word, values in found.items():
        if word in line:
            line = line.replace(word, values[-1])
    line = line.replace("127.0.0.1:8090", f"127.0.0.1:{ports[0]}")
    if line == "freerange init --development":
        return f"{line} --listen 127.0.0.1:{ports[1]} --passphrase-file passphrase"
    return f"{line} --passphrase-file passphrase" if line == "freerange serve --background" else line


def test_the_page_can_be_followed_and_shows_what_appears(terminals: dict[str, Terminal]) -> None:
    ports = (free_port(), free_port())

    for kind, who, background, block in BLOCKS:
        if kind == "text":
            until_shown(block.replace("127.0.0.1:8090", f"127.0.0.1:{ports[0]}"), terminals)
            continue
        for line in block.splitlines() if who != "setup" else ():
            if line in ARRIVES:
                until_arrived(terminals["you"], f"{line} --json", ARRIVES[line])
            terminals[who].types(as_typed(line, terminals, ports), wait=not background)


def until_shown(block: str, terminals: dict[str, Terminal]) -> None:
    """Wait until what the page shows stands on one of the screens."""
    shown, ends = "", time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        shown = "".join(each.shown for each in terminals.values())
        if masked(block) in masked(shown):
            return
        time.sleep(0.05)
    raise AssertionError(f"the page shows\n{block}\nand the screens show\n{shown}")


def until_arrived(terminal: Terminal, command: str, word: str) -> None:
    """Wait for what the library sent: it may still be on its way."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        before = len(terminal.shown)
        if word in terminal.types(command)[before:]:
            return
    raise AssertionError(f"{command} never showed {word}")
