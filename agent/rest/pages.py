"""Lists that may be long are answered a page at a time."""

from collections.abc import Iterable
from typing import Annotated, TypeVar

import msgspec

Limit = Annotated[int, msgspec.Meta(ge=1, le=500, description="At most so many in one answer.")]
After = Annotated[str, msgspec.Meta(max_length=128, description="The `next` of the answer before.")]

T = TypeVar("T")


def page(rows: Iterable[tuple[str, T]], after: str, limit: int) -> tuple[tuple[T, ...], str | None]:
    """One page of rows in the order of their ids, and the id to go on from, if there is more."""
    later = sorted((each for each in rows if each[0] > after), key=lambda each: each[0])
    more = later[limit - 1][0] if len(later) > limit else None
    return tuple(row for _, row in later[:limit]), more
