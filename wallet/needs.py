"""What a look-up may ask of the outside world.

A look-up is a generator: it yields a `Fetch` and is sent the bytes, or has `Unresolved` thrown into it. Nothing in the
wallet opens a connection; whoever drives the generator decides what may be fetched.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from wallet.errors import Unresolved

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetch:
    """One document wanted. accept: media type asked for. limit: most bytes that may come back.

    max_age: seconds for which one fetched before will do. stale_if_error: seconds for which one will do if no newer can
    be had now. Both as in HTTP's Cache-Control (RFC 9111, RFC 5861).
    """

    url: str
    accept: str = "application/json"
    limit: int = 256 * 1024
    max_age: int = 300
    stale_if_error: int = 0


Lookup: TypeAlias = Generator[Fetch, bytes, T]


def answered(lookup: Lookup[T], answers: Mapping[str, bytes]) -> T:
    """Finish a look-up from documents at hand, by URL; whatever is not there stays unresolved."""
    try:
        need = next(lookup)
        while True:
            if need.url in answers:
                need = lookup.send(answers[need.url])
            else:
                need = lookup.throw(Unresolved(f"{need.url} is not at hand, and nothing was fetched"))
    except StopIteration as done:
        result: T = done.value
        return result


def aged(lookup: Lookup[T], *, max_age: int = 300, stale_if_error: int = 0) -> Lookup[T]:
    """The same look-up, content with documents of another age. See Fetch."""
    try:
        need = next(lookup)
        while True:
            try:
                answer = yield replace(need, max_age=max_age, stale_if_error=stale_if_error)
            except Unresolved as failure:
                need = lookup.throw(failure)
            else:
                need = lookup.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result


def offline(lookup: Lookup[T]) -> T:
    """Finish a look-up that gets nothing from outside. Raises Unresolved if it cannot do without."""
    return answered(lookup, {})
