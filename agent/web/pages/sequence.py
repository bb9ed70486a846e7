"""The messages of an exchange as a drawing: two lines of life, and an arrow for each message, drawn here as SVG.

Beside the drawing the same stands as a list, for those who do not see it. What somebody else wrote is text in it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from agent.web.pages.text import bare

WIDTH: Final = 420
OURS, THEIRS = 75, 345  # where the two lines of life are
HEAD, STEP, FOOT = 64, 58, 24
MOST_LABEL: Final = 34  # characters on an arrow

LINE: Final = Markup('<line x1="{x}" y1="44" x2="{x}" y2="{y}"/>')
NAME: Final = Markup(
    '<rect x="{left}" y="8" width="140" height="36" rx="8"/><text x="{x}" y="31" text-anchor="middle">{name}</text>'
)
ARROW: Final = Markup(
    '<text x="210" y="{label}" text-anchor="middle">{words}</text>'
    '<line class="{whose}" x1="{start}" y1="{y}" x2="{end}" y2="{y}"/><path class="{whose}" d="{tip}"/>'
    '<text class="when" x="210" y="{below}" text-anchor="middle">{at}</text>'
)


class Arrow(NamedTuple):
    """One message. ours: we said it; at: when, in words; refused: it could not be taken."""

    words: str
    ours: bool
    at: str
    refused: bool = False


def drawn(arrows: Sequence[Arrow], us: str, them: str) -> Markup:
    """The drawing. us, them: what the two sides are called."""
    height = HEAD + STEP * len(arrows) + FOOT
    ends = (Markup("").join(LINE.format(x=x, y=height - 8) for x in (OURS, THEIRS)), names(us, them))
    rows = Markup("").join(arrow(each, HEAD + STEP * number + 34) for number, each in enumerate(arrows))
    return Markup('<svg class="sequence" viewBox="0 0 {} {}" aria-hidden="true">{}{}{}</svg>').format(
        WIDTH, height, *ends, rows
    )


def names(us: str, them: str) -> Markup:
    """Who stands at the top of each line."""
    sides = ((OURS, us), (THEIRS, them))
    return Markup("").join(NAME.format(left=x - 70, x=x, name=bare(name, 16)) for x, name in sides)


def arrow(each: Arrow, y: int) -> Markup:
    """One message, at a height."""
    start, end = (OURS, THEIRS) if each.ours else (THEIRS, OURS)
    back = -10 if each.ours else 10
    words = bare(each.words, MOST_LABEL) + (" (not taken)" if each.refused else "")
    return ARROW.format(
        label=y - 9,
        words=words,
        whose="ours" if each.ours else "theirs",
        start=start,
        end=end + (back // 2),
        y=y,
        tip=f"M{end} {y}l{back} -6v12z",
        below=y + 15,
        at=each.at,
    )
