"""`freerange top`: how a running agent does, each second, in a terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from time import monotonic

import msgspec
import pytest

from agent.cli.looks import Kept, Shape, Sight, Vitals, between, quantile
from agent.cli.sight import WIDTH, lasting, lines, span
from agent.metrics import SECONDS, STAGES, Spread
from tests.agent.cli.conftest import ROOT, Owner

ROWS, COLUMNS = 24, 80
CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass
class Terminal:
    """A real terminal in which a command runs. written: all it wrote."""

    pid: int
    descriptor: int
    written: str = ""
    status: int | None = field(default=None)

    def until(self, words: str, seconds: float = 60.0) -> None:
        """Read on until these words are there, or it ended."""
        end = monotonic() + seconds
        while words not in self.written:
            assert monotonic() < end, self.written[-2000:]
            if not self.read():
                return

    def draws(self, frames: int, seconds: float = 60.0) -> None:
        """Read on until it has begun so many screens."""
        end = monotonic() + seconds
        while len(self.frames) < frames:
            assert monotonic() < end, self.written[-2000:]
            assert self.read(), self.written[-2000:]

    def read(self) -> bool:
        """Read what there is; False once the command has ended."""
        ready, _, _ = select.select([self.descriptor], [], [], 0.2)
        try:
            part = os.read(self.descriptor, 65536) if ready else b"\0"
        except OSError:  # Linux says so of a terminal that nobody holds any more
            return False
        self.written += part.decode(errors="replace").strip("\0")
        return bool(part)

    def ends(self) -> int:
        """Read to the end; the exit status."""
        while self.read():
            pass
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    @property
    def frames(self) -> list[list[str]]:
        """Each screen it drew, as lines that are seen."""
        drawn = self.written.partition("\x1b[?25h")[0].split("\x1b[H")[1:]
        return [CODES.sub("", each).split("\r\n") for each in drawn]


def opened(owner: Owner, rows: int = ROWS, columns: int = COLUMNS) -> Terminal:
    """`freerange top` in a terminal of its own."""
    pid, descriptor = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "agent", "--home", str(owner.home), "top"], environment)
    return Terminal(pid, descriptor)


@pytest.fixture
def terminal(library: Owner) -> Iterator[Terminal]:
    """`freerange top` of the library, in 24 lines of 80 characters."""
    made = opened(library)
    yield made
    if made.status is None:
        os.kill(made.pid, signal.SIGKILL)
        os.waitpid(made.pid, 0)
    os.close(made.descriptor)


# -- in a terminal -----------------------------------------------------------------------------------------------------


def test_it_draws_each_second_and_fits_a_small_terminal(terminal: Terminal) -> None:
    terminal.draws(4)

    assert terminal.written.count("in the last") >= 3
    for frame in terminal.frames[:-1]:
        assert len(frame) < ROWS
        assert max(map(len, frame)) <= COLUMNS
        assert "Town Library, an organisation" in frame[0]
        assert "WELL" in frame[-1]
    clocks = [frame[0][-8:] for frame in terminal.frames[:-1]]
    assert len(set(clocks)) == len(clocks)


@pytest.mark.parametrize("key", [b"\x03", None], ids=["Ctrl-C", "SIGTERM"])
def test_it_ends_cleanly(terminal: Terminal, key: bytes | None) -> None:
    terminal.until("WELL")

    if key:
        os.write(terminal.descriptor, key)
    else:
        os.kill(terminal.pid, signal.SIGTERM)

    assert terminal.ends() == 0
    assert terminal.written.startswith("\x1b[?1049h\x1b[?25l")
    assert terminal.written.endswith("\x1b[?25h\x1b[?1049l")  # the cursor and what was there before are back
    assert "Traceback" not in terminal.written


def test_once_the_agent_is_gone_it_says_so_and_ends(terminal: Terminal, library: Owner) -> None:
    terminal.until("WELL")
    library.stop()

    assert terminal.ends() == 1
    after = terminal.written.partition("\x1b[?25h\x1b[?1049l")[2]
    assert "does not answer" in after
    assert "Traceback" not in after


def test_a_smaller_terminal_shows_what_fits(library: Owner) -> None:
    terminal = opened(library, rows=10, columns=40)
    terminal.until("open the envelope")
    terminal.until("\x1b[J")
    os.write(terminal.descriptor, b"\x03")
    terminal.ends()
    os.close(terminal.descriptor)

    assert {len(frame) for frame in terminal.frames} == {10}
    assert max(len(line.removesuffix("^C")) for line in terminal.frames[0]) <= 40


# -- for programs ------------------------------------------------------------------------------------------------------


def test_where_no_agent_runs_it_says_how_to_start_one(her: Owner) -> None:
    outcome = her.types("top")

    assert outcome.status == 2
    assert outcome.out == ""
    assert f"no agent is running in {her.home}" in outcome.err
    assert "freerange serve" in outcome.err


def test_where_the_wallet_is_locked_it_says_how_to_open_it(her: Owner) -> None:
    assert "The door is at" in her.serve("--locked")

    outcome = her.types("top")

    assert outcome.status == 2
    assert "is locked" in outcome.err
    assert "freerange open" in outcome.err


def test_once_shows_what_happens_in_a_second(met: Owner, library: Owner) -> None:
    for _ in range(3):
        assert met.types("ping", "Town Library").status == 0

    outcome = library.types("top", "--once")
    said = library.types("top", "--once", "--json")

    assert outcome.status == 0
    assert "\x1b" not in outcome.out
    assert re.search(r"in the last \d s", outcome.out)
    sight = msgspec.json.decode(said.out, type=Sight)
    assert said.out.count("\n") == 1
    assert sight.name == "Town Library"
    assert 0.9 < sight.seconds < 10
    assert set(STAGES) <= set(sight.lately)
    ever = sight.since_start
    assert min(ever[stage].count for stage in ("open", "turn", "decide", "commit", "answered", "seal", "deliver")) >= 3
    assert 0 < (ever["open"].p50 or 0) < (ever["answered"].p99 or 0)
    assert sight.memory > 10 * 2**20
    assert sight.unready == ()
    assert set(sight.waiting) >= {"outgoing", "dead", "quarantine"}


# -- what is seen ------------------------------------------------------------------------------------------------------


def shape(*values: float) -> Shape:
    """How these values spread."""
    spread = Spread(SECONDS)
    for value in values:
        spread.add(value)
    return Shape(spread.bounds, tuple(spread.counts), spread.sum)


def vitals(up: float, cpu: float, kept: int, opened: Shape, commits: Shape) -> Vitals:
    """One look at an agent that did so much."""
    counts = {"messages_received": {"kept": kept}, "refused": {"sender": 2 * kept}, "dead_letters": {"expired": 4}}
    return Vitals("Library", "org", up, cpu, 2**26, 1, 2, 3, counts, {"open": opened}, {"commit_changes": commits})


def test_rates_and_times_are_of_what_came_in_between() -> None:
    before = vitals(100.0, 7.0, 50, shape(*[0.04] * 50), shape(1.0, 1.0))
    now = vitals(110.0, 12.0, 150, shape(*[0.04] * 50, *[0.0002] * 100), shape(1.0, 1.0, 2.5, 0.5))

    sight = between(before, now, Kept({"dead": 4}, ()))

    assert sight.received == {"kept": 10.0}
    assert sight.refused == 20.0
    assert sight.given_up == 4
    assert sight.cpu == 0.5
    assert sight.changes == 1.5
    assert (sight.lately["open"].count, sight.lately["open"].per_second) == (100, 10.0)
    assert 0.0001 < (sight.lately["open"].p99 or 0) <= 0.00025
    assert sight.since_start["open"].count == 150
    assert 0.025 < (sight.since_start["open"].p99 or 0) <= 0.05


def test_an_agent_that_does_nothing_shows_no_times() -> None:
    idle = vitals(100.0, 7.0, 50, shape(), shape())

    sight = between(idle, msgspec.structs.replace(idle, up=101.0), Kept({}, ()))

    assert sight.lately["open"].p50 is None
    assert sight.changes is None
    assert sight.received == {"kept": 0.0}


@pytest.mark.parametrize("part", [0.5, 0.9, 0.99, 1.0])
def test_a_quantile_lies_in_the_span_of_the_value_it_stands_for(part: float) -> None:
    values = sorted(0.00007 * 1.013**step for step in range(800))
    exact = values[min(len(values) - 1, round(part * len(values)) - 1)]

    found = quantile(shape(*values), part)

    assert found is not None
    [(low, high)] = [(low, high) for low, high in zip((0.0, *SECONDS), SECONDS, strict=False) if low < exact <= high]
    assert low <= found <= high


def test_what_is_above_all_bounds_is_said_to_be_the_highest() -> None:
    assert quantile(shape(77.0), 0.5) == SECONDS[-1]
    assert quantile(shape(), 0.5) is None
    assert [*accumulate(shape(77.0).counts)][-1] == 1


def test_what_is_wrong_is_shown_and_no_name_breaks_a_line() -> None:
    idle = vitals(90061.0, 7.0, 123456789, shape(99.0), shape(256.0))
    named = msgspec.structs.replace(idle, name="\x1b[2J" + "Library " * 30)
    sight = between(named, msgspec.structs.replace(named, up=90062.0), Kept({"dead": 10**6}, ("disk", "outbox")))

    drawn = [line for line, _ in lines(sight, "12:00:00")]

    assert "NOT WELL disk, outbox: see freerange doctor" in drawn
    assert any("50000+ given up" in line for line in drawn)
    assert max(map(len, drawn)) <= WIDTH
    assert not any("\x1b" in line for line in drawn)
    assert drawn[0].endswith("up 1 d 1 h  12:00:00")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "-"), (0.00031, "0.31 ms"), (0.0123, "12.3 ms"), (0.25, "250 ms"), (10.0, "10.0 s")],
)
def test_short_times_are_exact_and_long_ones_readable(seconds: float | None, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(9.9, "9 s"), (75, "1 min 15 s"), (3_720, "1 h 2 min"), (90_000, "1 d 1 h")]
)
def test_a_life_is_told_in_two_units(seconds: float, words: str) -> None:
    assert lasting(seconds) == words
