"""Words as somebody might write them who means ill: markup, marks that cover lines, what turns text around.

The 60 payloads of our own writing are in tests/corpus/ui/payloads.json. Each calls, or fetches, or is called "evil".
"""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.web.pages.text import JOINERS, MARKS_IN_A_ROW, UNSEEN
from tests.agent.web.pages.reading import SPOKEN, Read
from tests.browser.household import Spelling

PAYLOADS: dict[str, str] = json.loads((Path(__file__).parents[1] / "corpus" / "ui" / "payloads.json").read_text())
MARK = "said-by-others"
UNLIKELY = "\u202eknab ruoy\u202c \u2066\u200b\u00ad\u0007\u001b[31m a" + "\u0301" * 500 + " Соrnеr Shор"
NAMED = "<img src=evil onerror=alert('evil')>\u202e\u200b"  # holds no slash, so that a folder can be called so
TYPED = ("option", "textarea", "title", "input")  # what can hold no element; the browser isolates it itself


def spelling(payloads: Sequence[str], unlikely: str = "") -> Spelling:
    """Every text gets all of these, each text another one first, for lists cut them."""
    turn = 0

    def says(words: str) -> str:
        nonlocal turn
        turn += 1
        start = turn % len(payloads)
        return f"{words} {MARK} {unlikely}{' '.join([*payloads[start:], *payloads[:start]])}"

    return says


def named(name: str) -> str:
    """What a vendor is called that means ill."""
    return f"{name} {MARK}{NAMED}"


def batches(size: int) -> list[list[str]]:
    """All payloads, so many at a time."""
    listed = list(PAYLOADS.values())
    return [listed[start : start + size] for start in range(0, len(listed), size)]


def loose(page: Read) -> Iterator[str]:
    """Words of others that are not in a box of their own, and what in any words cannot be seen, or covers others."""
    for each in page.texts:
        if MARK in each.words and not (each.where.tag in TYPED or each.where.tag == "bdi" or each.where.within("bdi")):
            yield f"not isolated: {each.words[:80]!r} in <{each.where.tag}>"
        if each.where.tag != "textarea":  # her own words, which stay as she wrote them
            yield from unseen(each.words)
    for element in page.elements:
        for name in SPOKEN:
            yield from unseen(element.attrs.get(name, ""))


def unseen(words: str) -> Iterator[str]:
    """What is wrong with the letters of a text."""
    marks, before = 0, ""
    for letter in words:
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks > MARKS_IN_A_ROW:
            yield f"more than {MARKS_IN_A_ROW} marks on one letter in {words[:60]!r}"
            return
        if kind in UNSEEN and letter not in "\n\t" and not (letter in JOINERS and not before.isascii()):
            yield f"U+{ord(letter):04X} in {words[:60]!r}"
            return
        before = letter


def intruders(page: Read) -> Iterator[str]:
    """Elements that none of our templates make."""
    for each in page.elements:
        attrs = " ".join([*each.attrs, *(each.attrs.get(name, "") for name in ("id", "class", "src", "href", "style"))])
        if "evil" in attrs.lower() or any(name.startswith("on") for name in each.attrs):
            yield f"<{each.tag} {each.attrs}>"
        if (each.tag != "bdi" and each.within("bdi")) and each.tag not in ("br", "span"):
            yield f"<{each.tag}> in words of others"
