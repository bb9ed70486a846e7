"""What waits for the owners' answers: a question of every kind that the one can put to the other."""

from tests.agent.world import Said, public_did
from tests.browser.household import Chapter, Lived
from tests.browser.story import MEMBER, claims, club, washer
from tests.unlinkability.families import DELIVERY, HOME, PHONE, SHARE, UNTIL, hers, open_casts
from tests.unlinkability.society import DAY
from wallet.credentials.vcdm import timestamp


async def she_is_asked(lived: Lived) -> None:
    """One question of every kind that a vendor can put to her."""
    s, her, shop, library = lived.s, lived.her, lived.shop, lived.library
    await s.do(
        library,
        "/v1/offers",
        peer=hers(library, her),
        type=MEMBER,
        name=lived.says("Reader's card"),
        claims=claims(lived),
    )
    wanted: Said = {"type": MEMBER, "claims": ["member=true", "given_name"], "purpose": lived.says("To lend you films")}
    await s.do(library, "/v1/requests", peer=hers(library, her), **wanted)
    items = [{"ptr": HOME, "purpose": DELIVERY, "necessary": True}, {"ptr": PHONE, "purpose": "dpv:PaymentManagement"}]
    asked: Said = {
        "items": items,
        "until": UNTIL,
        "effect": lived.says("Without it nothing can be delivered."),
        "storage": ["PT"],
    }
    await s.do(library, "/v1/consents/ask", peer=hers(library, her), recipients=[lived.says("a carrier")], **asked)
    await s.do(her, f"/v1/wants/{lived.notes['new']}/cast", to=[public_did(library)], jitter=0)
    await s.wait(her)
    [cast] = open_casts(library)
    await s.do(library, f"/v1/threads/{cast}/say", message="question", body={"text": lived.says("Is it a flat roof?")})
    await s.do(library, "/v1/programme", **club(lived))
    await s.do(her, "/v1/memberships", peer=lived.library.config.name)
    await s.do(shop, "/v1/profile/ask", peer=lived.called, fields=["address"])
    await s.do(shop, "/v1/sign-ins", peer=lived.called, origin=shop.config.url, session="a-session-of-hers")
    thid = lived.notes["The parcel arrived broken."]
    await s.do(shop, f"/v1/experiences/{thid}/resolve", remedy=lived.says("A new one."), amount="5.00 EUR")
    await s.do(her, "/v1/things/problem", thing=washer(her).id, text=lived.says("It is loud."))
    await s.wait(her, shop)
    [case] = [each for each in await s.listed(shop, "/v1/cases") if each["state"] == "reported"]
    await s.do(shop, f"/v1/cases/{case['thread']}", act="answer", number="C-2")
    await s.do(shop, "/v1/cases/C-2", act="resolve", remedy="repaired", text=lived.says("It stands level now."))
    await s.wait(her, shop)


async def the_shop_is_asked(lived: Lived) -> None:
    """What a person can put to a vendor."""
    s, her, shop = lived.s, lived.her, lived.shop
    await s.do(her, "/v1/rights", right="erasure", peers=[lived.shop.config.name], jitter=0)
    offered = [{"ptr": PHONE, "purpose": DELIVERY}]
    await s.do(her, "/v1/consents/volunteer", peer=lived.shop.config.name, until=UNTIL, items=offered)
    by = timestamp(her.now() + 10 * DAY)
    asked = {"question": lived.says("Who had my number?"), "answer_by": by, "about": {"use": "dpv:DirectMarketing"}}
    await s.do(her, "/v1/audits/challenge", peer=lived.shop.config.name, **asked)
    await s.do(her, f"/v1/wants/{lived.notes['open']}/select", bid="1")
    begun = await s.do(lived.neighbour, "/v1/terms", peer=lived.shop.config.name)
    await s.comes(shop, str(begun["thread"]), "in-force", lived.neighbour, shop)
    await s.do(shop, "/v1/programme", **{**club(lived), "admit": "ask"})
    await s.do(lived.neighbour, "/v1/memberships", peer=lived.shop.config.name)
    await s.asked(lived.neighbour)
    told: Said = {"text": lived.says("The bread was stale."), "kind": "complaint", "delay": 0}
    await s.do(her, "/v1/experiences/share", to=lived.shop.config.name, **told)
    await s.wait(her)


async def a_helper_is_asked(lived: Lived) -> None:
    """One mandate that it may take on; another that it has, and she may still take back."""
    s, her, agency = lived.s, lived.her, lived.agency
    for duty in ("Buy bread for me.", "Ask for my data."):
        asked: Said = {"actions": [SHARE], "duty": lived.says(duty), "orgs": [lived.shop.config.name]}
        await s.do(her, "/v1/mandates", peer=lived.agency.config.name, **asked)
        await s.settle()
        if duty.startswith("Buy"):
            await s.answer_all(agency)


async def one_leaves(lived: Lived) -> None:
    """The shop is asked to let somebody go, with what it has of her."""
    s, gone = lived.s, await lived.s.add("A former customer")
    await s.introduce(gone, lived.shop)
    await s.do(gone, "/v1/terms", peer=lived.shop.config.name)
    await s.settle()
    await s.ask(gone, "POST", "/v1/leavings", peers=[lived.shop.config.name], data="erase", by="2030-01-01")
    await s.wait(gone)


WAITING: tuple[Chapter, ...] = (she_is_asked, the_shop_is_asked, a_helper_is_asked, one_leaves)
