"""Who makes, opens and locks the wallet of this process; agent/porch.py is one."""

from pathlib import Path
from typing import Protocol

from wallet.slots import Secret


class Keeper(Protocol):
    """The wallet in one folder, whether there is one yet, locked, or open."""

    home: Path

    def exists(self) -> bool:
        """Whether there is a wallet."""

    async def make(self, name: str, secret: Secret, *, trying: bool) -> None:
        """Make a wallet and open it. trying: for trying out, on this computer only."""

    async def restore(self, backup: bytes, words: str, secret: Secret) -> None:
        """Make a wallet of a back-up and open it."""

    async def unlock(self, secret: Secret) -> None:
        """Open the wallet. Raises Locked, TooMany."""

    async def lock(self) -> None:
        """Stop the agent and let go of every key; the door stays."""
