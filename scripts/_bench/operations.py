"""What two agents do with each other, once: begun by its owner over the API, over when the other side has it.

A person's agent meets a vendor once only, so what is done many times at once is done by as many people.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final
from urllib.parse import quote

from scripts._bench.fleet import Served, until

CLAIMS: Final = {"tier": "gold", "member_since": "2021-03-01"}
CHAT: Final = "https://didcomm.org/basicmessage/2.0/message"
TEXT: Final = "x" * 600  # makes a plaintext of about 1 KiB
AGREEMENT: Final = "freerange-service-only"
NOTICE: Final = {"kind": "service", "text": "We move to another street."}
QUESTIONS: Final = "SELECT count(*) FROM question"
THREADS: Final = "SELECT count(*) FROM thread"


@dataclass(eq=False)
class Pair:
    """A vendor and a person. peer: the vendor, as her agent knows it; her: what the vendor's agent calls her."""

    vendor: Served
    person: Served
    waiting: list[None]
    peer: str = ""
    her: str = ""
    threads: list[str] = field(default_factory=list)

    @property
    def card(self) -> str:
        """The type of the vendor's card: she has such ones of others, who are gone."""
        return f"https://{self.vendor.config.name}.example/loyalty-card"

    async def kept(self, who: Served, thid: str, lines: int) -> None:
        """Return once somebody has kept so many messages of a thread."""
        await until(lambda: who.lines(thid) >= lines, self.waiting)


async def connect(pair: Pair) -> None:
    """From a new invitation of the vendor to its welcome, whose domain her agent has checked."""
    invited = await pair.vendor.ask("POST", "/v1/invitations", goal="Meet", once=True)
    taken = await pair.person.ask("POST", "/v1/invitations/accept", url=invited["url"])
    pair.peer = taken["peer"]
    await pair.kept(pair.person, taken["thread"], 2)


async def introduce(pair: Pair) -> None:
    """Learn what they call each other; no part of what is measured."""
    known = await pair.person.ask("GET", f"/v1/peers/{quote(pair.peer, safe='')}")
    assert known["state"] == "met"
    pair.her = known["our_did"]


async def write(pair: Pair) -> None:
    """A message of hers of about 1 KiB, until the vendor has stored it."""
    begun = await pair.person.ask("POST", "/v1/threads", peer=pair.peer, type=CHAT, body={"content": TEXT})
    await pair.kept(pair.vendor, begun["thread"], 1)


async def issue(pair: Pair) -> None:
    """A card offered, taken up by her word, issued, checked, kept, and acknowledged."""
    offered = await pair.vendor.ask(
        "POST", "/v1/offers", peer=pair.her, type=pair.card, name="Loyalty card", claims=CLAIMS
    )
    await say_yes(pair)
    await pair.kept(pair.vendor, offered["thread"], 4)


async def present(pair: Pair) -> None:
    """Proof of that card asked for, shown by her word, verified, and acknowledged."""
    asked = await pair.vendor.ask(
        "POST", "/v1/requests", peer=pair.her, purpose="A discount", type=pair.card, claims=["tier"]
    )
    await say_yes(pair)
    await pair.kept(pair.person, asked["thread"], 3)
    pair.threads.append(asked["thread"])


async def agree(pair: Pair) -> None:
    """Her terms proffered, accepted by the vendor's standing answer, and confirmed: three signed messages."""
    begun = await pair.person.ask("POST", "/v1/terms", peer=pair.peer, agreement=AGREEMENT)
    await pair.kept(pair.vendor, begun["thread"], 3)


async def tell(vendor: Served, pairs: Sequence[Pair]) -> list[float]:
    """A notice to all of these at once. Returns the seconds after which each of them had it."""
    before = [pair.person.count(THREADS) for pair in pairs]
    began = perf_counter()

    async def told(pair: Pair, known: int) -> float:
        await until(lambda: pair.person.count(THREADS) > known, pair.waiting)
        return perf_counter() - began

    asking = vendor.ask("POST", "/v1/notices", notice=NOTICE, peers=[pair.her for pair in pairs])
    _, *took = await asyncio.gather(asking, *map(told, pairs, before))
    return took


async def say_yes(pair: Pair) -> None:
    """She looks at the one question that waits for her, and says yes."""
    await until(lambda: pair.person.count(QUESTIONS) > 0, pair.waiting)
    [question] = await pair.person.ask("GET", "/v1/questions")
    await pair.person.ask("POST", f"/v1/questions/{question['question']}/answer", answer="yes")


async def verified(pair: Pair) -> bool:
    """Whether all that she has shown was found to be true; no part of what is measured."""
    found = [await pair.vendor.ask("GET", f"/v1/verdicts/{each}") for each in pair.threads]
    return all(each["verified"] for each in found)


Operation = Callable[[Pair], Awaitable[None]]

ONE_BY_ONE: Final[dict[str, Operation]] = {
    "message": write,
    "issuance": issue,
    "presentation": present,
    "terms": agree,
}
"""What a pair that has met can do again and again."""
