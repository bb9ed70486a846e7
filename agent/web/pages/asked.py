"""A question as a page lays it out: from what the owner's API says of it to parts that a template shows."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from agent import over_asking, wording
from agent.web.pages import answers
from agent.web.pages.answers import Words

Found = dict[str, Any]
"""A question as the owner's API says it."""

OFFER = "issue-credential/offer-credential"
PROOF = "present-proof/request-presentation"
CONSENT = "consent/request"


class Value(NamedTuple):
    """What a card would show. fixed: it cannot be kept back by itself."""

    claim: str
    value: object
    fixed: bool


class OnCard(NamedTuple):
    """What would be seen of one card, and what would not."""

    card: str
    issued_by: str
    seen: tuple[Value, ...]
    hidden: tuple[str, ...]


class Laid(NamedTuple):
    """A question, laid out. card: the name of a card on offer; offered: what it says; pages: where more can be done."""

    title: str
    why: str
    before: str
    words: Words
    cards: tuple[OnCard, ...]
    card: str
    offered: tuple[Found, ...]
    items: tuple[Found, ...]
    texts: tuple[Found, ...]
    lines: tuple[str, ...]
    notices: tuple[str, ...]
    written: str
    page: tuple[str, str] | None


def laid(asked: Found) -> Laid:
    """A question, laid out."""
    about, what = str(asked["about"]), [each for each in asked["what"] if isinstance(each, dict)]
    items = tuple(item(each, asked["agreement"] or {}) for each in what if "item" in each)
    lines = tuple(str(each["line"]) for each in what if is_line(each))
    card = lines[0].removeprefix("A card: ") if about == OFFER and lines else ""
    return Laid(
        title=title(asked).rstrip("."),
        why=why(asked, card, items),
        before=answers.LASTS.get(about, "It would hold until"),
        words=answers.WORDS.get(about, answers.PLAIN),
        cards=tuple(on_cards(what)),
        card=card,
        offered=tuple(each for each in what if about == OFFER and "claim" in each),
        items=items,
        texts=tuple(each for each in what if "agreement" in each),
        lines=lines[1:] if card else lines,
        notices=notices(about, asked, what),
        written=answers.WRITTEN.get(about, ""),
        page=elsewhere(about, what),
    )


def title(asked: Found) -> str:
    """The question in a line that names who asks, if its API says `It` of an organisation."""
    begins, _, rest = str(asked["asks"]).partition(". Say yes")[0].partition(" ")
    who = str(asked["who"])[:60]
    return f"{who[:1].upper()}{who[1:]} {rest}" if begins == "It" else f"{begins} {rest}"


def why(asked: Found, card: str, items: Sequence[Found]) -> str:
    """The reason that was given; the name of a card is none."""
    if asked["why"] and asked["why"] != card:
        return str(asked["why"])
    return ", ".join(dict.fromkeys(str(each["why"]) for each in items))


def is_line(each: Found) -> bool:
    """Whether a line is for a page: not what to type, and not a part of an item that is shown as such."""
    return "line" in each and not any(name in each for name in ("typed", "of", "item"))


def on_cards(what: Sequence[Found]) -> Iterator[OnCard]:
    """Card by card, what would be seen and what stays hidden."""
    for card in dict.fromkeys(str(each["card"]) for each in what if "card" in each):
        of_it = [each for each in what if each.get("card") == card]
        seen = tuple(
            Value(each["claim"], each.get("value"), bool(each.get("fixed"))) for each in of_it if "claim" in each
        )
        issued_by = next((str(each["issued_by"]) for each in of_it if "issued_by" in each), "")
        yield OnCard(
            card, issued_by, seen, tuple(str(each["stays_hidden"]) for each in of_it if "stays_hidden" in each)
        )


def item(each: Found, agreement: Found) -> Found:
    """An item of a consent, in words. kept_back: whether it can be kept back by itself."""
    short, title = agreement.get("agreement"), agreement.get("title")
    barred = wording.terms(str(each.get("barred") or ""))
    return {
        **each,
        "name": str(each["line"]).partition(":")[0],
        "why": wording.purpose(str(each.get("purpose", ""))),
        "kept_back": "necessary" in each,
        "barred": barred.replace(short, f"“{title}”") if short and title else barred,
    }


def notices(about: str, asked: Found, what: Sequence[Found]) -> tuple[str, ...]:
    """Where more is asked for than the reason needs."""
    if about == PROOF:
        return tuple(
            over_asking.notices([str(each["claim"]) for each in what if "claim" in each], str(asked["why"] or ""))
        )
    if about != CONSENT:
        return ()
    wanted = [each for each in what if "item" in each]
    found: list[str] = []
    for purpose in dict.fromkeys(str(each.get("purpose", "")) for each in wanted):
        fields = [wording.field(str(each["item"])) for each in wanted if each.get("purpose") == purpose]
        found += over_asking.notices(fields, purpose)
    return tuple(dict.fromkeys(found))


def elsewhere(about: str, what: Sequence[Found]) -> tuple[str, str] | None:
    """Where more can be done about it, and what a link there says."""
    usual = answers.ELSEWHERE.get(about)
    named = next((str(each["page"]) for each in what if "page" in each), "")
    return (named or usual[0], usual[1]) if usual else (named, "Go on there") if named else None
