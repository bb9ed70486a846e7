"""What a store says of a move: in its source where the wallet went, in its target how far it has come.

Both are rows of `meta` that are not carried, in JSON.
"""

import msgspec

from wallet.store.transfer.tables import Moved, Progress


class Marked:
    """One side of a move, which can keep rows of `meta`. See `Side` and `Store` for what these methods are."""

    async def noted(self, name: str) -> bytes | None:
        """The value of a row of `meta`, if it is there."""
        raise NotImplementedError

    async def note(self, name: str, value: bytes | None) -> None:
        """Put a value in a row of `meta`; None: remove the row."""
        raise NotImplementedError

    async def progress(self) -> Progress | None:
        """How far a move to here has come."""
        value = await self.noted("arriving")
        return msgspec.json.decode(value, type=Progress) if value else None

    async def set_progress(self, progress: Progress | None) -> None:
        """Say how far a move to here has come; None: there is none any more."""
        await self.note("arriving", msgspec.json.encode(progress) if progress else None)

    async def moved(self) -> Moved | None:
        """Where the wallet in here was taken, if it was."""
        value = await self.noted("moved")
        return msgspec.json.decode(value, type=Moved) if value else None

    async def set_moved(self, moved: Moved | None) -> None:
        """Say where the wallet in here was taken; None: it is here."""
        await self.note("moved", msgspec.json.encode(moved) if moved else None)
