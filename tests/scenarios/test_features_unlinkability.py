"""No two vendors who lay everything side by side find a value that she did not knowingly tell both.

What must never happen: vrm-protocols, section 7, line 1; what is looked for: 3.9; feature F36 of section 2.
"""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from agent import home
from agent.agent import Agent
from agent.config import Config
from agent.didcomm.plaintext import Plaintext
from agent.errors import AgentError
from agent.transports.carrier import Carrier
from tests.agent.mediated import linked
from tests.agent.world import START
from tests.unlinkability import families
from tests.unlinkability.joining import Found, Value, joined
from tests.unlinkability.plants import PLANTS, Plant, acts, nothing
from tests.unlinkability.society import DAY, STEADY, Heard, Society, listening_in, times_of_hers
from wallet.errors import WalletError
from wallet.needs import Fetch
from wallet.slots import CHEAP
from wallet.store.sqlite import FileStore
from wallet.vault import Vault

EXCUSED: dict[str, Found] = {
    "the names of headers, of which some occur only when a message is sent again": set(Plaintext.__struct_fields__),
}
"""What is excused by its kind. All other shared values must occur in another world too, where nobody of this one lives
(constants), be published by an org, be in a preview or among what she was shown that she told (`Society.told`), or be
of a copy of a card, of which its issuer knows the bytes and which is shown to one verifier only (`Society.copies`).
An org's own times are its own (`Society.of_an_org`). Times in whole minutes, and days, are no values at all (3.9,
joining.py)."""


async def lives(s: Society, her: Agent, shops: list[Agent]) -> None:
    """All that one person does with some vendors."""
    await families.has_card(her)
    for shop in shops:
        await families.meets(s, her, shop)
    for number, shop in enumerate(shops):
        other = shops[(number + 1) % len(shops)]
        for family in (families.is_noticed, families.signs_in, families.consents, families.is_given_card):
            await family(s, her, shop)
        await families.shows_card(s, her, shop, other)
        for family in (families.owns, families.is_loyal, families.tells, families.audits):
            await family(s, her, shop)
    await families.states_rules(s, her, *shops)
    await families.shares_usage(s, her, *shops)
    await families.moves(s, her, *shops)
    await families.exercises(s, her, *shops)
    await families.buys(s, her, *shops)
    await families.delegates(s, her, *shops)
    for shop in shops:
        await families.leaves_club(s, her, shop)
    await families.ends(s, her, shops[-1])


def among(vendors: list[Agent], number: int, each: int) -> list[Agent]:
    """With whom a customer deals: the first ones with neighbours, so that nobody is left out; then with any."""
    first = number * each
    if first < len(vendors):
        return [vendors[(first + step) % len(vendors)] for step in range(each)]
    return random.Random(number).sample(vendors, each)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What every org could have kept of what it heard."""
    return listening_in(monkeypatch)


async def lived(folder: Path, heard: Heard, vendors: int, customers: int, each: int, *, begun: int = START) -> Society:
    """A society in which every customer has dealt with `each` of the vendors."""
    s = await Society.of(empty(folder), heard, vendors, customers, begun=begun)
    for shop in s.vendors:
        await s.do(shop, "/v1/programme", **families.CLUB)
    async with linked(*s.customers, rhythm=STEADY):
        for number, her in enumerate(s.customers):
            await lives(s, her, among(s.vendors, number, each))
    s.note_told()
    return s


def empty(folder: Path) -> Path:
    """A new folder for the wallets of one society."""
    folder.mkdir()
    return folder


def unexplained(s: Society, constants: Found) -> dict[Value, tuple[str, ...]]:
    """The values that two vendors share, and that no preview, no published text and no constant explains."""
    found = joined(s.seen(), [constants, *EXCUSED.values()])
    copies = s.copies()
    left = {}
    for value, names in found.items():
        told, who = s.told.get(value, set()), set(names)
        if not who <= told and who not in copies.get(value, []) and not s.of_an_org(value):
            left[value] = names
    return left


async def joins(folder: Path, heard: Heard, vendors: int, customers: int, each: int) -> None:
    """All that vendors share is told to both, or nobody's."""
    other = await lived(folder / "other", heard, vendors, -(-vendors // each), each, begun=START + 40 * DAY + 3600)
    constants = Found().union(*other.seen().values(), other.public())
    await other.close()
    s = await lived(folder / "one", heard, vendors, customers, each)
    try:
        assert unexplained(s, constants | s.public()) == {}
        assert times_of_hers(s) == {}
    finally:
        await s.close()


async def test_f36_vendors_who_join_all_they_have_find_nothing_that_was_not_told_to_both(
    tmp_path: Path, heard: Heard
) -> None:
    await joins(tmp_path, heard, 3, 4, 3)


@pytest.mark.full
async def test_f36_nor_do_twenty_vendors_of_fifty_customers(tmp_path: Path, heard: Heard) -> None:
    await joins(tmp_path, heard, 20, 50, 4)


async def acted(folder: Path, heard: Heard, plant: Plant, patch: pytest.MonkeyPatch, begun: int = START) -> Society:
    """A person with this fault has dealt with three vendors."""
    s = await Society.of(empty(folder), heard, 3, 1, begun=begun, shared=plant.shared)
    plant.put(s, patch)
    [her] = s.customers
    async with linked(*([her] if plant.shared else ()), rhythm=STEADY):
        await acts(s, her, plant)
    s.note_told()
    return s


@pytest.mark.parametrize("kind", ["nothing", *PLANTS])
async def test_f36_whatever_would_link_her_is_found(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A fault of each kind, put into a real agent, is found; and without one nothing is."""
    other = await acted(tmp_path / "other", heard, Plant(nothing), monkeypatch, START + 40 * DAY + 3600)
    constants = Found().union(*other.seen().values(), other.public())
    await other.close()
    plant = PLANTS.get(kind)

    s = await acted(tmp_path / "one", heard, plant or Plant(nothing), monkeypatch)

    found = unexplained(s, constants | s.public())
    await s.close()
    if plant is None:
        assert found == {}
    else:
        assert [value for value in found if plant.shows in value]


async def headers_of(folder: Path, name: str) -> list[list[tuple[str, str]]]:
    """The headers of what one person's software asks over HTTP and over a line, but for sizes and random keys."""
    seen: list[list[tuple[str, str]]] = []

    async def hear(request: web.Request) -> web.Response:
        own = {"host", "content-length", "sec-websocket-key"}
        seen.append([(key, value) for key, value in request.headers.items() if key.lower() not in own])
        return web.Response(status=202)

    place = web.Application()
    place.router.add_route("*", "/{path:.*}", hear)
    runner = web.AppRunner(place)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    config = Config(kind="person", name=name, development=True)
    store = FileStore.create(folder / f"{name}.db", Vault.create("a passphrase for tests only", CHEAP))
    her = home.assemble(config, store, Carrier(development=True))
    try:
        await her.transport.send(url, b"{}")
        with suppress(AgentError):
            await her.transport.open(url.replace("http", "ws", 1))
        await her.needs.fetch(Fetch(f"{url}/.well-known/did.json"))
    except WalletError:
        pass  # what is fetched is no document
    finally:
        await her.transport.close()
        await her.needs.close()
        store.close()
        await runner.cleanup()
    return seen


async def test_f36_what_is_sent_beside_a_message_says_nothing_of_who_sends_it_nor_with_what(tmp_path: Path) -> None:
    """Request headers of two persons are the same, and none names a program or a version."""
    one, other = await headers_of(tmp_path, "one"), await headers_of(tmp_path, "other")

    assert one == other
    assert len(one) == 3
    text = str(one).lower()
    assert not [word for word in ("user-agent", "aiohttp", "python", "freerange", "one", " br") if word in text]
