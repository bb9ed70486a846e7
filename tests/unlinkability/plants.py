"""Faults that would link a person, put into her real agent one at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from agent import beside, cards, draft, mediation, owner
from agent.agent import Agent
from tests.unlinkability import families
from tests.unlinkability.society import Society, at_work
from wallet import keys, signed
from wallet.keys import Curve

ID = "0123456789abcdef0123456789abcdef"
SALT = "AAECAwQFBgcICQoLDA0ODw"
FILE = "IMG_20261122_0931.jpg"
TEXT = "written by the very same hand"


def only_hers(s: Society, planted: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
    """What persons do otherwise than they should, and orgs as ever."""

    def either(*given: Any, **named: Any) -> Any:
        org = at_work() in {each.config.name for each in s.agents.values() if each.config.kind == "org"}
        return (real if org else planted)(*given, **named)

    return either


def a_key(s: Society, patch: pytest.MonkeyPatch) -> None:
    """One key for every card."""
    one = keys.create(Curve.ED25519)
    names = {**vars(keys), "create": only_hers(s, lambda _: one, keys.create)}
    patch.setattr(cards, "keys", SimpleNamespace(**names))


def a_key_of_her_did(s: Society, patch: pytest.MonkeyPatch) -> None:
    """One key in the DIDs of all relationships."""
    one, real = keys.create(Curve.ED25519), mediation.fresh
    patch.setattr(mediation, "fresh", lambda agent, signing=None: real(agent, signing or one))


def a_routing_key(s: Society, patch: pytest.MonkeyPatch) -> None:
    """One routing key for all relationships."""
    real = mediation.routing_of
    first: list[Any] = []

    def always(said: Any) -> Any:
        first.append(real(said))
        return first[0]

    patch.setattr(mediation, "routing_of", always)


def an_id(s: Society, patch: pytest.MonkeyPatch) -> None:
    """One id for the first thread with each. A thread of which the id is there already would not begin."""
    real = owner.open_thread
    begun: set[str] = set()
    planted: list[str] = []

    async def open_thread(agent: Agent, peer: str, *given: Any) -> str:
        if agent.config.kind == "person" and peer not in begun:
            begun.add(peer)
            planted.append(ID)  # and taken at once, before anybody else has a turn
        return await real(agent, peer, *given)

    patch.setattr(owner, "open_thread", open_thread)
    patch.setattr(owner, "new_id", lambda: planted.pop() if planted else keys.new_id())


def a_salt(s: Society, patch: pytest.MonkeyPatch) -> None:
    """One salt for all personal data."""
    names = {**vars(signed), "new_salt": only_hers(s, lambda: SALT, signed.new_salt)}
    patch.setattr(beside, "signed", SimpleNamespace(**names))


def seconds(s: Society, patch: pytest.MonkeyPatch) -> None:
    """Times to the second."""
    patch.setattr(draft.Draft, "cut", lambda self, at: at)


def a_file_name(s: Society, patch: pytest.MonkeyPatch) -> None:
    """Attachments under the names they have on her computer."""
    real = cards.carried

    def named(*given: Any) -> Any:
        return msgspec.structs.replace(real(*given), filename=FILE)

    patch.setattr(cards, "carried", only_hers(s, named, real))


def a_habit(s: Society, patch: pytest.MonkeyPatch) -> None:
    """JSON whose members stand in an order of her software's."""
    real, vendors = s.network.send, {each.config.url for each in s.vendors}

    async def turned(url: str, packed: bytes, receive: Any = None) -> bool:
        if url in vendors:
            packed = msgspec.json.encode(dict(reversed(msgspec.json.decode(packed).items())))
        return await real(url, packed, receive)

    patch.setattr(s.network, "send", turned)


def nothing(s: Society, patch: pytest.MonkeyPatch) -> None:
    """No fault."""


@dataclass(frozen=True)
class Plant:
    """put: makes the fault. shows: what one of the values that are found must contain."""

    put: Callable[[Society, pytest.MonkeyPatch], None]
    shows: str = ""
    text: str = ""
    twice: bool = False
    shared: bool = True


PLANTS: dict[str, Plant] = {
    "a key of a card": Plant(a_key),
    "a key of her DID": Plant(a_key_of_her_did, "z6Mk"),
    "a private endpoint": Plant(nothing, "http://127.0.0.1:90", shared=False),
    "a routing key": Plant(a_routing_key, "did:peer:2"),
    "an id": Plant(an_id, ID),
    "a salt": Plant(a_salt, SALT),
    "a time finer than a minute": Plant(seconds, "18000"),
    "a card shown to two": Plant(nothing, "eyJ", twice=True),
    "a habit of writing": Plant(a_habit, "order of "),
    "a file name": Plant(a_file_name, FILE),
    "a free text": Plant(nothing, TEXT, text=TEXT),
}


async def acts(s: Society, her: Agent, plant: Plant) -> None:
    """Some of what a person does with three vendors, told to two of them in one minute."""
    one, two, three = s.vendors
    await families.has_card(her)
    for shop in s.vendors:
        await families.meets(s, her, shop)
    for shop in (one, two):
        await families.is_given_card(s, her, shop)
        await families.volunteers(s, her, shop)
    await families.shows_card(s, her, one, two)
    if plant.twice:
        await families.shows_card(s, her, one, three)
    for shop in (one, two):
        await families.declares(s, her, shop, plant.text or families.words("the crust"))
    await s.wait(her, *s.vendors)
