"""Moves a wallet from one store to another, so that at every moment at most one of the two can be opened.

First the source is marked: nothing alters it any more. Then everything is carried, and both sides are compared. Then
the source is marked as left for good, and only then the target as whole. Whoever is killed in between runs it again.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from wallet.errors import Corrupt, Unsupported
from wallet.keys import new_id
from wallet.store.transfer.carrying import Digest, carry, compare
from wallet.store.transfer.tables import Moved, Progress, Side


class Store(Side, Protocol):
    """One side of a move, with its marks."""

    async def set_progress(self, progress: Progress | None) -> None:
        """Say how far a move to here has come; None: what is here is a wallet of its own, to be opened."""

    async def moved(self) -> Moved | None:
        """Where the wallet in here was taken; None if it was not."""

    async def set_moved(self, moved: Moved | None) -> None:
        """Say where the wallet in here was taken; None: it is here, and may be opened."""

    async def empty(self) -> bool:
        """Whether there is no wallet in here, nor a part of one."""

    async def clear(self) -> None:
        """Remove every row of a wallet that has not arrived."""


async def move(
    source: Store, target: Store, *, to: str, now: int, told: Callable[[Progress], None]
) -> dict[str, Digest] | None:
    """Move a wallet, or go on with a move that was interrupted. Returns what each table holds; None if it had been
    moved before.

    to: the target in words. Raises Unsupported if there is another wallet in the target, or this one went elsewhere;
    Corrupt if what arrived is not what was there: then the source may be opened as before, and the next move begins
    anew.
    """
    moved, progress = await source.moved(), await target.progress()
    if moved is not None and moved.whole and (progress is None or progress.move != moved.move):
        if moved.to != to:
            raise Unsupported(f"the wallet in here was moved to {moved.to}; nothing was moved. Use that one.")
        return None
    if moved is None or progress is None or progress.move != moved.move:
        moved, progress = await _begin(source, target, Moved(new_id(), to, now), progress)
    if not progress.whole:
        progress = await carry(source, target, progress, told)
    try:
        digests = await compare(source, target)
    except Corrupt:
        await source.set_moved(None)
        raise
    # failpoint: transfer.compared
    await target.set_progress(msgspec.structs.replace(progress, whole=True))
    await source.set_moved(msgspec.structs.replace(moved, whole=True))
    # failpoint: transfer.left
    await target.set_progress(None)
    # failpoint: transfer.arrived
    return digests


async def _begin(source: Store, target: Store, moved: Moved, before: Progress | None) -> tuple[Moved, Progress]:
    """Mark both sides. before: how far a move to the target had come that was given up."""
    if before is None and not await target.empty():
        raise Unsupported(f"there is a wallet in {moved.to} already; nothing was moved. Name a place that has none.")
    # failpoint: transfer.before-mark
    await source.set_moved(moved)
    # failpoint: transfer.marked
    await target.clear()
    progress = Progress(moved.move)
    await target.set_progress(progress)
    return moved, progress


async def keep(source: Store) -> Moved | None:
    """Let the wallet in `source` be opened again, wherever it was taken. Returns where that was."""
    moved = await source.moved()
    await source.set_moved(None)
    return moved
