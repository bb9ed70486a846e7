"""The command as it is typed, with real wallets on disk, and a library that runs in a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from agent.__main__ import main
from tests.ports import free_ports

ROOT = Path(__file__).parents[3]
PASSPHRASE = "a passphrase for tests only"
CARD = "https://library.example/cards/member"


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> dict[str, object]:
        """The JSON object it printed."""
        return msgspec.json.decode(self.out, type=dict[str, object])

    @property
    def rows(self) -> list[dict[str, object]]:
        """The list of JSON objects it printed."""
        return msgspec.json.decode(self.out, type=list[dict[str, object]])


@dataclass
class Owner:
    """Somebody at a terminal: types commands about one agent. opens: the options that unlock the wallet."""

    home: Path
    listen: str
    opens: tuple[str, ...]
    capture: pytest.CaptureFixture[str]
    serving: "subprocess.Popen[str] | None" = None

    def types(self, *words: str) -> Outcome:
        """Run `freerange WORDS`, in this process."""
        self.capture.readouterr()
        try:
            status = main(["--home", str(self.home), *words])
        except SystemExit as end:
            status = int(end.code or 0)
        return Outcome(status, *self.capture.readouterr())

    def unlocks(self, *words: str) -> Outcome:
        """Run a command that has to open the wallet."""
        return self.types(*words, *self.opens)

    def init(self, *words: str) -> Outcome:
        """Make the wallet."""
        return self.unlocks("init", "--development", "--listen", self.listen, *words)

    def serve(self, *words: str) -> str:
        """Start the agent in a process of its own. Returns the line it prints."""
        command = (sys.executable, "-m", "agent", "--home", str(self.home), "serve", *self.opens, *words)
        self.serving = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=(self.home / "log").open("w"),
            text=True,
        )
        assert self.serving.stdout
        return self.serving.stdout.readline()

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Stop the agent. Returns its exit status."""
        assert self.serving
        self.serving.send_signal(how)
        status = self.serving.wait(60)
        self.serving = None
        return status


def free_port() -> int:
    """A port whose next one is free too."""
    return free_ports(2)[0]


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unlock quickly, and let faults of the program be seen."""
    monkeypatch.setenv("FREERANGE_TEST_KDF", "1")
    monkeypatch.setenv("FREERANGE_DEBUG", "1")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def she(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Owner]:
    """A person with a passphrase in a file, and no wallet yet."""
    secret = tmp_path / "passphrase"
    secret.touch(0o600)
    secret.write_text(PASSPHRASE + "\n")
    owner = Owner(tmp_path / "her", f"127.0.0.1:{free_port()}", ("--passphrase-file", str(secret)), capsys)
    yield owner
    if owner.serving:
        owner.stop(signal.SIGKILL)


@pytest.fixture
def her(she: Owner) -> Owner:
    """A person with a wallet."""
    assert she.init().status == 0
    return she


@pytest.fixture
def library(tmp_path: Path, capsys: pytest.CaptureFixture[str], _cheap: None) -> Iterator[Owner]:
    """An org whose agent is running."""
    key = ("--key-file", str(tmp_path / "library.key"))
    owner = Owner(tmp_path / "library", f"127.0.0.1:{free_port()}", key, capsys)
    assert owner.init("--kind", "org", "--name", "Town Library").status == 0
    assert "listens" in owner.serve()
    yield owner
    if owner.serving:
        owner.stop(signal.SIGKILL)


def invitation(owner: Owner) -> str:
    """A fresh link of a running agent."""
    return str(owner.types("invite", "--json").said["url"])


@pytest.fixture
def met(her: Owner, library: Owner) -> Owner:
    """She, who has met the library; her agent is running."""
    assert her.serve()
    assert her.types("accept", invitation(library)).status == 0
    return her
