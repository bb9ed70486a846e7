"""Lines for people: aligned, wrapped, readable without colour. Whatever others wrote goes through `plain`."""

import os
import re
import shutil
import sys
import textwrap
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Final, TypeVar

import msgspec

from agent.cli.plain import plain

T = TypeVar("T")
SHORT: Final = 8  # letters of an id that are shown
WIDEST: Final = 100
UNFOLDED: Final = 10_000
BOLD, DIM, GREEN, RED, PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m"
COLOURS: Final = (BOLD, DIM, GREEN, RED, PLAIN)
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)")  # a day and a time stay together
_COLOURED: Final = re.compile(f"({'|'.join(map(re.escape, COLOURS))})")


def show(options: Namespace, said: bytes, shape: type[T], lines: Callable[[T], Iterable[str]]) -> int:
    """Print what the agent answered: as it is with --json, in words otherwise. Returns 0."""
    if options.json:
        print(msgspec.json.format(said, indent=2).decode())
    else:
        tell(lines(msgspec.json.decode(said, type=shape)))
    return 0


def tell(lines: Iterable[str]) -> None:
    """Print lines as they come, whatever is in them: one line each, with no more colours than ours."""
    for line in lines:
        print(harmless(line), flush=True)


def harmless(line: str) -> str:
    """A line in which a terminal finds nothing to obey but our own colours."""
    return "".join(part if part in COLOURS else plain(part, len(part)) for part in _COLOURED.split(line))


def width() -> int:
    """Columns to write in."""
    return min(shutil.get_terminal_size().columns, WIDEST)


def coloured(text: str, colour: str) -> str:
    """Text in a colour, where a person sees colours."""
    wanted = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return f"{colour}{text}{PLAIN}" if wanted else text


def short(id: str | None) -> str:
    """The first letters of an id: as much as a person needs to type."""
    return plain(id[:SHORT]) if id else "-"


def letters(digest: str) -> str:
    """The first letters of a digest: enough to type where a record is asked for. Four of them are the same in all."""
    return plain(digest[: SHORT + 4])


def when(timestamp: str | None) -> str:
    """A timestamp (RFC 3339, UTC) as this place's clock shows it."""
    if not timestamp:
        return "-"
    try:
        moment = datetime.fromisoformat(timestamp).replace(tzinfo=UTC) if timestamp.endswith("Z") else None
    except ValueError:
        moment = None
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}" if moment else plain(timestamp)


def table(rows: Iterable[Sequence[object]], indent: str = "") -> Iterable[str]:
    """Rows with their columns below one another. Where they are too wide for a terminal, the widest columns are folded
    between words, for people; a word, which may be something to copy, is never broken. For programs a row is a line."""
    cells = [[plain(cell) if cell not in (None, "") else "-" for cell in row] for row in rows]
    if not cells:
        return
    sizes = fitted(cells, (width() if sys.stdout.isatty() else UNFOLDED) - len(indent))
    for row in cells:
        folded = [fold(cell, size) for cell, size in zip(row, sizes)]
        for parts in zip_longest(*folded, fillvalue=""):
            yield indent + "  ".join(part.ljust(size) for part, size in zip(parts, sizes)).rstrip()


def fold(cell: str, size: int) -> list[str]:
    """A cell on as many lines as it needs."""
    if len(cell) <= size:
        return [cell]
    lines = textwrap.wrap(_MOMENT.sub("\\1\u00a0\\2", cell), size, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines] or [""]


def fitted(cells: list[list[str]], room: int) -> list[int]:
    """The width of each column: as wide as what is in it, or as narrow as its words allow if there is no room."""
    columns = [*zip(*cells)]
    sizes = [max(map(len, column)) for column in columns]
    least = [max(len(line) for cell in column for line in fold(cell, 1)) for column in columns]
    while sum(sizes) + 2 * (len(sizes) - 1) > room:
        widest = max(range(len(sizes)), key=lambda each: (sizes[each] > least[each], sizes[each]))
        if sizes[widest] <= least[widest]:
            break
        sizes[widest] -= 1
    return sizes


def pairs(found: Iterable[tuple[str, object]], indent: str = "  ", size: int = 10) -> Iterable[str]:
    """Names with what belongs to them, wrapped beside the name."""
    for name, value in found:
        space = indent + " " * size + "  "
        words = textwrap.wrap(plain(value, 2000), max(20, width() - len(space)), break_on_hyphens=False) or ["-"]
        yield f"{indent}{name.ljust(size)}  {words[0]}"
        yield from (space + more for more in words[1:])


def wrapped(text: str, indent: str = "") -> Iterable[str]:
    """One paragraph."""
    yield from textwrap.wrap(text, width(), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def count(number: int, thing: str) -> str:
    """`1 card`, `2 cards`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def quoted(text: str) -> str:
    """A name as it can be typed in a shell."""
    clean = plain(text)
    return clean if clean.replace("-", "").replace("_", "").isalnum() else f'"{clean}"'
