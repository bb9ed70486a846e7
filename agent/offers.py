"""What came of a cast: who was asked, who offers what, and her choice. Source: vrm-protocols, sections 3.8 and 5.6."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from agent import campaigns, casting, contact, effects, groups, names, one_off, wants, wording
from agent.agent import MINUTE, Agent
from agent.campaigns import DELIVERED, QUEUED, SENT, SILENT, SKIPPED, To
from agent.draft import Draft
from agent.durations import end_of
from agent.owner import act
from agent.relationship import Relationship
from agent.vrm import intent_person
from agent.vrm.bids import WAITING, digest_of_bid, said
from agent.vrm.intent_person import DECIDED, OFFERED, Decided
from agent.wants import Want
from protocols.machine import Message, Thread
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.vrm.base import ItemLabel
from protocols.vrm.intent import State
from protocols.vrm.intent_words import Bid, Cast, Close, Confirm, Question, Select
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.needs import Lookup
from wallet.strict_json import Json

PURPOSE: Final = "dpv:DeliveryOfGoods"
KEPT_FOR: Final = "P90D"
TELLS: Final = ("/name", "/addresses/home", "/emails/main")
"""What an order tells of her card, if she names nothing else; of these, what is there."""
MOST_ASKED: Final = 500
Reason = Literal["chose-another", "too-dear", "too-late", "changed-mind", "cancelled", "expired", "other"]


@dataclass(frozen=True)
class Asked:
    """One org that was asked. state: as the tally counts it; thread: None while nothing was said or it is forgotten.

    number: which of the offers it is, in the order they came, from 1; of one second, the cheaper first. Another that
    comes while she looks at the table does not take its place.
    """

    to: To
    thid: str
    state: str
    who: Relationship | None = None
    thread: Thread | None = None
    number: int = 0

    @property
    def bid(self) -> Bid | None:
        """What it offers."""
        return self.thread.latest(Bid) if self.thread and said(self.thread, Bid.name) else None

    @property
    def wanted(self) -> Cast | None:
        """What it was asked for."""
        return self.thread.latest(Cast) if self.thread and said(self.thread, Cast.name) else None

    @property
    def came(self) -> int:
        """When its offer came, Unix seconds; 0 if there is none."""
        return next((each.at for each in self.thread.said if each.name == Bid.name), 0) if self.thread else 0


# -- casting ------------------------------------------------------------------------------------------------------


async def addressed(agent: Agent, want: Want, named: tuple[str, ...]) -> tuple[one_off.Org | Relationship, ...]:
    """The orgs meant by names, domains, links, DIDs and groups, each once. Raises as `one_off.find` does."""
    if agent.config.kind != "person":
        raise Misuse("a want is a person's, and this agent is an organisation's; nothing was said")
    found: dict[str, one_off.Org | Relationship] = {}
    for each in named:
        those = in_group(agent, each)
        if want.level == wants.FAMILIAR:
            found |= {who.peer: who for who in (those or (names.find_peer(agent, each),))}
        else:
            orgs = [one_off.known(who) for who in those] if those else [await one_off.find(agent, each)]
            found |= {org.did: org for org in orgs}
    if not 0 < len(found) <= MOST_ASKED:
        raise Misuse(f"a want is cast to 1 to {MOST_ASKED} organisations, not to {len(found)}; nothing was said")
    return tuple(found.values())


def in_group(agent: Agent, named: str) -> tuple[Relationship, ...]:
    """The members of one of her groups; none if this names no group."""
    name = " ".join(named.split()).casefold()
    return tuple(groups.members(agent, name)) if name in groups.groups(agent) else ()


async def start(
    agent: Agent, want: Want, those: tuple[one_off.Org | Relationship, ...], said_to_all: dict[str, Any], jitter: int
) -> Want:
    """Cast it to these, or to more of them if it is cast already. Returns the want as it is then."""
    to = [
        To(casting.KNOWN + each.peer if isinstance(each, Relationship) else each.did, {"name": called(each)})
        for each in those
    ]
    if want.state == "cast":
        before = {each.to.to for each in asked(agent, want)}
        more = [each for each in to if each.to not in before]
        if not more:
            raise Misuse("all of these were asked already; nothing more was said")
        await campaigns.add(agent, want.campaign, more)
        return want
    if want.state == "ordered":
        raise Misuse("it is ordered already; nothing was said")
    id = await campaigns.start(agent, casting.KIND.name, said_to_all, to, title=f"Cast: {want.words}", jitter=jitter)
    until = msgspec.convert(said_to_all["cast"], Cast).select_by
    now = replace(want, state="cast", campaign=id, select_by=unix(until))
    await wants.keep(agent, now)
    return now


def called(each: one_off.Org | Relationship) -> str:
    """What to call an org that is asked."""
    return each.called if isinstance(each, Relationship) else each.name or each.domain


# -- what came of it ----------------------------------------------------------------------------------------------


def asked(agent: Agent, want: Want, besides: Collection[str] = ()) -> Iterator[Asked]:
    """Everybody who was asked, and how far it has come. besides: states, as the tally counts them, that are left out
    without a look at what was said."""
    if not want.campaign:
        return
    for row, to in campaigns.recipients(agent, want.campaign):
        if row.state in besides:
            continue
        if not to.peer:
            yield Asked(to, row.thid, row.state)
            continue
        conversation, _ = agent.conversation(to.peer, row.thid)
        thread = conversation.thread if conversation else None
        yield Asked(to, row.thid, row.state, agent.relationship(to.peer)[0], thread)


def tally(agent: Agent, want: Want) -> dict[str, int]:
    """How many were asked and not told yet, have it, declined, offered, or are silent; and what else became of it."""
    counts = campaigns.tally(agent, want.campaign).counts if want.campaign else {}
    waiting = counts.get(QUEUED, 0) + counts.get(SENT, 0)
    found = {
        "waiting": waiting,
        "delivered": sum(counts.values()) - waiting - counts.get(SKIPPED, 0),
        "declined": counts.get(State.DECLINED, 0),
        "offered": sum(counts.get(each, 0) for each in (OFFERED, *CHOSEN)),
        "silent": counts.get(DELIVERED, 0) + counts.get(SILENT, 0),
        "left out": counts.get(SKIPPED, 0),
    }
    return found | {name: count for name, count in counts.items() if name in (State.SEALED, "asking", *CHOSEN)}


CHOSEN: Final = (State.SELECTED, State.RESERVED, State.RECALLED, State.ORDERED, State.COMPLETED)
NOTHING_OFFERED: Final = frozenset({QUEUED, SENT, DELIVERED, SILENT, SKIPPED, "asking", State.SEALED})
"""States of a recipient in which there is no bid, nor ever was one."""
NOTHING_ASKED: Final = frozenset(
    {QUEUED, SENT, DELIVERED, SILENT, SKIPPED, OFFERED, State.SEALED, State.DECLINED, *CHOSEN}
)
"""States of a recipient in which no question waits."""


def offered(agent: Agent, want: Want) -> list[Asked]:
    """Those who offer something that can be seen, the cheapest first. Sealed bids are seen once all are in."""
    those = (each for each in asked(agent, want, besides=NOTHING_OFFERED) if each.came)
    came = sorted(those, key=lambda each: (each.came, price(each)))
    numbered = (dataclasses.replace(each, number=number) for number, each in enumerate(came, 1))
    found = [each for each in numbered if stands(each) and is_open(agent, each)]
    return sorted(found, key=price)


def price(each: Asked) -> Decimal:
    """What it would cost."""
    return Decimal(each.bid.offer.price) if each.bid else Decimal(0)


def of_one(each: Asked) -> str | None:
    """What one of them would cost, if several are wanted: the price is that of all. To the cent, rounded up."""
    wanted = each.wanted
    amount = wanted.demand.item_offered.amount if wanted else None
    if each.bid is None or not amount or amount < 2:
        return None
    return str((price(each) / amount).quantize(Decimal("0.01"), rounding=ROUND_UP))


def stands(each: Asked) -> bool:
    """Whether it offers something that she can pick, or has picked."""
    return each.bid is not None and each.thread is not None and each.thread.state in (State.BID, *CHOSEN)


def is_open(agent: Agent, each: Asked) -> bool:
    """Whether its bid may be looked at."""
    cast = each.thread.latest(Cast) if each.thread else None
    return cast is not None and (not cast.seal or timestamp(agent.now()) > cast.bid_by)


def questions(agent: Agent, want: Want) -> Iterator[tuple[Asked, str, str]]:
    """Who asked what last, and has no answer yet: with the id of the message."""
    for each in asked(agent, want, besides=NOTHING_ASKED):
        entry = (
            next((one for one in reversed(each.thread.said) if one.name == "question"), None) if each.thread else None
        )
        answered = (
            entry and each.thread and any(one.name == "answer" and one.at >= entry.at for one in each.thread.said)
        )
        if entry and each.thread and not answered and each.thread.state == State.OPEN:
            yield each, each.thread.latest(Question).text, entry.id


def one(found: list[Asked], named: str) -> Asked:
    """The one she means, by its number, its name or its thread. Raises NotFound or Misuse."""
    numbered = next((each for each in found if str(each.number) == named), None)
    if numbered is not None:
        return numbered
    wanted = named.casefold()
    meant = [
        each for each in found if each.thid.startswith(wanted) or (each.who and wanted == each.who.called.casefold())
    ]
    if len(meant) > 1:
        raise Misuse(f'"{named[:80]}" could be {len(meant)} of them; say which by its number in the table')
    if not meant:
        raise NotFound(f'nobody called "{named[:80]}" offers this; freerange bids shows who does')
    return meant[0]


# -- her choice ---------------------------------------------------------------------------------------------------


async def say(agent: Agent, each: Asked, message: Message) -> None:
    """Say something to one of them. Raises Misuse."""

    def speak(draft: Draft) -> Lookup[None]:
        effects.say(draft, message)
        yield from ()

    await act(agent, each.to.peer, each.thid, speak)


async def select(agent: Agent, want: Want, named: str, values: Mapping[str, Json] | None = None) -> Asked:
    """Pick one bid, and ask whether it still stands. values: the least that is needed to check stock."""
    chosen = one(offered(agent, want), named)
    if chosen.thread is None or chosen.bid is None:
        raise Misuse("it offers nothing any more; nothing was said")
    if timestamp(agent.now()) > chosen.bid.valid_until:
        raise Misuse(f"this offer stood until {wording.moment(chosen.bid.valid_until)}; nothing was said")
    await say(agent, chosen, Select(digest_of_bid(chosen.thread), values=dict(values or {})))
    return chosen


def chosen(agent: Agent, want: Want) -> Asked:
    """The one she has selected. Raises Misuse if there is none."""
    for each in asked(agent, want, besides=NOTHING_OFFERED):
        if each.thread and each.thread.state in (State.SELECTED, State.RESERVED, State.RECALLED):
            return each
    raise Misuse("no bid is selected, or it is not held any more. First: freerange select WANT BID")


def card_values(agent: Agent) -> dict[str, Json]:
    """What of her contact card an order tells, if she names nothing else."""
    card = contact.read(agent)
    found = {ptr: contact.value_at(card, ptr) for ptr in TELLS}
    return {ptr: value for ptr, value in found.items() if value is not None}


async def order(
    agent: Agent, want: Want, values: Mapping[str, Json], *, purpose: str = PURPOSE, kept_for: str = KEPT_FOR
) -> Asked:
    """Order what is held for her, and say who she is; or decide to, and it is said as soon as the bid is held.

    kept_for: how long they may keep the values, a duration. Raises Misuse.
    """
    meant = chosen(agent, want)
    if not values:
        raise Misuse(
            "an order says who you are and where it goes; name that, or put it on your card. Nothing was said."
        )
    until = end_of(agent.now() // MINUTE * MINUTE, kept_for)
    if not until:
        raise Misuse(f'"{kept_for}" is no duration, as in P90D; nothing was said')
    labels = tuple(ItemLabel(ptr, purpose, timestamp(until)) for ptr in values)

    def speak(draft: Draft) -> Lookup[None]:
        yield from ()
        if draft.thread.state == State.SELECTED:
            draft.add_item(DECIDED, draft.thid, msgspec.json.encode(Decided({**values}, labels)))
            return
        effects.say(draft, Confirm(digest_of_bid(draft.thread), labels, values={**values}))

    await act(agent, meant.to.peer, meant.thid, speak)
    agent.stirred.set()  # those who are closed for it are told now
    return meant


async def settle(agent: Agent, want: Want) -> Want:
    """A want whose time is over, and of which nothing is selected, is over. Returns it as it is now."""
    if want.state != "cast" or agent.now() <= want.select_by:
        return want
    if any(each.thread and each.thread.state in (*WAITING, *CHOSEN) for each in asked(agent, want)):
        return want
    done = replace(want, state="over")
    await wants.keep(agent, done)
    return done


async def close(agent: Agent, want: Want, reason: Reason, *, band: str | None, named: str = "") -> int:
    """Tell those who were not selected that it is over, or the one that is named; and nobody else is asked any more.

    band: between which prices the chosen offer was. Returns how many were told.
    """
    every = list(asked(agent, want))
    those = [one(every, named)] if named else every
    told = 0
    for each in those:
        if each.thread is not None and each.thread.state in WAITING:
            await say(agent, each, Close(reason, winning_band=band))
            told += 1
    if not named and want.campaign:
        plan = campaigns.tally(agent, want.campaign).plan
        if plan.state in ("running", "paused"):
            await campaigns.cancel(agent, want.campaign)
        if want.state == "cast" and not any(each.thread and each.thread.state in CHOSEN for each in every):
            await wants.keep(agent, replace(want, state="over"))
    return told


def band_of(agent: Agent, want: Want) -> str | None:
    """Between which prices the chosen offer was, rounded so that it does not name it."""
    for each in asked(agent, want, besides=NOTHING_OFFERED):
        if each.thread and each.thread.state in CHOSEN and each.bid:
            width = max(Decimal(1), Decimal(10) ** max(0, price(each).adjusted() - 1))
            low = price(each) // width * width
            return f"{low:f}-{low + width:f} {each.bid.offer.price_currency}"
    return None


def word(each: Asked) -> str:
    """Where one of them stands, in a word."""
    if each.thread is None or each.thread.state == State.OPEN:
        return each.state  # the campaign knows whether it was told, and the thread whether it asks
    return intent_person.word(each.thread)
