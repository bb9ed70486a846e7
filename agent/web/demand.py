"""Routes of an org: what is asked for, bidding, price rules, what was won and lost; and a broker's pools."""

from typing import Annotated, Any

import msgspec

from agent import counts, effects, owner, prices, showing, wording
from agent.agent import Agent
from agent.conversation import Conversation
from agent.draft import Draft
from agent.errors import Refused
from agent.json_values import as_json
from agent.relationship import Relationship
from agent.vrm import intent_org, pool
from agent.vrm.intent_org import Stands
from agent.vrm.pool import Pool
from agent.web import leads
from agent.web.cards import issuers_of, simple_query
from agent.web.leads import of_cast
from agent.web.routes import Route
from protocols.machine import Message, Time
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.standard.present_proof import present_proof
from protocols.vrm.base import Duration, Text
from protocols.vrm.demand import Currency, Offer, Price
from protocols.vrm.intent import State
from protocols.vrm.intent_words import Bid, Cast, Matched, Outcome
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id
from wallet.needs import Lookup

DAY = 86400


class Bidding(msgspec.Struct, frozen=True):
    """thread: of the cast. valid: seconds for which it stands after she chooses. hold: seconds for which it is held
    without asking anybody once it is selected; 0: somebody is asked then."""

    thread: str
    price: Price
    currency: Currency
    delivery: Duration | None = None
    warranty: Duration | None = None
    description: Text | None = None
    conditions: Text | None = None
    valid: Annotated[int, msgspec.Meta(ge=0, le=365 * DAY)] = DAY
    hold: Annotated[int, msgspec.Meta(ge=0, le=30 * DAY)] = 0


class Proving(msgspec.Struct, frozen=True):
    """Proof to ask for before one bids; see agent/web/cards.py. thread: of the cast."""

    thread: str
    purpose: Text
    type: str = ""
    claims: tuple[str, ...] = ()
    query: dict[str, Any] = {}
    issuers: tuple[str, ...] = ()


class Pricing(msgspec.Struct, frozen=True):
    """rules: what a file of price rules holds."""

    rules: dict[str, Any]


class Shipping(msgspec.Struct, frozen=True):
    """order: the number of an order; delivery: a date."""

    thread: str
    order: Text
    delivery: str | None = None


class Opening(msgspec.Struct, frozen=True):
    """A pool to keep; see agent/vrm/pool.py."""

    name: Text
    about: Text = ""
    until: Time | None = None
    most: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 10_000


class Matching(msgspec.Struct, frozen=True):
    """bids: signed bids, as they came, for everybody in the pool."""

    bids: tuple[dict[str, Any], ...]


async def counters(agent: Agent) -> object:
    """How many casts came, how many were bid for, won and lost, and why. Nobody is named, for nobody is kept."""
    found, reasons = counts.counted(agent)
    named = {name: found[name] for name in ("received", "bid", "won", "lost", "declined", "released")}
    share = f"{100 * named['won'] // named['bid']} %" if named["bid"] else None
    return {**named, "won_of_bids": share, "why": {name: dict(each) for name, each in reasons.items()}}


async def bid(agent: Agent, asked: Bidding) -> object:
    """Make an offer; for a cast that takes sealed bids, deposit its digest, and it is opened in time."""
    who, found = of_cast(agent, asked.thread)
    if found.thread.state != State.OPEN:
        raise Misuse(f"what was asked is {found.thread.state}; one bid is made while it is open. Nothing was said.")
    wanted = found.thread.latest(Cast)
    if timestamp(agent.now()) > wanted.bid_by:
        raise Misuse(f"bids were taken until {wording.moment(wanted.bid_by)}; nothing was said")
    offer = Offer(
        asked.price,
        asked.currency,
        delivery_lead_time=asked.delivery,
        warranty=asked.warranty,
        description=asked.description,
    )
    until = timestamp(unix(wanted.select_by) + asked.valid)
    made = Bid(offer, valid_until=until, accepts=wanted.terms.digest, conditions=asked.conditions)

    def speak(draft: Draft) -> Lookup[str]:
        message = intent_org.prepare(draft, wanted, made, Stands(asked.hold) if asked.hold else None)
        effects.say(draft, message)
        yield from ()
        return message.name

    said = await owner.act(agent, who.peer, found.thread.thid, speak)
    return {"thread": found.thread.thid, "said": said, "price": asked.price, "currency": asked.currency, "valid": until}


async def prove(agent: Agent, asked: Proving) -> object:
    """Ask for proof that somebody is entitled to what she wants, in a child thread of her cast."""
    who, found = of_cast(agent, asked.thread)
    wanted = found.thread.latest(Cast)
    query = as_json(asked.query) or simple_query(asked.type, asked.claims)
    thid = new_id()

    def speak(draft: Draft) -> Lookup[None]:
        message = showing.request(
            draft, query=query, purpose=asked.purpose, issuers=issuers_of(asked.issuers), nonce=wanted.nonce
        )
        draft.begin(present_proof, "verifier", found.thread.thid)
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, who.peer, thid, speak)
    return {"thread": thid, "cast": found.thread.thid}


async def outcome(agent: Agent, asked: Shipping) -> object:
    """Say under which number an order is carried out."""
    who, found = of_cast(agent, asked.thread)
    await tell(agent, who, found, Outcome(order=asked.order, delivery=asked.delivery))
    return {"thread": found.thread.thid, "order": asked.order}


async def tell(agent: Agent, who: Relationship, found: Conversation, message: Message) -> None:
    """Say one message in one thread."""

    def speak(draft: Draft) -> Lookup[None]:
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, who.peer, found.thread.thid, speak)


async def price(agent: Agent, asked: Pricing) -> object:
    """Bid by these rules from now on."""
    rules = prices.read(msgspec.json.encode(asked.rules))
    await prices.keep(agent, rules)
    return msgspec.to_builtins(rules)


async def priced(agent: Agent) -> object:
    """The rules, with what is left of each stock."""
    return msgspec.to_builtins(prices.in_use(agent))


# -- pools --------------------------------------------------------------------------------------------------------


async def pools(agent: Agent) -> object:
    """The pools of this broker: what is wanted in them, and by how many."""
    wanted = pool.wanted(agent)
    return [{**msgspec.to_builtins(each), "wanted": dict(wanted[each.name])} for each in pool.every(agent)]


async def open_pool(agent: Agent, asked: Opening) -> object:
    """Keep a pool, or change one."""
    kept = Pool(asked.name, asked.about, asked.until or "", asked.most)
    await pool.keep(agent, kept)
    return msgspec.to_builtins(kept)


async def match(agent: Agent, name: str, asked: Matching) -> object:
    """Give everybody in a pool the bids it drew; that is the end of the pool for them."""
    if pool.find(agent, name) is None:
        raise Refused(f'there is no pool "{name[:80]}"; nothing was said')
    told = 0
    for peer, thid in list(pool.members(agent, name)):

        def speak(draft: Draft) -> Lookup[None]:
            effects.say(draft, Matched(asked.bids))
            yield from ()

        await owner.act(agent, peer, thid, speak)
        told += 1
    return {"pool": name, "told": told, "bids": len(asked.bids)}


ROUTES = (
    *leads.ROUTES,
    Route("GET", "/v1/demand/counters", counters),
    Route("POST", "/v1/demand/bid", bid, Bidding),
    Route("POST", "/v1/demand/proof", prove, Proving),
    Route("POST", "/v1/demand/outcome", outcome, Shipping),
    Route("GET", "/v1/demand/prices", priced),
    Route("POST", "/v1/demand/prices", price, Pricing),
    Route("GET", "/v1/demand/pools", pools),
    Route("POST", "/v1/demand/pools", open_pool, Opening),
    Route("POST", "/v1/demand/pools/{name}/match", match, Matching),
)
