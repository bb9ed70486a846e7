"""Two vendors as agents: nothing that is remembered, told, counted or noted of one is had by the other (security TN-03,
TN-05, TN-09)."""

import asyncio
import logging
import types
from collections import deque
from collections.abc import Iterator, MutableMapping, MutableSequence, MutableSet
from typing import Any

import pytest

from agent import clock
from agent.agent import Agent
from agent.web import metrics
from tests.agent.bridges.customs import Customs, bridged
from tests.agent.rest.test_desk import NOTICE
from tests.agent.world import World
from tests.tenants.conftest import Tenants, Vendor
from wallet.store import events
from wallet.store.postgresql import ServerStore, channel
from wallet.store.server_session import connect

MUTABLE = (MutableMapping, MutableSequence, MutableSet, deque)
STOP = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    asyncio.AbstractEventLoop,
    logging.Logger,
)


def reached(start: object, besides: set[int]) -> dict[int, tuple[str, object]]:
    """Everything that can be altered and is reached from an object, with the way there. besides: ids not to go past."""
    found: dict[int, tuple[str, object]] = {}
    seen, queue = set(besides), deque([("", start)])
    while queue:
        way, each = queue.popleft()
        if id(each) in seen or isinstance(each, STOP) or type(each).__module__ in ("asyncpg", "greenlet", "_asyncio"):
            continue
        seen.add(id(each))
        if isinstance(each, MUTABLE):
            found[id(each)] = way, each
        queue.extend((f"{way}.{name}", part) for name, part in parts(each))
    return found


def parts(each: object) -> Iterator[tuple[str, object]]:
    """What an object is made of."""
    if isinstance(each, MutableMapping | types.MappingProxyType):
        yield from ((f"[{key!r}]", part) for key, part in list(each.items()))
    elif isinstance(each, list | tuple | set | frozenset | deque):
        yield from (("[]", part) for part in list(each))
    elif isinstance(each, types.MethodType):
        yield "self", each.__self__
    slots = (name for kind in type(each).__mro__ for name in getattr(kind, "__slots__", ()))
    for name in (*getattr(each, "__dict__", {}), *slots):
        # What a function that remembers says of its types is one for all of its kind, and nobody's memory.
        if name != "__annotations__" and (part := getattr(each, name, None)) is not None:
            yield name, part


def words(vendor: Vendor) -> set[str]:
    """What names a vendor's customer, and what is between the two."""
    [peer] = [row.peer for row in vendor.org.store.peers()]
    relationship, _ = vendor.org.relationship(peer)
    return {*vendor.ids, peer, relationship.their_did, relationship.our_did, vendor.her.config.name}


def test_memory_that_is_shared_would_be_found() -> None:
    """The control."""
    common = {"of": "both"}
    one, two = types.SimpleNamespace(mine=[common]), types.SimpleNamespace(own=(common,))

    assert {way for way, _ in reached(one, set()).values()} == {".mine", ".mine.[]"}
    assert set(reached(one, set())) & set(reached(two, set())) == {id(common)}


async def test_two_agents_of_one_process_remember_nothing_in_common(tenants: Tenants) -> None:
    """Documents, schemas, status lists, relationships, threads, keys: each has a memory of its own for all of it."""
    world = tenants.world
    besides = {id(world), id(world.network)}

    a, b = (reached(each.org, besides) for each in (tenants.a, tenants.b))

    common = {way: each for way, each in (a[key] for key in a.keys() & b.keys()) if each}
    assert len(a) > 30
    assert {".needs._recent.kept", ".needs._good.kept", "._known", "._threads"} <= {way for way, _ in a.values()}
    assert common == {}


async def test_what_one_remembers_of_its_customer_the_other_does_not(tenants: Tenants) -> None:
    private = words(tenants.a)
    found = reached(tenants.b.org, {id(tenants.world), id(tenants.world.network)})

    texts = {str(each) for _, each in found.values()}

    assert private
    assert not {word for word in private for text in texts if word in text}
    own = {str(each) for _, each in reached(tenants.a.org, {id(tenants.world), id(tenants.world.network)}).values()}
    assert any(word in text for word in private for text in own), "the control"


async def test_events_of_one_are_not_told_to_the_systems_of_the_other(tenants: Tenants) -> None:
    customs = Customs()
    dispatcher = bridged(tenants.b.org, customs)
    await tenants.a.crm.post("/v1/threads", {"relationship": tenants.a.id, **NOTICE})
    await tenants.world.settle()

    await dispatcher.turn()

    told = str(customs.taken)
    assert tenants.b.id in told
    assert not {word for word in words(tenants.a) if word in told}
    assert tenants.b.org.store.read(events.last) != tenants.a.org.store.read(events.last)


async def test_what_one_counts_and_notes_says_nothing_of_the_other_and_names_nobody(
    tenants: Tenants, caplog: pytest.LogCaptureFixture
) -> None:
    before = metrics.text(tenants.b.org, ())
    with caplog.at_level(logging.INFO, logger="freerange"):
        for vendor in (tenants.a, tenants.b):
            await vendor.crm.post("/v1/threads", {"relationship": vendor.id, **NOTICE})
        await tenants.world.settle()
        shown = [metrics.text(each.org, ()).decode() for each in (tenants.a, tenants.b)]

    noted = "\n".join(str(vars(record)) for record in caplog.records)
    for vendor in (tenants.a, tenants.b):
        names = words(vendor) | {vendor.org.config.name, vendor.org.config.tenant}
        assert not {word for word in names for text in (*shown, noted) if word in text}
    assert all("did:" not in text for text in shown)
    assert shown[1] != before.decode()


async def test_what_processes_of_one_tell_each_other_the_other_does_not_hear(tenants: Tenants, database: str) -> None:
    """Where a tenant's processes listen is known to nobody who has not opened its wallet."""
    a, b = tenants.a.org.store, tenants.b.org.store
    assert isinstance(a, ServerStore)
    assert channel(a.number("relationships")) != channel(b.number("relationships"))
    assert a.called(tenants.a.id) != b.called(tenants.a.id)
    assert isinstance(b, ServerStore)
    number, heard = b._readers._tenant, asyncio.Queue[str]()
    listener, speaker = [
        await connect(database, name=tenants.b.org.config.tenant, tenant=number, writes=False) for _ in range(2)
    ]
    await listener.hear(channel(b.number("relationships")), heard.put_nowait)

    for store, word in ((a, "to A"), (b, "to B")):
        await speaker.execute(f"SELECT pg_notify('{channel(store.number('relationships'))}', '{word}')")

    assert await asyncio.wait_for(heard.get(), 60) == "to B"
    assert heard.empty()
    await asyncio.gather(listener.close(), speaker.close())


async def test_a_day_in_the_life_of_one_vendor_leaves_the_rows_of_the_other_as_they_are(tenants: Tenants) -> None:
    world, shop = tenants.world, tenants.b.org
    before = tenants.dump

    newcomer = await world.add("Gwen")
    await world.introduce(newcomer, shop)
    thread = await world.agree(newcomer, shop)
    await busy(world, shop, tenants.b, thread)

    assert tenants.dump == before
    assert (await tenants.a.crm.get(f"/v1/threads/{tenants.a.thread}"))["state"] == "in-force"
    assert len((await tenants.b.crm.get("/v1/relationships"))["relationships"]) == 2


async def busy(world: World, shop: Agent, vendor: Vendor, thread: str) -> None:
    """Withdraw, tell everybody, let time pass for this agent alone, and start it again."""
    body = {"message": "withdraw", "body": {"from": "2030-01-01T00:00:00Z", "reason": "moving-on"}}
    told: Any = await vendor.crm.post(f"/v1/threads/{thread}/say", body)
    await vendor.crm.post("/v1/notices", {"notice": NOTICE["body"]})
    await world.settle()
    assert told["thread"] == thread
    await clock.tick(shop)
    await shop.store.hasten_outgoing(world.time)
    await shop.store.forget(world.time + 10**8)
