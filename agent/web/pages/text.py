"""Text from others on a page: isolated, escaped, of bounded length, and with what cannot be seen made visible.

Days and moments in it are spelled out as everywhere else. Nothing in it is a link or markup, and a name is never the
only sign of who somebody is. Source: security UI-07, UI-10.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

from agent.speech import spoken
from agent.web.pages.dates import plainly

MOST: Final = 600  # characters of one value
MARKS_IN_A_ROW: Final = 3  # combining marks on one letter; more would cover the lines around it
UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
JOINERS: Final = "\u200c\u200d"  # make the letters of some scripts, and emoji families


def said(value: object, most: int = MOST) -> Markup:
    """Words of somebody else, in a box of their own."""
    words = plainly(value) if isinstance(value, str) else spoken(value, plainly)
    shown = Markup("").join(_letters(words[:most]))
    more = Markup(" <span class='more'>({} more characters)</span>").format(len(words) - most)
    return Markup("<bdi class='said' dir='auto'>{}</bdi>").format(shown + more if len(words) > most else shown)


def bare(value: object, most: int = MOST) -> str:
    """As `said`, for what holds no markup: an option of a choice, a label."""
    words = plainly(value) if isinstance(value, str) else spoken(value, plainly)
    return Markup("").join(_letters(words[:most])).striptags()


def _letters(words: str) -> Iterator[Markup]:
    """Each character as it may be shown; at once, if there is nothing among them that could mislead."""
    if words.isascii() and words.isprintable():
        yield escape(words)
        return
    marks, before = 0, ""
    for letter in words:
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks > MARKS_IN_A_ROW:
            continue
        if letter == "\n":
            yield Markup("<br>")
        elif letter == "\t":
            yield Markup(" ")
        elif kind in UNSEEN and not (letter in JOINERS and before and not before.isascii()):
            yield Markup("<span class='unseen' title='a character that cannot be seen'>U+{:04X}</span>").format(
                ord(letter)
            )
        else:
            yield escape(letter)
        before = letter
