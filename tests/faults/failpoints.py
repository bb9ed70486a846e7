"""Failpoints: comments of the form `# failpoint: name` in the program, turned into calls while a test imports it.

Without this loader they are comments, and compile to nothing. `install` takes what stands in FREERANGE_FAILPOINTS: a
list of NAME=ACTION, each with a condition after it or none:

    writer.after-commit=kill@3      kill -9 of this process when it passes there for the third time
    writer.before-commit=enospc@2+  OSError "no space" from the second time on; likewise eio
    outbox.before-send=sleep:0.2    a fifth of a second, every time
    writer.begun=enospc?FILE        for as long as FILE exists

`*=note?FILE` writes to FILE the name of every failpoint that is passed, once.
"""

import builtins
import errno
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from itertools import count
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

VARIABLE: Final = "FREERANGE_FAILPOINTS"
ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("wallet", "agent", "protocols")
HINT: Final = "# failpoint: "  # looked for first: most files have none, and an agent that starts looks through all
MARK: Final = re.compile(rf"^(?P<indent> *){HINT}(?P<name>\S+)$", re.MULTILINE)
NAME: Final = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+")
ORDER: Final = re.compile(
    r"(?P<name>[^=]+)=(?P<action>\w+)(:(?P<amount>[\d.]+))?(@(?P<nth>\d+)(?P<on>\+)?|\?(?P<file>.+))?"
)
CALL: Final = "__failpoint__"
EVERY: Final = "*"


@dataclass(slots=True)
class Order:
    """What is to happen at one failpoint. nth: at which pass; on: from then on; file: only while it exists."""

    action: str
    amount: float = 0.0
    nth: int | None = None
    on: bool = False
    file: str | None = None
    passes: "count[int]" = field(default_factory=lambda: count(1))

    def pass_by(self) -> None:
        """Somebody comes along. Raises OSError, does not return, or waits, if that is the order and its time."""
        this = next(self.passes)
        if self.file is not None and not os.path.exists(self.file):
            return
        if self.nth is None or this == self.nth or (self.on and this > self.nth):
            self.act()

    def act(self) -> None:
        """Carry the order out."""
        match self.action:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "enospc":
                raise OSError(errno.ENOSPC, "no space left, says a failpoint")
            case "eio":
                raise OSError(errno.EIO, "the disk fails, says a failpoint")
            case "sleep":
                time.sleep(self.amount)
            case other:
                raise ValueError(f"a failpoint cannot {other}")


def orders(text: str) -> dict[str, Order]:
    """What FREERANGE_FAILPOINTS asks for. Raises ValueError."""
    found = {}
    for each in text.split(",") if text else ():
        read = ORDER.fullmatch(each.strip())
        if read is None:
            raise ValueError(f"{each!r} is not NAME=ACTION@N; see tests/faults/failpoints.py")
        nth = int(read["nth"]) if read["nth"] else None
        found[read["name"]] = Order(read["action"], float(read["amount"] or 0), nth, bool(read["on"]), read["file"])
    return found


def install(text: str) -> None:
    """Load the program with its failpoints, and these orders, from now on. Before any of it is imported."""
    loaded = [name for name in sys.modules if name.partition(".")[0] in PACKAGES]
    if loaded:
        raise RuntimeError(f"{loaded[0]} is loaded already, without failpoints")
    wanted = orders(text)
    unknown = wanted.keys() - {name for name, _ in marked()} - {EVERY}
    if unknown:
        raise ValueError(f"the program has no failpoint {', '.join(sorted(unknown))}")

    noting = wanted.get(EVERY)
    noted: set[str] = set()

    def passed(name: str) -> None:
        if (order := wanted.get(name)) is not None:
            order.pass_by()
        if noting is not None and name not in noted:
            noted.add(name)
            with open(str(noting.file), "a") as file:
                file.write(f"{name}\n")

    setattr(builtins, CALL, passed)
    sys.meta_path.insert(0, Finder())


def called(source: str) -> str:
    """A source with its failpoints as calls, line for line."""
    return MARK.sub(rf'\g<indent>{CALL}("\g<name>")', source)


def marked() -> Iterator[tuple[str, Path]]:
    """Every failpoint of the program, and the file it stands in."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            source = path.read_text()
            if HINT in source:
                yield from ((found["name"], path) for found in MARK.finditer(source))


class Finder(MetaPathFinder):
    """Finds the program's modules where everybody does, and has them loaded with failpoints."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a module is; None for what is not the program's."""
        if fullname.partition(".")[0] not in PACKAGES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


class Loader(SourceFileLoader):
    """Compiles what has failpoints anew, and leaves the cache of compiled files alone."""

    def get_code(self, fullname: str) -> CodeType | None:
        """The code of a module."""
        source = Path(self.path).read_text()
        if HINT not in source:
            return super().get_code(fullname)
        return compile(called(source), self.path, "exec", dont_inherit=True)
