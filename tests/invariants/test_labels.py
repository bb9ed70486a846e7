"""Every value with its Label, and only for that; nothing before its record, and nothing signed before it is done.

Source: vrm-protocols, section 7, lines 6 and 7.
"""

from functools import partial

import msgspec
import pytest

from agent import deletions, effects, events, held, owner
from agent.agent import Agent
from agent.draft import Draft
from agent.held import NotAllowed
from protocols.machine import Message
from protocols.problems import InvalidMessage, Misuse
from protocols.vrm.base import ItemLabel, Label
from protocols.vrm.consent_words import Disclose
from protocols.vrm.data_rights_words import Fulfil
from protocols.vrm.relationship import EndReceipt
from tests.agent.world import World, state, the_only, threads
from tests.scenarios.test_features_consent import CARD, DELIVERY, HOME, PHONE, UNTIL, asks, hers, on_her_terms
from wallet.needs import Lookup
from wallet.store import events as rows
from wallet.store import exporting

SECRET = "1 New Street, Lisboa"
YEAR = 365 * 86400


async def given(world: World, bridges: tuple[str, ...] = ()) -> tuple[Agent, Agent, str]:
    """A vendor, a person, and a consent of hers that is in force and used."""
    shop, her, called = await on_her_terms(world)
    shop.config = msgspec.structs.replace(shop.config, bridges=bridges)
    thid = await asks(world, shop, called)
    await world.answer(her)
    return shop, her, thid


async def say(world: World, agent: Agent, thid: str, message: Message, *, pretends: str = "") -> None:
    """Let an agent say something that its own side would not; pretends: the record it takes for granted."""

    def speak(draft: Draft) -> Lookup[None]:
        if pretends:
            draft.update(thread=msgspec.structs.replace(draft.thread, state="given", record=pretends))
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, the_only(agent).peer, thid, speak)
    await world.settle()


def disclosed(record_id: str, *labelled: str, **more: object) -> Disclose:
    """Data with Labels for some pointers. more: fields that differ."""
    labels = tuple(ItemLabel(ptr, DELIVERY, UNTIL) for ptr in labelled)
    whole = Disclose(record_id, labels, values={HOME: "A", PHONE: "B"})
    return msgspec.structs.replace(whole, **more)


def kept(agent: Agent) -> str:
    """All that an agent keeps, as an export would write it."""
    lines = agent.store.read(lambda tx: list(exporting.records(tx)))
    return "\n".join(msgspec.json.encode(each).decode() for each in lines)


@pytest.mark.parametrize(
    "fault",
    [
        {"labels": (ItemLabel(HOME, "dpv:DirectMarketing", UNTIL), ItemLabel(PHONE, DELIVERY, UNTIL))},
        {"labels": (ItemLabel(HOME, DELIVERY, UNTIL),)},
        {"record": "uEiD9D-Ys0g5pI8c368jd8D6PolzyAcO1-_FWWasio6CNfA"},
        {"values": {HOME: "A"}},
    ],
    ids=["another purpose", "no label", "another record", "no value"],
)
async def test_a_value_without_its_label_is_not_kept(world: World, fault: dict[str, object]) -> None:
    shop, her, called = await on_her_terms(world)
    items = [{"ptr": HOME, "purpose": DELIVERY}, {"ptr": PHONE, "purpose": DELIVERY}]
    thid = await asks(world, shop, called, items)
    await world.answer(her)
    before = hers(shop)
    record = threads(her)[thid].thread.record or ""

    try:
        await say(world, her, thid, disclosed(record, HOME, PHONE, **fault))
    except Misuse:
        assert "labels" in fault  # her own agent would not say it
    else:
        log = await world.ask(shop, "GET", f"/v1/threads/{thid}/log")
        assert isinstance(log, dict)
        assert log["log"][-1]["refused"] or log["log"][-2]["refused"]

    assert hers(shop) == before


async def test_what_is_kept_told_and_exported_always_has_its_label(world: World) -> None:
    shop, _, _ = await given(world, ("minicrm",))

    exported = [line for line in kept(shop).splitlines() if SECRET in line]
    told = shop.store.read(partial(rows.after, place=0, limit=100))
    values = [item for _, row in told for item in events.items(events.read(row.record).data)]

    assert exported
    assert all("expires" in line and DELIVERY in line for line in exported)
    assert {str(item["ptr"]) for item in values} == {HOME, PHONE}
    assert all(set(events.label(item)) == {"purpose", "expires", "record"} for item in values)
    with pytest.raises(InvalidMessage, match="has no label"):
        held.keep(Draft.of(shop, the_only(shop).peer, "any"), "jscontact", {HOME: 1}, [(PHONE, Label("p", UNTIL, "r"))])


async def test_a_value_is_used_for_its_purpose_until_its_day_and_for_nothing_else(world: World) -> None:
    shop, _, _ = await given(world)
    use = partial(held.use, shop, the_only(shop).peer, HOME)

    assert use(purpose=DELIVERY).value == CARD[HOME]
    for purpose in ("dpv:DirectMarketing", "dpv:ServiceProvision", ""):  # another, a broader one, none
        with pytest.raises(NotAllowed, match="may not be used for"):
            use(purpose=purpose)
    world.time += YEAR
    with pytest.raises(NotAllowed, match="expired"):
        use(purpose=DELIVERY)
    await world.tick(0)
    with pytest.raises(NotAllowed, match="nothing is held"):
        use(purpose=DELIVERY)


async def test_no_data_is_kept_before_its_record_exists(world: World) -> None:
    shop, her, _ = await on_her_terms(world)
    items = [{"ptr": HOME, "purpose": DELIVERY}, {"ptr": PHONE, "purpose": DELIVERY}]
    said = await world.do(her, "/v1/consents/volunteer", peer="Shop", until=UNTIL, items=items)
    await world.settle()
    thid, record = str(said["thread"]), "uEiD9D-Ys0g5pI8c368jd8D6PolzyAcO1-_FWWasio6CNfA"

    with pytest.raises(Misuse):
        await say(world, her, thid, disclosed(record, HOME, PHONE))
    assert "210 000" not in kept(shop)
    await say(world, her, thid, disclosed(record, HOME, PHONE), pretends=record)

    assert state(shop, thid) == "granted"
    assert hers(shop) == {}
    assert held.VALUE not in {item.kind for item in shop.store.items(held.VALUE)}


@pytest.mark.parametrize("ending", ["withdraw", "expiry", "stop", "erasure", "end", "terms"])
async def test_no_deletion_is_signed_before_the_systems_completed_it(world: World, ending: str) -> None:
    shop, her, thid = await given(world, ("minicrm",))
    peer = the_only(shop).peer

    owed = await ends(world, shop, her, thid, ending)
    assert hers(shop) == {}  # our own copies go at once
    assert SECRET not in kept(shop)
    early = {"end": EndReceipt("done", kept=(), erased_at="2027-01-15T08:00:00Z"), "erasure": Fulfil((HOME,), (), ())}
    if ending in early:
        with pytest.raises(Misuse, match="not complete"):
            await say(world, shop, owed, early[ending])
    await world.pass_time(40 * 86400)
    signed = {row.thid: row.digest for row in shop.store.ledger(peer, ours=True)}
    waiting = deletions.of(shop)

    assert waiting
    assert state(her, owed) in ("withdrawing", "given", "open", "leaving", "ending-by-person")
    for _, each in waiting:
        await world.do(shop, f"/v1/deletions/{each.id}/completion", deleted=list(each.ptrs))
    await world.settle()
    after = {row.thid: row.digest for row in shop.store.ledger(peer, ours=True)}
    assert state(her, owed) in ("withdrawn", "stopped", "closed", "ended")
    assert after[owed] != signed.get(owed)
    assert deletions.of(shop) == []
    assert "deletions_overdue" in {name for name, _ in shop.metrics.counts} or ending == "expiry"


async def ends(world: World, shop: Agent, her: Agent, thid: str, how: str) -> str:
    """Let the Labels end. Returns the thread in which the answer is owed."""
    base = "https://freerange.example/vrm"
    match how:
        case "withdraw":
            await world.do(her, f"/v1/consents/{thid}/withdraw")
        case "expiry":
            await world.pass_time(170 * 86400)
        case "stop":
            await world.do(shop, f"/v1/consents/{thid}/stop")
        case "erasure":
            thid = str((await world.do(her, "/v1/rights", right="erasure", peers=["Shop"]))["case"])
            await world.settle()
            await world.do(shop, f"/v1/rights/{thid}/fulfil")
        case "end":
            body: dict[str, object] = {"data": "erase", "by": "2027-02-01"}
            thid = str(
                (await world.do(her, "/v1/threads", peer="Shop", type=f"{base}/relationship/1.0/end", body=body))[
                    "thread"
                ]
            )
            await world.settle()
            await world.answer(shop)
        case "terms":
            [thid] = [
                str(each["thread"]) for each in await world.listed(her, "/v1/threads") if each["about"] == "terms"
            ]
            body = {"from": "2027-02-01T00:00:00Z", "reason": "moving-on"}
            await world.do(her, f"/v1/threads/{thid}/say", message="withdraw", body=body)
            await world.settle()
            await world.answer(shop)
    await world.settle()
    return thid
