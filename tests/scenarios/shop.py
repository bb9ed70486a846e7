"""A vendor that sells things with papers, and somebody who bought one."""

from dataclasses import dataclass
from typing import cast

from agent.agent import Agent
from tests.agent.world import Said, World

WASHER: Said = {"name": "Washing machine", "gtin": "4012345678901", "serial": "A1B2C3"}
LAMP: Said = {"name": "Lamp", "serial": "L-7"}


def rows(value: object) -> list[Said]:
    """A list inside what the API says."""
    return cast(list[Said], value)


@dataclass
class Sale:
    """She has met a vendor, which has papers of the machine she bought from it."""

    world: World
    her: Agent
    vendor: Agent
    called: str

    async def issue(self, kind: str, thing: Said = WASHER, **more: object) -> None:
        """The vendor issues a paper, and she takes it."""
        await self.world.do(self.vendor, "/v1/things/issue", peer=self.called, kind=kind, thing=thing, **more)
        await self.world.settle()
        await self.world.answer(self.her)

    async def things(self, agent: Agent | None = None) -> list[Said]:
        """What somebody owns."""
        return await self.world.listed(agent or self.her, "/v1/things")

    async def run(self) -> None:
        """Let everything happen that is due."""
        await self.world.settle()
        await self.world.tick(1)


async def bought(sale: Sale) -> None:
    await sale.issue("receipt", on="2026-10-02", price={"amount": "399.00", "currency": "EUR"})
    await sale.issue("ownership", on="2026-10-02")
    await sale.issue("warranty", until="2028-10-02")


async def open_shop(world: World, name: str = "Machine Shop") -> Sale:
    """A vendor whom she has met."""
    vendor, her = await world.add(name, "org"), await world.add("Augusta Lovelace")
    return Sale(world, her, vendor, await world.introduce(her, vendor))
