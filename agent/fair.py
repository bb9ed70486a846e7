"""Three demo vendors on this computer, to try a wallet with: real agents, each with a wallet of its own.

They run within the process of the wallet that tries them, only in development mode, and listen on loopback alone. What
they sell, issue and ask is in this file; whatever happens then happens by the same protocols as with anybody else.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from agent import home as homes
from agent import serving
from agent.agent import unix_now
from agent.config import Config
from agent.errors import Refused
from agent.transports.ports import free_port
from agent.web import api
from agent.web.pages.keeper import Stand
from wallet import dids
from wallet.credentials.vcdm import timestamp
from wallet.keys import random_bytes

FOLDER: Final = "demo"
KEY: Final = "key"
YEAR: Final = 365 * 86400  # seconds
CARD: Final = "https://library.example/cards/member"


class Vendor(msgspec.Struct, frozen=True):
    """One of them. sells: price rules; club: its programme; act: what it can be made to do; does: that, in words."""

    folder: str
    name: str
    says: str
    act: str
    does: str
    sells: tuple[dict[str, Any], ...] = ()
    club: dict[str, Any] | None = None


def offer(name: str, category: str, amount: str) -> dict[str, Any]:
    """A price rule."""
    return {
        "name": name,
        "category": category,
        "price": amount,
        "currency": "EUR",
        "delivery": "P3D",
        "warranty": "P2Y",
    }


VENDORS: Final = (
    Vendor(
        "library",
        "Demo Library",
        "lends books, and gives its members a card",
        "issue",
        "Let it offer you a member card",
    ),
    Vendor(
        "bookshop",
        "Demo Bookshop",
        "sells books, and gives members of a library 10 % off",
        "request",
        "Let it ask whether you are a member of a library",
        sells=(offer("Any book", "book", "18.00"), offer("Reading lamp", "lamp", "49.00")),
        club={
            "name": "Readers",
            "rules": "One point for each euro.\n",
            "exit": {"balance": "forfeited", "notice": "P30D"},
            "admit": "all",
        },
    ),
    Vendor(
        "bakery",
        "Demo Bakery",
        "bakes bread, and brings it to your door",
        "consent",
        "Let it ask where it may deliver",
        sells=(offer("Bread for a week", "bread", "14.50"), offer("Lamp of salt dough", "lamp", "12.00")),
    ),
)


@dataclass
class Fair:
    """The vendors of one wallet's folder. running: by the folder of each."""

    home: Path
    running: dict[str, serving.Running] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def begun(self) -> bool:
        """Whether they were there before."""
        return (self.home / FOLDER).is_dir()

    async def open(self) -> None:
        """Let them all be there: made if need be, and listening."""
        for vendor in VENDORS:
            if vendor.folder not in self.running:
                await self.start(vendor, self.home / FOLDER / vendor.folder)

    async def start(self, vendor: Vendor, folder: Path) -> None:
        """Make one, if need be, and run it."""
        new = not (folder / homes.WALLET).exists()
        if new:
            await make(vendor, folder)
        agent = await homes.open_agent(folder, (folder / KEY).read_bytes())
        try:
            running = await serving.start(agent, folder)
        except BaseException:
            await serving.close(agent)
            raise
        self.running[vendor.folder] = running
        if new:
            await self.stock(vendor)
        link = await self.ask(vendor, "/v1/invitations", goal=f"Be a customer of the {vendor.name}")
        self.links[vendor.folder] = str(link["url"])

    async def stock(self, vendor: Vendor) -> None:
        """What it sells, and its club."""
        if vendor.sells:
            await self.ask(vendor, "/v1/demand/prices", rules={"rules": vendor.sells, "otherwise": "decline"})
        if vendor.club:
            await self.ask(vendor, "/v1/programme", **vendor.club)

    async def ask(self, vendor: Vendor, path: str, **body: object) -> dict[str, Any]:
        """Have the vendor's agent do something, as its owner would. Raises Refused."""
        status, said = await api.answer(self.running[vendor.folder].agent, "POST", path, msgspec.json.encode(body))
        if status != 200:
            raise Refused(f"the {vendor.name} could not do that: {said['error'] if isinstance(said, dict) else said}")
        return dict(msgspec.to_builtins(said))

    async def close(self) -> None:
        """Stop them all."""
        for each in self.running.values():
            await serving.stop(each)
        self.running.clear()
        self.links.clear()

    def stands(self) -> list[Stand]:
        """Who is there. Where it is reached is how a customer knows it again."""
        return [
            Stand(each.folder, each.name, each.says, each.does, self.links[each.folder], self.place(each))
            for each in VENDORS
            if each.folder in self.links
        ]

    def place(self, vendor: Vendor) -> str:
        """The domain it proves."""
        return self.running[vendor.folder].agent.config.domain

    async def act(self, folder: str, our_did: str) -> None:
        """Have one do what it does, towards a customer it knows by this DID. Raises Refused."""
        vendor = next((each for each in VENDORS if each.folder == folder and folder in self.running), None)
        peer = self.running[folder].agent.store.peer_of(dids.canonical(our_did)) if vendor else None
        if vendor is None or peer is None:
            raise Refused("that vendor does not know you yet; nothing was done. Meet it first.")
        match vendor.act:
            case "issue":
                claims = {"member": True, "over_18": True, "card_number": "7731-204", "city": "Lisboa"}
                await self.ask(vendor, "/v1/offers", peer=peer, type=CARD, name="Library card", claims=claims)
            case "request":
                why = "Members of a library get 10 % off"
                wanted = {"type": CARD, "claims": ["member", "card_number"], "purpose": why}
                await self.ask(vendor, "/v1/requests", peer=peer, **wanted)
            case "consent":
                items = [{"ptr": "/addresses/home", "purpose": "dpv:DeliveryOfGoods", "necessary": True}]
                items.append({"ptr": "/phones/main", "purpose": "dpv:DeliveryOfGoods", "necessary": False})
                until = timestamp(unix_now() + YEAR)
                effect = "Without an address you fetch the bread yourself"
                await self.ask(vendor, "/v1/consents/ask", peer=peer, items=items, until=until, effect=effect)


async def make(vendor: Vendor, folder: Path) -> None:
    """A wallet for one vendor, opened by a key file beside it."""
    listen, secret = f"127.0.0.1:{free_port()}", key_file(folder)
    config = Config(
        kind="org",
        name=vendor.name,
        listen=listen,
        url=f"http://{listen}",
        api=f"127.0.0.1:{free_port()}",
        development=True,
    )
    await homes.make(folder, config, secret)


def key_file(folder: Path) -> bytes:
    """A new key in a new folder, for its owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = random_bytes(32)
    (folder / KEY).touch(0o600)
    (folder / KEY).write_bytes(secret)
    return secret
