"""What it was like, told to exactly whom she picks."""

from typing import Final

import msgspec

from agent.web.pages.listing import part
from agent.web.pages.page import Failed, File, Go, Page, Shown, Visit
from agent.web.pages.thing_words import WORDS, choices
from agent.web.pages.things import require, shown

FORM: Final = ("order", "text", "kind", "value", "best", "want", "audience", "attribution")


async def experiences(visit: Visit) -> Shown:
    """All of hers."""
    return shown("experiences", listed=await part(visit, "/v1/experiences"))


# -- writing ------------------------------------------------------------------------------------------------------


async def writing(visit: Visit) -> Shown:
    """An empty sheet. ?wish= is a private wish or regret that it is made from; ?who= whom it is about."""
    now = {}
    if wish := visit.query.get("wish"):
        found = await visit.get("/v1/wants", wish)
        now = {"text": found["words"], "kind": "regret" if found["kind"] == "regret" else "idea"}
    return form("/experiences", now)


async def rewriting(visit: Visit, id: str) -> Shown:
    """A draft, to be written anew."""
    kept = await visit.get("/v1/experiences", id)
    parts = {**(kept["rating"] or {}), "order": kept["about"].get("order")}
    return form(f"/experiences/{kept['experience']}/edit", {**kept, **parts})


def form(path: str, now: dict[str, object]) -> Shown:
    """The form of an experience. now: what stands in it."""
    usual = {"kind": "complaint", "audience": "org", "attribution": "none", "best": 5, "contact_ok": False}
    filled = {**dict.fromkeys(FORM, ""), **usual, **{name: value for name, value in now.items() if value is not None}}
    return shown(
        "experience_new",
        path=path,
        now=filled,
        kinds=choices("kind"),
        signals=choices("signal") if path == "/experiences" else (),
    )


def written(visit: Visit) -> dict[str, object]:
    """What was filled in, as the API takes it."""
    require(bool(visit.text("text")), "Say in a few words what it was like.")
    value, best = visit.text("value"), visit.text("best", "5")
    numbers = value.isascii() and value.isdecimal() and best.isascii() and best.isdecimal() and len(value + best) < 8
    require(not value or numbers, "A rating is two whole numbers, like 2 of 5.")
    require(not value or int(value) <= int(best), "A rating is so many of so many, and not more.")
    return {
        "text": visit.text("text"),
        "kind": visit.text("kind", "idea"),
        "rating": {"value": int(value), "best": int(best)} if value else None,
        "want": visit.text("want") or None,
        "about": {"order": visit.text("order")} if visit.text("order") else {},
        "contact_ok": bool(visit.chosen("contact_ok")),
        "audience": visit.text("audience", "org"),
        "attribution": visit.text("attribution", "none"),
    }


async def keep(visit: Visit) -> Go:
    """Keep a draft, for her alone."""
    if signal := visit.text("signal"):
        require(signal in WORDS["signal"], "Pick one of the words.")
        kept = await visit.post("/v1/experiences", signal=signal)
    else:
        kept = await visit.post("/v1/experiences", **written(visit))
    return Go(f"/experiences/{kept['experience']}", "Kept, for you alone. Nobody is told until you say so below.")


async def edit(visit: Visit, id: str) -> Go:
    """Keep a draft as it is now."""
    await visit.post("/v1/experiences", id, "edit", **written(visit))
    return Go(f"/experiences/{id}", "Kept, for you alone.")


async def drop(visit: Visit, id: str) -> Go:
    """Forget a draft."""
    await visit.post(f"/v1/experiences/{id}/drop")
    return Go("/experiences", "Forgotten. Nobody was told.")


# -- telling ------------------------------------------------------------------------------------------------------


async def experience(visit: Visit, id: str) -> Shown:
    """One: what is or was sent, to whom, and what came back. A draft can be told from here."""
    kept = await visit.get("/v1/experiences", id)
    draft = kept["state"] == "draft"
    named = await signed(visit, kept) if draft else ""
    cards = await visit.get("/v1/experiences/proofs") if draft else []
    return shown("experience", kept=kept, sends=named, cards=cards)


async def signed(visit: Visit, kept: dict[str, object]) -> str:
    """The text as it would be signed, with her name beneath if she wants that; empty if it cannot be."""
    try:
        return str((await visit.get(f"/v1/experiences/{kept['experience']}/preview"))["text"])
    except Failed:
        return ""


async def tell(visit: Visit, id: str) -> Go:
    """Tell it, once."""
    kept = await visit.get("/v1/experiences", id)
    to, public = visit.text("to"), kept["audience"] == "public"
    require(bool(to) or public, "Say whom to tell.")
    more: dict[str, object] = {"to": to, "known": visit.text("as") == "known", "proof": visit.text("proof")}
    more |= {"delay": 0} if visit.text("when") == "now" else {}
    said = await visit.post("/v1/experiences/share", draft=kept["experience"], **(more if to else {}))
    words = {
        "public": "Signed for everybody. Save the file, and hand it to any site.",
        "waiting": f"It goes to {said['to']} at some moment within three days, so that the time tells nothing.",
    }
    return Go(f"/experiences/{id}", words.get(said["state"], f"Told {said['to']}."))


async def answer(visit: Visit, id: str) -> Go:
    """Answer what was answered: add a word, take a remedy, or go on without it."""
    kept, text = await visit.get("/v1/experiences", id), visit.text("text")
    match visit.text("act"):
        case "settle":
            await visit.post("/v1/threads", kept["thread"], "say", message="settle")
            return Go(f"/experiences/{id}", "You took the remedy. It is settled.")
        case "reopen":
            require(bool(text), "Say what is missing.")
            await visit.post("/v1/threads", kept["thread"], "say", message="reopen", body={"text": text})
            return Go(f"/experiences/{id}", "You did not take it, and told them why.")
    require(bool(text), "Write what they should know.")
    await visit.post("/v1/experiences", id, "add", text=text)
    return Go(f"/experiences/{id}", "Sent.")


async def retract(visit: Visit, id: str) -> Go:
    """Take one back."""
    require("sure" in visit.chosen("sure"), "Tick that you mean it.")
    kept = await visit.post(f"/v1/experiences/{id}/retract")
    words = {
        "taken back unsaid": "Taken back; it was never said.",
        "retracted": "Taken back.",
    }
    asked = f"Taken back. {kept['to']} is to remove it, and says so once that is done."
    return Go(f"/experiences/{id}", words.get(kept["state"], asked))


# -- files --------------------------------------------------------------------------------------------------------


async def share_file(visit: Visit, id: str) -> File:
    """The signed file of what is public."""
    return file("experience.json", (await visit.get("/v1/experiences", id, "file"))["share"])


async def withdrawal_file(visit: Visit, id: str) -> File:
    """The second file, which takes it back."""
    found = (await visit.get("/v1/experiences", id, "file"))["retraction"]
    require(found is not None, "It was not taken back.")
    return file("withdrawal.json", found)


def file(name: str, content: object) -> File:
    """A signed file, written so that people can look into it."""
    return File(name, "application/json", msgspec.json.format(msgspec.json.encode(content), indent=1))


async def checking(visit: Visit) -> Shown:
    """Where a file of somebody else is laid down."""
    return shown("experience_check", found=None)


async def check(visit: Visit) -> Shown:
    """What a file of somebody else says, and whether it was signed so."""
    share, back = (visit.form.get(name) or "" for name in ("share", "retraction"))
    require(isinstance(share, str) and bool(share.strip()), "Choose the file.")
    files = {"share": share, "retraction": back if isinstance(back, str) else ""}
    try:
        return shown("experience_check", found=await visit.post("/v1/experiences/verify", **files))
    except Failed as fault:
        words = "This is not what anybody signed, or is no such file. Do not rely on it."
        raise Failed(fault.status, words) from fault


PAGES = (
    Page("GET", "/experiences", experiences, "person"),
    Page("GET", "/experiences/new", writing, "person"),
    Page("POST", "/experiences", keep, "person"),
    Page("GET", "/experiences/check", checking, "both"),
    Page("POST", "/experiences/check", check, "both"),
    Page("GET", "/experiences/{id}", experience, "person"),
    Page("GET", "/experiences/{id}/edit", rewriting, "person"),
    Page("POST", "/experiences/{id}/edit", edit, "person"),
    Page("POST", "/experiences/{id}/drop", drop, "person"),
    Page("POST", "/experiences/{id}/tell", tell, "person"),
    Page("POST", "/experiences/{id}/answer", answer, "person"),
    Page("POST", "/experiences/{id}/retract", retract, "person"),
    Page("GET", "/experiences/{id}/file", share_file, "person"),
    Page("GET", "/experiences/{id}/withdrawal", withdrawal_file, "person"),
)
