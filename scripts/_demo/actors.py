"""Who plays: an agent in a process of its own, spoken with by the real command, as its owner would."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from agent.cli.views import Line, Log, Peer, Question, Thread
from scripts._demo.telling import NotSo

T = TypeVar("T")
FREERANGE = (sys.executable, "-P", "-m", "agent")
PATIENCE = 20.0  # seconds until something that must happen has not happened


@dataclass
class Actor:
    """One owner and her, or its, agent. name: what the story calls them; opens: the options that unlock the wallet."""

    name: str
    home: Path
    listen: str
    api: str
    opens: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    told: dict[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def places(self) -> tuple[str, ...]:
        """The options that say where it listens."""
        return ("--development", "--listen", self.listen, "--api", self.api)

    @property
    def log_file(self) -> Path:
        """Where the agent logs."""
        return self.home.with_suffix(".log")

    def run(self, *words: str) -> str:
        """What `freerange WORDS` prints. Raises NotSo if it fails."""
        done = subprocess.run(
            self.command(*words), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise NotSo(f"`{typed(words)}` of {self.name} failed: {done.stderr.strip()}")
        return done.stdout

    def ask(self, shape: type[T], *words: str) -> T:
        """What `freerange WORDS --json` prints, read."""
        return msgspec.json.decode(self.run(*words, "--json"), type=shape)

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        """A command that waits for somebody else."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            self.command(*words), stdin=quiet, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def command(self, *words: str) -> tuple[str, ...]:
        """The command as it is run."""
        return (*FREERANGE, "--home", str(self.home), *words)

    def start(self) -> None:
        """Start the agent; see `listening`."""
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                self.command("serve", *self.opens),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the story; it stops its agents in order
            )

    def listening(self) -> str:
        """Wait until the agent says that it listens. Returns what it said."""
        assert self.process
        assert self.process.stdout
        line = self.process.stdout.readline().decode().strip()
        if not line:
            raise NotSo(f"the agent of {self.name} did not start")
        return line

    def stop(self) -> int | None:
        """Stop the agent in order. Returns its exit status."""
        if self.process is None:
            return None
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    # -- what the wallet knows --------------------------------------------------------------------------------------

    def peers(self) -> list[Peer]:
        """Whom this agent knows."""
        return self.ask(list[Peer], "peers")

    def questions(self) -> list[Question]:
        """What waits for this owner."""
        return self.ask(list[Question], "questions")

    def news(self) -> list[tuple[Log, Line]]:
        """What was said since the last time, thread by thread."""
        found: list[tuple[Log, Line]] = []
        for thread in self.ask(list[Thread], "threads", "--all"):
            stands, told = self.told.get(thread.thread, ("", 0))
            if stands == f"{thread.last} {thread.state}":
                continue
            log = self.ask(Log, "log", thread.thread)
            found += [(log, line) for line in log.log[told:]]
            self.told[thread.thread] = (f"{thread.last} {thread.state}", len(log.log))
        return found


def until(what: str, look: Callable[[], T | None]) -> T:
    """What `look` finds, asked again and again. Raises NotSo if it finds nothing in time."""
    end = time.monotonic() + PATIENCE
    while (found := look()) is None:
        if time.monotonic() > end:
            raise NotSo(f"it did not happen in {PATIENCE:.0f} s: {what}")
        time.sleep(0.05)
    return found


def typed(words: tuple[str, ...]) -> str:
    """A command as it would be typed."""
    return shlex.join(("freerange", *words))


def private(path: Path, text: str) -> Path:
    """A file that only its owner can read."""
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path
