"""What customers asked and somebody has to answer: requests about data, problems with things, experiences."""

from typing import Any, Final

from agent.vrm.data_rights import DELIVERS, ERASES, REGIMES, RIGHTS
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Slice, Visit, cut
from agent.web.pages.timeline import dated

KINDS: Final = (
    ("requests", "Requests about data"),
    ("problems", "Problems with things"),
    ("experiences", "Experiences"),
)
WANTS: Final = {
    "repair": "She has a problem, and wants it repaired",
    "replace": "She has a problem, and wants a replacement",
    "refund": "She has a problem, and wants her money back",
    "advice": "She has a problem, and wants advice",
}
TELLS: Final = {
    "praise": "Praise",
    "complaint": "A complaint",
    "idea": "An idea",
    "question": "A question about an experience",
    "regret": "Something that somebody regrets",
    "why-i-left": "Why somebody left",
}
STATES: Final = {
    "asked": "just came",
    "open": "open",
    "fulfilled": "done, she has not seen it yet",
    "denied": "denied, she has not seen it yet",
    "cancelling": "she takes it back",
    "cancelled": "taken back by her",
    "closed": "closed",
    "reported": "just came",
    "resolved": "you answered, she has not said whether that solves it",
    "declined": "you did not take it",
    "shared": "just came",
    "received": "received",
    "settled": "settled",
    "retracting": "she takes it back",
    "retracted": "taken back by her",
}
DENIALS: Final = (
    ("not-covered", "No law or agreement gives this right here"),
    ("no-match", "We have nothing about her that fits"),
    ("insufficient-verification", "She has not shown that she may ask this"),
    ("outside-jurisdiction", "The law she names does not hold for us"),
    ("too-many-requests", "She asks the same again and again"),
    ("suspected-fraud", "We believe that somebody else asks in her name"),
    ("other", "Another reason, which we explain below"),
)
REFUSALS: Final = (
    ("not-ours", "It is not ours"),
    ("unknown-serial", "We do not know this number"),
    ("out-of-warranty", "Its warranty is over"),
    ("other", "Another reason, which we explain"),
)
STATUSES: Final = (
    ("in-repair", "it is being repaired"),
    ("waiting-parts", "we wait for parts"),
    ("waiting-owner", "we wait for her"),
    ("shipped", "it is on its way to her"),
)
REMEDIES: Final = (
    ("repaired", "It is repaired"),
    ("replaced", "It is replaced"),
    ("refunded", "Her money is given back"),
    ("advised", "Advice"),
    ("denied", "Nothing can be done"),
)
DOES: Final = {
    "access": "Give her a copy of it",
    "portability": "Give her a copy of it",
    "categories": "Tell her which kinds we hold",
    "recipients": "Tell her who was told",
    "rectification": "Correct it",
    "erasure": "Erase it",
    "withdraw-all": "Stop and erase it",
    "restriction": "Store it, and use it no more",
    "objection": "Use it no more",
    "no-automated-decision": "Say that a person decides",
    "sale-opt-out": "Say that it is not sold or shared",
}


def in_words(row: dict[str, Any]) -> dict[str, Any]:
    """A case as a person would call it."""
    match row["kind"]:
        case "request":
            title = f"She asks {RIGHTS[row['what']]}"
        case "problem":
            title = WANTS.get(str(row["what"]), "She has a problem")
        case _:
            title = TELLS.get(str(row["what"]), "An experience")
    return {**row, "title": title, "stands": STATES.get(row["state"], row["state"])}


async def cases(visit: Visit) -> Shown:
    """What waits, and everything there ever was, kind by kind."""
    load, kind = await visit.get("/v1/caseload"), visit.query.get("kind", "")
    waits = visit.slice([in_words(each) for each in load["waiting"]])
    listed = await part(visit, kind) if kind in dict(KINDS) else None
    kinds = [(name, words, load["totals"][name]) for name, words in KINDS]
    return Shown(
        "cases", {"waits": waits, "kinds": kinds, "kind": kind, "listed": listed, "of_kind": dict(KINDS).get(kind)}
    )


async def part(visit: Visit, kind: str) -> Slice:
    """The part of one kind that is asked for, newest first."""
    number = visit.part()
    found = await visit.get("/v1/caseload", kind, str((number - 1) * PAGE_SIZE))
    return cut([in_words(each) for each in found["items"]], number, found["total"])


async def case(visit: Visit, id: str) -> Shown:
    """One case, and what can be answered."""
    found = in_words(await visit.get("/v1/caseload", id))
    match found["kind"]:
        case "request":
            more = await visit.get("/v1/rights", id)
            values = {"erases": found["what"] in ERASES, "delivers": found["what"] in DELIVERS}
            words = {"does": DOES[found["what"]], "law": REGIMES[more["regime"]], "denials": DENIALS, **values}
            contact = visit.agent.config.rights_contact
            said = [ours(line) for line in more["outcome"]]
            return Shown("case_request", {"each": found, "more": more, "said": said, "contact": contact, **words})
        case "problem":
            more = await visit.get("/v1/cases", id)
            choices = {"refusals": REFUSALS, "statuses": STATUSES, "remedies": REMEDIES}
            answered = dict(REMEDIES).get(more["outcome"], "")
            return Shown("case_problem", {"each": found, "more": more, "answered": answered, **choices})
    more = {"answer": None, "remedy": None, **await visit.get("/v1/experiences", id)}
    return Shown("case_experience", {"each": found, "more": more})


def ours(line: str) -> str:
    """What was said in a request, from the side of whoever said it."""
    for theirs, words in (("They say:", "You said:"), ("They keep", "You keep"), ("They told:", "You told:")):
        line = line.replace(theirs, words, 1) if line.startswith(theirs) else line
    return dated(line)


# -- a request about data ----------------------------------------------------------------------------------------


async def fulfil(visit: Visit, id: str) -> Go:
    """Do what was asked, and say so."""
    found = await visit.get("/v1/caseload", id)
    if found["what"] in ERASES and not visit.chosen("sure"):
        raise Failed(409, "Tick that it may be erased; that cannot be undone. Nothing was done.")
    told = [each.strip() for each in visit.text("told").splitlines() if each.strip()]
    done = await visit.post(f"/v1/rights/{id}/fulfil", told=told)
    waits = "It is being erased. Your answer goes out by itself when every system of yours has done so."
    return Go(f"/cases/{id}", waits if done["waits"] else "It is done, and she is told so, signed by you.")


async def deliver(visit: Visit, id: str) -> Go:
    """Send the data, and keep the case open."""
    await visit.post(f"/v1/rights/{id}/deliver")
    return Go(f"/cases/{id}", "The data was sent to her. The case stays open until you close it.")


async def progress(visit: Visit, id: str) -> Go:
    """Say where it stands."""
    if not visit.text("by") or not visit.text("details"):
        raise Failed(409, "Say in a few words where it stands, and by which day she can expect more. Nothing was said.")
    await visit.post(f"/v1/rights/{id}/progress", by=visit.text("by"), details=visit.text("details"))
    return Go(f"/cases/{id}", "She is told where it stands.")


async def deny(visit: Visit, id: str) -> Go:
    """Deny it, with a reason."""
    appeal = visit.text("appeal")
    if "@" not in appeal and not appeal.startswith("https://"):
        raise Failed(409, "Name an e-mail address or a web page where she can appeal. Nothing was said.")
    if visit.text("reason") == "other" and not visit.text("text"):
        raise Failed(409, "Explain the reason in your own words. Nothing was said.")
    await visit.post(
        f"/v1/rights/{id}/deny", reason=visit.text("reason"), appeal=appeal, text=visit.text("text") or None
    )
    return Go(f"/cases/{id}", "It is denied. She is told why, and where to appeal.")


# -- a problem with a thing --------------------------------------------------------------------------------------


async def act(visit: Visit, id: str) -> Go:
    """Say the next thing about a problem."""
    kind = visit.text("act")
    said: dict[str, object] = {"act": kind, "text": visit.text("text")}
    match kind:
        case "answer":
            day = visit.text("by")
            said |= {"number": visit.text("number"), "answer_by": f"{day}T00:00:00Z" if day else None}
        case "update":
            said |= {"status": visit.text("status")}
        case "resolve":
            said |= {"remedy": visit.text("remedy"), "amount": money(visit)}
        case "decline":
            said |= {"reason": visit.text("reason")}
    if kind in ("resolve", "decline") and not said["text"]:
        raise Failed(409, "Say it in a few words of your own, too. Nothing was said.")
    await visit.post("/v1/cases", id, **said)
    return Go(f"/cases/{id}", "She is told.")


def money(visit: Visit) -> dict[str, str] | None:
    """An amount that was typed; None if there is none."""
    typed = visit.text("amount").replace(",", ".")
    return {"amount": typed, "currency": visit.text("currency").upper()} if typed else None


# -- an experience -----------------------------------------------------------------------------------------------


async def respond(visit: Visit, id: str) -> Go:
    """Answer an experience."""
    if not visit.text("text"):
        raise Failed(409, "Write your answer first. Nothing was said.")
    await visit.post(f"/v1/experiences/{id}/respond", text=visit.text("text"))
    return Go(f"/cases/{id}", "Your answer stands beside what was told, for good.")


async def resolve(visit: Visit, id: str) -> Go:
    """Commit to a remedy."""
    if not visit.text("remedy"):
        raise Failed(409, "Say what you will do. Nothing was said.")
    paid = money(visit)
    amount = f"{paid['amount']} {paid['currency']}" if paid else ""
    by = visit.text("by") or None
    await visit.post(f"/v1/experiences/{id}/resolve", remedy=visit.text("remedy"), amount=amount, by=by)
    return Go(f"/cases/{id}", "You committed to it, signed. Whoever told you is asked whether that settles it.")


PAGES = (
    Page("GET", "/cases", cases, "org"),
    Page("GET", "/cases/{id}", case, "org"),
    Page("POST", "/cases/{id}/fulfil", fulfil, "org"),
    Page("POST", "/cases/{id}/deliver", deliver, "org"),
    Page("POST", "/cases/{id}/progress", progress, "org"),
    Page("POST", "/cases/{id}/deny", deny, "org"),
    Page("POST", "/cases/{id}/act", act, "org"),
    Page("POST", "/cases/{id}/respond", respond, "org"),
    Page("POST", "/cases/{id}/resolve", resolve, "org"),
)
