"""What a browser gets before anybody has proved anything: an empty page, its script, its style, its mark.

They say nothing of whose agent this is. Each is of this wheel; nothing is fetched from elsewhere.
"""

from functools import cache
from pathlib import Path
from typing import Final

from agent.web.pages.page import File

STATIC: Final = Path(__file__).parents[1] / "static"
KINDS: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@cache
def all_files() -> dict[str, File]:
    """Every asset by its path."""
    files = (each for each in sorted(STATIC.iterdir()) if each.suffix in KINDS)
    listed = {f"/static/{each.name}": File(each.name, KINDS[each.suffix], each.read_bytes()) for each in files}
    return {"/": listed.pop("/static/index.html"), **listed}


def found(path: str) -> File | None:
    """The asset at a path."""
    return all_files().get(path)
