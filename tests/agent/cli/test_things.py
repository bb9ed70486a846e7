"""Things, cases, loyalty and memberships at the terminal."""

import json
import time
from pathlib import Path
from typing import TypeVar

import msgspec

from agent.cli.cases import Case, described_case, queue
from agent.cli.loyalty import Membership, Statement, every, members, statements
from agent.cli.things import Thing, Verification, examined, listed, whole
from tests.agent.cli.conftest import ROOT, Owner
from tests.agent.cli.test_content import HOSTILE, harmless

T = TypeVar("T", bound=msgspec.Struct)
CLUB = {
    "name": "Readers",
    "rules": "One point a book.",
    "exit": {"balance": "forfeited", "notice": "P30D"},
    "admit": "all",
}


def wait_for(owner: Owner, *words: str) -> list[dict[str, object]]:
    """The first rows that a command lists; a minute must do."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        rows = owner.types(*words, "--json").rows
        if rows:
            return rows
    raise AssertionError(f"nothing came of {' '.join(words)}")


def test_a_thing_by_her_own_word_is_marked_and_found_again(her: Owner) -> None:
    assert "Nothing is entered" in her.unlocks("things").out

    added = her.unlocks("things", "add", "Clock", "--serial", "C-1", "--acquired", "2020-05", "--note", "an heirloom")
    shown = her.unlocks("things", "show", "clock")
    found = her.unlocks("things", "verify", "Clock")

    assert (added.status, shown.status, found.status) == (0, 0, 1)
    assert "your own word" in shown.out
    assert "an heirloom" in shown.out
    assert "your own word" in found.out
    assert her.unlocks("things", "show", "Lamp").status != 0
    refused = her.unlocks("things", "transfer", "Clock", "--price", "100")
    assert (refused.status, "100.00 EUR" in refused.err) == (2, True)


def test_from_a_paper_to_a_case_that_is_solved(met: Owner, library: Owner) -> None:
    [person] = wait_for(library, "peers")
    issued = library.types("things", "issue", str(person["name"]), "ownership", "Reader", "--serial", "R-1")
    assert issued.status == 0
    [question] = wait_for(met, "questions")
    assert met.types("answer", str(question["question"]), "yes").status == 0
    wait_for(met, "things")
    assert met.types("things", "verify", "Reader").status == 0

    assert met.types("things", "problem", "Reader", "The screen is dark.", "--tried", "charging").status == 0
    [case] = wait_for(library, "cases")
    thread = str(case["thread"])
    assert library.types("cases", "answer", thread, "--number", "C-1").status == 0
    assert "Case C-1" in library.types("cases", "update", "C-1", "in-repair").out
    assert library.types("cases", "resolve", "C-1", "repaired", "New screen.").status == 0

    [question] = wait_for(met, "questions")
    assert met.types("answer", str(question["question"]), "yes").status == 0
    assert "closed" in met.types("cases").out


def test_a_programme_is_set_from_a_file_and_a_statement_is_taken_back(
    met: Owner, library: Owner, tmp_path: Path
) -> None:
    file = tmp_path / "club.json"
    page = (ROOT / "docs" / "how-to" / "be-loyal.md").read_text()
    file.write_text(page.partition("```json")[2].partition("```")[0])
    assert "A coffee costs 100." in library.types("member", "programme", str(file)).out
    file.write_text(json.dumps(CLUB))
    assert "One point a book." in library.types("member", "programme", str(file)).out
    file.write_text("{")
    assert library.types("member", "programme", str(file)).status == 2
    assert library.types("member").out == "There are no members.\n"
    about = ("--because", "people", "--because", "quality=the books", "--until", "2099-01-01")
    assert met.types("loyalty", "declare", "Town Library", "books", *about).status == 0
    [said] = wait_for(library, "loyalty")
    assert "the books" in library.types("loyalty").out

    assert met.types("loyalty", "retire", str(said["statement"]), "--reason", "price").status == 0

    assert "no reason" in met.types("loyalty", "declare", "Town Library", "x", "--because", "y", "--until", "z").err
    assert "no memberships" in met.types("membership").out


def test_hostile_words_do_nothing_to_the_terminal() -> None:
    alert = {"kind": HOSTILE, "text": HOSTILE, "at": HOSTILE, "by": HOSTILE, "remedy": HOSTILE}
    paper = {"kind": HOSTILE, "says": HOSTILE, "issued_by": HOSTILE}
    thing = hostile(Thing, papers=[paper], alerts=[alert], self_asserted=False, registered=False, claimed=False)
    failed = {"ok": False, "name": HOSTILE, "detail": HOSTILE}
    checked = {**paper, "verified": False, "note": HOSTILE, "checks": [failed]}
    found = hostile(Verification, verified=False, yours=False, papers=[checked])
    case = hostile(Case, waits_for="you")
    why = {"code": HOSTILE, "text": HOSTILE}
    statement = hostile(Statement, reasons=[why], conditions=[HOSTILE], may_quote=True)
    entry = {"at": HOSTILE, "change": 1, "balance": 1, "reason": HOSTILE, "voucher": HOSTILE}
    held = hostile(Membership, history=[entry], exit={"balance": HOSTILE}, payout=None, balance=1)

    assert harmless([*listed((thing,)), *whole(thing), *examined(found), *queue((case,)), *described_case(case)])
    assert harmless([*statements((statement,)), *every((held,)), *members((held,))])


def hostile(kind: type[T], **known: object) -> T:
    """What a peer's words fill wherever they can."""
    texts = {each.encode_name: HOSTILE for each in msgspec.structs.fields(kind) if each.type in (str, str | None)}
    numbers = {each.encode_name: 1 for each in msgspec.structs.fields(kind) if each.type is int}
    return msgspec.convert({**texts, **numbers, **known}, kind)
