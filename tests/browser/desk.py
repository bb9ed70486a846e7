"""What a shop keeps at its desk for its customers, and what a person has begun and not ended."""

from tests.agent.market import stock
from tests.agent.web.pages.visits import sent
from tests.agent.world import known, towards
from tests.browser.household import Chapter, Lived
from tests.browser.story import want
from tests.unlinkability.families import hers

FIELDS = [{"label": "Given name"}, {"label": "Adult", "holds": "yes-no"}]
TEXT = "https://didcomm.org/basicmessage/2.0/message"


async def keeps_ways(lived: Lived) -> None:
    """A kind of card with a link to it and a list of whom it was offered; a request with a link; prices; a notice."""
    s, shop, called = lived.s, lived.shop, hers(lived.shop, lived.her)
    kind = str((await s.do(shop, "/v1/card-types", name="Bread card", fields=FIELDS))["id"])
    await s.do(shop, f"/v1/card-types/{kind}/links", claims={"given_name": "Ada", "adult": "yes"})
    lines = f"Customer;Given name;Adult\n{called};Ada;yes\nnobody;Cy;no\n"
    await s.do(shop, f"/v1/card-types/{kind}/lists", list=lines, name="spring.csv")
    asked = {"card": "Bread card", "fields": ["given_name", "adult"], "yes": ["adult"]}
    kept = await s.do(shop, "/v1/proof-requests", purpose="To sell you wine", **asked)
    await s.do(shop, f"/v1/proof-requests/{kept['id']}/links")
    await s.do(shop, "/v1/demand/prices", rules=stock("A stroller", "stroller", "320.00"))
    await sent(shop, "/notices", kind="promotion", text="Fresh bread", topic="bread")
    await sent(shop, "/bridges", kind="webhook", address="https://till.example/hook")


async def has_a_letter_that_is_stuck(lived: Lived) -> None:
    """Something was written to her, and given up."""
    s, shop, her = lived.s, lived.shop, lived.her
    content = {"content": lived.says("Is there rye today?")}
    await s.do(her, "/v1/threads", peer=shop.config.name, type=TEXT, body=content)
    await s.settle()
    s.network.down.add(her.config.url)
    begun = await s.do(shop, "/v1/threads", peer=lived.called, type=TEXT, body={"content": lived.says("Good morning.")})
    await s.settle()
    mine = next(each for each in known(her) if each.name == shop.config.name and not each.one_off)
    peer = towards(shop, mine.our_did).peer
    [entry] = shop.store.log(peer, str(begun["thread"]))
    await shop.store.bury(peer, entry.id, why="expired", at=shop.now())
    s.network.down.clear()


async def has_begun(lived: Lived) -> None:
    """A want that nobody was asked yet, an experience for everybody in a file, a change that is being told."""
    s, her = lived.s, lived.her
    await s.do(her, "/v1/wants", **want(lived, "a quiet hotel", "hotel"))
    await s.do(
        her, "/v1/experiences/share", text=lived.says("They mend things."), kind="praise", audience="public", delay=0
    )
    edit = {"changes": {"phone": "+351 210 000 001"}, "reason": "corrected", "jitter": 86400}
    await s.do(her, "/v1/contact", **edit)


async def has_signed_in(lived: Lived) -> None:
    """A page of the shop's asked her, and she said yes."""
    s, her, shop = lived.s, lived.her, lived.shop
    await s.do(shop, "/v1/sign-ins", peer=lived.called, origin=shop.config.url, session="an-earlier-session")
    await s.asked(her)


DESK: tuple[Chapter, ...] = (has_signed_in, keeps_ways, has_a_letter_that_is_stuck, has_begun)
