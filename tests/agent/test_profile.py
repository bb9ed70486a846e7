"""A change of hers, field by field: what each org is told, and what it does with it. Source: vrm-protocols 5.5."""

from agent import campaigns, contact, held, holdings
from agent.agent import Agent
from agent.relationship import fingerprint
from tests.agent.world import Said, World, peer_of, state, the_only, threads, towards
from wallet.store.change import Outcome
from wallet.strict_json import Json

HOME, MAIL, PHONE = "/addresses/home", "/emails/main", "/phones/main"
DAY = 86400
UNTIL = "2029-06-30T00:00:00Z"
CARD: dict[str, Json] = {
    HOME: {"full": "1 New Street, Lisboa", "countryCode": "PT"},
    MAIL: {"address": "her@example.org"},
    PHONE: {"number": "+351 210 000 000"},
}


async def holding(world: World, *named: tuple[str, tuple[str, ...]]) -> tuple[Agent, list[Agent]]:
    """A person with a contact card, and orgs that hold some fields of it, under her terms."""
    her = await world.add("her")
    await contact.edit(her, CARD)
    orgs = []
    for name, ptrs in named:
        org = await world.add(name, "org")
        await world.introduce(her, org)
        await world.agree(her, org)
        if ptrs:
            items = [{"ptr": ptr, "purpose": "dpv:DeliveryOfGoods"} for ptr in ptrs]
            await world.do(her, "/v1/consents/volunteer", peer=name, items=items, until=UNTIL)
            await world.settle()
            await world.answer(org)
        orgs.append(org)
    return her, orgs


async def edit(world: World, her: Agent, changes: dict[str, str | None], **more: object) -> str:
    """One edit, told at once to all whom it concerns. Returns the campaign."""
    done = await world.do(her, "/v1/contact", changes=changes, **{"jitter": 0, **more})
    await world.tick(1)
    await world.tick(5)
    return str(done["campaign"])


def values(org: Agent) -> dict[str, object]:
    """What an org holds about her."""
    return {each.ptr: each.value for each in held.of(org, the_only(org).peer)}


def counts(her: Agent, id: str) -> dict[str, int]:
    return campaigns.tally(her, id).counts


async def test_each_org_is_told_what_it_holds_and_nothing_else(world: World) -> None:
    named = (("Both", (HOME, MAIL)), ("Mail", (MAIL,)), ("Country", (f"{HOME}/countryCode",)), ("Nothing", ()))
    her, (both, mail, country, nothing) = await holding(world, *named)
    before = len(list(nothing.store.threads()))

    id = await edit(world, her, {"address": "2 Old Road, Paris, FR"})

    assert values(both) == {HOME: {"full": "2 Old Road, Paris, FR", "countryCode": "FR"}, MAIL: CARD[MAIL]}
    assert values(mail) == {MAIL: CARD[MAIL]}
    assert values(country) == {f"{HOME}/countryCode": "FR"}
    assert len(list(nothing.store.threads())) == before
    assert counts(her, id) == {"applied": 2}


async def test_an_updated_value_keeps_its_label_and_she_remembers_what_she_told(world: World) -> None:
    her, [shop] = await holding(world, ("Shop", (HOME,)))
    [label] = [each.label for each in held.of(shop, the_only(shop).peer)]

    await edit(world, her, {"address": "2 Old Road"})

    [now] = held.of(shop, the_only(shop).peer)
    [known] = holdings.live(her, towards(her, the_only(shop).our_did).peer)
    assert (now.label, now.revision) == (label, 1)
    assert known.value == {"full": "2 Old Road"}
    assert known.label == label


async def test_what_is_removed_is_deleted_and_what_is_under_hold_is_not(world: World) -> None:
    her, [shop] = await holding(world, ("Shop", (HOME, MAIL)))
    await world.do(shop, "/v1/profile/policy", legal_hold=[MAIL])

    id = await edit(world, her, {"address": None, "email": None})

    assert values(shop) == {MAIL: CARD[MAIL]}
    assert counts(her, id) == {"partial": 1}


async def test_a_risky_field_wants_a_sign_in_first_and_bad_values_are_refused(world: World) -> None:
    her, [shop] = await holding(world, ("Shop", (HOME, MAIL)))
    await world.do(shop, "/v1/profile/policy", step_up=[HOME])

    risky = await edit(world, her, {"address": "2 Old Road"})
    bad = await edit(world, her, {"email": "nobody at all"})

    assert values(shop) == {HOME: CARD[HOME], MAIL: CARD[MAIL]}
    assert (counts(her, risky), counts(her, bad)) == ({"refused": 1}, {"refused": 1})
    assert reasons(her) == ["step-up", "format"]


def reasons(her: Agent) -> list[str]:
    """Why fields of hers were refused, in the order in which they were."""
    found = [each.thread for each in threads(her).values() if each.thread.table.endswith("profile/1.0")]
    receipts = [thread.said[-1] for thread in sorted(found, key=lambda thread: thread.said[0].at)]
    return [part.split('"')[0] for each in receipts for part in bytes(each.body).decode().split('"reason":"')[1:]]


async def test_without_terms_in_force_every_field_is_refused(world: World) -> None:
    her, [shop] = await holding(world, ("Shop", (HOME,)))
    [agreement] = the_only(shop).agreements
    who, version = shop.relationship(the_only(shop).peer)
    from msgspec.structs import replace

    from agent import relationship
    from wallet.store.change import Change

    row = relationship.write(replace(who, agreements=(replace(agreement, ends=world.time),)), version)
    assert await shop.store.apply(Change(who.peer, relationship=row)) is Outcome.APPLIED
    shop.forget(who.peer)

    id = await edit(world, her, {"address": "2 Old Road"})

    assert counts(her, id) == {"refused": 1}
    assert reasons(her) == ["terms-required"]


async def test_what_holds_from_a_later_day_is_pending_until_then(world: World) -> None:
    her, [shop] = await holding(world, ("Shop", (HOME,)))
    day = "2027-02-01"

    id = await edit(world, her, {"address": "2 Old Road"}, effective=day)
    first = (values(shop), counts(her, id))
    await world.pass_time(40 * DAY)

    assert first == ({HOME: CARD[HOME]}, {"pending": 1})
    assert values(shop) == {HOME: {"full": "2 Old Road"}}
    assert counts(her, id) == {"applied": 1}
    assert not list(shop.store.items("scheduled-change"))


async def test_a_higher_revision_cancels_what_was_scheduled(world: World) -> None:
    her, [shop] = await holding(world, ("Shop", (HOME,)))

    later = await edit(world, her, {"address": "2 Old Road"}, effective="2027-02-01")
    await edit(world, her, {"address": "1 New Street, Lisboa"})
    await world.pass_time(40 * DAY)

    assert values(shop) == {HOME: {"full": "1 New Street, Lisboa"}}
    assert counts(her, later) == {"stale": 1}


async def test_an_org_asks_whether_it_is_still_right_and_yes_says_how_it_is(world: World) -> None:
    her, [shop] = await holding(world, ("Shop", (HOME, MAIL)))
    called = fingerprint(the_only(shop).peer)

    same: Said = await world.do(shop, "/v1/profile/ask", peer=called, fields=["address"])
    await world.settle()
    await world.answer(her)
    await contact.edit(her, {HOME: {"full": "2 Old Road"}})
    changed: Said = await world.do(shop, "/v1/profile/ask", peer=called, fields=["address", "email"])
    await world.settle()
    [question] = await world.listed(her, "/v1/questions")
    await world.answer(her)

    assert state(her, str(same["thread"])) == "unchanged"
    assert state(shop, str(changed["thread"])) == "done"
    assert "your card has changed since" in str(question["what"])
    assert values(shop) == {HOME: {"full": "2 Old Road"}, MAIL: CARD[MAIL]}


async def test_to_be_asked_she_may_say_no_and_of_what_it_does_not_hold_she_says_nothing(world: World) -> None:
    her, [shop] = await holding(world, ("Shop", (HOME,)))
    called = fingerprint(the_only(shop).peer)

    asked = await world.do(shop, "/v1/profile/ask", peer=called, fields=["phone"])
    await world.settle()
    [question] = await world.listed(her, "/v1/questions")
    refused = await world.refused(her, f"/v1/questions/{question['question']}/answer", answer="yes")
    await world.answer(her, "no")

    assert "told it nothing" in refused
    assert "+351" not in str(question)
    assert state(shop, str(asked["thread"])) == "declined"
    assert peer_of(her, the_only(shop).our_did)


async def test_its_own_systems_hear_the_new_value_with_its_label_and_no_other(world: World) -> None:
    her, [shop] = await holding(world, ("Shop", (HOME, MAIL)))

    await edit(world, her, {"address": "2 Old Road", "email": None})

    from agent.events import read
    from wallet.store import events

    told = [read(row.record) for row in shop.store.read(lambda tx: list(events.every(tx)))]
    [event] = [each for each in told if each.type == "vrm.profile.updated.v1"]
    items = event.data["items"]
    assert event.data["revision"] == 1
    assert isinstance(items, list)
    assert {each["ptr"]: each["value"] for each in items} == {HOME: {"full": "2 Old Road"}, MAIL: None}
    assert all(each["label"]["expires"] == UNTIL for each in items)
