"""What the operator does with bridges: adds and removes them, pauses them, and has events told again."""

from functools import partial
from typing import Final

import msgspec
from msgspec.structs import replace

from agent import config as configs
from agent import events
from agent.agent import Agent
from agent.bridges import adapters, deleting, signatures, state, webhooks
from agent.bridges.state import HeldUp, State
from agent.errors import Refused
from protocols.problems import Misuse
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.store import events as rows
from wallet.store import items
from wallet.store.transaction import Transaction

SHOWN: Final = 50  # events of a log


class Standing(msgspec.Struct, frozen=True):
    """One bridge. state: works, waits, rests, paused or gone. key: what a receiver of webhooks checks signatures by.

    held_up, given_up: customers whose events are not taken, for now or until the operator does something.
    """

    bridge: str
    state: str
    waiting: int
    held_up: int
    given_up: int
    why: str = ""
    next: str | None = None
    key: str = ""


class Told(msgspec.Struct, frozen=True):
    """One event at one bridge. became: delivered, waits, held up or given up."""

    id: str
    type: str
    customer: str
    at: str
    became: str
    tries: int = 0
    why: str = ""
    next: str | None = None


def standing(agent: Agent, name: str) -> Standing:
    """How a bridge stands."""
    stands, now = state.of(agent, name), agent.now()
    held = state.held_up(agent, name).values()
    waiting = state.waiting(agent, name)
    word = "gone" if stands.gone else "paused" if stands.paused else "rests" if stands.due > now else ""
    keys = webhooks.kept(agent, name)
    again = min([each.due for each in held if each.due] + ([stands.due] if stands.due > now else []), default=0)
    return Standing(
        name,
        word or ("waits" if waiting else "works"),
        waiting,
        sum(bool(each.due) for each in held),
        sum(not each.due for each in held),
        stands.why or next((each.why for each in held), ""),
        timestamp(again) if again else None,
        signatures.told(keys.keys[0].key) if keys else "",
    )


def named(agent: Agent, text: str) -> str:
    """The bridge whose setting begins so. Raises NotFound, naming those there are."""
    found = [each for each in agent.config.bridges if each == text] or [
        each for each in agent.config.bridges if each.startswith(text)
    ]
    if len(found) != 1:
        there = ", ".join(agent.config.bridges) or "none; add one with: freerange bridge add minicrm"
        raise NotFound(f'there is no bridge "{text[:200]}". There are: {there}')
    return found[0]


# -- adding and removing ------------------------------------------------------------------------------------------


async def add(agent: Agent, setting: str, *, secret: str = "", shared: bool = False) -> Standing:
    """Have one more bridge, from now on and after every start. secret: what it needs to log in, or the key of a webhook
    that is used already. shared: sign by a secret that both sides hold. Raises Misconfigured, Misuse, Refused.
    """
    if agent.config.kind != "org":
        raise Refused("bridges are for an organisation's own systems; nothing was added")
    if setting in agent.config.bridges or any(letter in setting for letter in " ,"):
        raise Misuse(f"{setting} is there already, or has a space or comma in it; nothing was added")
    if setting.startswith(("https:", "http:")):
        key = secret or signatures.fresh(shared=shared)
        signatures.raw(key)
        bridge = await adapters.make(agent, setting)
        await webhooks.give(agent, setting, key, only=True)
    else:
        bridge = await adapters.make(agent, setting)
        if secret:
            await state.keep_secret(agent, setting, secret.encode())
    await bridge.close()
    settle(agent, (*agent.config.bridges, setting))
    return standing(agent, setting)


async def remove(agent: Agent, name: str) -> None:
    """Have this bridge no more. What waits for it waits no longer; what it holds stays there.

    Raises Refused while somebody's deletion waits for its word: nobody else could say that it is done.
    """
    owing = deleting.owed_by(agent, name)
    if owing:
        raise Refused(
            f"{owing} deletions wait for the word of {name}; nothing was removed. Let it delete first: freerange bridge"
        )
    settle(agent, tuple(each for each in agent.config.bridges if each != name))
    held = state.held_up(agent, name)
    await agent.store.write(partial(forget, name=name, held=tuple(held)))


def forget(tx: Transaction, *, name: str, held: tuple[str, ...]) -> None:
    """Keep nothing of a bridge."""
    for kind, id in ((state.STATE, name), (state.SECRET, name), *((state.HELD_UP, f"{name} {each}") for each in held)):
        items.claim(tx, kind=kind, id=id)


def settle(agent: Agent, bridges: tuple[str, ...]) -> None:
    """Put the setting in place, for this run and for later ones, whose other settings may be other ones by now."""
    home = agent.store.path.parent
    later = configs.read(home) if (home / configs.FILE).exists() else agent.config
    configs.write(home, replace(later, bridges=bridges))
    agent.config = replace(agent.config, bridges=bridges)
    agent.published.set()


async def rotate(agent: Agent, name: str, *, shared: bool = False) -> Standing:
    """Give a webhook a fresh key; the old one signs beside it for a week. Raises Misuse."""
    if webhooks.kept(agent, name) is None:
        raise Misuse(f"{name} takes no webhooks, and has no key that could change")
    await webhooks.give(agent, name, signatures.fresh(shared=shared))
    return standing(agent, name)


# -- pausing and telling again ------------------------------------------------------------------------------------


async def pause(agent: Agent, name: str) -> Standing:
    """Hand nothing over until it is resumed."""
    await state.save(agent, name, lambda then: replace(then, paused=True))
    return standing(agent, name)


async def resume(agent: Agent, name: str) -> Standing:
    """Hand over again, at once, whatever stood in the way."""
    await state.save(agent, name, awake, hold=due_now(agent, name))
    agent.published.set()
    return standing(agent, name)


async def replay(agent: Agent, name: str, since: int | None = None) -> Standing:
    """Try at once what was not taken; or tell again everything since a moment (Unix seconds) that is still kept."""
    if since is None:
        await state.save(agent, name, lambda then: replace(then, tries=0, due=0, why=""), hold=due_now(agent, name))
    else:
        place = agent.store.read(partial(rows.since, at=since))
        before = agent.store.read(partial(last_before, place=place))
        here = partial(rows.place_of, id=before)
        free = [
            each.subject
            for each in state.held_up(agent, name).values()
            if agent.store.read(partial(rows.place_of, id=each.first)) > agent.store.read(here)
        ]
        await state.save(agent, name, lambda then: replace(then, cursor=before, tries=0, due=0, why=""), free=free)
    agent.published.set()
    return standing(agent, name)


def awake(then: State) -> State:
    """A bridge that works as if nothing had been."""
    return State(cursor=then.cursor)


def due_now(agent: Agent, name: str) -> list[HeldUp]:
    """The customers that are held up, to be tried at once, with all attempts before them."""
    return [replace(each, tries=0, due=agent.now()) for each in state.held_up(agent, name).values()]


def last_before(tx: Transaction, *, place: int) -> str:
    """The id of the last event before a place; "" if there is none."""
    row = tx.row("SELECT max(place) FROM event WHERE place < :place", place=place)
    found = rows.after(tx, place=row[0] - 1, limit=1) if row and row[0] else ()
    return found[0][1].id if found else ""


# -- what became of what ------------------------------------------------------------------------------------------


def log(agent: Agent, name: str) -> list[Told]:
    """The newest events and what became of each at a bridge, newest first."""
    cursor = agent.store.read(partial(rows.place_of, id=state.of(agent, name).cursor))
    held = state.held_up(agent, name)
    firsts = {subject: agent.store.read(partial(rows.place_of, id=each.first)) for subject, each in held.items()}
    found = []
    for place, row in agent.store.read(partial(rows.newest, limit=SHOWN)):
        told = Told(row.id, events.read(row.record).type, row.subject, timestamp(row.at), "delivered")
        waits = held.get(row.subject)
        if waits is not None and firsts[row.subject] <= place <= cursor:
            first = place == firsts[row.subject]
            told = replace(
                told,
                became="held up" if waits.due else "given up",
                tries=waits.tries if first else 0,
                why=waits.why if first else "it waits for an earlier one of this customer",
                next=timestamp(waits.due) if waits.due else None,
            )
        elif place > cursor:
            told = replace(told, became="waits")
        found.append(told)
    return found
