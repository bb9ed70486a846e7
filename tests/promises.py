"""What freerange promises about reliability, and how each promise came out: what the `promise` fixture records.

Source of the promises: docs/security.md, section 3. `scripts/reliability` makes docs/reliability.md of it.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import pytest

Record = Callable[[str, object], None]

PROMISES: Final = {
    "P1": "A message that was accepted is never lost.",
    "P2": "No effect happens twice.",
    "P3": "A change of state and the messages it causes are kept together, or not at all.",
    "P4": "After kill -9 the agent serves again within 5 s, with 10,000 messages pending.",
    "P5": "What was acknowledged survives a loss of power, and the wallet opens.",
    "P6": "A message on its way is tried until delivered, refused for good, or expired; none is given up silently.",
    "P7": "Messages of one thread from one sender are handled one at a time, in their order.",
    "P8": "Every queue is bounded, and a full one refuses what is new; it never drops what was accepted.",
    "P9": "Overload: at twice what can be done, at least 80 % of it is done, and soon after all is as before.",
    "P10": "Limits hold: size, connections, slowness, rates by address and by DID.",
    "P11": "A full disk: no crash, no loss, nothing by halves; refuses meanwhile and goes on by itself.",
    "P12": "PostgreSQL: its crash, restart and fail-over lose nothing and double nothing.",
    "P13": "Several workers on one database: each message is handled once.",
    "P14": "A message that makes the agent fail cannot stop it: three tries, then quarantine; others go on.",
    "P15": "A back-up made at any moment under load restores to a consistent state, and that is proved.",
    "P16": "A damaged byte in a wallet or back-up is noticed before it is used.",
    "P17": "Wallets of every released version are upgraded and keep their meaning; a kill meanwhile does no harm.",
    "P18": "Running for long: memory, open files, tasks and the log of the store do not grow.",
    "P19": "Told to stop, the agent finishes or puts back what it holds within 10 s.",
    "P20": "A clock that is wrong or jumps is noticed; nothing expires in a crowd, and no timer spins.",
    "P21": "On a bad network an exchange is completed or ends in a documented state, the same on both sides.",
    "P22": "A mediator delivers what it accepted at least once, across restarts, until acknowledged or expired.",
    "P23": "Verification is total: for any bytes there is a result, soon and without an exception.",
    "P24": "A locked wallet: no key can be used, and nothing secret is shown.",
    "P25": "A failure that costs availability is seen: an event, a count, readiness, and words with the next step.",
}
LATER: Final[dict[str, str]] = {}  # by promise, what it waits for
MOST_DIGITS: Final = 3
FILE: Final = "SQLite"
SERVER: Final = "PostgreSQL"
STORES: Final = (FILE, SERVER)
"""What a wallet may be in."""


@dataclass(frozen=True, slots=True)
class Line:
    """One test of one promise. size: how many times; test: the file and name that did it. For the rest see Promise.

    `what` ends with the store, if that makes a line of its own.
    """

    promise: str
    what: str
    size: int
    result: str
    control: str
    test: str
    each: str = ""
    part: bool = False
    store: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """Records how a promise came out, for docs/reliability.md. Call it after the assertions.

    what: what was done, in words. size: how often. result: what came of it, the same in every run that passes.
    control: what was planted and caught by the same test. each: what one of `size` is, if it was drawn at random and
    none failed; the page then says the 95 % bound, 3 in `size`. part: a parametrized test does a part of this in every
    case, and the sizes add up. store: what the wallet was in, if the same test runs on each; each has a line.
    """

    record: Record
    test: str

    def __call__(
        self,
        name: str,
        *,
        what: str,
        size: int,
        result: str,
        control: str = "",
        each: str = "",
        part: bool = False,
        store: str = "",
    ) -> None:
        if name not in PROMISES:
            raise ValueError(f"there is no promise {name}")
        if store:
            what += f"; the wallet is in {store}"
        line = Line(name, what, size, result, control, self.test, each, part, store)
        self.record("promise", json.dumps(asdict(line)))


def bound(size: int, each: str) -> str:
    """What none of `size` says about the next one, by the rule of three."""
    return f" (0 of {size:,}: below {300 / size:.{MOST_DIGITS}g} % per {each}, at 95 %)" if each else ""


class Results:
    """Lives in the process that reports; adds the lines of what passed to the JSON at `path` when the run ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[dict[str, object]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what passed; workers' reports arrive here too."""
        if report.when == "call" and report.passed:
            self.lines += [json.loads(str(value)) for name, value in report.user_properties if name == "promise"]

    def pytest_sessionfinish(self) -> None:
        """Leave the lines for scripts/reliability."""
        before = json.loads(self.path.read_text()) if self.path.is_file() else []
        self.path.write_text(json.dumps(before + self.lines, indent=1))


def read(path: Path) -> tuple[Line, ...]:
    """The lines that a run left, in the order of the page. Parts are added up; of a test that ran small and at full
    size the full one counts, on each store."""
    found: dict[tuple[str, ...], Line] = {}
    for line in (Line(**each) for each in json.loads(path.read_text())):
        key = line.promise, line.test, line.store, line.what if line.part else ""
        other = found.get(key)
        if other is not None and line.part:
            line = replace(line, size=line.size + other.size)
        if other is None or line.part or line.size > other.size:
            found[key] = line
    return tuple(sorted(found.values(), key=lambda line: (int(line.promise[1:]), line.test, line.what)))
