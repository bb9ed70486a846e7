"""Goes to each page as its owner, and takes what she sees."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from PIL import Image

from agent.agent import Agent
from agent.relationship import fingerprint
from tests.agent.world import known
from tests.browser.lived import Lived, lived
from tests.browser.sitting import CHROMIUM, Sitter, chromium, sitting

ROOT: Final = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT = 960, 720
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
STILL: Final = "() => Promise.all(document.getAnimations().map(each => each.finished))"


@dataclass(frozen=True)
class Picture:
    """One page. name: of the file; whose: her or shop; path: where it is."""

    name: str
    whose: Literal["her", "shop"]
    path: Callable[[Lived], str]


def question(words: str) -> Callable[[Lived], str]:
    """The question to her that says this of itself."""

    def path(home: Lived) -> str:
        found = [each for _, each in home.her.store.questions() if words in each.record.decode()]
        return f"/questions/{found[0].id}"

    return path


def of(agent: Agent, name: str) -> str:
    """The letters that stand for somebody."""
    return next(fingerprint(each.peer) for each in known(agent) if each.name == name and not each.one_off)


PICTURES: Final = (
    Picture("home", "her", lambda home: "/"),
    Picture("question", "her", question("request-presentation")),
    Picture("relationship", "her", lambda home: f"/relationships/{of(home.her, home.shop.config.name)}"),
    Picture("one-change", "her", lambda home: "/changes"),
    Picture("offers", "her", lambda home: f"/wants/{home.notes['open']}"),
    Picture("things", "her", lambda home: "/things"),
    Picture("history", "her", lambda home: "/history"),
    Picture("overview", "shop", lambda home: "/"),
    Picture("customer", "shop", lambda home: f"/customers/{home.called}"),
    Picture("demand", "shop", lambda home: "/demand"),
)


def main(about: str) -> int:
    """Take all that is asked for."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "pictures", metavar="FOLDER")
    parser.add_argument("--only", default="", metavar="WORD", help="only pages whose name has WORD")
    options = parser.parse_args()
    if CHROMIUM is None:
        print("scripts/pictures: Chromium is not here; scripts/check installs it as root", file=sys.stderr)
        return 2
    os.environ["FREERANGE_TEST_KDF"] = "1"
    options.into.mkdir(parents=True, exist_ok=True)
    for name, taken in asyncio.run(take([each for each in PICTURES if options.only in each.name])).items():
        file, picture = options.into / f"{name}.png", smaller(taken)
        file.write_bytes(picture)
        print(f"{file.name:<28}{len(picture) / 1024:7.1f} kB")
    return 0


def smaller(png: bytes) -> bytes:
    """The same picture in at most 256 colours: a page has few, but for the edges of its letters."""
    out = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


async def take(wanted: list[Picture]) -> dict[str, bytes]:
    """Both themes of all these pages, by name and theme: what is seen of each at first."""
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as scratch:
        home = await lived(Path(scratch))
        async with chromium() as browser:
            for theme in THEMES:
                for whose in ("her", "shop"):
                    agent: Agent = getattr(home, whose)
                    async with sitting(browser, agent, theme=theme, width=WIDTH, height=HEIGHT) as she:
                        for each in wanted:
                            if each.whose == whose:
                                found[f"{each.name}-{theme}"] = await seen(she, each.path(home))
        await home.s.close()
    return found


async def seen(she: Sitter, path: str) -> bytes:
    """What she sees at first, once nothing moves any more."""
    await she.go(path)
    await she.page.evaluate(STILL)
    return await she.page.screenshot()
