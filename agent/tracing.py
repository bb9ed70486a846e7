"""Traces: what happens to one message, stage by stage, for whoever looks for what is slow. Off unless `traces` is set.

A trace holds fixed words and times, and nothing by which messages or people could be told apart. Each message is a
trace of its own, and none is told to a peer or taken from one: no `traceparent` leaves with a message, for it would let
those who compare notes see who speaks with whom.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Traces(Protocol):
    """What takes traces down."""

    def whole(self, name: str) -> AbstractContextManager[None]:
        """A trace that lasts as long as the block; it is marked if the block fails, and does not say by what."""

    def stage(self, name: str, began: float, ended: float) -> None:
        """A stage of the trace that is under way, in seconds of perf_counter."""


class _Nothing:
    """A block of which nothing is taken down."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: object, trace: object) -> None:
        return None


traces: Traces | None = None
_NOTHING = _Nothing()


def span(name: str) -> AbstractContextManager[None]:
    """The whole way of one message. name: a fixed word."""
    return _NOTHING if traces is None else traces.whole(name)


@contextmanager
def to(these: Traces) -> Iterator[None]:
    """Within the block, for all agents of this process."""
    global traces
    before, traces = traces, these
    try:
        yield
    finally:
        traces = before
