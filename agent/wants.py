"""What she wants, and what she regrets: private, until she casts one or says it. Source: vrm-protocols, section 5.6.

A want is kept whole: what, where (coarse), by when, for how much at most, what it must have, and how much an org may
learn before she orders. A wish is a want that is never sent. Nothing here is ever sent by itself.
"""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec.structs import replace

from agent.agent import Agent
from protocols.machine import Time
from protocols.problems import Misuse
from protocols.vrm.base import Text
from protocols.vrm.demand import Ceiling, Currency, Demand, Item, Price
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.store.change import Change
from wallet.store.change import Item as Kept

KIND: Final = "want"
MOST: Final = 10_000
FAMILIAR: Final = 3  # the level at which she is known to those she asks

State = Literal["kept", "cast", "ordered", "over"]


class Want(msgspec.Struct, frozen=True, omit_defaults=True):
    """One want. words: as she says it, for herself alone; kind: a wish may become a cast, a regret an experience.

    region: coarse; by: when it must be there; most, currency: the ceiling, a decimal string; must: what it must have.
    level: 0 nothing, 1 proof of eligibility, 2 a coarse profile, 3 a known customer. seal: bids are sealed until the
    last is in. questions: how many an org may ask. bids: how many reach her, the first that come. since: Unix seconds.
    campaign: the cast of it. select_by: until when she chooses, Unix seconds.
    """

    id: str
    words: Text
    since: int
    kind: Literal["wish", "regret"] = "wish"
    item: Item = Item()
    region: Text = ""
    by: Time | None = None
    most: Price | None = None
    currency: Currency | None = None
    must: Annotated[tuple[Text, ...], msgspec.Meta(max_length=20)] = ()
    level: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0
    seal: bool = False
    questions: Annotated[int, msgspec.Meta(ge=0, le=5)] = 2
    bids: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 25
    state: State = "kept"
    campaign: str = ""
    select_by: int = 0


def demand(want: Want) -> Demand:
    """What is said of it when it is cast. Raises Misuse if it is not told well enough to be offered anything."""
    if want.kind != "wish":
        raise Misuse("a regret is not cast; tell it to somebody as an experience. Nothing was said.")
    if not (want.item.category or want.item.name):
        raise Misuse("it does not say what is wanted: name a category or a product first. Nothing was said.")
    if not want.region:
        raise Misuse("it does not say where: name a region, as coarse as you like. Nothing was said.")
    ceiling = Ceiling(want.most, want.currency) if want.most and want.currency else None
    return Demand(want.item, want.region, availability_ends=want.by, price_specification=ceiling)


def check(want: Want) -> Want:
    """A want that can be kept. Raises Misuse."""
    if bool(want.most) != bool(want.currency):
        raise Misuse("a ceiling is an amount with its currency, as in 350.00 GBP; nothing was kept")
    if not want.words.strip():
        raise Misuse("say in a few words what it is; nothing was kept")
    return want


# -- keeping them -------------------------------------------------------------------------------------------------


async def add(agent: Agent, want: Want) -> Want:
    """Keep a new one, under an id of its own."""
    if sum(1 for _ in every(agent)) >= MOST:
        raise Misuse(f"{MOST} are kept already; drop some first. Nothing was kept.")
    made = check(replace(want, id=new_id(), since=agent.now()))
    await keep(agent, made)
    return made


async def keep(agent: Agent, want: Want) -> None:
    """Keep it as it is now."""
    await agent.store.apply(Change(peer="", keep=(item(want),)))


async def drop(agent: Agent, want: Want) -> None:
    """Forget it. Raises Misuse while orgs are asked for it."""
    if want.state == "cast":
        raise Misuse("organisations are being asked for it; close it first. Nothing was dropped.")
    await agent.store.apply(Change(peer="", claim=((KIND, want.id),)))


def item(want: Want) -> Kept:
    """The row that is kept of it."""
    return Kept(KIND, want.id, msgspec.json.encode(want))


def every(agent: Agent) -> Iterator[Want]:
    """All of them, oldest first."""
    return (msgspec.json.decode(row.record, type=Want) for row in agent.store.items(KIND))


def by_id(agent: Agent, id: str) -> Want | None:
    """The one with this id, if it is kept still."""
    row = agent.store.item(KIND, id)
    return msgspec.json.decode(row.record, type=Want) if row else None


def find(agent: Agent, named: str) -> Want:
    """The one whose id begins so, or whose words do. Raises NotFound, or Misuse if several do."""
    exact = by_id(agent, named.strip())
    if exact is not None:
        return exact
    wanted = named.strip().casefold()
    found = [each for each in every(agent) if wanted and (each.id.startswith(wanted) or heads(each, wanted))]
    if len(found) > 1:
        raise Misuse(f'"{named[:100]}" could be {len(found)} of them; say which by the letters of its id')
    if not found:
        raise NotFound(f'there is no want "{named[:100]}"; freerange want list shows them')
    return found[0]


def heads(want: Want, wanted: str) -> bool:
    """Whether it is meant by these words."""
    return want.words.casefold().startswith(wanted)
