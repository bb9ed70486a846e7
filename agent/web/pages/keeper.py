"""Who makes, opens and locks the wallet of this process; agent/porch.py is one."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from agent.web.guesses import Guesses
from agent.web.sessions import Sessions
from wallet.slots import Secret


class Stand(NamedTuple):
    """A demo vendor. folder: what it is called here; says: what it is; does: what it can be made to do, in words; link:
    its invitation; place: the domain it proves."""

    folder: str
    name: str
    says: str
    does: str
    link: str
    place: str


class Market(Protocol):
    """The demo vendors of a wallet that is being tried out."""

    async def open(self) -> None:
        """Let them all be there."""

    def stands(self) -> Sequence[Stand]:
        """Those who are there."""

    async def act(self, folder: str, our_did: str) -> None:
        """Have one do what it does, towards a customer it knows by this DID. Raises Refused."""


class Keeper(Protocol):
    """The wallet in one folder, whether there is one yet, locked, or open."""

    home: Path
    guesses: Guesses

    @property
    def sessions(self) -> Sessions:
        """Who sits at the pages."""

    @property
    def market(self) -> Market:
        """The demo vendors."""

    def exists(self) -> bool:
        """Whether there is a wallet."""

    def sign(self) -> str:
        """Two words by which she knows a page for hers; "" before there is a wallet."""

    async def make(self, name: str, secret: Secret, *, trying: bool) -> None:
        """Make a wallet and open it. trying: for trying out, on this computer only."""

    async def restore(self, backup: bytes, words: str, secret: Secret) -> None:
        """Make a wallet of a back-up and open it."""

    async def unlock(self, secret: Secret) -> None:
        """Open the wallet. Raises Locked, TooMany."""

    async def lock(self) -> None:
        """Stop the agent and let go of every key; the door stays."""
