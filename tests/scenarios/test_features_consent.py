"""Consent: what may be processed, for what, until when; the data; and the end of it. vrm-protocols 2 and 5.3."""

from agent import contact, held, owner
from agent.agent import Agent
from agent.draft import Draft
from protocols.vrm.base import Label
from tests.agent.world import Said, World, peer_of, state, the_only, threads
from wallet.needs import Lookup
from wallet.strict_json import Json

HOME, PHONE = "/addresses/home", "/phones/main"
DELIVERY, ADVERTISING = "dpv:DeliveryOfGoods", "dpv:DirectMarketing"
UNTIL = "2027-06-30T00:00:00Z"
CARD: dict[str, Json] = {
    HOME: {"full": "1 New Street, Lisboa", "countryCode": "PT"},
    PHONE: {"number": "+351 210 000 000"},
}
WANTED = [
    {"ptr": HOME, "purpose": DELIVERY, "necessary": True},
    {"ptr": PHONE, "purpose": "dpv:PaymentManagement"},
]


async def on_her_terms(world: World) -> tuple[Agent, Agent, str]:
    """A vendor and a person with a contact card, under her terms. Returns both and what the vendor calls her."""
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)
    await world.agree(her, shop)
    await contact.edit(her, CARD)
    return shop, her, called


async def asks(world: World, shop: Agent, called: str, items: object = None, **more: object) -> str:
    """The vendor asks. Returns the thread."""
    asked = {"peer": called, "items": items or WANTED, "until": UNTIL, "effect": "No delivery to your door."}
    said = await world.do(shop, "/v1/consents/ask", **{**asked, "recipients": ["carrier"], "storage": ["PT"], **more})
    await world.settle()
    return str(said["thread"])


def hers(shop: Agent) -> dict[str, object]:
    """What the vendor holds about her."""
    return {each.ptr: each.value for each in held.of(shop, the_only(shop).peer)}


async def told(world: World, her: Agent) -> list[Said]:
    """What she has told the vendor, as she asks for it."""
    found = await world.ask(her, "GET", "/v1/told/Shop")
    assert isinstance(found, dict)
    return list(found["told"])


async def test_f35_she_sees_who_what_why_until_and_terms_before_anything_goes_and_refuses_one_field(
    world: World,
) -> None:
    """A user previews who, what, why, until and under which terms before any disclosure, and refuses any single
    field."""
    shop, her, called = await on_her_terms(world)

    thid = await asks(world, shop, called)

    [question] = await world.listed(her, "/v1/questions")
    page = str(question)
    for words in (
        "Shop", "it proved the domain", "1 New Street, Lisboa", "+351 210 000 000", "to deliver what you ordered",
        "until 2027-06-30", "freerange-service-only", "Passed on to: carrier", "No delivery to your door.", "30 days",
    ):  # fmt: skip
        assert words in page, words
    assert hers(shop) == {}
    await world.answer(her, refuse=[PHONE])

    assert (state(her, thid), state(shop, thid)) == ("given", "given")
    assert hers(shop) == {HOME: CARD[HOME]}
    [value] = held.of(shop, the_only(shop).peer)
    assert value.label == Label(DELIVERY, UNTIL, threads(her)[thid].thread.record or "")
    assert "210 000" not in str(await world.ask(shop, "GET", f"/v1/threads/{thid}/log"))


async def test_f32_her_register_answers_and_what_is_outside_it_is_refused_by_default(world: World) -> None:
    """A user sees and edits her register of who may process what and why; a request outside it is refused by
    default."""
    shop, her, called = await on_her_terms(world)
    entry = {"who": "Shop", "what": "/addresses", "why": DELIVERY}
    await world.do(her, "/v1/rules/register", entry=entry)
    shown = await world.ask(her, "GET", "/v1/rules")
    assert "to deliver what you ordered" in str(shown)

    inside = await asks(world, shop, called, WANTED[:1])
    outside = await asks(world, shop, called, WANTED[1:])
    beyond = await asks(world, shop, called, [{"ptr": HOME, "purpose": ADVERTISING}])
    await world.do(her, "/v1/rules/register", entry=entry, do="remove")
    after = await asks(world, shop, called, WANTED[:1])

    assert await world.listed(her, "/v1/questions") == []
    assert [state(shop, thid) for thid in (inside, outside, beyond, after)] == [
        "given", "declined", "declined", "declined",
    ]  # fmt: skip
    assert hers(shop) == {HOME: CARD[HOME]}
    declined = {thid: str(await world.ask(shop, "GET", f"/v1/threads/{thid}/log")) for thid in (outside, beyond)}
    assert "the register has no line" in declined[outside]
    assert "beyond-agreement" in declined[beyond]
    [consent] = [each for each in await world.listed(her, "/v1/consents") if each["thread"] == inside]
    assert (consent["state"], consent["terms"]) == ("given", "freerange-service-only")


async def test_f40_what_she_volunteers_reaches_the_vendor_with_provenance_purpose_and_expiry(world: World) -> None:
    """A vendor receives volunteered data with provenance, purpose and expiry on every field."""
    shop, her, _ = await on_her_terms(world)

    offered = await world.do(
        her,
        "/v1/consents/volunteer",
        peer="Shop",
        schema="sizes",
        until=UNTIL,
        items=[{"ptr": "/shoes", "purpose": "dpv:ServicePersonalisation"}, {"ptr": "/hats", "purpose": DELIVERY}],
        values={"/shoes": 39, "/hats": "55 cm"},
    )
    await world.settle()
    assert hers(shop) == {}  # nothing travels before the vendor has taken it
    await world.answer(shop)

    found = await world.ask(shop, "GET", f"/v1/held/{the_only(shop).called}")
    assert isinstance(found, dict)
    thread = threads(shop)[str(offered["thread"])].thread
    assert [(each["ptr"], each["value"], each["label"]) for each in found["held"]] == [
        ("/hats", "55 cm", {"purpose": DELIVERY, "expires": UNTIL, "record": thread.record}),
        ("/shoes", 39, {"purpose": "dpv:ServicePersonalisation", "expires": UNTIL, "record": thread.record}),
    ]
    bundle = await world.ask(shop, "GET", f"/v1/records/{thread.record}/evidence")
    assert "ConsentVolunteer" in str(bundle)
    assert "55 cm" not in str(bundle)


async def test_f47_what_she_told_whom_under_which_terms_until_when_comes_from_her_own_store(world: World) -> None:
    """A user asks "what have I told X, under which terms, until when" and gets a complete answer from her own store."""
    shop, her, called = await on_her_terms(world)
    thid = await asks(world, shop, called)
    await world.answer(her)
    await contact.edit(her, {HOME: {"full": "2 Old Street, Porto"}})
    await world.do(her, f"/v1/consents/{thid}/disclose")
    await world.settle()

    found = await told(world, her)

    assert [(each["ptr"], each["until"], each["terms"], each["standing"]) for each in found] == [
        (ptr, UNTIL, "freerange-service-only", "in force") for ptr in (HOME, HOME, PHONE, PHONE)
    ]
    assert {str(each["value"]) for each in found if each["ptr"] == HOME} == {
        str(CARD[HOME]), str({"full": "2 Old Street, Porto"}),
    }  # fmt: skip
    await world.do(her, f"/v1/consents/{thid}/withdraw")
    await world.settle()
    assert {each["standing"] for each in await told(world, her)} == {"withdrawn"}
    assert state(shop, thid) == "withdrawn"
    assert hers(shop) == {}


async def test_some_of_it_is_withdrawn_in_one_act_and_the_rest_goes_on(world: World) -> None:
    shop, her, called = await on_her_terms(world)
    thid = await asks(world, shop, called)
    await world.answer(her)

    done = await world.do(her, f"/v1/consents/{thid}/withdraw", only=[PHONE])
    await world.settle()

    assert [state(shop, str(done[each])) for each in ("thread", "rest")] == ["withdrawn", "given"]
    assert hers(shop) == {HOME: CARD[HOME]}


async def test_a_consent_ends_on_its_day_and_the_vendor_signs_that_it_deleted(world: World) -> None:
    shop, her, called = await on_her_terms(world)
    thid = await asks(world, shop, called)
    await world.answer(her)

    await world.pass_time(400 * 86400)

    assert (state(her, thid), state(shop, thid)) == ("stopped", "stopped")
    assert hers(shop) == {}


async def test_without_terms_nothing_is_asked_and_nothing_is_given(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)

    said = await world.refused(
        shop, "/v1/consents/ask", peer=called, items=WANTED, until=UNTIL, effect="No delivery to your door."
    )

    assert "no terms are in force" in said
    assert peer_of(shop, the_only(her).our_did)


async def test_f03_she_shares_usage_facts_of_one_thing_for_a_time_and_stops_it(world: World) -> None:
    """A user shares chosen usage facts of one thing for a chosen period and stops it; facts dated later never reach the
    vendor."""
    shop, her, _ = await on_her_terms(world)
    runs = {"ptr": "/washer/runs", "purpose": "dpv:RepairImpairments"}
    await note(world, her, "washer", "runs", 1, "2026-12-31T10:00:00Z")  # before it was shared
    said = await world.do(her, "/v1/consents/volunteer", peer="Shop", schema="thing-usage", until=UNTIL, items=[runs])
    await world.settle()
    await world.answer(shop)
    thid = str(said["thread"])

    await world.pass_time(3600)
    await note(world, her, "washer", "runs", 2)
    await note(world, her, "washer", "faults", "E7")  # not a fact she shares
    await note(world, her, "dryer", "runs", 5)
    await note(world, her, "washer", "runs", 99, "2027-03-01T10:00:00Z")  # not yet
    shared = hers(shop)
    await world.do(her, f"/v1/consents/{thid}/withdraw")
    await world.settle()
    await world.pass_time(90 * 86400)
    await note(world, her, "washer", "runs", 3)
    refused = await world.refused(her, f"/v1/consents/{thid}/disclose", values={"/washer/runs/late": 4})

    assert shared == {"/washer/runs/2027-01-15T09:00:00Z": 2}
    assert (state(shop, thid), hers(shop)) == ("withdrawn", {})
    assert "withdrawn" in refused
    assert [each["value"] for each in await told(world, her)] == [2]
    log = await world.ask(shop, "GET", f"/v1/threads/{thid}/log")
    assert isinstance(log, dict)
    assert [each["says"] for each in log["log"]].count("disclose") == 1


async def note(world: World, her: Agent, thing: str, fact: str, value: object, at: str | None = None) -> None:
    """She records a fact of a thing."""
    await world.do(her, "/v1/usage", thing=thing, fact=fact, value=value, at=at)
    await world.settle()


async def test_what_she_takes_back_while_it_is_being_refused_leaves_nobody_waiting(world: World) -> None:
    shop, her, _ = await on_her_terms(world)
    await owner.act(shop, the_only(shop).peer, "any", without_terms)

    said = await world.do(
        her, "/v1/consents/volunteer", peer="Shop", until=UNTIL, items=[{"ptr": HOME, "purpose": DELIVERY}]
    )
    thid = str(said["thread"])
    await world.do(her, f"/v1/consents/{thid}/withdraw")
    await world.settle()
    await world.pass_time(2 * 86400)

    assert (state(her, thid), state(shop, thid)) == ("abandoned", None)
    assert [row.thid for _, row in her.store.outgoing() if row.thid == thid] == []


def without_terms(draft: Draft) -> Lookup[None]:
    """The vendor has forgotten its agreement."""
    draft.learn(agreements=())
    yield from ()
