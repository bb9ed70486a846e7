"""What she owns: papers that verify with no network, warnings that arrive, problems followed to their end."""

import msgspec
import pytest

from agent.agent import Agent
from tests.agent.world import World, known, ledger
from tests.scenarios.shop import LAMP, WASHER, Sale, bought, open_shop, rows
from tests.scenarios.test_features_handing_on import claimed, hand_over
from wallet import dids
from wallet.needs import offline
from wallet.store.change import Change, Item


@pytest.fixture
async def sale(world: World) -> Sale:
    return await open_shop(world)


async def test_f02_she_lists_what_she_owns_and_verifies_every_paper_offline(sale: Sale) -> None:
    """A user lists every thing she owns, with receipt and warranty she can verify offline, whoever sold it."""
    world, her = sale.world, sale.her
    other = await world.add("Lamp House", "org")
    called = await world.introduce(her, other)
    await bought(sale)
    await Sale(world, her, other, called).issue("receipt", LAMP, on="2026-09-01")
    await world.do(her, "/v1/things", thing={"name": "Grandmother's clock"}, note="from the attic")
    fetched = len(world.fetched)

    washer, lamp, clock = await sale.things()
    found = await world.ask(her, "GET", f"/v1/things/{washer['thing']}/verification")

    assert [each["kind"] for each in rows(washer["papers"])] == ["receipt", "ownership", "warranty"]
    assert (washer["serial"], washer["acquired"], washer["warranty_until"]) == ("A1B2C3", "2026-10", "2028-10-02")
    assert (lamp["name"], rows(lamp["papers"])[0]["issued_by"]) == ("Lamp", "Lamp House")
    assert (clock["self_asserted"], washer["self_asserted"]) == (True, False)
    assert isinstance(found, dict)
    assert (found["verified"], found["yours"], len(found["papers"])) == (True, True, 3)
    assert len(world.fetched) == fetched


async def test_a_paper_that_was_changed_does_not_verify(sale: Sale) -> None:
    await bought(sale)
    [washer] = await sale.things()
    [row] = sale.her.store.items("thing")
    forged = row.record.replace(b"2028-10-02", b"2038-10-02")
    await sale.her.store.apply(Change(peer="", keep=(Item(row.kind, row.id, forged, row.peer, row.tag),)))

    found = await sale.world.ask(sale.her, "GET", f"/v1/things/{washer['thing']}/verification")

    assert isinstance(found, dict)
    assert not found["verified"]
    assert [each["verified"] for each in found["papers"]] == [True, True, False]


async def test_what_she_registers_without_a_name_is_warned_of_a_recall(sale: Sale) -> None:
    world = sale.world
    await bought(sale)
    await world.do(sale.her, "/v1/things/register", thing="Washing machine")
    await sale.run()

    for gtin, number in (("", 1), ("4012345678901", 1), ("4012345678902", 0)):
        about = {"kind": "recall", "text": "Stop using the drum.", "gtin": gtin}
        assert await world.do(sale.vendor, "/v1/things/alert/reach", **about) == {"reaches": number}
    assert await world.do(sale.vendor, "/v1/things/alert", kind="recall", text="Stop using the drum.") == {"warned": 1}
    await sale.run()

    [washer] = await sale.things()
    assert (washer["registered"], rows(washer["alerts"])[0]["text"]) == (True, "Stop using the drum.")
    assets = await world.ask(sale.vendor, "GET", "/v1/assets")
    part = await world.ask(sale.vendor, "GET", "/v1/assets/newest/0")
    assert isinstance(assets, dict)
    assert isinstance(part, dict)
    [asset] = assets["registered"]
    assert (part["items"], part["titles"]) == ([asset], {"issued": 1, "count": 1})
    assert (asset["alerts"], asset["arrived"], asset["warranty_until"]) == (1, 1, "2028-10-02")
    met, one_off = (each.our_did for each in known(sale.her))
    assert met != one_off


async def test_f42_she_raises_a_problem_once_and_follows_it_to_its_end(sale: Sale) -> None:
    """A user raises a problem once, with thing and receipt attached, and follows it to its end."""
    world, her, vendor = sale.world, sale.her, sale.vendor
    await bought(sale)
    problem = {"text": "Water stays in the drum.", "since": "2026-10-30", "tried": ["filter"], "want": "repair"}
    await world.do(her, "/v1/things/problem", thing="Washing machine", **problem)
    await sale.run()

    [case] = await world.listed(vendor, "/v1/cases")
    assert (case["thing"], case["problem"]) == ("Washing machine", "Water stays in the drum.")
    whole = await world.ask(her, "GET", "/v1/things/Washing%20machine")
    assert isinstance(whole, dict)
    assert [each["problem"] for each in whole["cases"]] == ["Water stays in the drum."]
    assert set(map(str, rows(case["attached"]))) == {"thing", "receipt", "ownership", "warranty"}
    await act(world, vendor, case["thread"], act="answer", number="C-12", answer_by="2030-01-01T00:00:00Z")
    await act(world, vendor, "C-12", act="update", status="waiting-owner", text="Which programme?")
    [mine] = await world.listed(her, "/v1/cases")
    assert (mine["case"], mine["latest"], mine["waits_for"]) == ("C-12", "Which programme?", "you")
    await act(world, her, "C-12", act="add", text="The long one.")
    await act(world, vendor, "C-12", act="resolve", remedy="repaired", text="New pump.")
    await act(world, her, "C-12", act="reopen", text="It still leaks.")
    await act(world, vendor, "C-12", act="resolve", remedy="replaced", text="A new machine.")
    await world.answer(her)

    [mine], [theirs] = await world.listed(her, "/v1/cases"), await world.listed(vendor, "/v1/cases")
    assert mine["state"] == theirs["state"] == "closed"
    assert (mine["outcome"], mine["solved"], mine["waits_for"]) == ("replaced", True, "nobody")
    thing_peer = next(each for each in known(her) if each.one_off)
    assert ledger(her, thing_peer.peer) == ledger(
        vendor, next(e.peer for e in known(vendor) if e.peer == thing_peer.peer)
    )


async def act(world: World, agent: Agent, case: object, **asked: object) -> None:
    await world.do(agent, f"/v1/cases/{case}", **asked)
    await world.settle()
    await world.tick(1)


async def test_without_its_proof_nobody_can_tell_whose_registration_it_is(sale: Sale) -> None:
    """She may leave the proof out, and then signs with a key that no paper of hers names; a human decides."""
    await bought(sale)

    await sale.world.do(sale.her, "/v1/things/register", thing="Washing machine", without=["ownership"])
    await sale.run()
    await sale.world.answer(sale.vendor)
    await sale.run()

    [washer] = await sale.things()
    assert washer["registered"] is True
    said = await sale.world.ask(sale.vendor, "GET", "/v1/assets")
    assert isinstance(said, dict)
    [asset], [title] = said["registered"], sale.vendor.store.items("title")
    [row] = [each for each in known(sale.vendor) if each.peer == asset["peer"]]
    key = title_key(title.record)
    assert key not in str(offline(dids.resolve(row.their_did)).raw)
    await sale.world.do(sale.her, "/v1/things/release", thing="Washing machine", reason="scrapped")
    await sale.run()
    assert (await sale.things())[0]["state"] == "scrapped"
    assert said != await sale.world.ask(sale.vendor, "GET", "/v1/assets")


def title_key(record: bytes) -> str:
    """The key that a proof of ownership is bound to."""
    return str(msgspec.json.decode(record)["subject"]).removeprefix("did:key:")


async def test_a_proof_that_comes_later_makes_the_thing_hers_to_hand_on(sale: Sale) -> None:
    """Registered by her own word first; the DID she used then is not the one her proof is bound to."""
    await sale.world.do(sale.her, "/v1/things", thing={**WASHER})
    await sale.world.do(sale.her, "/v1/things/register", thing="Washing machine", org="Machine Shop")
    await sale.run()
    await sale.world.answer(sale.vendor)
    await sale.issue("ownership")
    buyer = await sale.world.add("Buyer")

    await hand_over(sale.world, sale.her, buyer)

    found = await sale.world.ask(buyer, "GET", "/v1/things/Washing%20machine/verification")
    assert isinstance(found, dict)
    assert (found["verified"], found["yours"]) == (True, True)
    assert (await sale.world.do(sale.vendor, "/v1/things/alert", kind="recall", text="Stop."))["warned"] == 1
    await sale.run()
    [mine] = await sale.things()
    assert (mine["state"], mine["registered"], len(rows(mine["alerts"]))) == ("passed-on", True, 1)
    assert (await claimed(sale.world, buyer))["state"] == "recognised"


async def test_a_recall_reaches_her_after_two_months_away(sale: Sale) -> None:
    """An alert is sent without end: that is its use."""
    world = sale.world
    await bought(sale)
    await world.do(sale.her, "/v1/things/register", thing="Washing machine")
    await sale.run()
    world.network.down.add(sale.her.config.url)
    await world.do(sale.vendor, "/v1/things/alert", kind="recall", text="Stop using the drum.", serial="A1B2C3")
    await world.pass_time(60 * 86400)
    assert not rows((await sale.things())[0]["alerts"])

    world.network.down.clear()
    await world.pass_time(8 * 86400)

    assert len(rows((await sale.things())[0]["alerts"])) == 1
    said = await world.ask(sale.vendor, "GET", "/v1/assets")
    assert isinstance(said, dict)
    assert said["registered"][0]["arrived"] == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_on_a_bad_network_a_case_comes_to_the_same_end(world: World, seed: int) -> None:
    """Messages are lost, repeated and overtake each other; both sides hold the same in the end."""
    sale = await open_shop(world)
    await bought(sale)
    world.network.loss, world.network.repeat, world.network.shuffle = 0.3, 0.3, True
    world.network.seed = seed
    await world.do(sale.her, "/v1/things/register", thing="Washing machine")
    await world.do(sale.her, "/v1/things/problem", thing="Washing machine", text="It leaks.")
    await world.pass_time(3 * 86400)
    [case] = await world.listed(sale.vendor, "/v1/cases")
    for asked in ({"act": "answer", "number": "C-1"}, {"act": "update", "status": "in-repair"}):
        await world.do(sale.vendor, f"/v1/cases/{case['thread']}", **asked)
    await world.do(sale.vendor, "/v1/cases/C-1", act="resolve", remedy="repaired", text="New seal.")
    await world.pass_time(3 * 86400)
    await world.do(sale.her, "/v1/cases/C-1", act="close", solved=True)
    await world.pass_time(3 * 86400)

    [mine], [theirs] = await world.listed(sale.her, "/v1/cases"), await world.listed(sale.vendor, "/v1/cases")
    assert mine["state"] == theirs["state"] == "closed"
    about = [each.peer for each in known(sale.her) if each.one_off]
    assert [ledger(sale.her, peer) for peer in about] == [ledger(sale.vendor, peer) for peer in about]


async def test_papers_of_other_software_are_papers_too(sale: Sale) -> None:
    """A receipt as an SD-JWT whose type is a web address, and a card that is no paper of a thing."""
    world = sale.world
    claims = {"orderDate": "2026-10-02", "orderedItem": {"name": "Kettle", "serialNumber": "K-9"}, "buyer": "Ada"}
    for kind, name in (("https://shop.example/PurchaseReceipt", "Receipt"), ("urn:card:member", "Member")):
        about = {"type": kind, "name": name, "claims": claims, "format": "dc+sd-jwt"}
        await world.do(sale.vendor, "/v1/offers", peer=sale.called, **about)
        await world.settle()
        await world.answer(sale.her)

    [kettle] = await sale.things()
    found = await world.ask(sale.her, "GET", f"/v1/things/{kettle['thing']}/verification")

    assert (kettle["name"], kettle["serial"], kettle["acquired"]) == ("Kettle", "K-9", "2026-10")
    assert isinstance(found, dict)
    assert (found["verified"], found["yours"]) == (True, False)
    await world.do(sale.her, "/v1/things/problem", thing="Kettle", text="It does not boil.")
    await sale.run()
    [case] = await world.listed(sale.vendor, "/v1/cases")
    assert (case["thing"], case["attached"]) == ("Kettle", ["thing", "receipt"])
