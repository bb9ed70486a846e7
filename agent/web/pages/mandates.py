"""Who acts for her, so far and so long; and for whom we act."""

from typing import Any, Final

from agent import wording
from agent.web.pages.listing import IN_A_ROW, lines, named, part, whom
from agent.web.pages.page import Failed, Go, Page, Shown, Visit
from agent.web.pages.thing_words import WORDS, choices
from agent.web.pages.things import require, shown
from wallet.errors import Malformed
from wallet.strict_json import parse_object

SPOKEN: Final = ("experience/1.0/share", "data-rights/1.0/exercise", "things/1.0/report")
USUAL: Final[dict[str, Any]] = {
    **dict.fromkeys(("peer", "duty", "orgs_typed", "casts", "amount"), ""),
    **dict.fromkeys(("may", "orgs", "tell"), ()),
    **dict.fromkeys(("only", "pass_on"), False),
    "kind": "fourth-party",
    "level": "0",
    "currency": "EUR",
    "lasts": "P90D",
    "reports": "P7D",
}
REPORTS: Final = (("P1D", "every day"), ("P7D", "every week"), ("P30D", "every month"))
DETAILS: Final = tuple((name, wording.field(wording.pointer(name))) for name in wording.WORDS)
REGIMES: Final = (("gdpr", "European law"), ("ccpa", "Californian law"), ("agreement", "what was agreed"))


async def helpers(visit: Visit) -> Shown:
    """Who acts for her, and for whom this agent acts."""
    return shown("helpers", listed=await part(visit, "/v1/mandates"))


async def appointing(visit: Visit) -> Shown:
    """What is asked about a helper. ?who= is chosen already."""
    return await form(visit, {"peer": await named(visit)})


async def again(visit: Visit) -> Shown:
    """The same form, with what was typed."""
    return await form(visit, typed(visit))


async def form(visit: Visit, now: dict[str, Any]) -> Shown:
    """The form of a mandate. now: what stands in it."""
    known = await whom(visit)
    return shown(
        "helper_new",
        now={**USUAL, **now},
        known=known,
        few=known if len(known) <= IN_A_ROW else (),
        kinds=choices("helper"),
        may=choices("may"),
        levels=choices("level"),
        lasts=choices("lasts"),
        reports=REPORTS,
        details=DETAILS,
    )


def typed(visit: Visit) -> dict[str, Any]:
    """What was filled in."""
    plain = ("peer", "duty", "kind", "level", "casts", "amount", "currency", "lasts", "reports", "orgs_typed")
    return {
        **{name: visit.text(name) for name in plain},
        "may": tuple(each for each in visit.chosen("may") if each in wording.MAY),
        "orgs": visit.chosen("orgs"),
        "only": bool(visit.chosen("only")),
        "tell": tuple(each for each in visit.chosen("tell") if each in wording.WORDS),
        "pass_on": bool(visit.chosen("pass_on")),
    }


async def preview(visit: Visit) -> Shown:
    """What it would be allowed, before it is asked."""
    now = typed(visit)
    require(bool(now["peer"]), "Say who is to act for you.")
    require(bool(now["may"]), "Tick at least one thing that it may do.")
    require(bool(now["duty"]), "Say in your words what its duty is.")
    require(not now["casts"] or whole(now["casts"]), "How often it may ask is a whole number.")
    require(not now["amount"] or bool(now["currency"]), "Say in which currency, like EUR.")
    who = await visit.get("/v1/peers", now["peer"])
    named = [await visit.get("/v1/peers", each) for each in vendors(visit, now)]
    return shown("helper_look", now=now, who=who, vendors=named, ends=dict(choices("lasts")), reports=dict(REPORTS))


def whole(text: str) -> bool:
    """Whether this is a whole number that is not too large."""
    return text.isascii() and text.isdecimal() and len(text) < 7


def vendors(visit: Visit, now: dict[str, Any]) -> list[str]:
    """With whom it may deal, as they were ticked or typed."""
    return [*now["orgs"], *lines(visit, "orgs_typed")]


async def appoint(visit: Visit) -> Go:
    """Ask it, as it was shown."""
    now = typed(visit)
    said = await visit.post(
        "/v1/mandates",
        peer=now["peer"],
        duty=now["duty"],
        actions=[each for name in now["may"] for each in wording.MAY[name]],
        orgs=vendors(visit, now),
        kind=now["kind"],
        level=int(now["level"]) if now["level"] in WORDS["level"] else 0,
        casts=int(now["casts"]) if whole(now["casts"]) else None,
        spend=f"{now['amount'].replace(',', '.')} {now['currency'].upper()}" if now["amount"] else "",
        fields=[wording.pointer(each) for each in now["tell"]] if now["only"] else None,
        sub_delegate=now["pass_on"],
        report_every=now["reports"],
        lasts=now["lasts"],
    )
    words = f"{said['to']} is asked. Nothing is allowed yet: once it accepts, you are asked for your last word."
    return Go(f"/helpers/{said['mandate']}", words)


async def helper(visit: Visit, id: str) -> Shown:
    """One mandate: how far it goes, with whom it was used, and what was done."""
    found = await visit.get("/v1/mandates", id)
    acts = visit.slice(found["acts"][::-1])
    return shown(
        "helper",
        each=found,
        acts=acts,
        act=wording.act,
        rights=tuple(wording.RIGHTS.items()),
        regimes=REGIMES,
        kinds=choices("kind"),
        wants=choices("want"),
        others=[each for each in found["actions"] if each not in SPOKEN],
    )


async def revoke(visit: Visit, id: str) -> Go:
    """End a mandate that she gave."""
    require("sure" in visit.chosen("sure"), "Tick that you mean it.")
    said = await visit.post("/v1/mandates", id, "revoke")
    words = f"{said['with']} may do nothing more for you. Everybody who was shown the mandate is told now."
    return Go(f"/helpers/{id}", words)


# -- whoever acts -------------------------------------------------------------------------------------------------


async def ask(visit: Visit, id: str) -> Go:
    """Ask her for a copy for one organisation."""
    require(bool(visit.text("org")), "Say for which organisation.")
    said = await visit.post("/v1/mandates", id, "copies", org=visit.text("org"))
    return Go(f"/helpers/{id}", f"{said['with']} is asked to let you deal with it.")


async def introduce(visit: Visit, id: str) -> Go:
    """Show her mandate to an organisation."""
    require(bool(visit.text("org")), "Say to which organisation.")
    said = await visit.post("/v1/mandates", id, "introduce", org=visit.text("org"))
    return Go(f"/helpers/{id}", f"Shown to {said['with']}. Once it takes it, you may act there.")


async def act(visit: Visit, id: str) -> Go:
    """Say something for her, within what she allowed."""
    org = visit.text("org")
    require(bool(org), "Say to which organisation.")
    kind, body = spoken(visit)
    said = await visit.post("/v1/mandates", id, "act", org=org, type=kind, body=body)
    return Go(f"/helpers/{id}", f"Said to {said['with']}, for her. It stands in your next report.")


def spoken(visit: Visit) -> tuple[str, dict[str, Any]]:
    """What is said, as the message that it is. Raises Failed."""
    what, text = visit.text("what"), visit.text("text")
    if what == "data-rights/1.0/exercise":
        return what, {"right": visit.text("right", "access"), "regime": visit.text("regime", "gdpr")}
    if what not in SPOKEN:
        try:
            return what, parse_object(text.encode())
        except Malformed:
            raise Failed(422, "That cannot be read as the fields of a message. Nothing was said.") from None
    require(bool(text), "Write what is to be said.")
    if what == "things/1.0/report":
        return what, {"problem": {"text": text}, "want": visit.text("want", "repair")}
    kind = visit.text("kind", "idea")
    return what, {"kind": kind, "about": {}, "text": text, "audience": "org", "contact_ok": False}


async def report(visit: Visit, id: str) -> Go:
    """Tell her now what was done."""
    said = await visit.post(f"/v1/mandates/{id}/report")
    number = said["acts"]
    return Go(f"/helpers/{id}", f"Reported to {said['with']}: {number} act{'' if number == 1 else 's'}.")


async def resign(visit: Visit, id: str) -> Go:
    """Give a mandate back."""
    require("sure" in visit.chosen("sure"), "Tick that you mean it.")
    said = await visit.post("/v1/mandates", id, "resign")
    return Go(f"/helpers/{id}", f"Given back. You act for {said['with']} no more, and what you did is reported.")


PAGES = (
    Page("GET", "/helpers", helpers),
    Page("GET", "/helpers/new", appointing, "person"),
    Page("POST", "/helpers/new", again, "person"),
    Page("POST", "/helpers/preview", preview, "person"),
    Page("POST", "/helpers", appoint, "person"),
    Page("GET", "/helpers/{id}", helper),
    Page("POST", "/helpers/{id}/revoke", revoke),
    Page("POST", "/helpers/{id}/copies", ask),
    Page("POST", "/helpers/{id}/introduce", introduce),
    Page("POST", "/helpers/{id}/act", act),
    Page("POST", "/helpers/{id}/report", report),
    Page("POST", "/helpers/{id}/resign", resign),
)
