"""Commands for one act towards many: the card, campaigns, groups and tags."""

import asyncio
import sys

import pytest
from msgspec.json import encode

from agent.cli import running
from agent.cli.bar import Campaign, line, tally, watch
from tests.agent.cli.conftest import Owner
from tests.agent.cli.test_moving import until

NEW = "1 New Street, 1100 Lisboa, PT"


def given(met: Owner, library: Owner) -> None:
    """The library holds her address, under terms, by leave of hers."""
    assert met.types("contact", "set", "address", "9 Old Road", "--yes").status == 0
    assert met.types("terms", "proffer", "Town Library", "--timeout", "10").status == 0
    items = [{"ptr": "/addresses/home", "purpose": "dpv:DeliveryOfGoods"}]
    asked = {"peer": "Town Library", "items": items, "until": "2099-01-01T00:00:00Z"}
    at = running.address(met.home)
    assert at
    status, said = asyncio.run(running.ask(at, "POST", "/v1/consents/volunteer", encode(asked)))
    assert status == 200, said
    until(lambda: bool(library.types("questions", "--json").rows))
    library.types("answer", str(library.types("questions", "--json").rows[0]["question"]), "yes")
    until(lambda: "Town Library" in met.types("contact", "held").out)


def test_an_address_is_changed_everywhere_by_one_edit_and_one_confirmation(met: Owner, library: Owner) -> None:
    given(met, library)

    seen = met.types("address", "change", NEW, "--reason", "moved", "--preview")
    refused = met.types("address", "change", NEW)
    done = met.types("address", "change", NEW, "--reason", "moved", "--spread", "0", "--yes", "--timeout", "20")
    id = str(met.types("campaign", "--json").rows[0]["campaign"])
    shown = met.types("campaign", "show", id[:6])

    assert "Town Library" in seen.out
    assert "9 Old Road" in seen.out
    assert refused.status == 2
    assert "applied 1" in done.out
    assert "Town Library" in shown.out
    assert NEW in met.types("address").out
    assert met.types("campaign", "show", id, "--json").said["recipients"]
    assert NEW in str(met.types("contact", "held", "--json").rows)


def test_a_card_is_begun_field_by_field_and_says_who_would_be_told(her: Owner) -> None:
    assert "Nothing is there yet" in her.unlocks("contact").out
    done = her.unlocks("contact", "set", "email", "her@example.org", "name", "Her Name", "--yes")
    odd = her.unlocks("contact", "set", "email", "--yes")
    wrong = her.unlocks("contact", "set", "shoe", "41", "--yes")

    assert "Nobody holds it" in done.out
    assert "her@example.org" in her.unlocks("contact").out
    assert her.unlocks("contact", "remove", "email", "--yes").status == 0
    assert "her@example.org" not in her.unlocks("contact").out
    assert (odd.status, wrong.status) == (2, 2)
    assert "no field" in wrong.err


def test_groups_and_tags_are_made_listed_and_forgotten(met: Owner) -> None:
    assert "given no tags" in met.types("tag").out
    assert "books" in met.types("tag", "add", "books", "Town Library").out
    assert met.types("group", "define", "readers", "tag:books and not unused:1y").status == 0

    assert "1 organisation" in met.types("group", "show", "readers").out
    assert "readers" in met.types("group").out
    assert "books  1" in met.types("tag").out
    assert met.types("group", "show", "nothing of the kind").status == 2
    assert met.types("tag", "remove", "books", "Town Library").status == 0
    assert "0 organisations" in met.types("group", "show", "readers").out
    assert met.types("group", "remove", "readers").status == 0


def test_a_group_is_left_in_one_step_and_that_is_held_up_and_resumed(met: Owner) -> None:
    assert "Town Library" in met.types("leave", "--group", "kind:vendor", "--preview").out
    began = met.types("leave", "--group", "all", "--yes", "--spread", "600")
    id = str(met.types("campaign", "--json").rows[0]["campaign"])

    paused = met.types("campaign", "pause", id)
    again = met.types("campaign", "pause", id)
    resumed = met.types("campaign", "resume", id)
    cancelled = met.types("campaign", "cancel", id)

    assert "to be told 1" in began.out
    assert "paused" in paused.out
    assert again.status == 2
    assert resumed.status == 0
    assert "1 will not be told" in cancelled.out
    assert "not told 1" in met.types("campaign").out


@pytest.mark.parametrize(("said", "answered", "bar"), [(0, 0, "." * 24), (4, 0, "#" * 12 + "." * 12), (4, 4, "#" * 24)])
def test_the_bar_grows_with_what_is_said_and_answered(said: int, answered: int, bar: str) -> None:
    found = Campaign(
        "id", "profile", "Title", "running", "", 4, said, answered, {"applied": answered, "queued": 4 - said}
    )

    assert line(found).startswith(f"[{bar}] {said}/4")
    assert ("applied 4" in tally(found)) == (answered == 4)


async def test_elsewhere_than_on_a_terminal_each_step_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [
        Campaign("id", "profile", "T", "running" if n < 2 else "said", "", 2, n, n, {"applied": n}) for n in range(3)
    ]
    coming = iter([steps[0], steps[0], *steps[1:]])

    async def look() -> Campaign:
        return next(coming)

    last = await watch(look, seconds=60)

    assert last.settled
    assert capsys.readouterr().err.splitlines() == ["  0/2  ", "  1/2  applied 1", "  2/2  applied 2"]


async def test_on_a_terminal_a_bar_grows_in_its_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    coming = iter([Campaign("id", "profile", "T", "said", "", 2, 2, n, {"applied": n, "sent": 2 - n}) for n in (1, 2)])

    async def look() -> Campaign:
        return next(coming)

    await watch(look, seconds=60)

    shown = capsys.readouterr().err
    assert shown.count("\r") == 2
    assert "[" + "#" * 24 + "] 2/2  applied 2" in shown
