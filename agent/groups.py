"""Groups of hers: tags she gives, and rules that say who belongs. None of it is ever sent. Source: vrm-protocols 3.8.

A rule is read as a person writes it: terms joined by `and`, of which several sets may be joined by `or`; `not` before a
term turns it round.

    tag:insurer                     those she tagged so
    kind:vendor                     what it says it is: vendor, agency, official, club, church, charity, other
    unused:1y                       nothing was said or heard for so long: 30d, 6m, 1y
    terms:any  terms:none  terms:ID an agreement is in force, none is, or this one is
    holds:address  holds:/emails    it holds this field of her card
    holds:any                       it holds something of hers, of her card or not
    name:bank                       its name contains this
    all                             everybody

A rule may be given a name, which then stands for it. Only relationships that have not ended belong to any group.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeAlias

import msgspec

from agent import contact, holdings, wording
from agent import relationship as relationships
from agent.agent import Agent
from agent.relationship import Relationship
from protocols.problems import Misuse
from wallet.store import log
from wallet.store.change import Change, Item

TAGS: Final = "tags"
GROUP: Final = "group"
NAME: Final = re.compile(r"[^\W_][\w .-]{0,62}")
MOST_TERMS: Final = 32
DEPTH: Final = 4  # names of groups inside of groups

Test: TypeAlias = Callable[[Relationship], bool]

_AGE = re.compile(r"(\d{1,4})\s*(d|w|m|y)")


# -- tags ---------------------------------------------------------------------------------------------------------


def tags(agent: Agent, peer: str) -> tuple[str, ...]:
    """The tags of one relationship, sorted."""
    row = agent.store.item(TAGS, peer)
    return msgspec.json.decode(row.record, type=tuple[str, ...]) if row else ()


async def tag(agent: Agent, peer: str, name: str) -> tuple[str, ...]:
    """Give a relationship a tag. Returns all it has. Raises Misuse."""
    return await keep(agent, peer, {*tags(agent, peer), named(name)})


async def untag(agent: Agent, peer: str, name: str) -> tuple[str, ...]:
    """Take a tag away. Returns those that stay. Raises Misuse if it has no such tag."""
    known = tags(agent, peer)
    if named(name) not in known:
        raise Misuse(f'it has no tag "{name[:64]}"; it has {", ".join(known) or "none"}')
    return await keep(agent, peer, {*known} - {named(name)})


async def keep(agent: Agent, peer: str, names: set[str]) -> tuple[str, ...]:
    """Store the tags of one relationship."""
    found = tuple(sorted(names))
    await agent.store.apply(Change(peer, keep=(Item(TAGS, peer, msgspec.json.encode(found), peer),)))
    return found


def named(name: str) -> str:
    """A tag or the name of a group, as it is kept. Raises Misuse."""
    plain = " ".join(name.split()).casefold()
    words = plain.split()
    if not NAME.fullmatch(plain) or plain == "all" or words[0] == "not" or {"and", "or"} & {*words}:
        raise Misuse(f'"{name[:64]}" cannot be a name here: letters, digits, spaces, dots and dashes, 63 at most')
    return plain


# -- groups -------------------------------------------------------------------------------------------------------


def groups(agent: Agent) -> dict[str, str]:
    """The groups that have a name, each with its rule."""
    return {row.id: msgspec.json.decode(row.record, type=str) for row in agent.store.items(GROUP)}


async def define(agent: Agent, name: str, rule: str) -> None:
    """Give a rule a name. Raises Misuse if the rule cannot be read, or would lead to itself."""
    known = named(name)
    reading(agent, rule, within=(known,))
    await agent.store.apply(Change("", keep=(Item(GROUP, known, msgspec.json.encode(rule)),)))


async def forget(agent: Agent, name: str) -> None:
    """Remove a group; nobody in it is touched. Raises Misuse if there is none."""
    known = named(name)
    if agent.store.item(GROUP, known) is None:
        raise Misuse(f'there is no group "{name[:64]}"; there are {", ".join(groups(agent)) or "none"}')
    await agent.store.apply(Change("", claim=((GROUP, known),)))


def members(agent: Agent, rule: str) -> Iterator[Relationship]:
    """Who belongs: one at a time, in no order. rule: a rule, or the name of one. Raises Misuse at once."""
    belongs = reading(agent, rule)
    known = (relationships.read(row) for row in agent.store.peers())
    return (each for each in known if not each.ended and not each.one_off and belongs(each))


def reading(agent: Agent, rule: str, within: tuple[str, ...] = ()) -> Test:
    """What a rule asks of a relationship. within: names of groups it is part of. Raises Misuse."""
    text = " ".join(rule.split())
    if not text:
        raise Misuse("an empty rule means nobody; write all for everybody")
    plain = text.casefold()
    if agent.store.item(GROUP, plain) is not None or plain in within:
        return stored(agent, plain, within)
    sets = [
        [term(agent, each.strip(), within) for each in re.split(r" and |, ?", part, flags=re.IGNORECASE)]
        for part in re.split(r" or ", text, flags=re.IGNORECASE)
    ]
    if sum(map(len, sets)) > MOST_TERMS:
        raise Misuse(f"a rule may have {MOST_TERMS} terms at most; name parts of it as groups")
    return lambda who: any(all(test(who) for test in part) for part in sets)


def stored(agent: Agent, name: str, within: tuple[str, ...]) -> Test:
    """The rule of a group that has a name."""
    if name in within or len(within) >= DEPTH:
        raise Misuse(f'the group "{name}" would lead to itself, or through too many others; nothing was changed')
    row = agent.store.item(GROUP, name)
    return reading(agent, msgspec.json.decode(row.record, type=str) if row else "", (*within, name))


def term(agent: Agent, text: str, within: tuple[str, ...]) -> Test:
    """One term. Raises Misuse."""
    if text.casefold().startswith("not "):
        other = term(agent, text[4:].strip(), within)
        return lambda who: not other(who)
    word, _, value = text.partition(":")
    word, value = word.strip().casefold(), value.strip()
    if word == "all" and not value:
        return lambda who: True
    made = TERMS.get(word)
    if made is not None and value:
        return made(agent, value)
    if agent.store.item(GROUP, text.casefold()) is not None or text.casefold() in within:
        return stored(agent, text.casefold(), within)
    raise Misuse(
        f'"{text[:64]}" is no group and no term of a rule; terms are all, '
        + ", ".join(f"{each}:..." for each in TERMS)
        + f"; groups are {', '.join(groups(agent)) or 'none yet'}"
    )


def tagged(agent: Agent, value: str) -> Test:
    """Those with a tag."""
    wanted = named(value)
    return lambda who: wanted in tags(agent, who.peer)


def of_kind(agent: Agent, value: str) -> Test:
    """Those that say they are of this kind."""
    return lambda who: who.kind == value.casefold()


def with_name(agent: Agent, value: str) -> Test:
    """Those whose name contains this."""
    return lambda who: value.casefold() in who.called.casefold()


def under(agent: Agent, value: str) -> Test:
    """Those with whom an agreement is in force."""

    def test(who: Relationship) -> bool:
        now = agent.now()
        ids = {each.id.casefold() for each in who.agreements if not each.ends or now < each.ends}
        return {"any": bool(ids), "none": not ids}.get(value.casefold(), value.casefold() in ids)

    return test


def holding(agent: Agent, value: str) -> Test:
    """Those that hold a field of her card, or a part of it; or anything at all."""
    if value.casefold() == "any":
        return lambda who: bool(holdings.live(agent, who.peer, schema=""))
    place = wording.WORDS[value][0] if value in wording.WORDS else contact.pointer(value)
    return lambda who: any(holdings.smaller(each.ptr, place) for each in holdings.live(agent, who.peer))


def unused(agent: Agent, value: str) -> Test:
    """Those with whom nothing was said for so long, either way."""
    found = _AGE.fullmatch(value.casefold())
    if found is None:
        raise Misuse(f'"{value[:64]}" is no length of time; write 30d, 8w, 6m or 1y')
    since = before(agent.now(), int(found[1]), found[2])
    return lambda who: last_used(agent, who) < since


TERMS: Final[dict[str, Callable[[Agent, str], Test]]] = {
    "tag": tagged,
    "kind": of_kind,
    "unused": unused,
    "terms": under,
    "holds": holding,
    "name": with_name,
}


def before(now: int, count: int, unit: str) -> int:
    """The moment so many days, weeks, months or years before now. Unix seconds."""
    if unit in "dw":
        return now - count * 86400 * (7 if unit == "w" else 1)
    then = datetime.fromtimestamp(now, UTC)
    months = then.year * 12 + then.month - 1 - count * (12 if unit == "y" else 1)
    if months < 12 * 1970:
        return 0
    year, month = divmod(months, 12)
    day = min(then.day, monthrange(year, month + 1)[1])
    return int(then.replace(year=year, month=month + 1, day=day).timestamp())


def last_used(agent: Agent, who: Relationship) -> int:
    """When something was last said or heard in a relationship. Unix seconds."""
    return max(who.since, agent.store.read(partial(log.last, peer=who.peer)))
