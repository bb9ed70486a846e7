"""Audit: whether both sides hold the same, questions with a clock, disputes, and a file of evidence for anybody."""

from typing import Any, Final

import msgspec

from agent import wording
from agent.agreements import purposes
from agent.web import deeds
from agent.web.pages.page import PAGE_SIZE, Failed, File, Go, Page, Shown, Visit, cut
from agent.web.pages.relationships import decorated, titles
from agent.web.pages.render import moment
from agent.web.pages.text import bare
from protocols.vrm.base import VRM
from wallet.credentials.vcdm import timestamp
from wallet.verify import check

COMPARED: Final = {  # how a comparison stands: in words, and how that looks
    "same": ("both sides hold the same", "good"),
    "differs": ("the two sides do not hold the same", "bad"),
    "being mended": ("something was missing, and is sent again", "warn"),
    "never compared": ("not compared yet", ""),
}
ASKED: Final = {  # how a question stands, likewise
    "challenged": ("waits for an answer", "warn"),
    "unanswered": ("was not answered in time", "bad"),
    "answered": ("answered", "good"),
    "declined": ("turned down", "bad"),
    "disputed": ("waits for the other position", "warn"),
    "stated": ("both positions are there", "good"),
}
WHY_NOT: Final = {
    "no-basis": "They had no right to it.",
    "not-ours": "They say it was not they.",
    "legal-hold": "They say that the law keeps them from answering.",
    "other": "They gave no reason.",
}
CHECKS: Final = {  # of a file of evidence
    "format": "It is a file of evidence",
    "issuer_key": "Who signed is known",
    "signature": "Every signature holds",
    "rotations": "Each change of address is proved",
    "equivocation": "Nobody signed two things as one",
    "chain": "Nothing was put in between",
    "links": "Each answer belongs to what it answers",
    "order": "All of it is in one order",
    "texts": "The terms are those that were signed",
    "data": "The personal data is what was signed",
    "contents": "Nothing was added or taken out since it was put together",
}
USUAL: Final = 14 * 86400  # seconds that an answer may take


async def who_is(visit: Visit, name: str) -> dict[str, Any]:
    """Who is meant. Raises Failed."""
    return decorated(await visit.get("/v1/peers", name))


def standing(found: dict[str, Any]) -> dict[str, Any]:
    """How a comparison stands, in words."""
    words, look = COMPARED.get(found["state"], (found["state"], ""))
    return found | {"words": words, "look": look}


async def audit(visit: Visit) -> Shown:
    """How it stands with everybody; first those that need a look."""
    number = visit.part()
    found = await visit.get("/v1/audits/part", str((number - 1) * PAGE_SIZE))

    def row(each: dict[str, Any]) -> dict[str, Any]:
        asked = [question(one) for one in each["questions"]]
        return decorated(each["who"]) | {"compared": standing(each["compared"]), "asked": asked}

    listed = [row(each) for each in found["items"]]
    look = [row(each) for each in found["look"][:PAGE_SIZE]]
    return Shown("audit", {"look": look, "listed": cut(listed, number, found["total"])})


def question(found: dict[str, Any]) -> dict[str, Any]:
    """A question or a dispute, in words."""
    words, look = ASKED.get(found["state"], (found["state"], ""))
    says, answer = found["says"], found["answer"] or {}
    reason = WHY_NOT.get(str(answer.get("reason")), "") if found["state"] == "declined" else ""
    use = says.get("about", {}).get("use") if isinstance(says.get("about"), dict) else None
    return found | {
        "words": words,
        "look": look,
        "text": says.get("question") or says.get("text") or "",
        "until": says.get("answer_by"),
        "use": wording.purpose(use) if use else None,
        "wants": says.get("want"),
        "rests": len(answer.get("records", answer.get("evidence", ()))),
        "reply": answer.get("text") or reason,
        "ours_to_say": not found["ours"] and found["state"] in ("challenged", "disputed", "unanswered"),
    }


async def one(visit: Visit, name: str) -> Shown:
    """How it stands with one, what was asked, and what she may ask."""
    who = await who_is(visit, name)
    about = await visit.get("/v1/audits", who["peer"])
    by = timestamp(visit.agent.now() + USUAL)[:10]
    return Shown(
        "audit_one",
        {
            "who": who,
            "compared": standing(about["compared"]),
            "signed": about["signed"],
            "asked": [question(each) for each in reversed(about["questions"])],
            "terms": (await titles(visit, [who])).get(who["text"], ""),
            "abouts": await abouts(visit, about),
            "scopes": await scopes(visit, about),
            "statements": await statements(visit, who),
            "by": by,
            "path": f"/audit/{who['fingerprint']}",
        },
    )


async def abouts(visit: Visit, about: dict[str, Any]) -> list[tuple[str, str]]:
    """What a question may be about: what it was given for a purpose, the terms, or any use there are words for."""
    uses = dict.fromkeys([each["purpose"] for each in about["knows"]] + [*purposes.WORDS])
    terms = [(f"record:{record}", f"the terms: {title}") for record, title in await agreed(visit, about)]
    return [("", "something else"), *terms, *((f"use:{each}", wording.purpose(each)) for each in uses)]


async def agreed(visit: Visit, about: dict[str, Any]) -> list[tuple[str, str]]:
    """The record and the title of each agreement there was."""
    found = []
    for each in about["terms"]:
        try:
            title = (await visit.get("/v1/terms", each["digest"]))["title"]
        except Failed:
            title = each["agreement"]
        found.append((each["record"], bare(title, 80)))
    return found


async def scopes(visit: Visit, about: dict[str, Any]) -> list[tuple[str, str]]:
    """What may go into a file of evidence."""
    given = {each["record"]: wording.field(each["what"]) for each in about["knows"]}
    told = [(record, f"what you allowed: {bare(what, 60)}") for record, what in given.items()]
    terms = [(record, f"the terms: {title}") for record, title in await agreed(visit, about)]
    return [("", "everything that either of you signed"), *terms, *told]


async def statements(visit: Visit, who: dict[str, Any]) -> list[tuple[str, str]]:
    """The last things that were signed, for a dispute to rest on."""
    found = await visit.get("/v1/timelines", who["peer"], "1")
    by = {True: "you", False: "them"}
    return [
        (each["digest"], f"{each['title']}, {moment(each['signed'])}, signed by {by[each['by'] == found['we']]}")
        for each in found["entries"]
    ]


# -- what she does ------------------------------------------------------------------------------------------------


async def compare(visit: Visit, name: str) -> Go:
    """Compare both sides now."""
    who = await who_is(visit, name)
    made = await visit.post("/v1/audits/compare", peer=who["peer"])
    said = "They were asked what they hold." if made["thread"] else "Something is on its way to them; it is done after."
    return Go(f"/audit/{who['fingerprint']}", said)


async def challenge(visit: Visit, name: str) -> Go:
    """Ask by what right something was done."""
    who, by = await who_is(visit, name), visit.text("by")
    if not visit.text("question"):
        raise Failed(400, "Write what you ask. Nothing was sent.")
    if not by:
        raise Failed(400, "Name the day by which they are to answer. Nothing was sent.")
    kind, _, value = visit.text("about").partition(":")
    about = {kind: value} if kind and value else {}
    question, until = visit.text("question"), f"{by}T00:00:00Z"
    await visit.post("/v1/audits/challenge", peer=who["peer"], question=question, about=about, answer_by=until)
    return Go(f"/audit/{who['fingerprint']}", "Asked, signed by you. The clock runs.")


async def dispute(visit: Visit, name: str) -> Go:
    """State a position."""
    who, text = await who_is(visit, name), visit.text("text")
    if not text:
        raise Failed(400, "Write your position. Nothing was sent.")
    want, rests = visit.text("want") or None, visit.chosen("evidence")
    await visit.post("/v1/audits/dispute", peer=who["peer"], text=text, want=want, evidence=rests)
    return Go(f"/audit/{who['fingerprint']}", "Your position was sent, signed by you.")


async def answer(visit: Visit, name: str) -> Go:
    """Answer what they asked, or state the other position."""
    who = await who_is(visit, name)
    thread, text = visit.text("thread"), visit.text("text")
    if not text:
        raise Failed(400, "Write your answer. Nothing was sent.")
    await visit.post("/v1/audits/answer", thread=thread, text=text)
    return Go(f"/audit/{who['fingerprint']}", "Answered, signed by you.")


# -- evidence -----------------------------------------------------------------------------------------------------


async def evidence(visit: Visit, name: str) -> File:
    """A file that shows to anybody what was signed, personal data only if she wants it shown."""
    who, scope = await who_is(visit, name), visit.text("scope")
    records = [scope] if scope else []
    data = await with_data(visit, who) if visit.text("data") else []
    made = await visit.post("/v1/evidence", peers=[who["peer"]], records=records, data=data)
    return File(f"evidence-{who['fingerprint']}.json", "application/json", made["file"].encode())


async def with_data(visit: Visit, who: dict[str, Any]) -> list[str]:
    """What she signed that carried personal data."""
    found = await visit.get("/v1/timelines", who["peer"])
    return [each["digest"] for each in found["entries"] if each["data"] and each["by"] == found["we"]]


async def examine(visit: Visit) -> Shown:
    """What a file of evidence proves. It is looked at here and now, and not kept."""
    raw = visit.text("file")
    if not raw:
        raise Failed(400, "Choose a file. Nothing was looked at.")
    verdict = check(raw.encode(), VRM)
    listed = verdict.claims.get("objects", [])
    objects: list[dict[str, Any]] = msgspec.convert(listed, list[dict[str, Any]])  # as wallet/evidence.py lists them
    return Shown(
        "audit_checked",
        {
            "verified": verdict.verified,
            "checks": [(CHECKS.get(each.name, each.name), each.ok, each.detail) for each in verdict.checks],
            "notes": verdict.notes,
            "objects": [(deeds.title(str(each["type"]), each["body"]), each) for each in objects[:PAGE_SIZE]],
            "total": len(objects),
        },
    )


PAGES = (
    Page("GET", "/audit", audit, "person"),
    Page("POST", "/audit/check", examine, "person"),
    Page("GET", "/audit/{name}", one, "person"),
    Page("POST", "/audit/{name}/compare", compare, "person"),
    Page("POST", "/audit/{name}/challenge", challenge, "person"),
    Page("POST", "/audit/{name}/dispute", dispute, "person"),
    Page("POST", "/audit/{name}/answer", answer, "person"),
    Page("POST", "/audit/{name}/evidence", evidence, "person"),
)
