"""Campaigns: one act of hers towards many, carried out one recipient at a time. Source: vrm-protocols, section 3.8.

How another part uses this. Write a `many.Kind`, whose `say` says all that is said to one recipient in a draft of its
own (`many.opening` does it for what begins with one message), list it in `KINDS`, and call

    id = await campaigns.start(agent, "leaving", content, (To(peer) for peer in ...), title="Leave every shop")

It returns once every recipient has a row with the id of its thread. What is said then is the clock's part: rows come
due in an order that is shuffled, over `jitter` seconds; a few are attended to at a time; each moves on in the change
that says it, so that after a kill at any point nobody is told twice and nobody is left out. When a recipient answers,
its row moves on by itself to the word that the family has for that (`Side.word`). A family of purchases names in
`Side.exclusive` the states in which at most one thread of a campaign may be; whoever would be the second gets a Misuse.
`pause`, `resume` and `cancel` act on what has not been said; `tally` counts; `add` adds recipients later. `recipients`
may be a generator of any length: nowhere are all of them in memory. Previews are for the caller to make.
"""

import asyncio
import random
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

import msgspec

from agent import casting, effects, exercising, issuing, leaving, notices, updating
from agent.agent import Agent
from agent.draft import Draft
from agent.errors import AgentError, Refused, Unavailable, Unreachable
from agent.logs import note
from agent.many import DELIVERED, SENT, SILENT, SKIPPED, TOLD, Kind, Order, Plan, To
from agent.owner import commit
from protocols.machine import Problem
from protocols.problems import Misuse
from protocols.standard.basic_message import BasicMessage, basic_message
from wallet.errors import NotFound, Unresolved, WalletError
from wallet.keys import new_id
from wallet.store import campaigns
from wallet.store.apply import apply
from wallet.store.campaigns import QUEUED, Campaign, Recipient
from wallet.store.change import Change, Item, Outcome, Progress
from wallet.store.transaction import Transaction

KINDS: tuple[Kind, ...] = (
    leaving.KIND,
    updating.KIND,
    casting.KIND,
    exercising.KIND,
    issuing.KIND,
    notices.KIND,
)
JITTER = 600  # seconds over which the first attempts of a campaign are spread, unless the owner wants it otherwise
WINDOW = 32  # recipients attended to at a time
MOST_BUSY = 128  # deliveries under way, whoever they are to; as long as there are more, nothing new is said
BATCH = 256  # rows in one change
PUT_OFF = 600
TOWARDS = 10.0  # seconds in which somebody not met has to be found
FAULTS = (Problem, Misuse, WalletError, AgentError, msgspec.MsgspecError, LookupError, TypeError, ValueError)
AWAY = (OSError, Unresolved, Unreachable, Unavailable)
"""There is no way to a recipient now; later there may be."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a campaign has come. counts: recipients by state."""

    id: str
    plan: Plan
    at: int
    counts: dict[str, int]

    @property
    def unsaid(self) -> int:
        """To how many nothing has been said yet."""
        return self.counts.get(QUEUED, 0)


# -- what the owner does ------------------------------------------------------------------------------------------


async def start(
    agent: Agent,
    kind: str,
    content: dict[str, object],
    recipients: Iterable[To],
    *,
    title: str,
    jitter: int = JITTER,
    keep: Collection[Item] = (),
    id: str = "",
) -> str:
    """Begin a campaign; see the module. Returns its id. Raises Misuse, having begun nothing, if there is nobody.

    keep: what is kept in the very change by which it begins to run. id: for it, random, if whoever begins it must know
    it before; there may be one of that id that was never begun whole, of which nothing stays.
    """
    of_name(kind)
    if id:
        await clear(agent, id)
    id, now = id or new_id(), agent.now()
    plan = Plan(kind, title, content, jitter=max(0, jitter))
    await agent.store.write(partial(campaigns.write, row=row_of(id, 0, plan, now)))
    # failpoint: campaigns.begun
    size = await fill(agent, id, plan, recipients)
    if not size:
        await clear(agent, id)
        raise Misuse("there is nobody to whom this could be said; nothing was begun")
    # failpoint: campaigns.filled
    await agent.store.write(partial(set_going, row=row_of(id, 1, replaced(plan, "running", size), now), keep=keep))
    agent.stirred.set()
    return id


def set_going(tx: Transaction, *, row: Campaign, keep: Collection[Item]) -> None:
    """From now on it is attended to."""
    campaigns.write(tx, row=row)
    apply(tx, Change("", keep=tuple(keep)))


async def add(agent: Agent, id: str, recipients: Iterable[To]) -> int:
    """Let more recipients take part, at once. Returns how many. Raises Misuse unless the campaign runs or is paused."""
    row, plan = found(agent, id)
    if plan.state not in ("running", "paused"):
        raise Misuse(f"the campaign is {plan.state}; nobody was added")
    size = await fill(agent, id, msgspec.structs.replace(plan, jitter=0), recipients)
    await keep(agent, row, msgspec.structs.replace(plan, size=plan.size + size))
    agent.stirred.set()
    return size


async def pause(agent: Agent, id: str) -> None:
    """Say nothing more for now; what has been said stays said."""
    row, plan = found(agent, id)
    if plan.state != "running":
        raise Misuse(f"the campaign is {plan.state}; there is nothing to pause")
    await keep(agent, row, replaced(plan, "paused"))


async def resume(agent: Agent, id: str) -> None:
    """Go on with those to whom nothing has been said."""
    row, plan = found(agent, id)
    if plan.state != "paused":
        raise Misuse(f"the campaign is {plan.state}; only one that is paused is resumed")
    await keep(agent, row, replaced(plan, "running"))
    agent.stirred.set()


async def cancel(agent: Agent, id: str) -> int:
    """Say it to nobody else. Returns to how many nothing was said. One that was never begun whole leaves no trace."""
    row, plan = found(agent, id)
    if plan.state == "filling":
        await clear(agent, id)
        return 0
    if plan.state == "cancelled":
        raise Misuse("the campaign is cancelled already")
    await keep(agent, row, replaced(plan, "cancelled"))
    return tally(agent, id).unsaid


def tally(agent: Agent, id: str) -> Tally:
    """How far a campaign has come. Raises NotFound."""
    row, plan = found(agent, id)
    return Tally(id, plan, row.at, agent.store.read(partial(campaigns.tally, campaign=id)))


def listed(agent: Agent, start: int = 0, most: int | None = None) -> list[Tally]:
    """Campaigns, the newest first; all, or so many after the first `start`: only those are counted."""
    rows = agent.store.read(lambda tx: list(campaigns.campaigns(tx)))
    newest = sorted(rows, key=lambda row: row.at, reverse=True)
    return [tally(agent, each.id) for each in newest[start : None if most is None else start + most]]


def count(agent: Agent) -> int:
    """How many campaigns there are."""
    return sum(1 for _ in agent.store.read(campaigns.campaigns))


def recipients(agent: Agent, id: str, state: str | None = None) -> Iterator[tuple[Recipient, To]]:
    """The recipients of a campaign, in no order, one at a time; those in one state, if it is named."""
    rows = agent.store.read(partial(campaigns.recipients, campaign=id, state=state))
    return ((row, msgspec.json.decode(row.record, type=To)) for row in rows)


def of_name(name: str) -> Kind:
    """A kind of campaign. Raises Misuse."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise Misuse(f'this program knows no campaign of the kind "{name[:64]}"')


# -- what the clock does ------------------------------------------------------------------------------------------


async def attend(agent: Agent) -> None:
    """Attend to a few of the recipients whose moment has come; to the others at the next tick."""
    room = min(WINDOW, MOST_BUSY - agent.outbox.busy())
    rows = agent.store.read(partial(campaigns.due, now=agent.now(), limit=room)) if room > 0 else ()
    if rows:
        await asyncio.gather(*(attend_to(agent, row) for row in rows))
        agent.stirred.set()


async def attend_to(agent: Agent, row: Recipient) -> None:
    """Say what is due to one recipient. What goes wrong with one never stops the others."""
    try:
        _, plan = found(agent, row.campaign)
        step = say if row.state == QUEUED else remind
        await step(agent, row, of_name(plan.kind), plan)
    except OSError as fault:  # a full disk, say: it stays due
        note("a recipient of a campaign has to wait", error=type(fault).__name__)
        await asyncio.sleep(1)
    except FAULTS as fault:
        await skip(agent, row, str(fault) if isinstance(fault, (Misuse, NotFound, Refused)) else type(fault).__name__)


async def say(agent: Agent, row: Recipient, kind: Kind, plan: Plan) -> None:
    """The first that is said to a recipient, and the row's step, in one change."""
    to = msgspec.json.decode(row.record, type=To)
    try:
        async with asyncio.timeout(TOWARDS):
            peer = await kind.towards(agent, to.to, row.thid)
    except AWAY as fault:
        note("a recipient of a campaign cannot be found now", error=type(fault).__name__)
        await put_off(agent, row)
        return
    async with agent.turn_of(peer):
        draft = Draft.of(agent, peer, row.thid, begins=True)
        await agent.meet(kind.say(draft, Order(plan.content, to.given)))
        spoken = draft.conversation is not None
        draft.update(campaign=row.campaign)
        draft.progress = (
            Progress(
                row.campaign,
                row.thid,
                SENT if spoken else TOLD,
                at=agent.now() + kind.patience if spoken else None,
                record=msgspec.json.encode(msgspec.structs.replace(to, peer=peer)),
                first=True,
            ),
        )
        # failpoint: campaigns.before-say
        outcome = await commit(agent, draft)
        # failpoint: campaigns.after-say
        agent.forget_thread(peer, row.thid)  # it answers later, if at all: many of them would fill the memory
    if outcome is not Outcome.APPLIED:  # so much waits for this peer already, or it was paused just now
        await put_off(agent, row)


async def remind(agent: Agent, row: Recipient, kind: Kind, plan: Plan) -> None:
    """A recipient has not answered for so long that it is called silent; it is asked once more, if its kind says so."""
    peer = msgspec.json.decode(row.record, type=To).peer
    standing = partial(campaigns.recipient, campaign=row.campaign, thid=row.thid)
    async with agent.turn_of(peer):
        known = agent.store.read(standing)
        if known is None or known.state != row.state:
            return  # it has answered while this waited for its turn
        draft = Draft.of(agent, peer, new_id(), begins=True)
        if kind.reminder and not draft.relationship.ended:
            draft.begin(basic_message, basic_message.opener(BasicMessage(kind.reminder)) or "", row.thid)
            effects.say(draft, BasicMessage(kind.reminder))
        draft.progress = (Progress(row.campaign, row.thid, SILENT, only=row.state),)
        if await commit(agent, draft) is not Outcome.APPLIED:
            await put_off(agent, row)


async def put_off(agent: Agent, row: Recipient) -> None:
    """Nothing more can be said to this recipient now: later, unless it has moved on."""
    later = Progress(row.campaign, row.thid, row.state, at=agent.now() + PUT_OFF, only=row.state)
    await agent.store.apply(Change("", progress=(later,)))


async def skip(agent: Agent, row: Recipient, why: str) -> None:
    """Nothing can be said to this recipient, or nothing more, and the owner sees why."""
    note("a recipient of a campaign was left out", why=why)
    to = msgspec.structs.replace(msgspec.json.decode(row.record, type=To), why=why)
    state = SKIPPED if row.state == QUEUED else SILENT
    left = Progress(row.campaign, row.thid, state, record=msgspec.json.encode(to), only=row.state)
    await agent.store.apply(Change("", progress=(left,)))


# -- rows ---------------------------------------------------------------------------------------------------------


async def fill(agent: Agent, id: str, plan: Plan, recipients: Iterable[To]) -> int:
    """Add a row for each recipient, some at a time. Returns how many."""
    each, size, now = iter(recipients), 0, agent.now()
    while batch := list(islice(each, BATCH)):
        rows = [
            Recipient(id, new_id(), QUEUED, now + random.randint(0, plan.jitter), msgspec.json.encode(to))
            for to in batch
        ]
        await agent.store.write(partial(campaigns.add, rows=rows))
        size += len(rows)
    return size


async def clear(agent: Agent, id: str) -> None:
    """Remove a campaign with all its rows."""
    while await agent.store.write(partial(campaigns.clear, id=id, most=BATCH)) == BATCH:
        pass


def found(agent: Agent, id: str) -> tuple[Campaign, Plan]:
    """A campaign's row and what it holds. Raises NotFound."""
    row = agent.store.read(partial(campaigns.campaign, id=id))
    if row is None:
        raise NotFound(f"there is no campaign {id[:64]}")
    return row, msgspec.json.decode(row.record, type=Plan)


def replaced(plan: Plan, state: str, size: int | None = None) -> Plan:
    """A plan in another state."""
    return msgspec.structs.replace(plan, state=state, size=plan.size if size is None else size)


def row_of(id: str, version: int, plan: Plan, at: int) -> Campaign:
    """A campaign's row, changed from `version`."""
    return Campaign(id, version, plan.state == "running", at, msgspec.json.encode(plan))


async def keep(agent: Agent, row: Campaign, plan: Plan) -> None:
    """Store a campaign as it is now. Raises Misuse if it has moved on meanwhile."""
    written = await agent.store.write(partial(campaigns.write, row=row_of(row.id, row.version, plan, row.at)))
    if not written:
        raise Misuse("the campaign moved on while you spoke; nothing was changed. Look at it and try again.")


__all__ = [
    "DELIVERED", "JITTER", "KINDS", "QUEUED", "SENT", "SILENT", "SKIPPED", "TOLD", "Tally", "To", "add", "attend",
    "cancel", "count", "listed", "pause", "recipients", "resume", "start", "tally",
]  # fmt: skip
