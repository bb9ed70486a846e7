"""Templates to HTML: everything is escaped unless this package made it."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Final

import jinja2
import segno
from markupsafe import Markup

from agent import wording
from agent.web.pages import text
from agent.web.pages.menu import Entry, menu
from agent.web.routes import quoted

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
DAY: Final = 86400


@cache
def environment() -> jinja2.Environment:
    """The templates of the wheel. A name that is not there is an error, never an empty space."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "said": text.said,
        "day": day,
        "moment": moment,
        "field": wording.field,
        "claim": wording.claim,
        "worded": wording.value,
        "quoted": quoted,
        "qr": qr,
    }
    return made


def rendered(
    template: str, values: Mapping[str, object], *, kind: str, name: str, sign: str, waiting: int, now: int
) -> str:
    """A page with its menu. kind: whose agent; name: what it is called; sign: two words of the wallet; waiting: how
    many questions are; now: Unix seconds."""
    entries: tuple[tuple[str, tuple[Entry, ...]], ...] = menu(kind)
    told = {
        "menu": entries,
        "kind": kind,
        "own_name": name,
        "sign": sign,
        "waiting": waiting,
        "now": now,
        "left": lambda at: left(at, now),
    }
    return environment().get_template(f"{template}.html").render({**told, **values})


def day(at: object) -> str:
    """3 March 2027. at: a timestamp or a day as it stands in messages, or Unix seconds."""
    found = _read(at)
    return f"{found.day} {found:%B %Y}" if found else str(at or "no day")


def moment(at: object) -> str:
    """3 March 2027, 14:05 UTC."""
    found = _read(at)
    return f"{found.day} {found:%B %Y, %H:%M} UTC" if found else str(at or "no time")


def left(at: object, now: int) -> str:
    """How long until then: in 12 days, today, 3 days ago."""
    found = _read(at)
    if found is None:
        return ""
    days = int(found.timestamp()) // DAY - now // DAY
    match days:
        case 0:
            return "today"
        case 1:
            return "tomorrow"
        case -1:
            return "yesterday"
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def _read(at: object) -> datetime | None:
    """The moment meant; None for what is none."""
    if isinstance(at, int | float) and not isinstance(at, bool):
        return datetime.fromtimestamp(at, UTC)
    if not isinstance(at, str) or not _DAY.match(at):
        return None
    try:
        if len(at) == 10:
            return datetime.combine(date.fromisoformat(at), datetime.min.time(), UTC)
        return datetime.fromisoformat(at).astimezone(UTC)
    except ValueError:
        return None


def qr(words: str, label: str) -> Markup:
    """A QR code as a picture in the page. label: what it is, for those who do not see it."""
    code = segno.make(words, micro=False)
    drawing = code.svg_inline(
        scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return Markup("<div class='qr' role='img' aria-label='{}'>{}</div>").format(label, Markup(drawing))
