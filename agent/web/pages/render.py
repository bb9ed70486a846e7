"""Templates to HTML: everything is escaped unless this package made it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import jinja2
import segno
from markupsafe import Markup

from agent import wording
from agent.web.pages import dates, text
from agent.web.pages.dates import day, left, moment
from agent.web.pages.menu import Entry, menu
from agent.web.routes import quoted

__all__ = ["day", "environment", "left", "moment", "rendered"]

TEMPLATES: Final = Path(__file__).parents[1] / "templates"


@cache
def environment() -> jinja2.Environment:
    """The templates of the wheel. A name that is not there is an error, never an empty space."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        auto_reload=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "said": text.said,
        "day": day,
        "moment": moment,
        "field": field,
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


def field(ptr: str) -> str:
    """What a person calls a field, whose name may hold the moment at which something was noted."""
    return dates.plainly(wording.field(ptr))


def qr(words: str, label: str) -> Markup:
    """A QR code as a picture in the page. label: what it is, for those who do not see it."""
    code = segno.make(words, micro=False)
    drawing = code.svg_inline(
        scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return Markup("<div class='qr' role='img' aria-label='{}'>{}</div>").format(label, Markup(drawing))
