"""What a person does with a vendor: every family once, over the owners' own API, with words that are hers alone."""

import secrets
from functools import partial

import msgspec

from agent import campaigns, contact, mandate_copies, things
from agent import conversation as conversations
from agent.agent import Agent
from agent.conversation import Conversation
from agent.relationship import Relationship
from agent.vrm import sign_in
from protocols.vrm.base import VRM
from protocols.vrm.data_rights import data_rights
from protocols.vrm.experience import experience
from protocols.vrm.intent import cast
from protocols.vrm.sign_in import sign_in as protocol
from tests.agent.world import Said, known, public_did, state, towards
from tests.unlinkability.society import DAY, HERS, Society
from wallet.credentials.vcdm import timestamp
from wallet.strict_json import Json

HOME, PHONE = "/addresses/home", "/phones/main"
DELIVERY = "dpv:DeliveryOfGoods"
UNTIL = "2029-06-30T00:00:00Z"
SHARE = "experience/1.0/share"
CLUB: Said = {
    "name": "Club",
    "rules": "One point a loaf.\nA coffee costs 100.\n",
    "tiers": ["silver"],
    "exit": {"balance": "paid-out", "notice": "P30D"},
    "rewards": {"coffee": 100},
    "point": {"amount": "0.01", "currency": "EUR"},
    "admit": "all",
    "redeem": "auto",
}


def words(about: str) -> str:
    """A text that nobody else has written."""
    return f"{about} {secrets.token_hex(4)}"


def hers(shop: Agent, her: Agent) -> str:
    """What a vendor calls the person who has met it."""
    mine = next(each for each in known(her) if each.their_did == public_did(shop) and not each.one_off)
    return towards(shop, mine.our_did).called


async def meets(s: Society, her: Agent, shop: Agent) -> None:
    """They meet, and agree on terms. Relationship and terms."""
    name = shop.config.name
    await s.introduce(her, shop)
    await s.until(lambda: any(each.name == name and each.met for each in known(her)), her, shop)
    begun = await s.do(her, "/v1/terms", peer=name)
    await s.agreed(str(begun["thread"]), "in-force", her, shop)


async def states_rules(s: Society, her: Agent, *shops: Agent) -> None:
    """Her standing rules, told to all in one act."""
    rules = {"promotion": "asked", "topics_allowed": [f"sale-{secrets.token_hex(4)}"], "max_per_week": 3}
    await s.do(her, "/v1/rules", rules=rules)
    s.disclose(rules, *shops)
    await s.do(her, "/v1/rules/send")
    await s.settle()
    await s.wait(her, *shops)


async def is_noticed(s: Society, her: Agent, shop: Agent) -> None:
    """A notice of the vendor's."""
    await s.do(shop, "/v1/notices", notice={"kind": "service", "text": words("We move.")})
    await s.wait(her, shop)


async def signs_in(s: Society, her: Agent, shop: Agent) -> None:
    """A page of the vendor's asks her."""
    session = secrets.token_hex(8)
    await s.do(shop, "/v1/sign-ins", peer=hers(shop, her), origin=shop.config.url, session=session)
    await s.asked(her)
    await s.until(
        lambda: any(
            sign_in.link(each.thread)
            for who, each in spoken(her)
            if who.name == shop.config.name and each.thread.table == protocol.id
        )
    )
    found = [each for each in await s.listed(her, "/v1/sign-ins") if each["with"] == shop.config.name]
    code = str(found[-1]["url"]).partition("code=")[2]
    await s.do(shop, "/v1/sign-ins/redeem", code=code, session=session)


async def consents(s: Society, her: Agent, shop: Agent) -> None:
    """The vendor asks for two fields, gets them, and one is taken back; she volunteers another, which stays."""
    items = [{"ptr": HOME, "purpose": DELIVERY, "necessary": True}, {"ptr": PHONE, "purpose": "dpv:PaymentManagement"}]
    asked = {"peer": hers(shop, her), "items": items, "until": UNTIL, "effect": "No delivery.", "storage": ["PT"]}
    said = await s.do(shop, "/v1/consents/ask", recipients=["carrier"], **asked)
    thid = str(said["thread"])
    await s.agreed(thid, "given", her, shop)
    await s.do(her, f"/v1/consents/{thid}/withdraw")
    await s.agreed(thid, "withdrawn", her, shop)
    await volunteers(s, her, shop)


async def volunteers(s: Society, her: Agent, shop: Agent) -> None:
    """She offers two values, of which one is not on her card, and the vendor takes them."""
    offered = [{"ptr": HOME, "purpose": DELIVERY}, {"ptr": "/shoes", "purpose": "dpv:ServicePersonalisation"}]
    values = {"/shoes": words("size")}
    said = await s.do(her, "/v1/consents/volunteer", peer=shop.config.name, until=UNTIL, items=offered, values=values)
    await s.agreed(str(said["thread"]), "given", her, shop)


async def shares_usage(s: Society, her: Agent, *shops: Agent) -> None:
    """Facts of one thing of hers, shared with several as they come."""
    item = {"ptr": "/washer/runs", "purpose": "dpv:RepairImpairments"}
    for shop in shops:
        asked = {"peer": shop.config.name, "schema": "thing-usage", "until": UNTIL, "items": [item]}
        said = await s.do(her, "/v1/consents/volunteer", **asked)
        await s.agreed(str(said["thread"]), "given", her, shop)
    await s.wait(her)
    await s.do(her, "/v1/usage", thing="washer", fact="runs", value=words("run"))
    await s.wait(her, *shops)


async def moves(s: Society, her: Agent, *shops: Agent) -> None:
    """She changes her address, in one act towards all who hold it."""
    edit = {"changes": {"address": f"{words('New Street')}, 1100 Lisboa, PT"}, "reason": "moved", "jitter": 0}
    seen = await s.do(her, "/v1/contact/preview", **edit)
    s.disclose([seen["changes"], seen["effective"], "moved"], *shops)
    id = str((await s.do(her, "/v1/contact", **edit))["campaign"])
    await s.until(lambda: campaigns.tally(her, id).counts == {"applied": len(shops)}, her, *shops, answer=True)


async def exercises(s: Society, her: Agent, *shops: Agent) -> None:
    """A copy of what they hold, asked of all in one act."""
    await s.do(her, "/v1/rights", right="access", all=True, jitter=0)
    await s.wait(her)
    named = {shop.config.name: shop for shop in shops}

    def cases() -> list[tuple[Agent, str]]:
        return [
            (named[who.name], each.thread.thid)
            for who, each in spoken(her)
            if each.thread.table == data_rights.id and who.name in named
        ]

    await s.until(lambda: len(cases()) == len(shops), her)
    for shop, thid in cases():
        await s.comes(shop, thid, "open", her, shop)
        await s.do(shop, f"/v1/rights/{thid}/fulfil")
        await s.comes(her, thid, "closed", her, shop)


async def buys(s: Society, her: Agent, *shops: Agent) -> None:
    """One want to all; they bid; she picks one and orders, and closes the rest."""
    want: Said = {
        "words": words("for the spring"),
        "item": {"category": words("stroller")},
        "region": "GB-GLG",
        "by": "2028-03-01T00:00:00Z",
        "most": f"{350 + secrets.randbelow(9000)}.{10 + secrets.randbelow(90)}",
        "currency": "GBP",
        "must": [words("folds")],
    }
    id = str((await s.do(her, "/v1/wants", **want))["id"])
    asked = {"to": [public_did(each) for each in shops], "jitter": 0}
    seen = await s.do(her, f"/v1/wants/{id}/preview", **asked)
    s.disclose(seen["says"], *shops)
    await s.do(her, f"/v1/wants/{id}/cast", **asked)
    await s.wait(her)
    for shop in shops:
        await s.until(partial(open_casts, shop), her)
        price = f"3{shop.config.name[-2:]}.{shop.config.name[-2:]}"
        for thread in open_casts(shop):
            await s.do(shop, "/v1/demand/bid", thread=thread, price=price, currency="GBP", hold=7 * DAY)
    await s.until(lambda: sum(each.thread.state == "bid" for _, each in spoken(her)) >= len(shops), her)
    await s.do(her, f"/v1/wants/{id}/select", bid="1")
    told = {"/name": {"full": words("Ada")}, HOME: {"full": words("12 Square")}}
    await s.until(lambda: any(each.thread.state == "reserved" for _, each in spoken(her)), her, *shops)
    await s.do(her, f"/v1/wants/{id}/order", values=told)
    await s.until(lambda: any(each.thread.state == "completed" for _, each in spoken(her)), her, *shops, answer=True)
    await s.do(her, f"/v1/wants/{id}/close", reason="changed-mind")
    await s.wait(her, *shops)
    await s.answer_all(her, *shops)
    await s.wait(her, *shops)


def spoken(agent: Agent) -> list[tuple[Relationship, Conversation]]:
    """All threads, and with whom."""
    return [(agent.relationship(peer)[0], conversations.read(row)) for peer, row in agent.store.threads()]


def open_casts(shop: Agent) -> list[str]:
    """The casts on which a vendor has not bid."""
    found = [each.thread for _, each in spoken(shop) if each.thread.table == cast.id and each.thread.role == "org"]
    return [each.thid for each in found if each.state == "open" and all(said.name != "bid" for said in each.said)]


async def owns(s: Society, her: Agent, shop: Agent) -> None:
    """Papers of a thing; it is registered from a DID made for it, has a problem, and is let go."""
    name, called = words("Washer"), hers(shop, her)
    thing = {"name": name, "gtin": str(4 * 10**12 + secrets.randbelow(10**12)), "serial": f"S{secrets.token_hex(5)}"}
    for kind in ("receipt", "ownership"):
        more = {"price": {"amount": "399.00", "currency": "EUR"}} if kind == "receipt" else {}
        await s.do(shop, "/v1/things/issue", peer=called, kind=kind, thing=thing, on="2026-10-02", **more)
        await s.asked(her)
        await s.until(lambda: any(each.thing.name == name for each in things.every(her)), her, shop)
    await s.do(her, "/v1/things/register", thing=name)
    await s.until(lambda: state(shop, owned(her, name).registration) == "registered", her, shop, answer=True)
    await s.do(her, "/v1/things/problem", thing=name, text=words("It leaks."))
    await s.wait(her, shop)
    [case] = [each for each in await s.listed(shop, "/v1/cases") if each["thing"] == name]
    number = "C-" + secrets.token_hex(4)
    await s.do(shop, f"/v1/cases/{case['thread']}", act="answer", number=number)
    await s.wait(her, shop)
    await s.do(shop, f"/v1/cases/{number}", act="resolve", remedy="repaired", text=words("New seal."))
    await s.until(lambda: any(True for _ in her.store.questions()), her, shop)
    await s.answer_all(her)
    await s.wait(her, shop)
    await s.do(her, "/v1/things/release", thing=name, reason="scrapped")
    await s.wait(her, shop)
    await s.answer_all(shop)
    await s.wait(her, shop)


def owned(her: Agent, name: str) -> things.Owned:
    """A thing of hers."""
    return next(each for each in things.every(her) if each.thing.name == name)


async def is_loyal(s: Society, her: Agent, shop: Agent) -> None:
    """A statement in her words, retired again; and a membership, from the rules to the end of it."""
    thid = await declares(s, her, shop, words("the crust"))
    await s.comes(her, thid, "acknowledged", her, shop)
    await s.do(her, f"/v1/statements/{thid}/retire", reason="service", text=words("The queue"))
    await s.comes(shop, thid, "retired", her, shop)
    said = await s.do(her, "/v1/memberships", peer=shop.config.name)
    thid = str(said["thread"])
    await s.agreed(thid, "member", her, shop)
    await s.until(lambda: bool(numbers(her, shop)), her, shop, answer=True)
    member = numbers(her, shop)[0]
    await s.do(shop, "/v1/memberships/credit", member=member, change=310)
    await s.wait(her, shop)
    await s.wait(her, shop)
    await s.do(her, "/v1/memberships/redeem", membership=member, amount=100, reward="coffee")
    await s.wait(her, shop)
    await s.wait(her, shop)


async def declares(s: Society, her: Agent, shop: Agent, why: str) -> str:
    """She says why she is loyal. Returns the thread's id."""
    statement = {
        "strength": "regular",
        "category": words("bread"),
        "reasons": [{"code": "quality", "text": why}],
        "conditions": [words("it stays")],
        "until": "2099-01-01",
    }
    said = await s.do(her, "/v1/statements", peer=shop.config.name, **statement)
    return str(said["thread"])


async def leaves_club(s: Society, her: Agent, shop: Agent) -> None:
    """She leaves the programme."""
    [member] = numbers(her, shop)
    await s.do(her, "/v1/memberships/leave", membership=member, reason="moving-on")
    await s.wait(her, shop)
    await s.wait(her, shop)


def numbers(her: Agent, shop: Agent) -> list[str]:
    """Under which number she is a member there."""
    [peer] = [each.peer for each in known(her) if each.name == shop.config.name and not each.one_off]
    found = [msgspec.json.decode(row.record) for row in her.store.items("membership", peer=peer)]
    return [each["member"] for each in found]


async def tells(s: Society, her: Agent, shop: Agent) -> None:
    """What it was like, from a DID made for it; it is answered, made good, and another taken back."""
    for number in (0, 1):
        text = words("Arrived broken.")
        told = {
            "text": text,
            "kind": "complaint",
            "rating": {"value": 2, "best": 5},
            "delay": 0,
            "to": shop.config.name,
        }
        await s.do(her, "/v1/experiences/share", **told)
        await s.wait(her)
        await s.until(partial(heard, shop, text), her)
        [thid] = heard(shop, text)
        await s.do(shop, f"/v1/experiences/{thid}/respond", text=words("Sorry."))
        await s.wait(her, shop)
        if number:
            await s.do(her, f"/v1/experiences/{thid}/retract")
            await s.comes(shop, thid, "retracted", her, shop)
        else:
            await s.do(shop, f"/v1/experiences/{thid}/resolve", remedy=words("A new one."), amount="5.00 EUR")
            await s.agreed(thid, "settled", her, shop)


def heard(shop: Agent, text: str) -> list[str]:
    """The experience that says this."""
    found = (each.thread for _, each in spoken(shop) if each.thread.table == experience.id)
    return [each.thid for each in found if text.encode() in b"".join(bytes(said.body) for said in each.said)]


async def delegates(s: Society, her: Agent, *shops: Agent) -> None:
    """A helper is appointed, shows itself to the vendors, acts there, and is struck."""
    helper = s.helper
    assert helper is not None
    await s.introduce(her, helper)
    await s.until(lambda: any(each.name == helper.config.name for each in known(her)), her, helper)
    asked = {"actions": [SHARE], "duty": words("Speak for me."), "orgs": [each.config.name for each in shops]}
    id = str((await s.do(her, "/v1/mandates", peer=helper.config.name, **asked))["mandate"])
    await s.agreed(id, "active", her, helper)
    for shop in shops:
        org = public_did(shop)
        await s.until(partial(mandate_copies.for_org, helper, id, org), her, helper)
        said = await s.do(helper, f"/v1/mandates/{id}/introduce", org=org)
        await s.comes(helper, str(said["thread"]), "recognised", helper, shop)
        idea = {"kind": "idea", "about": {}, "text": words("Sundays."), "audience": "org", "contact_ok": False}
        await s.do(helper, f"/v1/mandates/{id}/act", org=org, type=f"{VRM}/{SHARE}", body=idea)
        await s.wait(helper, shop)
    await s.do(her, f"/v1/mandates/{id}/revoke", reason="changed-mind")
    await s.comes(helper, id, "revoked", her, helper, *shops)
    await s.wait(her, helper, *shops)


async def audits(s: Society, her: Agent, shop: Agent) -> None:
    """Chains are compared; a question is answered; two positions stand side by side."""
    name = shop.config.name
    await s.do(her, "/v1/audits/compare", peer=name)
    await s.wait(her, shop)
    by = timestamp(her.now() - HERS + 10 * DAY)
    asked = {"question": words("Which record?"), "answer_by": by, "about": {"use": "dpv:DirectMarketing"}}
    begun = await s.do(her, "/v1/audits/challenge", peer=name, **asked)
    await s.until(lambda: state(shop, str(begun["thread"])) is not None, her)
    await s.do(shop, "/v1/audits/answer", thread=begun["thread"], text=words("You agreed."))
    record = next(each for each in known(her) if each.name == name and not each.one_off).agreements[0].record
    begun = await s.do(her, "/v1/audits/dispute", peer=name, text=words("Broken."), evidence=[record], want="Mend it")
    await s.until(lambda: state(shop, str(begun["thread"])) is not None, her)
    await s.do(shop, "/v1/audits/answer", thread=begun["thread"], text=words("It was whole."))
    await s.wait(her, shop)


async def is_given_card(s: Society, her: Agent, shop: Agent) -> None:
    """The vendor issues a card that can be shown in parts, and one that is shown whole."""
    claims = {"given_name": words("Ada"), "over_18": True, "number": secrets.token_hex(6)}
    for more in ({"type": card_of(shop)}, {"type": "PassOf" + shop.config.name[-2:], "format": "vc+di"}):
        said = await s.do(shop, "/v1/offers", peer=hers(shop, her), name="Card", claims=claims, **more)
        await s.agreed(str(said["thread"]), "done", her, shop)


def card_of(shop: Agent) -> str:
    """What a vendor's card is called by programs."""
    return f"urn:card:{shop.config.name[-2:]}"


async def shows_card(s: Society, her: Agent, shop: Agent, other: Agent) -> None:
    """Another vendor is shown a claim of a card that the first one issued."""
    asked = {"type": card_of(shop), "claims": ["over_18"], "purpose": words("To let you in")}
    said = await s.do(other, "/v1/requests", peer=hers(other, her), **asked)
    await s.agreed(str(said["thread"]), "done", her, other)


async def ends(s: Society, her: Agent, shop: Agent) -> None:
    """She leaves, and what it has of her goes."""
    before = len(gone(shop))

    def left() -> bool:
        return any(each.name == shop.config.name for each in gone(her))

    await s.ask(her, "POST", "/v1/leavings", peers=[shop.config.name], data="erase", by="2030-01-01")
    await s.until(lambda: len(gone(shop)) > before and left(), her, shop, answer=True)


def gone(agent: Agent) -> list[Relationship]:
    """The relationships that are over."""
    return [each for each in known(agent) if each.ended and not each.one_off]


async def has_card(her: Agent) -> None:
    """What stands on the card she keeps of herself."""
    home: dict[str, Json] = {"full": words("9 Old Road"), "countryCode": "PT"}
    await contact.edit(her, {HOME: home, PHONE: {"number": f"+351 {secrets.randbelow(10**9)}"}})
