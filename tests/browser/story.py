"""What a person and a shop have done together: everything, at least once."""

from functools import partial

from agent import campaigns, contact, mandate_copies, things
from agent.agent import Agent
from tests.agent.world import Said, known, public_did, state
from tests.browser.household import Chapter, Lived
from tests.unlinkability.families import CLUB, DELIVERY, HOME, PHONE, SHARE, UNTIL, hers, numbers, open_casts, spoken
from tests.unlinkability.society import DAY
from wallet.credentials.vcdm import timestamp

MEMBER = "urn:card:member"
GTIN = "4012345678901"
HOUSE_RULES: Said = {
    "promotion": "asked",
    "topics_allowed": ["bread", "repairs"],
    "max_per_week": 3,
    "otherwise": "ask",
    "channels": {"agent": "any"},
}
TOLD: Said = {"/name": {"full": "A. Customer"}, HOME: {"full": "12 St James's Square, London, GB"}}


async def meets(lived: Lived) -> None:
    """She meets four, agrees with three on terms, has a card of herself, rules, groups."""
    s, her = lived.s, lived.her
    await contact.edit(
        her,
        {
            "/name": {"full": "A. Customer"},
            HOME: {"full": "9 Old Road, 1000 Lisboa, PT", "countryCode": "PT"},
            PHONE: {"number": "+351 210 000 000"},
            "/emails/main": {"address": "customer@home.example"},
        },
    )
    for org in (lived.shop, lived.library, lived.gym, lived.agency):
        await s.introduce(her, org)
    await s.introduce(lived.neighbour, lived.shop)
    for org in (lived.shop, lived.library, lived.gym):
        begun = await s.do(her, "/v1/terms", peer=org.config.name)
        await s.agreed(str(begun["thread"]), "in-force", her, org)
    await s.do(her, "/v1/rules", rules=HOUSE_RULES)
    entry = {"who": lived.shop.config.name, "what": HOME, "why": DELIVERY, "allow": True}
    await s.do(her, "/v1/rules/register", entry=entry)
    await s.do(her, "/v1/rules/send")
    await s.wait(her, lived.shop, lived.library, lived.gym)
    await s.ask(her, "POST", "/v1/tags", tag="near", peers=[lived.shop.config.name, lived.library.config.name])
    await s.do(her, "/v1/groups", name="Near by", rule="tag:near")
    await s.do(lived.shop, "/v1/notices", notice={"kind": "service", "text": lived.says("We close at noon on Friday.")})
    await s.wait(her, lived.shop)


async def cards(lived: Lived) -> None:
    """Cards of both formats are issued, and one is shown to somebody else."""
    s, her = lived.s, lived.her
    for org in (lived.shop, lived.library):
        for name, kind in (("Member card", {"type": MEMBER}), ("Day pass", {"type": "DayPass", "format": "vc+di"})):
            said = await s.do(
                org, "/v1/offers", peer=hers(org, her), name=lived.says(name), claims=claims(lived), **kind
            )
            await s.agreed(str(said["thread"]), "done", her, org)
    asked = {"type": MEMBER, "claims": ["member"], "purpose": lived.says("To lend you films")}
    said = await s.do(lived.shop, "/v1/requests", peer=lived.called, **asked)
    await s.agreed(str(said["thread"]), "done", her, lived.shop)


def claims(lived: Lived) -> Said:
    """What the cards say, by whoever issues them."""
    favourite = {lived.says("favourite bread"): lived.says("rye")}
    return {"given_name": "Ada", "member": True, "number": 7731, "since": "2021-03-01", **favourite}


async def consents(lived: Lived) -> None:
    """Asked for and given, withdrawn, and offered by herself; facts of a thing of hers go there as they come."""
    s, her, shop = lived.s, lived.her, lived.shop
    items = [{"ptr": HOME, "purpose": DELIVERY, "necessary": True}, {"ptr": PHONE, "purpose": "dpv:PaymentManagement"}]
    asked = {
        "peer": lived.called,
        "until": UNTIL,
        "effect": lived.says("Without it nothing can be delivered."),
        "storage": ["PT"],
    }
    for withdrawn in (False, True):
        said = await s.do(
            shop, "/v1/consents/ask", items=items[: 2 - withdrawn], recipients=[lived.says("a carrier")], **asked
        )
        await s.agreed(str(said["thread"]), "given", her, shop)
    await s.do(her, f"/v1/consents/{said['thread']}/withdraw")
    await s.agreed(str(said["thread"]), "withdrawn", her, shop)
    offered = [{"ptr": HOME, "purpose": DELIVERY}, {"ptr": "/shoes", "purpose": "dpv:ServicePersonalisation"}]
    given = {"peer": lived.shop.config.name, "until": UNTIL}
    said = await s.do(her, "/v1/consents/volunteer", items=offered, values={"/shoes": lived.says("size 38")}, **given)
    await s.agreed(str(said["thread"]), "given", her, shop)
    item = {"ptr": "/washer/runs", "purpose": "dpv:RepairImpairments"}
    said = await s.do(her, "/v1/consents/volunteer", schema="thing-usage", items=[item], **given)
    await s.agreed(str(said["thread"]), "given", her, shop)
    await s.do(her, "/v1/usage", thing="washer", fact="runs", value=120)
    await s.wait(her, shop)


async def moves(lived: Lived) -> None:
    """One change of address to all who hold it."""
    s, her = lived.s, lived.her
    edit = {"changes": {"address": "1 New Street, 1100 Lisboa, PT"}, "reason": "moved", "jitter": 0}
    id = str((await s.do(her, "/v1/contact", **edit))["campaign"])
    await s.until(lambda: campaigns.tally(her, id).counts == {"applied": 1}, her, lived.shop, answer=True)


async def exercises(lived: Lived) -> None:
    """A copy of what one holds, which it gave; and a letter to somebody who speaks none of this."""
    s, her, shop = lived.s, lived.her, lived.shop
    begun = await s.do(her, "/v1/rights", right="access", peers=[lived.shop.config.name], jitter=0)
    assert begun
    await s.wait(her)
    await s.until(lambda: at(shop, "data-rights"), her)
    [thid] = at(shop, "data-rights")
    await s.comes(shop, thid, "open", her, shop)
    await s.do(shop, f"/v1/rights/{thid}/fulfil")
    await s.comes(her, thid, "closed", her, shop)
    letter = {"to": "Old Insurance", "me": "A. Customer", "right": "erasure", "address": "Hill Road 1, Porto"}
    await s.do(her, "/v1/letters", **letter)


def at(agent: Agent, family: str) -> list[str]:
    """The threads of a family."""
    return [each.thread.thid for _, each in spoken(agent) if f"/{family}/" in each.thread.table]


async def buys(lived: Lived) -> None:
    """A want to two, who bid; she orders from one. Another one stays open, with both bids on the table."""
    s, her = lived.s, lived.her
    lived.notes["bought"] = await is_bid_for(lived, want(lived, "a twin stroller", "twin stroller"))
    id = lived.notes["bought"]
    await s.do(her, f"/v1/wants/{id}/select", bid="1")
    await s.until(
        lambda: any(each.thread.state == "reserved" for _, each in spoken(her)), her, *sellers(lived), answer=True
    )
    await s.do(her, f"/v1/wants/{id}/order", values=TOLD)
    await s.until(
        lambda: any(each.thread.state == "completed" for _, each in spoken(her)), her, *sellers(lived), answer=True
    )
    await s.do(her, f"/v1/wants/{id}/close", reason="changed-mind")
    await s.wait(her, *sellers(lived))
    lived.notes["open"] = await is_bid_for(lived, want(lived, "a cargo bike, used", "cargo bike"))
    lived.notes["new"] = str((await s.do(her, "/v1/wants", **want(lived, "a roof mended", "roofer")))["id"])


def sellers(lived: Lived) -> tuple[Agent, Agent]:
    """Those who bid."""
    return lived.shop, lived.library


def want(lived: Lived, words: str, category: str) -> Said:
    """What she wants; only the words are for herself alone."""
    return {
        "words": words,
        "item": {"category": lived.says(category)},
        "region": "GB-GLG",
        "by": "2028-03-01T00:00:00Z",
        "most": "350.00",
        "currency": "GBP",
        "must": [lived.says("folds")],
    }


async def is_bid_for(lived: Lived, want: Said) -> str:
    """Cast a want to both sellers, who bid. Returns its id."""
    s, her, both = lived.s, lived.her, sellers(lived)
    id = str((await s.do(her, "/v1/wants", **want))["id"])
    before = bids(her)
    await s.do(her, f"/v1/wants/{id}/cast", to=[public_did(each) for each in both], jitter=0)
    await s.wait(her)
    for number, shop in enumerate(both):
        await s.until(partial(open_casts, shop), her)
        [thread] = open_casts(shop)
        price: Said = {"price": f"3{number}0.00", "currency": "GBP", "hold": 7 * DAY}
        await s.do(shop, "/v1/demand/bid", thread=thread, warranty="P2Y", description=lived.says("As new"), **price)
    await s.until(lambda: bids(her) == before + 2, her)
    return id


def bids(her: Agent) -> int:
    """How many bids she was made."""
    return sum(any(said.name == "bid" for said in each.thread.said) for _, each in spoken(her))


async def owns(lived: Lived) -> None:
    """A machine with all its papers, registered, with a problem that was solved; and a bicycle without any."""
    s, her, shop = lived.s, lived.her, lived.shop
    machine: Said = {"name": lived.says("Washing machine"), "gtin": GTIN, "serial": lived.says("A1B2C3")[:100]}
    more: dict[str, Said] = {
        "receipt": {"on": "2026-10-02", "price": {"amount": "399.00", "currency": "EUR"}},
        "ownership": {"on": "2026-10-02"},
        "warranty": {"until": "2028-10-02"},
    }
    for kind, when in more.items():
        said = await s.do(shop, "/v1/things/issue", peer=lived.called, kind=kind, thing=machine, **when)
        await s.agreed(str(said["thread"]), "done", her, shop)
    await s.do(
        her, "/v1/things", thing={"name": "Bicycle", "serial": "B-4471"}, acquired="2022-05", note="from the market"
    )
    await s.do(her, "/v1/things/register", thing=washer(her).id)
    await s.until(lambda: state(shop, washer(her).registration) == "registered", her, shop, answer=True)
    await s.do(her, "/v1/things/problem", thing=washer(her).id, text=lived.says("It leaks."))
    await s.wait(her, shop)
    [case] = await s.listed(shop, "/v1/cases")
    await s.do(shop, f"/v1/cases/{case['thread']}", act="answer", number="C-1")
    await s.wait(her, shop)
    await s.do(shop, "/v1/cases/C-1", act="resolve", remedy="repaired", text=lived.says("It has a new seal."))
    await s.until(lambda: any(True for _ in her.store.questions()), her, shop)
    await s.answer_all(her)
    await s.do(shop, "/v1/things/alert", kind="recall", text=lived.says("The door may come open."), gtin=GTIN)
    await s.wait(her, shop)


def washer(her: Agent) -> things.Owned:
    """The machine."""
    return next(each for each in things.every(her) if each.thing.gtin == GTIN)


async def is_loyal(lived: Lived) -> None:
    """Two statements, one of them retired, and a membership with a balance."""
    s, her, shop = lived.s, lived.her, lived.shop
    for category in (lived.says("bread"), lived.says("milk")):
        said = await s.do(
            her,
            "/v1/statements",
            peer=lived.shop.config.name,
            strength="regular",
            category=category,
            reasons=[{"code": "quality", "text": lived.says("the crust")}],
            conditions=[lived.says("it stays as it is")],
            until="2099-01-01",
        )
        await s.comes(her, str(said["thread"]), "acknowledged", her, shop)
    await s.do(her, f"/v1/statements/{said['thread']}/retire", reason="service", text=lived.says("The queue is long"))
    await s.do(shop, "/v1/programme", **club(lived))
    said = await s.do(her, "/v1/memberships", peer=lived.shop.config.name)
    await s.agreed(str(said["thread"]), "member", her, shop)
    await s.until(lambda: bool(numbers(her, shop)), her, shop, answer=True)
    await s.do(shop, "/v1/memberships/credit", member=numbers(her, shop)[0], change=310)
    await s.wait(her, shop)
    await s.do(
        her, "/v1/memberships/redeem", membership=numbers(her, shop)[0], amount=100, reward=lived.notes["coffee"]
    )
    await s.wait(her, shop)


def club(lived: Lived) -> Said:
    """The programme of a shop."""
    lived.notes.setdefault("coffee", lived.says("coffee"))
    words: Said = {"name": lived.says("Club"), "rules": lived.says("One point a loaf.\nA coffee costs 100.\n")}
    return {**CLUB, **words, "tiers": [lived.says("silver")], "rewards": {lived.notes["coffee"]: 100}}


def heard(shop: Agent, before: set[str]) -> set[str]:
    """The experiences that came since."""
    return set(at(shop, "experience")) - before


async def tells(lived: Lived) -> None:
    """An experience that was answered, one that was taken back, a draft, and a private regret."""
    s, her, shop = lived.s, lived.her, lived.shop
    for text in ("The parcel arrived broken.", "The parcel came late."):
        told: Said = {"text": lived.says(text), "kind": "complaint", "rating": {"value": 2, "best": 5}, "delay": 0}
        await s.do(her, "/v1/experiences/share", to=lived.shop.config.name, **told)
        await s.wait(her)
        before = set(lived.notes.values())
        await s.until(partial(heard, shop, before), her)
        [thid] = heard(shop, before)
        lived.notes[text] = thid
        await s.do(shop, f"/v1/experiences/{thid}/respond", text=lived.says("We are sorry, and look into it."))
        await s.wait(her, shop)
    await s.do(her, f"/v1/experiences/{thid}/retract")
    await s.do(her, "/v1/experiences", text=lived.says("They greet everybody by name."), kind="praise")
    await s.wait(her, shop)


async def delegates(lived: Lived) -> None:
    """A helper with a mandate, which has shown itself to the shop and acted there; and one that was struck."""
    s, her, agency, shop = lived.s, lived.her, lived.agency, lived.shop
    asked: Said = {"actions": [SHARE], "orgs": [lived.shop.config.name], "spend": "50.00 EUR"}
    for duty in ("Tell them what I think.", "Speak for me on Sundays."):
        id = str(
            (await s.do(her, "/v1/mandates", peer=lived.agency.config.name, duty=lived.says(duty), **asked))["mandate"]
        )
        await s.agreed(id, "active", her, agency)
        lived.notes.setdefault("mandate", id)
    await s.do(her, f"/v1/mandates/{id}/revoke", reason="changed-mind")
    await s.comes(agency, id, "revoked", her, agency, shop)
    id, org = lived.notes["mandate"], public_did(shop)
    await s.until(partial(mandate_copies.for_org, agency, id, org), her, agency)
    said = await s.do(agency, f"/v1/mandates/{id}/introduce", org=org)
    await s.comes(agency, str(said["thread"]), "recognised", agency, shop)


async def audits(lived: Lived) -> None:
    """Chains are compared, a question is answered, a dispute stands."""
    s, her, shop = lived.s, lived.her, lived.shop
    await s.do(her, "/v1/audits/compare", peer=lived.shop.config.name)
    await s.wait(her, shop)
    by = timestamp(her.now() + 10 * DAY)
    asked = {
        "question": lived.says("Which record permits this?"),
        "answer_by": by,
        "about": {"use": "dpv:DirectMarketing"},
    }
    begun = await s.do(her, "/v1/audits/challenge", peer=lived.shop.config.name, **asked)
    await s.until(lambda: state(shop, str(begun["thread"])) is not None, her)
    await s.do(shop, "/v1/audits/answer", thread=begun["thread"], text=lived.says("You agreed to it in the shop."))
    record = (
        next(each for each in known(her) if each.name == shop.config.name and not each.one_off).agreements[0].record
    )
    await s.do(
        her,
        "/v1/audits/dispute",
        peer=lived.shop.config.name,
        text=lived.says("It was opened."),
        evidence=[record],
        want=lived.says("A new one"),
    )
    await s.wait(her, shop)


async def leaves(lived: Lived) -> None:
    """She leaves the gym, and what it had of her goes."""
    s, her, gym = lived.s, lived.her, lived.gym
    await s.ask(her, "POST", "/v1/leavings", peers=[lived.gym.config.name], data="erase", by="2030-01-01")
    await s.until(lambda: any(each.ended for each in known(gym)), her, gym, answer=True)
    await s.wait(her, gym)


async def has_systems(lived: Lived) -> None:
    """The shop has systems of its own, prices, a pool, kinds of card, invitations and a key for a program."""
    s, shop = lived.s, lived.shop
    await s.do(shop, "/v1/invitations", goal=lived.says("Meet us"))
    await s.do(
        shop,
        "/v1/demand/pools",
        name=lived.notes.setdefault("pool", lived.says("strollers")),
        about=lived.says("Twin strollers, Glasgow"),
    )
    await s.do(lived.her, f"/v1/wants/{lived.notes['open']}/join", broker=public_did(shop), pool=lived.notes["pool"])
    await s.wait(lived.her, shop)
    await s.do(shop, "/v1/integrations", name="The till", scopes=["relationships", "notices"])


STORY: tuple[Chapter, ...] = (
    meets,
    cards,
    consents,
    moves,
    exercises,
    buys,
    owns,
    is_loyal,
    tells,
    delegates,
    audits,
    leaves,
    has_systems,
)
