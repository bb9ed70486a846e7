"""Scanning in a browser: a picture of a code, and one that is held in front of the camera."""

import io
from pathlib import Path

import pytest
import segno
from playwright.async_api import FilePayload, async_playwright

from agent.agent import Agent
from tests.agent.world import World
from tests.browser.sitting import CHROMIUM, FLAGS, Sitter, sitting

WIDTH, HEIGHT = 640, 480


def picture(content: bytes) -> FilePayload:
    """A file as she would choose it."""
    return {"name": "code.png", "mimeType": "image/png", "buffer": content}


def png(text: str) -> bytes:
    """A code as a picture."""
    made = io.BytesIO()
    segno.make(text, error="l", micro=False).save(made, kind="png", scale=5, border=5)
    return made.getvalue()


def film(text: str) -> bytes:
    """A code as a camera sees it: frames in YUV4MPEG2, light grey around it."""
    code = segno.make(text, error="l", micro=False)
    scale = HEIGHT // code.symbol_size(border=4)[0]
    rows = [bytes(row) for row in code.matrix_iter(scale=scale, border=4)]
    left, top = (WIDTH - len(rows[0])) // 2, (HEIGHT - len(rows)) // 2
    picture = bytearray(b"\xd0" * WIDTH * HEIGHT)
    for at, row in enumerate(rows):
        begin = (top + at) * WIDTH + left
        picture[begin : begin + len(row)] = bytes(16 if dark else 230 for dark in row)
    frame = b"FRAME\n" + bytes(picture) + b"\x80" * (WIDTH * HEIGHT // 2)
    return f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 4


async def says_hello(she: Sitter, world: World) -> None:
    """She sees what the code is, says hello, and sees that they have met."""
    await she.sees("Join the library")
    await she.page.wait_for_timeout(600)  # nothing is taken up in the first half second
    await she.click("Say hello")
    await she.sees("Waiting for the answer")
    await world.settle()
    await she.sees("You have met")


async def library_and_her(world: World) -> tuple[Agent, Agent, str]:
    """The two of them, and the library's invitation."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    return library, her, str((await world.do(library, "/v1/invitations", goal="Join the library"))["url"])


@pytest.mark.usefixtures("chromium_here")  # it starts one of its own, with a camera
async def test_a_code_is_read_from_a_picture_and_from_the_camera(world: World, tmp_path: Path) -> None:
    _, her, url = await library_and_her(world)
    shop = await world.add("Shop", "org")
    (tmp_path / "code.y4m").write_bytes(film(url))
    fake = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    camera = (*fake, f"--use-file-for-fake-video-capture={tmp_path / 'code.y4m'}")

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *camera])
        async with sitting(browser, her) as she:
            await she.go("/scan")
            await she.page.set_input_files("#scan-picture", picture(b"x"))
            await she.sees("This file is no picture")
            await she.page.set_input_files("#scan-picture", picture(png("https://library.example/")))
            await she.sees("An ordinary web address")
            await she.click("Scan or paste another")

            await she.click("Use the camera")
            await says_hello(she, world)

            other = await world.do(shop, "/v1/invitations", goal="Join the library")
            await she.go("/scan")
            await she.page.set_input_files("#scan-picture", picture(png(str(other["url"]))))
            await says_hello(she, world)
        await browser.close()

    assert sorted(str(each["name"]) for each in await world.listed(her, "/v1/peers")) == ["Shop", "Town Library"]
