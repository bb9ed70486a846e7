"""Experiences at the terminal: a draft, a file for everybody, its check and its withdrawal."""

from pathlib import Path

import msgspec

from agent.cli.experience import Checked, Experience, examined, listed, told
from agent.cli.mandates import Mandate, Org, helpers
from tests.agent.cli.conftest import Owner
from tests.agent.cli.test_content import HOSTILE, harmless


def test_what_is_public_is_a_file_that_anybody_checks(her: Owner, tmp_path: Path) -> None:
    kept = her.unlocks("experience", "draft", "Good bread.", "--kind", "praise", "--rating", "5/5", "--public")
    id = her.unlocks("experience", "list", "--json").rows[0]["experience"]
    shared = her.unlocks("experience", "share", "--draft", str(id))
    assert (kept.status, shared.status) == (0, 0)
    share, back = tmp_path / "share.json", tmp_path / "back.json"
    share.write_text(her.unlocks("experience", "file", str(id)).out)

    good = her.types("experience", "verify", str(share))
    wrong = tmp_path / "wrong.json"
    wrong.write_text(share.read_text().replace("Good", "Bad!"))
    bad = her.types("experience", "verify", str(wrong))

    assert good.status == 0
    assert "Good bread." in good.out
    assert (bad.status, "signed" in bad.err) == (1, True)
    assert her.unlocks("experience", "retract", str(id)).status == 0
    back.write_text(her.unlocks("experience", "file", str(id), "--retraction").out)
    assert "Taken back" in her.types("experience", "verify", str(share), str(back)).out


def test_a_rating_is_so_many_of_so_many(her: Owner) -> None:

    refused = her.unlocks("experience", "draft", "Good.", "--rating", "good")

    assert (refused.status, "2/5" in refused.err) == (2, True)


def test_nobody_acts_for_her_until_she_says_so(her: Owner) -> None:

    found = her.unlocks("helper")
    refused = her.unlocks("helper", "appoint", "Somebody", "--may", "anything", "--duty", "Be kind.")

    assert "Nobody acts for you" in found.out
    assert (refused.status, "ask-for-offers" in refused.err) == (2, True)


def test_hostile_words_do_nothing_to_the_terminal() -> None:
    told_us = Experience(HOSTILE, HOSTILE, HOSTILE, HOSTILE, from_=HOSTILE, answer=HOSTILE, remedy={"remedy": HOSTILE})
    mandate = Mandate(HOSTILE, True, HOSTILE, HOSTILE, HOSTILE, False, False, (HOSTILE,), "", (Org(HOSTILE, ""),), 1)
    checked = {"kind": HOSTILE, "text": HOSTILE, "author": HOSTILE, "digest": "", "signed": HOSTILE, "retracted": None}

    assert harmless([*listed([told_us]), *told(told_us), *helpers([mandate])])
    assert harmless([*examined(msgspec.convert(checked, Checked))])
