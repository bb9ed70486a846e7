"""A page as somebody reads it who has no browser: its words, its links, its forms, and what a browser would stumble on.

What is found is what the issue of the pages asks for: plain words outside of the folds, headings in order, a label on
everything that can be filled in, nothing that the browser is told not to run or fetch.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from typing import Final
from urllib.parse import urlencode

VOID: Final = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LEFT_OPEN: Final = {
    "p",
    "li",
    "dt",
    "dd",
    "option",
    "tr",
    "td",
    "th",
    "thead",
    "tbody",
    "path",
    "rect",
    "circle",
    "line",
}
SPOKEN: Final = ("aria-label", "title", "placeholder", "alt", "data-label", "data-title")
FILLED_IN: Final = {"input", "select", "textarea"}
UNSEEN: Final = {"hidden", "submit", "button"}

# Words of the trade, which nobody who has never heard of any of this would know.
NAMES: Final = ("DID", "DIDs", "JSON", "DIDComm", "JWT", "SD-JWT", "URI", "URIs", "DCQL", "JWE", "JWS", "VC")
TRADE: Final = (
    "thread", "schema", "digest", "hash", "hashes", "protocol", "endpoint", "payload", "pairwise", "credential", "thid",
)  # fmt: skip
FORBIDDEN: Final[dict[str, re.Pattern[str]]] = {
    "a word of the trade": re.compile(
        rf"\b(?:{'|'.join(NAMES)})\b|\b(?i:{'|'.join(TRADE)})s?\b|\b(?i:field |JSON )pointers?\b"
    ),
    "the id of somebody": re.compile(r"\bdid:[a-z]+:"),
    "an id": re.compile(r"\b[0-9a-f]{24,}\b|\buEi[\w-]{20,}|\bz6[\w]{20,}"),
    "a time as programs write it": re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:"),
    "a day as programs write it": re.compile(r"\b\d{4}-\d\d-\d\d\b"),
    "a span as programs write it": re.compile(r"\bP(?:\d+[YMWD])+\b|\bPT\d+[HMS]\b"),
    "a place as programs write it": re.compile(r"(?<![\w./:])/(?:[a-z]+/[a-z]+|name|shoes|washer)\b"),
    "a code": re.compile(r"\b(?:dpv|urn|schema|vrm|e\.p|e\.m)[:.][A-Za-z]"),
    "what a program says": re.compile(
        r"\bNone(?=[,)\]}:;]|$)|\b(?:True|False|undefined|NaN|null)\b|\[object |\{'|\bb'"
    ),
}

SIGN: Final = re.compile(r"\b[0-9a-f]{4}-[0-9a-f]{4}\b|proved the domain|has not proved a domain")  # who somebody is


@dataclass
class Element:
    """One element. words: all text in it; folded: whether it is inside of a fold, and is not its summary."""

    tag: str
    attrs: dict[str, str]
    folded: bool
    above: "Element | None" = None
    words: str = ""

    def within(self, tag: str) -> "Element | None":
        """The nearest element of this kind around it."""
        each = self.above
        while each is not None and each.tag != tag:
            each = each.above
        return each


@dataclass
class Text:
    """Some words, as one element has them."""

    words: str
    where: Element


@dataclass
class Read(HTMLParser):
    """A page that was read. elements: all of them, in order."""

    html: str
    elements: list[Element] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()
        self.wrong += [f"<{each.tag}> is never closed" for each in self.open if each.tag not in LEFT_OPEN]

    # -- how it is read -----------------------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        above = self.open[-1] if self.open else None
        named = {name: value or "" for name, value in attrs}
        fold = above is not None and above.tag == "details" and tag != "summary" and not is_the_menus(above)
        made = Element(tag, named, fold or (above is not None and above.folded), above)
        self.elements.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        """It ends."""
        if all(each.tag != tag for each in self.open):
            self.wrong.append(f"</{tag}> closes nothing")
            return
        while (ended := self.open.pop()).tag != tag:
            if ended.tag not in LEFT_OPEN:
                self.wrong.append(f"<{ended.tag}> is never closed")

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self.open or not data.strip():
            return
        self.texts.append(Text(data.strip(), self.open[-1]))
        for each in self.open:
            each.words += data

    # -- what it leads to ---------------------------------------------------------------------------------------------

    def named(self, *tags: str) -> Iterator[Element]:
        """The elements of a kind."""
        return (each for each in self.elements if each.tag in tags)

    def having(self, name: str) -> Iterator[str]:
        """The values of an attribute."""
        return (each.attrs[name] for each in self.elements if name in each.attrs)

    def links(self) -> list[str]:
        """The pages it links to."""
        return [each.attrs["href"][1:] for each in self.named("a") if each.attrs.get("href", "").startswith("#/")]

    def searches(self) -> list[str]:
        """Where its forms that change nothing lead to, filled in as they stand."""
        found = []
        for form in self.elements:
            if "data-get" in form.attrs:
                inside = [each for each in self.elements if each.within("form") is form]
                filled = {name: value for each in inside for name, value in filled_in(each, inside) if value}
                if any("required" in each.attrs and each.attrs.get("name") not in filled for each in inside):
                    continue  # the browser would not send it
                found.append(f"{form.attrs['data-get']}?{urlencode(filled)}".rstrip("?"))
        return found

    def says(self) -> dict[str, str]:
        """What a question answers: who, what, why, until, terms."""
        found: dict[str, str] = {}
        for each in self.elements:
            if "data-says" in each.attrs:
                found[each.attrs["data-says"]] = (found.get(each.attrs["data-says"], "") + each.words).strip()
        return found

    def words(self) -> str:
        """What can be read outside of the folds."""
        return " ".join(each.words for each in self.texts if not each.where.folded)


def filled_in(field: Element, inside: list[Element]) -> Iterator[tuple[str, str]]:
    """What a field would send as it stands. inside: all that is in its form."""
    name, kind = field.attrs.get("name", ""), field.attrs.get("type", "")
    if field.tag == "select":
        choices = [each for each in inside if each.tag == "option" and each.within("select") is field]
        chosen = [each for each in choices if "selected" in each.attrs] or choices[:1]
        yield from ((name, each.attrs.get("value", each.words)) for each in chosen)
    elif field.tag == "input" and (kind not in ("checkbox", "radio") or "checked" in field.attrs):
        yield name, field.attrs.get("value", "")


def is_the_menus(fold: Element) -> bool:
    """Whether this is the fold around the menu, which is open."""
    return fold.tag == "details" and fold.within("nav") is not None


# ---- what is wrong with it ------------------------------------------------------------------------------------------


def forbidden(page: Read) -> Iterator[str]:
    """Words outside of the folds that nobody need know."""
    seen = [(each.words, each.where) for each in page.texts]
    seen += [(each.attrs[name], each) for each in page.elements for name in SPOKEN if name in each.attrs]
    for words, where in seen:
        if where.folded or where.tag in ("code", "pre", "textarea"):
            continue
        for kind, pattern in FORBIDDEN.items():
            if found := pattern.search(words):
                yield f"{kind}: {found.group()!r} in {' '.join(words.split())[:90]!r}"


def structure(page: Read) -> Iterator[str]:
    """One first heading, the others in order, names and labels on all that needs one."""
    yield from page.wrong
    levels = [int(each.tag[1]) for each in page.named("h1", "h2", "h3", "h4") if not each.within("nav")]
    if levels.count(1) != 1 or levels[:1] != [1]:
        yield f"headings {levels}: one h1, and first"
    yield from (f"a heading h{b} follows h{a}" for a, b in pairwise(levels) if b > a + 1)
    yield from (f"the id {id!r} stands twice" for id, times in Counter(page.having("id")).items() if times > 1)
    ids = set(page.having("id"))
    for name in ("aria-describedby", "aria-labelledby", "for"):
        yield from (
            f"{name} {each!r} leads nowhere" for value in page.having(name) for each in value.split() if each not in ids
        )
    labelled = {each.attrs["for"] for each in page.named("label") if "for" in each.attrs}
    for each in page.named(*FILLED_IN):
        wrapped = (label := each.within("label")) is not None and label.words.strip()
        if each.attrs.get("type") not in UNSEEN and not (
            wrapped or each.attrs.get("id") in labelled or {"aria-label", "aria-labelledby"} & set(each.attrs)
        ):
            yield f"nothing says what <{each.tag} name={each.attrs.get('name')!r}> is"
    yield from named(page)


def named(page: Read) -> Iterator[str]:
    """Tables, buttons and links that say what they are."""
    for each in page.named("table"):
        inside = [below.tag for below in page.elements if below.within("table") is each]
        if "caption" not in inside and not {"aria-label", "aria-labelledby"} & set(each.attrs):
            yield "a table has no name"
    yield from ("a heading of a table has no scope" for each in page.named("th") if "scope" not in each.attrs)
    for each in page.named("button", "a", "summary", "h1", "h2", "h3", "legend"):
        if not each.words.strip() and "aria-label" not in each.attrs:
            yield f"<{each.tag} {each.attrs}> has no words"
    for each in page.named("svg", "img"):
        if not {"aria-hidden", "aria-label", "alt", "role"} & set(each.attrs) and not each.within("div"):
            yield f"<{each.tag}> says neither what it is nor that it is an ornament"


def dangers(page: Read) -> Iterator[str]:
    """What the browser is told not to do, or what would leave this computer."""
    for each in page.elements:
        if each.tag in ("script", "style", "iframe", "object", "embed", "base", "link", "meta", "form action"):
            yield f"<{each.tag}>"
        for name, value in each.attrs.items():
            if name == "style" or name.startswith("on") or name in ("srcdoc", "action", "formaction", "target", "ping"):
                yield f"{name}={value[:40]!r} on <{each.tag}>"
            if name in ("href", "src", "xlink:href") and not value.startswith(("#/", "/static/", "blob:")):
                yield f"{name}={value[:60]!r} on <{each.tag}>"
