"""Scan or paste: a picture is read here, a code is told for what it is, and taken up on the same page."""

import base64
import json
import re
from typing import get_args

import pytest
import segno

from agent import giving, invitations, mediation
from agent.scanning import Kind
from agent.web.pages import codes, scan_words, visiting
from agent.web.pages.page import File
from tests.agent.test_scanning import OTHERS
from tests.agent.web.pages.test_questions import FORBIDDEN
from tests.agent.web.pages.visits import filled, refused, seen, sent
from tests.agent.world import World, known, public_did
from wallet.errors import Unresolved


def pixels(*texts: str, side: int = 4) -> dict[str, object]:
    """QR codes beside each other, as a browser sends what it sees: grey, in base64."""
    drawn = [[bytes(row) for row in segno.make(each, micro=False).matrix_iter(scale=side, border=4)] for each in texts]
    height = max(len(each) for each in drawn)
    rows = [b"".join(each[at] if at < len(each) else bytes(len(each[0])) for each in drawn) for at in range(height)]
    grey = bytes(0 if dark else 255 for row in rows for dark in row)
    return {"width": len(rows[0]), "height": height, "grey": base64.b64encode(grey).decode()}


async def looked_at(world: World, form: dict[str, object]) -> list[str]:
    """What the codes in a picture say."""
    her = world.agents.get("her") or await world.add("her")
    status, made = await visiting.answer(her, "POST", "/scan/picture", {}, json.dumps(form).encode())
    assert status == 200, made
    assert isinstance(made, File)
    found: list[str] = json.loads(made.content)
    return found


async def test_codes_in_a_picture_are_read_on_this_computer(world: World) -> None:
    assert await looked_at(world, pixels("https://library.example/?a=ü")) == ["https://library.example/?a=ü"]
    assert sorted(await looked_at(world, pixels("one code", "another one"))) == ["another one", "one code"]
    white = {"width": 40, "height": 40, "grey": base64.b64encode(b"\xff" * 1600).decode()}
    assert await looked_at(world, white) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 41},
        {"width": "40"},
        {"height": True},
        {"width": 4_000_001, "height": 20},
        {"grey": "%%%"},
        {"grey": None},
        {"width": -40, "height": -40},
        {"width": 1600, "height": 1},
    ],
)
async def test_what_is_no_picture_is_refused(world: World, changes: dict[str, object]) -> None:
    her = await world.add("her")
    white = {"width": 40, "height": 40, "grey": base64.b64encode(b"\xff" * 1600).decode()}

    why = await refused(her, "/scan/picture", **{**white, **changes})

    assert "cannot be looked at" in why


def test_a_picture_of_noise_is_none_of_anything() -> None:
    noise = memoryview(bytes((7 * at * at + at) % 251 for at in range(200 * 200))).cast("B", (200, 200))

    assert codes.texts(noise) == []


async def test_an_invitation_is_taken_up_and_followed_until_they_have_met(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    made = await world.do(library, "/v1/invitations", goal="Join the library")

    [text] = await looked_at(world, pixels(str(made["url"])))
    page = await filled(her, "/scan", text=[text])
    nothing_yet = known(her)
    done = await sent(her, "/scan/meet", text=text)
    waiting = await seen(her, done.go)
    await world.settle()
    met = await seen(her, done.go)
    again = await filled(her, "/scan", text=text)

    assert 'data-kind="invitation"' in page
    assert "Join the library" in page
    assert nothing_yet == []
    assert "Waiting for the answer" in waiting
    assert "You have met" in met
    assert "It proved that it speaks for" in met
    assert 'data-kind="known"' in again


async def test_silence_is_explained(world: World) -> None:
    library, her, other = await world.add("Town Library", "org"), await world.add("her"), await world.add("other")
    url = str((await world.do(library, "/v1/invitations", goal="x", once=True))["url"])
    await world.do(library, "/v1/invitations", goal="x")
    world.network.down.add(library.config.url)
    await world.do(other, "/v1/invitations/accept", url=url)

    done = await sent(her, "/scan/meet", text=url)
    await world.tick(61)

    page = await seen(her, done.go)
    assert "No answer has come yet" in page
    assert "has used this code before you" in page


async def test_who_cannot_be_reached_is_said_to_be_away_and_the_code_stays_good(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    url = str((await world.do(library, "/v1/invitations", goal="x"))["url"])
    del world.agents["Town Library"]

    async def away(*those: object) -> bytes:
        raise Unresolved("its computer is off")

    monkeypatch.setattr(her.needs, "fetch", away)

    why = await refused(her, "/scan/meet", text=url)

    assert "cannot be reached now" in why
    assert "did:" not in why
    assert known(her) == []
    world.agents["Town Library"] = library


async def test_a_place_on_the_web_is_looked_up_and_then_greeted(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")

    page = await filled(her, "/scan", text=f"{library.config.url}/opening-hours")
    found = await filled(her, "/scan/look", named="127.0.0.1:9000")
    unmet = known(her)
    done = await sent(her, "/scan/greet", named="127.0.0.1:9000")
    await world.settle()

    assert 'data-kind="web"' in page
    assert "It was not told that you looked" in found
    assert unmet == []
    assert "You have met" in await seen(her, done.go)
    assert public_did(library) not in found.partition("<details>")[0]


async def test_a_thing_is_added_from_its_code(world: World) -> None:
    her = await world.add("her")

    page = await filled(her, "/scan", text="https://id.example/01/09506000134352/21/A1")
    await sent(her, "/things", name="Washing machine", gtin="09506000134352", serial="A1", url="")

    assert 'name="gtin" value="09506000134352"' in page
    assert 'name="serial" value="A1"' in page
    [thing] = await world.listed(her, "/v1/things")
    assert (thing["gtin"], thing["serial"]) == ("09506000134352", "A1")


async def test_a_secret_is_not_shown_again(world: World) -> None:
    her = await world.add("her")

    page = await filled(her, "/scan", text="otpauth://totp/x?secret=JBSWY3DP")

    assert "Keep this to yourself" in page
    assert "JBSWY3DP" not in page


async def test_several_codes_are_shown_one_by_one_and_foreign_text_is_text(world: World) -> None:
    her = await world.add("her")

    page = await filled(her, "/scan", text=["<script>alert(1)</script>", "library.example"])
    why = await refused(her, "/scan", text=" ")

    assert "There are 2 codes" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "nothing to read yet" in why
    assert "With the camera" in await seen(her, "/scan")


def test_every_kind_of_code_has_words() -> None:
    assert set(scan_words.WORDS) == set(get_args(Kind))


async def test_every_kind_of_code_is_explained_in_plain_words(world: World) -> None:
    her = await world.add("her")
    shown: dict[str, str] = {}

    for text, kind in OTHERS:
        if text:
            shown[kind] = await filled(her, "/scan", text=text)

    for kind, page in shown.items():
        assert scan_words.WORDS[kind].says.replace("'", "&#39;") in page
        assert "invalid" not in page.lower()
        shown_words = re.sub(r"<[^>]*>", " ", re.sub(r"<details.*?</details>|<nav.*?</nav>", "", page, flags=re.DOTALL))
        assert re.findall(rf"\b(?:{FORBIDDEN})\b", shown_words) == []


@pytest.mark.parametrize(
    ("code", "post", "field"),
    [(mediation.GOAL, "/mediator", "link"), (giving.GOAL, "/things/take", "url"), ("issue-vc", "/scan/meet", "text")],
)
async def test_each_kind_of_invitation_leads_where_it_is_taken_up(
    world: World, code: str, post: str, field: str
) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    _, url = await invitations.invite(library, goal="x", once=False, goal_code=code)

    page = await filled(her, "/scan", text=url)

    assert f'data-post="{post}"' in page
    assert f'name="{field}" value="{url}"' in page


async def test_a_code_for_a_card_brings_the_offer_whether_or_not_they_have_met(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    made = await world.do(library, "/v1/card-types", name="Reader", fields=[{"label": "Tier"}])
    for kind in ("more", "more-known"):
        link = await world.do(library, f"/v1/card-types/{made['id']}/links", claims={"tier": "gold"})

        page = await filled(her, "/scan", text=str(link["url"]))
        done = await sent(her, "/scan/meet", text=str(link["url"]))
        for _ in range(3):
            await world.tick(1)
        met = await seen(her, done.go)
        await world.answer(her)

        assert f'data-kind="{kind}"' in page
        assert "offers you a card" in met
    assert len(await world.listed(her, "/v1/credentials")) == 2
