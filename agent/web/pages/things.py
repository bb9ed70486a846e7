"""What she owns: its papers, its maker, its problems, its next owner."""

import re
from datetime import date
from typing import Any, Final

from agent import wording
from agent.web.pages.listing import lines, money, part
from agent.web.pages.page import Failed, Go, Page, Shown, Visit
from agent.web.pages.text import bare
from agent.web.pages.thing_words import choices, word

GTIN: Final = re.compile(r"[0-9]{8,14}", re.ASCII)
MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)


def shown(template: str, **values: object) -> Shown:
    """A page of this subject, with its words."""
    return Shown(template, {"word": word, "month": month, "organisation": wording.organisation, "bare": bare, **values})


def month(found: str) -> str:
    """October 2026, for 2026-10; what is no month as it stands."""
    return f"{date.fromisoformat(f'{found}-01'):%B %Y}" if MONTH.fullmatch(found) else found


async def things(visit: Visit) -> Shown:
    """Everything she owns, and what she owned."""
    return shown("things", listed=await part(visit, "/v1/things"))


async def adding(visit: Visit) -> Shown:
    """What is asked about a thing."""
    return shown("thing_new")


async def add(visit: Visit) -> Go:
    """Enter a thing by her own word."""
    known = {name: visit.text(name) for name in ("name", "gtin", "serial", "url") if visit.text(name)}
    require("name" in known, "Say what it is, in a word or two.")
    require(
        not known.get("gtin") or bool(GTIN.fullmatch(known["gtin"])), "The number under the barcode is 8 to 14 digits."
    )
    require(known.get("url", "https://").startswith("https://"), "A web address begins with https://.")
    acquired = visit.text("acquired")
    require(not acquired or bool(MONTH.fullmatch(acquired)), "Write the month like 2027-03.")
    made = await visit.post("/v1/things", thing=known, acquired=acquired or None, note=visit.text("note"))
    return Go(f"/things/{made['thing']}", "It is entered, by your own word.")


def require(holds: bool, words: str) -> None:
    """Raise Failed with these words, for nothing is done, unless something holds."""
    if not holds:
        raise Failed(422, f"{words} Nothing was done.")


async def found(visit: Visit, named: str) -> dict[str, Any]:
    """One thing, with what holds of it."""
    thing: dict[str, Any] = await visit.get("/v1/things", named)
    held = await visit.get(f"/v1/things/{thing['thing']}/verification")
    return {"thing": thing, "held": held, "path": f"/things/{thing['thing']}"}


async def thing(visit: Visit, named: str) -> Shown:
    """One thing: what it is, its papers and whether they hold, its warnings and its cases."""
    about = await found(visit, named)
    owned = about["thing"]
    issuers = dict.fromkeys(each["issued_by"] for each in owned["papers"])
    return shown("thing", **about, issuers=list(issuers))


async def registering(visit: Visit, named: str) -> Shown:
    """What its maker would learn."""
    return shown("thing_register", **await found(visit, named))


async def register(visit: Visit, named: str) -> Go:
    """Make it known to its maker."""
    thing = await visit.get("/v1/things", named)
    said = await visit.post("/v1/things/register", thing=thing["thing"], org=visit.text("org"), without=without(visit))
    return Go(f"/things/{thing['thing']}", f"Sent to {said['to']}. Once it says yes, its warnings reach you.")


def without(visit: Visit) -> list[str]:
    """The kinds of paper that stay here: those that were not ticked."""
    return [kind for kind in ("receipt", "ownership", "warranty") if kind not in visit.chosen("papers")]


async def complaining(visit: Visit, named: str) -> Shown:
    """What goes along with a problem."""
    return shown("thing_problem", **await found(visit, named), wants=choices("want"))


async def complain(visit: Visit, named: str) -> Go:
    """Raise a problem with a thing."""
    thing = await visit.get("/v1/things", named)
    require(bool(visit.text("text")), "Say in a few words what is wrong.")
    said = await visit.post(
        "/v1/things/problem",
        thing=thing["thing"],
        org=visit.text("org"),
        without=without(visit),
        text=visit.text("text"),
        since=visit.text("since") or None,
        tried=lines(visit, "tried"),
        want=visit.text("want", "repair"),
    )
    return Go(f"/things/{thing['thing']}/cases/{said['thread']}", f"Sent to {said['to']}. Follow it on this page.")


async def case(visit: Visit, named: str, id: str) -> Shown:
    """One problem, from the first word to the last."""
    thing, found = await visit.get("/v1/things", named), await visit.get("/v1/cases", id)
    said = [entry(each) for each in (await visit.get(f"/v1/threads/{found['thread']}/log"))["log"]]
    return shown("thing_case", thing=thing, case=found, said=[each for each in said if each["name"]])


def entry(line: dict[str, Any]) -> dict[str, Any]:
    """A line of a case as a person reads it. name: empty for what says nothing."""
    body = line["message"].get("body", {})
    signed = body.get("signed")
    body = signed["credentialSubject"]["body"] if isinstance(signed, dict) else body
    name = line["says"]
    if name == "receipt":
        name = "number" if body.get("case") else ""
    return {"name": name, "ours": line["ours"], "at": line["at"], "refused": line["refused"], "body": body}


async def answer(visit: Visit, named: str, id: str) -> Go:
    """Say the next thing in a case."""
    act, text = visit.text("act"), visit.text("text")
    require(act != "add" or bool(text), "Write what they should know.")
    require(act != "reopen" or bool(text), "Say what is not solved yet.")
    about = {"text": text} if act in ("add", "reopen") else {"solved": act == "solved"}
    await visit.post("/v1/cases", id, act="close" if act in ("solved", "drop") else act, **about)
    said = {"add": "Sent.", "reopen": "Sent. The case is open again."}
    return Go(f"/things/{named}/cases/{id}", said.get(act, "The case is closed."))


async def handing_on(visit: Visit, named: str) -> Shown:
    """What goes along, and what does not."""
    return shown("thing_hand_on", **await found(visit, named), link=None)


async def hand_on(visit: Visit, named: str) -> Shown:
    """A link for whoever takes it over."""
    about = await found(visit, named)
    price = money(visit)
    require(price is None or bool(price["currency"]), "Say in which currency, like EUR.")
    made = await visit.post("/v1/things/transfer", thing=about["thing"]["thing"], price=price)
    return shown("thing_hand_on", **about, link=made)


async def taking(visit: Visit) -> Shown:
    """Where a link is pasted."""
    return shown("thing_take")


async def take(visit: Visit) -> Go:
    """Knock at whoever offers a thing."""
    require(bool(visit.text("url")), "Paste the link that you were given.")
    await visit.post("/v1/things/take", url=visit.text("url"))
    return Go("/questions", "You knocked, and said nothing of yourself. What is offered is a question here soon.")


async def claim(visit: Visit, named: str) -> Go:
    """Have the papers of a thing issued to her."""
    thing = await visit.get("/v1/things", named)
    said = await visit.post("/v1/things/claim", thing=thing["thing"])
    return Go(f"/things/{thing['thing']}", f"Claimed at {said['to']}. Its papers come to you once it has looked.")


async def releasing(visit: Visit, named: str) -> Shown:
    """What follows when it is let go."""
    about = await found(visit, named)
    return shown("thing_release", **about, reasons=choices("thing", "mine"))


async def release(visit: Visit, named: str) -> Go:
    """Say that it is hers no more."""
    thing = await visit.get("/v1/things", named)
    require("sure" in visit.chosen("sure"), "Tick that you mean it.")
    said = await visit.post("/v1/things/release", thing=thing["thing"], reason=visit.text("reason"))
    told = f"{said['to']} is told, and no more." if said["to"] else "Nobody knew of it, so nobody was told."
    return Go(f"/things/{thing['thing']}", f"Noted. {told}")


PAGES = (
    Page("GET", "/things", things, "person"),
    Page("GET", "/things/new", adding, "person"),
    Page("POST", "/things", add, "person"),
    Page("GET", "/things/take", taking, "person"),
    Page("POST", "/things/take", take, "person"),
    Page("GET", "/things/{named}", thing, "person"),
    Page("GET", "/things/{named}/register", registering, "person"),
    Page("POST", "/things/{named}/register", register, "person"),
    Page("GET", "/things/{named}/problem", complaining, "person"),
    Page("POST", "/things/{named}/problem", complain, "person"),
    Page("GET", "/things/{named}/cases/{id}", case, "person"),
    Page("POST", "/things/{named}/cases/{id}", answer, "person"),
    Page("GET", "/things/{named}/hand-on", handing_on, "person"),
    Page("POST", "/things/{named}/hand-on", hand_on, "person"),
    Page("POST", "/things/{named}/claim", claim, "person"),
    Page("GET", "/things/{named}/release", releasing, "person"),
    Page("POST", "/things/{named}/release", release, "person"),
)
