"""Messages as they might be said. Every protocol's own test lists, as `SAMPLES`, at least one of each kind.

Where a rule tells apart by content, there are several; whoever needs one takes the first that fits.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from protocols import PROTOCOLS
from protocols.machine import Message, Misuse, Problem, Protocol, Row, Thread, Turn, step


@cache
def _all() -> tuple[Message, ...]:
    """protocols/vrm/terms.py is tested by tests/protocols/vrm/test_terms.py, and so on."""
    packages = (module.__name__.rpartition(".") for module in PROTOCOLS)
    return tuple(sample for package, _, name in packages for sample in _listed(f"tests.{package}.test_{name}"))


def _listed(test: str) -> tuple[Message, ...]:
    found: tuple[Message, ...] = import_module(test).SAMPLES
    return found


def samples(kind: type[Message]) -> Iterator[Message]:
    """Every sample of one kind."""
    return (message for message in _all() if type(message) is kind)


def sample(protocol: Protocol, thread: Thread, row: Row) -> Message | None:
    """A message by which `row` may be said in `thread`, if its rule accepts any of the samples."""
    for message in samples(row.says):
        fitting = (each for each in protocol.rows if each.fits(thread.state, row.by, message) and not each.crossed)
        if next(fitting, None) is row:
            try:
                step(protocol, thread, Turn(row.by, message, "sample", 0, "digest"))
            except (Problem, Misuse):
                continue
            return message
    return None
