"""An org's price rules: what its agent bids by itself, what it declines, and what it asks about.

A small file of rules, read once and kept in the wallet. The first rule whose category is what she wants is taken; its
stock goes down by as many as are wanted with each bid that is selected. A want that no rule is about is asked about, or
declined.
"""

from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec
from msgspec.structs import replace

from agent.agent import Agent
from agent.draft import Draft
from agent.errors import Refused
from protocols.vrm.base import Duration, Text
from protocols.vrm.demand import Currency, Item, Offer, Price
from protocols.vrm.intent_words import Cast, Decline
from wallet.errors import WalletError
from wallet.store.change import Change, Outcome
from wallet.store.change import Item as Kept
from wallet.strict_json import parse_object

KIND: Final = "price-rules"
ID: Final = "prices"
TURN: Final = "price-turn"
"""Items: one at most, whose id is a number that each change of the rules moves on, so that of two changes made from the
same rules one is made anew: what is left once is not promised twice."""
DAY: Final = 86400
MOST_BYTES: Final = 256 * 1024


class Rule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that is for sale, at the price of one. category: as she may name it, without regard to case.

    regions: where it is delivered, beginnings of region codes; none for anywhere. has: features she may insist on.
    stock: how many are left; none for enough. valid: seconds for which a bid stands after she chooses; hold: for which
    it is held once she has.
    """

    name: Text
    category: Text
    price: Price
    currency: Currency
    regions: tuple[Text, ...] = ()
    has: tuple[Text, ...] = ()
    delivery: Duration | None = None
    warranty: Duration | None = None
    conditions: Text | None = None
    stock: Annotated[int, msgspec.Meta(ge=0)] | None = None
    valid: Annotated[int, msgspec.Meta(ge=0, le=365 * DAY)] = DAY
    hold: Annotated[int, msgspec.Meta(ge=60, le=30 * DAY)] = DAY


class Rules(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """All of them. otherwise: what becomes of a want that none is about."""

    rules: Annotated[tuple[Rule, ...], msgspec.Meta(max_length=2000)] = ()
    otherwise: Literal["ask", "decline"] = "ask"


def read(raw: bytes) -> Rules:
    """The rules in a JSON file. Raises Refused, saying where it is wrong; nothing is kept then."""
    if len(raw) > MOST_BYTES:
        raise Refused(f"the file has {len(raw)} bytes; at most {MOST_BYTES} are read. Nothing was kept.")
    try:
        rules = msgspec.convert(parse_object(raw), type=Rules)
    except (WalletError, msgspec.ValidationError) as fault:
        raise Refused(f"these are no price rules: {fault}. Nothing was kept.") from fault
    if len({each.name for each in rules.rules}) < len(rules.rules):
        raise Refused("two rules have one name. Nothing was kept.")
    return rules


def in_use(agent: Agent) -> Rules:
    """The rules as they are now."""
    row = agent.store.item(KIND, ID)
    return msgspec.json.decode(row.record, type=Rules) if row else Rules()


async def keep(agent: Agent, rules: Rules) -> None:
    """Use these from now on."""
    outcome = Outcome.CONFLICT
    while outcome is Outcome.CONFLICT:
        claim, turn = moved_on(agent)
        outcome = await agent.store.apply(Change(peer="", claim=claim, keep=(item(rules), turn)))


def moved_on(agent: Agent) -> tuple[tuple[tuple[str, str], ...], Kept]:
    """The turn that a change of the rules takes, to be claimed, and the next one."""
    now = next((row.id for row in agent.store.items(TURN)), "")
    return ((TURN, now),) if now else (), Kept(TURN, str(int(now or 0) + 1), b"")


def item(rules: Rules) -> Kept:
    """The row that is kept of them."""
    return Kept(KIND, ID, msgspec.json.encode(rules))


def quote(agent: Agent, cast: Cast) -> tuple[Rule, Offer] | Decline | None:
    """What is offered for a want; a no, with its reason; or None: a person decides."""
    rules, wanted = in_use(agent), cast.demand.item_offered
    named = {each.casefold() for each in (wanted.category, wanted.name) if each}
    found = [each for each in rules.rules if each.category.casefold() in named]
    if not found:
        return Decline("not-us") if rules.otherwise == "decline" else None
    refusals = [(each, refusal(each, cast)) for each in found]
    fitting = next((each for each, reason in refusals if reason is None), None)
    if fitting is None:
        return refusals[0][1]
    described = Item(name=fitting.name, category=fitting.category)
    return fitting, Offer(
        total(fitting.price, amount_of(cast)),
        fitting.currency,
        item_offered=described,
        delivery_lead_time=fitting.delivery,
        warranty=fitting.warranty,
    )


def refusal(rule: Rule, cast: Cast) -> Decline | None:
    """Why this rule makes no offer; None if it does."""
    ceiling, amount = cast.demand.price_specification, amount_of(cast)
    if rule.regions and not any(cast.demand.eligible_region.startswith(each) for each in rule.regions):
        return Decline("area")
    if rule.stock is not None and rule.stock < amount:
        return Decline("stock")
    if ceiling and (ceiling.price_currency != rule.currency or above(total(rule.price, amount), ceiling.max_price)):
        return Decline("price")
    if {each.casefold() for each in cast.must} - {each.casefold() for each in rule.has}:
        return Decline("not-us")
    return None


def amount_of(cast: Cast) -> int:
    """How many are wanted."""
    return cast.demand.item_offered.amount or 1


def total(price: str, amount: int) -> str:
    """What so many cost together."""
    return price if amount == 1 else f"{Decimal(price) * amount:f}"


def above(price: str, most: str) -> bool:
    """Whether one decimal string is more than another; floats are never used for money."""
    return parts(price) > parts(most)


def parts(price: str) -> tuple[int, int]:
    """Whole units and millionths."""
    whole, _, rest = price.partition(".")
    return int(whole), int(rest.ljust(6, "0")[:6] or "0")


def take(draft: Draft, name: str, amount: int = 1) -> bool:
    """Take so many from the stock of a rule, in the change that promises them. Returns False if too few are left.

    A rule that is gone, or counts nothing, has enough.
    """
    rules = in_use(draft.agent)
    rule = next((each for each in rules.rules if each.name == name), None)
    if rule is None or rule.stock is None:
        return True
    if rule.stock < amount:
        return False
    left = tuple(replace(each, stock=rule.stock - amount) if each is rule else each for each in rules.rules)
    claim, turn = moved_on(draft.agent)
    draft.claim += claim
    draft.keep += (item(replace(rules, rules=left)), turn)
    return True
