"""Text from others, made safe to print. What a peer says is data: it may not move the cursor, change colours, or hide.

Source: security cases UI-10 and UI-16.
"""

import unicodedata
from typing import Final

from agent.speech import spoken

MOST: Final = 256  # characters of one value
UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})  # controls, bidi, zero width, unassigned, breaks
MARKS_IN_A_ROW: Final = 4


def plain(text: object, most: int = MOST) -> str:
    """One line of visible characters. Whatever a terminal would obey instead of show becomes `?`; the rest is cut at
    `most`, with the number of characters left out."""
    words = text if isinstance(text, str) else spoken(text)
    shown = "".join(_letters(words[:most]))
    return shown if len(words) <= most else f"{shown}... ({len(words) - most} more)"


def _letters(text: str) -> list[str]:
    """Each character as it may be shown; a pile of combining marks is cut, for it would cover the lines around it."""
    found: list[str] = []
    marks = 0
    for letter in text:
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks > MARKS_IN_A_ROW:
            continue
        found.append(" " if letter in "\n\t" else "?" if kind in UNSEEN else letter)
    return found
