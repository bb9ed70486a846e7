"""What an operation reads is the same however many relationships are stored: rows are counted, not seconds."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from agent import clock, link
from agent.agent import Agent
from scripts._bench.world import fill
from tests.agent.world import World, public_did, the_only
from wallet.store.file_transaction import FileTransaction

OTHERS = 300  # relationships besides hers; more than one page of them
CARD = {"type": "https://shop.example/loyalty-card", "name": "Loyalty card", "claims": {"tier": "gold"}}
CHAT = "https://didcomm.org/basicmessage/2.0/message"
NOTICE = {"kind": "service", "text": "We move to another street."}


@dataclass
class Tally:
    """Rows that came back, and statements, by their words."""

    rows: int = 0
    statements: list[str] = field(default_factory=list)


@contextmanager
def counted() -> Iterator[Tally]:
    """All that any wallet is asked in the block is counted."""
    found = Tally()

    def count(name: str, rows: Callable[[Any], int]) -> None:
        real = getattr(FileTransaction, name)

        def spy(self: FileTransaction, sql: str, **values: Any) -> Any:
            result = real(self, sql, **values)
            found.rows += rows(result)
            found.statements.append(sql)
            return result

        patch.setattr(FileTransaction, name, spy)

    with pytest.MonkeyPatch.context() as patch:
        count("rows", len)
        count("row", lambda row: row is not None)
        count("run", lambda _: 0)
        count("put", lambda _: 0)
        yield found


@dataclass
class Met:
    """A shop, and a person who has met it. her: what the shop calls her."""

    world: World
    shop: Agent
    person: Agent
    her: str

    async def connect(self) -> None:
        """Somebody else meets the shop."""
        invitation = await self.world.do(self.shop, "/v1/invitations", goal="Meet")
        other = await self.world.add(f"person {len(self.world.agents)}")
        await self.world.do(other, "/v1/invitations/accept", url=invitation["url"])

    async def write(self) -> None:
        """A message to the shop."""
        await self.world.do(
            self.person, "/v1/threads", peer=public_did(self.shop), type=CHAT, body={"content": "Hello"}
        )

    async def issue(self) -> None:
        """A card, offered and taken."""
        await self.world.do(self.shop, "/v1/offers", peer=self.her, **CARD)
        await self.world.settle()
        await self.world.answer(self.person)

    async def ask(self) -> None:
        """Proof of that card, asked for and shown."""
        await self.world.do(
            self.shop, "/v1/requests", peer=self.her, purpose="A discount", type=CARD["type"], claims=["tier"]
        )
        await self.world.settle()
        await self.world.answer(self.person)

    async def agree(self) -> None:
        """Terms, proffered and accepted."""
        await self.world.do(self.person, "/v1/terms", peer=public_did(self.shop), agreement="freerange-service-only")

    async def tell(self) -> None:
        """A notice to her alone."""
        await self.world.do(self.shop, "/v1/notices", notice=NOTICE, peers=[self.her])

    async def look(self) -> None:
        """What the shop does now and then, and what it is asked about her."""
        await clock.tick(self.shop)
        await link.keep_house(self.shop)
        await self.world.ask(self.shop, "GET", f"/v1/peers/{quote(self.her, safe='')}")


OPERATIONS: dict[str, Callable[[Met], Awaitable[None]]] = {
    "connection": Met.connect,
    "message": Met.write,
    "issuance": Met.issue,
    "presentation": Met.ask,
    "terms": Met.agree,
    "notice": Met.tell,
    "now and then": Met.look,
}


async def test_no_operation_reads_more_rows_when_more_relationships_are_stored(world: World) -> None:
    shop, person = await world.add("shop", "org"), await world.add("person")
    await world.introduce(person, shop)
    met = Met(world, shop, person, the_only(person).our_did)

    async def cost() -> dict[str, int]:
        found = {}
        for name, operation in OPERATIONS.items():
            await operation(met)  # so that nothing is done for the first time
            await world.settle()
            with counted() as tally:
                await operation(met)
                await world.settle()
            assert tally.statements, name
            found[name] = tally.rows
        return found

    few = await cost()
    await fill(shop, OTHERS)
    many = await cost()

    assert {name: rows for name, rows in many.items() if rows > few[name] + OTHERS / 10} == {}
