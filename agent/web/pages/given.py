"""What she gave to whom: for what, until when, under which terms; taken back field by field, given anew or unasked."""

from typing import Any, Final

from agent import wording
from agent.agreements import purposes
from agent.web.pages import vendors
from agent.web.pages.me import plain
from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Visit, cut
from wallet.credentials.vcdm import timestamp

STATES: Final = {  # state of a consent: in words, and how it looks
    "requested": ("asked for, not answered", "warn"),
    "granted": ("offered, they have not taken it yet", "warn"),
    "given": ("in force", "good"),
    "withdrawing": ("taken back; they have yet to say what they deleted", "warn"),
    "withdrawn": ("taken back, and deleted", ""),
    "stopped": ("over, and deleted", ""),
    "declined": ("refused", ""),
    "cancelling": ("taken back before it began", ""),
    "cancelled": ("taken back before it began", ""),
    "lapsed": ("never answered", ""),
    "abandoned": ("could not go on", "bad"),
    "in force": ("in force", "good"),
    "expired": ("its time is over", ""),
    "replaced": ("something newer took its place", ""),
}
OWN_WORDS: Final = "own-words"  # the form of what stands on no card
YEAR: Final = 365 * 86400
FIRST: Final = {words: term for term, words in reversed(purposes.WORDS.items())}
AIMS: Final = tuple((term, words) for term, words in purposes.WORDS.items() if FIRST[words] == term)


def state(word: str) -> tuple[str, str]:
    """How something that was given stands, and how that looks."""
    return STATES.get(word, (word.replace("-", " "), ""))


def worded(found: dict[str, Any], now: int) -> dict[str, Any]:
    """A consent in words."""
    items = [{**each, "name": wording.field(each["ptr"])} for each in found["items"]]
    ends = min((each["until"] for each in items if each["until"]), default="")
    over = found["state"] == "given" and bool(ends) and ends <= timestamp(now)
    return {
        **found,
        "items": items,
        "stands": state("expired" if over else found["state"]),
        "takes_back": found["state"] in ("given", "granted"),
        "gives_anew": found["given"] and found["state"] in ("given", "stopped", "withdrawn", "cancelled"),
    }


async def given(visit: Visit) -> Shown:
    """Everything that was given, the newest first; or everything that one vendor was told."""
    choices = await vendors.vendors(visit)
    if visit.query.get("who"):
        return Shown("given_to", {**await told(visit, visit.query["who"]), "vendors": choices})
    number = visit.part()
    found = await visit.get("/v1/consents/newest", str((number - 1) * PAGE_SIZE))
    rows = [worded(each, visit.agent.now()) for each in found["items"]]
    return Shown("given", {"listed": cut(rows, number, found["total"]), "vendors": choices})


async def told(visit: Visit, name: str) -> dict[str, Any]:
    """Every value that one vendor was told, with what has become of it."""
    who = await visit.get("/v1/peers", name)
    found = await visit.get("/v1/told", who["fingerprint"])
    rows, newer = [], set()
    for each in reversed(found["told"]):
        place = (each["ptr"], each["record"])
        replaced = place in newer and each["standing"] == "in force"
        newer.add(place)
        stands = state("replaced" if replaced else each["standing"])
        rows.append(
            {**each, "name": wording.field(each["ptr"]), "said": wording.value(each["value"]), "stands": stands}
        )
    return {"who": who, "listed": visit.slice(rows)}


async def one(visit: Visit, id: str) -> Shown:
    """One of them, with what can be taken back of it."""
    found = worded(await visit.get("/v1/consents", id), visit.agent.now())
    sent = [{"name": wording.field(each["ptr"]), "value": wording.value(each["value"]), "at": each["at"]}
            for each in found["sent"]]  # fmt: skip
    values = {"found": found, "sent": sent, "lasting": wording.lasting(found["retention"])}
    return Shown("given_one", values | {"soon": timestamp(visit.agent.now() + YEAR)[:10]})


async def withdraw(visit: Visit, id: str) -> Go:
    """Take back what is ticked; the rest stays given."""
    found = await visit.get("/v1/consents", id)
    known = [each["ptr"] for each in found["items"]]
    only = [each for each in dict.fromkeys(visit.chosen("only")) if each in known]
    if not only:
        raise Failed(409, "Tick what you take back. Nothing was said.")
    done = await visit.post(f"/v1/consents/{found['thread']}/withdraw", only=[] if set(only) == set(known) else only)
    if "rest" in done:
        return Go(f"/given/{done['rest']}", "Taken back. The rest stays given, as you see it here.")
    return Go(f"/given/{found['thread']}", "Taken back. They must delete it, and sign that they did.")


async def renew(visit: Visit, id: str) -> Go:
    """Give the same for longer."""
    done = await visit.post(f"/v1/consents/{id}/renew", until=day(visit.text("until")))
    return Go(f"/given/{done['thread']}", f"Offered to {done['to']} until {visit.text('until')}.")


async def new(visit: Visit) -> Shown:
    """What she could give unasked."""
    card = (await visit.get("/v1/contact"))["fields"]
    fields = [{"ptr": each["ptr"], "name": wording.field(each["ptr"]), "value": wording.value(each["value"])}
              for each in card]  # fmt: skip
    parts = [each for field in card for each in smaller(field)]
    values = {"fields": fields + parts, "who": visit.query.get("who", ""), "vendors": await vendors.vendors(visit),
              "aims": AIMS,
              "soon": timestamp(visit.agent.now() + YEAR)[:10]}  # fmt: skip
    return Shown("given_new", values)


def smaller(field: dict[str, Any]) -> list[dict[str, str]]:
    """What can be given in the place of a whole field: the country of an address."""
    value, ptr = field["value"], f"{field['ptr']}/countryCode"
    if not isinstance(value, dict) or plain(value) is None or "countryCode" not in value:
        return []
    return [{"ptr": ptr, "name": wording.field(ptr), "value": str(value["countryCode"])}]


async def give(visit: Visit) -> Go:
    """Offer it; it is sent once they have taken the offer."""
    who, until, purpose = visit.text("who"), day(visit.text("until")), visit.text("purpose")
    named, said = visit.text("what"), visit.text("value")
    ticked = visit.chosen("fields")
    if not ticked and not (named and said):
        raise Failed(409, "Tick what you give, or say what it is and what it says. Nothing was said.")
    if bool(named) != bool(said):
        raise Failed(409, "Say both what it is and what it says. Nothing was said.")
    if not who:
        raise Failed(409, "Say to whom you give it. Nothing was said.")
    thread = ""
    if ticked:
        items = [{"ptr": each, "purpose": purpose} for each in ticked]
        thread = (await visit.post("/v1/consents/volunteer", peer=who, items=items, until=until))["thread"]
    if named:
        ptr = f"/{named.replace('~', '~0').replace('/', '~1')}"
        more = {"items": [{"ptr": ptr, "purpose": purpose}], "values": {ptr: said}, "schema": OWN_WORDS}
        thread = (await visit.post("/v1/consents/volunteer", peer=who, until=until, **more))["thread"]
    return Go(f"/given/{thread}", "Offered. It is sent once they have taken the offer, and not before.")


def day(typed: str) -> str:
    """The end of the day that was chosen. Raises Failed."""
    if not typed:
        raise Failed(409, "Say until which day you give it. Nothing was said.")
    return f"{typed}T23:59:00Z"


PAGES = (
    Page("GET", "/given", given, "person"),
    Page("GET", "/given/new", new, "person"),
    Page("POST", "/given", give, "person"),
    Page("GET", "/given/{id}", one, "person"),
    Page("POST", "/given/{id}/withdraw", withdraw, "person"),
    Page("POST", "/given/{id}/renew", renew, "person"),
)
