"""A vendor's own systems: what customers say is there within seconds, and what is done there comes back."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from agent import contact, held
from agent.agent import Agent
from agent.bridges import Saying, crm_file, minicrm
from agent.bridges.dispatch import Dispatcher
from tests.agent.bridges.crm import counters, path, rows, with_crm
from tests.agent.market import bids, buys, casts, wants
from tests.agent.world import Said, World, public_did, state, the_only, threads
from tests.ports import free_ports
from tests.scenarios.shop import bought, open_shop

ROOT = Path(__file__).parents[2]
HOME, MAIL = "/addresses/home", "/emails/private"
DELIVERY = "dpv:DeliveryOfGoods"
UNTIL = "2027-06-30T00:00:00Z"
SECONDS = 5.0
WANT: Said = {
    "words": "a tent for two",
    "item": {"category": "tent"},
    "region": "PT",
    "by": "2027-03-01T00:00:00Z",
    "most": "200.00",
    "currency": "EUR",
}


@asynccontextmanager
async def served(dispatcher: Dispatcher) -> AsyncIterator[None]:
    """While the bridges of an agent are served, as they are in a running one."""
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def soon(holds: Callable[[], bool]) -> float:
    """Wait until something is so. Returns after how many seconds; more than a few fail the test."""
    began = time.monotonic()
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.02)
    return time.monotonic() - began


async def shop_and_her(world: World) -> tuple[Agent, Agent, Dispatcher]:
    """A vendor with a mini-CRM, and a person with a contact card, who have agreed."""
    shop, her = await world.add("Shop", "org"), await world.add("her")
    dispatcher = with_crm(shop)
    await world.introduce(her, shop)
    await world.agree(her, shop)
    await contact.edit(
        her, {HOME: {"full": "1 New Street, Lisboa", "countryCode": "PT"}, MAIL: {"address": "a@b.example"}}
    )
    return shop, her, dispatcher


async def tells(world: World, her: Agent, shop: Agent) -> str:
    """She tells the vendor her address and her mail, for deliveries. Returns the thread."""
    items = [{"ptr": HOME, "purpose": DELIVERY}, {"ptr": MAIL, "purpose": DELIVERY}]
    said = await world.do(her, "/v1/consents/volunteer", peer=shop.config.name, until=UNTIL, items=items)
    await world.settle()
    await yes(world, shop, str(said["thread"]))
    return str(said["thread"])


async def yes(world: World, agent: Agent, thid: str) -> None:
    """Say yes to what is asked in a thread."""
    [question] = [each for each in await world.listed(agent, "/v1/questions") if each["thread"] == thid]
    await world.do(agent, f"/v1/questions/{question['question']}/answer", answer="yes")
    await world.settle()


async def test_f23_what_a_customer_says_is_in_the_crm_within_seconds_and_an_act_there_comes_back(world: World) -> None:
    """A vendor sees a want, update or withdrawal in its CRM within seconds, and a CRM action comes back."""
    shop, her, dispatcher = await shop_and_her(world)
    async with served(dispatcher):
        want = str((await world.do(her, "/v1/wants", **WANT))["id"])
        await world.do(her, f"/v1/wants/{want}/cast", to=[public_did(shop)], jitter=0)
        await world.tick(1)
        await soon(lambda: rows(shop, "SELECT count(*) FROM lead WHERE want LIKE '%tent%'") == [(1,)])

        thid = await tells(world, her, shop)
        await soon(lambda: rows(shop, "SELECT count(*) FROM contact") == [(2,)])
        await moves(world, her)
        await soon(lambda: "Porto" in str(rows(shop, "SELECT value FROM contact WHERE ptr = ?", HOME)))
        assert "Lisboa" not in str(rows(shop, "SELECT value FROM contact"))

        await world.do(her, f"/v1/consents/{thid}/withdraw")
        await world.settle()
        await soon(lambda: rows(shop, "SELECT count(*) FROM contact") == [(0,)])
        await soon(lambda: state(shop, thid) == "withdrawn")

        [(called,)] = rows(shop, "SELECT party FROM party WHERE met != ''")
        notice = Saying("", called, "notice", {"kind": "recall", "text": "Stop using it."}, family="relationship")
        with crm_file.opened(path(shop)) as crm:
            minicrm.act(crm, notice, world.time)
        await soon(lambda: rows(shop, "SELECT state FROM action WHERE message = 'notice'") == [("done",)])
        await world.settle()

    assert "Stop using it." in str(await world.ask(her, "GET", "/v1/notices"))
    assert state(her, thid) == "withdrawn"


async def moves(world: World, her: Agent) -> None:
    """She moves, and tells everybody whom it concerns, in one act."""
    await world.do(her, "/v1/contact", changes={"address": "2 Old Street, Porto"}, jitter=0)
    await world.tick(1)


async def test_f40_every_field_in_the_crm_says_whence_what_for_and_until_when(world: World) -> None:
    """A vendor receives volunteered data with provenance, purpose and expiry on every field."""
    shop, her, dispatcher = await shop_and_her(world)

    thid = await tells(world, her, shop)
    await dispatcher.turn()

    record = threads(shop)[thid].thread.record
    assert rows(
        shop, "SELECT ptr, purpose, expires, record FROM contact JOIN label USING (party, ptr) ORDER BY ptr"
    ) == [
        (HOME, DELIVERY, UNTIL, record),
        (MAIL, DELIVERY, UNTIL, record),
    ]
    assert freerange(shop, "crm", "show", "rel_", "--for", "dpv:DirectMarketing")["values"] == [
        {"ptr": HOME, "purpose": DELIVERY, "expires": UNTIL, "record": record},
        {"ptr": MAIL, "purpose": DELIVERY, "expires": UNTIL, "record": record},
    ]


def freerange(agent: Agent, *words: str) -> dict[str, object]:
    """What a command about an agent's folder prints."""
    command = (sys.executable, "-m", "agent", "--home", str(agent.store.path.parent), *words, "--json")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return msgspec.json.decode(done.stdout, type=dict[str, object])


async def test_f48_a_vendor_sees_what_it_gains(world: World) -> None:
    """A vendor sees its gain: bids accepted per cast, bounced contacts avoided, cases opened with full context."""
    sale = await open_shop(world, "Shop")
    shop, her, dispatcher = sale.vendor, sale.her, with_crm(sale.vendor)
    await world.agree(her, shop)
    for bought_here in (True, False):
        want = await wants(world, her)
        await casts(world, her, want, shop)
        await bids(world, shop, "299.00")
        await (buys(world, her, want, shop) if bought_here else loses(world, her, want))
    await contact.edit(her, {HOME: {"full": "1 New Street, Lisboa"}, MAIL: {"address": "a@b.example"}})
    await tells(world, her, shop)
    await moves(world, her)
    await bought(sale)
    await world.do(her, "/v1/things/problem", thing="Washing machine", text="Water stays in the drum.", want="repair")
    await sale.run()

    await dispatcher.turn()

    assert counters(shop) == {
        "wants received": 2,
        "bids selected": 1,
        "wants won": 1,
        "wants lost: too-dear": 1,
        "bounces avoided": 1,
        "cases opened": 1,
        "cases opened with full context": 1,
    }


async def loses(world: World, her: Agent, want: str) -> None:
    """She does not take what was offered."""
    await world.do(her, f"/v1/wants/{want}/close", reason="too-dear")
    await world.tick(1)


async def test_a_deletion_is_signed_only_after_the_crm_has_carried_it_out(world: World) -> None:
    """Invariant 7, second half: a deletion is never signed before the CRM completed it."""
    shop, her, dispatcher = await shop_and_her(world)
    thid = await tells(world, her, shop)
    await dispatcher.turn()
    assert rows(shop, "SELECT count(*) FROM contact") == [(2,)]

    await world.do(her, f"/v1/consents/{thid}/withdraw")
    await world.settle()
    assert (state(her, thid), state(shop, thid)) == ("withdrawing", "withdrawing")
    assert held.of(shop, the_only(shop).peer) == []  # our own copy goes at once
    await world.pass_time(86400)
    assert state(her, thid) == "withdrawing"

    await dispatcher.turn()
    assert rows(shop, "SELECT count(*) FROM contact") == [(0,)]
    await world.settle()
    assert (state(her, thid), state(shop, thid)) == ("withdrawn", "withdrawn")


async def test_a_deletion_that_the_crm_does_not_carry_out_is_never_signed_and_the_operator_hears(world: World) -> None:
    """Past the day it is due the operator is told, and still nothing is signed."""
    shop, her, dispatcher = await shop_and_her(world)
    thid = await tells(world, her, shop)
    await world.do(her, f"/v1/consents/{thid}/withdraw")
    await world.settle()

    await world.pass_time(40 * 86400)

    assert state(her, thid) == "withdrawing"
    assert shop.metrics.counts["deletions_overdue", ()] == 1
    await dispatcher.turn()
    await world.settle()
    assert state(her, thid) == "withdrawn"


@pytest.mark.parametrize("how", ["--development"])
def test_f50_a_vendor_goes_from_nothing_to_a_working_agent_with_a_crm_in_minutes(tmp_path: Path, how: str) -> None:
    """A vendor goes from nothing to a working agent with a file-backed CRM in minutes."""
    shop, her = tmp_path / "shop", tmp_path / "her"
    ports = [f"127.0.0.1:{each}" for each in free_ports(4)]
    began = time.monotonic()
    said = typed(
        "--home", shop, "vendor", "init", "--name", "Corner Shop", how, "--listen", ports[0], "--api", ports[1]
    )
    took = time.monotonic() - began
    [link] = [line.strip() for line in said.splitlines() if "_oob=" in line]
    typed("--home", shop, "serve", "--background", "--key-file", shop / "key")
    try:
        opens = ("--key-file", tmp_path / "hers")
        typed("--home", her, "init", "--development", "--listen", ports[2], "--api", ports[3], *opens)
        typed("--home", her, "accept", link, *opens)
        customers: list[object] = []
        while not customers and time.monotonic() - began < 180:
            customers = msgspec.json.decode(typed("--home", shop, "crm", "--json"), type=list[object])
    finally:
        typed("--home", shop, "stop")

    assert len(customers) == 1
    assert "freerange serve" in said
    assert (shop / "invitation.svg").exists()
    assert took < 60


def typed(*words: object) -> str:
    """What a command prints."""
    command = (sys.executable, "-m", "agent", *map(str, words))
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
