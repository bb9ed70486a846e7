"""Commands for data: what is asked for, granted, told, held and taken back; and rights over it."""

from pathlib import Path

from tests.agent.cli.conftest import Owner
from tests.agent.cli.test_moving import until

ASK = (
    "--field", "/addresses/home", "--field", "/phones/main", "--purpose", "dpv:DeliveryOfGoods",
    "--until", "2099-12-31", "--effect", "No books by post.",
)  # fmt: skip


def test_an_organisation_asks_she_grants_one_field_and_takes_it_back(met: Owner, library: Owner) -> None:
    assert met.types("contact", "set", "address", "1 New Street, Lisboa, PT", "--yes").status == 0
    assert met.types("terms", "proffer", "Town Library").status == 0
    called = str(library.types("peers", "--json").rows[0]["name"])

    assert library.types("consent", "ask", called, *ASK, "--necessary", "/addresses/home").status == 0
    until(lambda: "asks for some of your data" in met.types("questions").out)
    asked = met.types("questions")
    id = str(met.types("questions", "--json").rows[0]["question"])
    for words in ("1 New Street, Lisboa", "to deliver what you ordered", "--refuse /phones/main", "No books by post."):
        assert words in asked.out
    assert met.types("answer", id, "yes", "--refuse", "/phones/main").status == 0
    until(lambda: "New Street" in library.types("held", called).out)

    assert "to deliver what you ordered" in library.types("held", called).out
    assert "in force" in met.types("told", "Town Library").out
    consent = str(met.types("consent", "--json").rows[0]["thread"])
    assert "in force, under freerange-service-only" in met.types("consent").out
    longer = met.types("consent", "renew", consent[:8], "--until", "2100-12-31")
    assert "goes once they have taken the offer" in longer.out
    assert "give" in met.types("consent", "renew", consent[:8], "--until", "2050-01-01").err
    assert met.types("consent", "withdraw", consent[:8]).status == 0
    until(lambda: "taken back, and deleted" in met.types("consent").out)
    assert "You hold nothing" in library.types("held", called).out
    assert library.types("consent", "ask", called, *ASK, "--necessary", "/name").status == 2
    assert "Nothing waits to be deleted" in library.types("deletions").out
    assert library.types("deletions", "done", "none").status == 2


def test_she_exercises_a_right_and_writes_a_letter(met: Owner, library: Owner, tmp_path: Path) -> None:
    assert "No case is open" in met.types("rights").out
    assert met.types("rights", "exercise", "access").status == 2
    assert met.types("rights", "exercise", "access", "--among", "holds:any").status == 2
    assert met.types("rights", "exercise", "access", "Town Library").status == 0
    until(lambda: "they have it" in met.types("rights").out)
    case = str(met.types("rights", "--json").rows[0]["case"])
    until(lambda: "to have a copy of what you hold about her" in library.types("questions").out)

    progress = ("rights", "progress", case[:8], "--by", "2099-01-31", "--details", "Soon.")
    assert library.types(*progress).status == 0
    assert library.types("rights", "fulfil", case[:8]).status == 0
    until(lambda: "answered" in met.types("rights").out)
    assert "They say: Soon." in met.types("rights", "show", case[:8]).out

    pages = tmp_path / "letter.pdf"
    letter = ("rights", "letter", "erasure", "--to", "Old Bank", "--me", "Ada, 2 Low Street", "--about", "Account 7")
    written = met.types(*letter, "--pdf", str(pages))
    assert "print it, sign it, send it" in written.out
    assert pages.read_bytes().startswith(b"%PDF-")
    assert met.types(*letter, "--pdf", str(tmp_path / "no" / "where.pdf")).status == 1
    id = next(str(each["case"]) for each in met.types("rights", "--json").rows if each["by"] == "letter")
    assert met.types("rights", "enter", id[:8], "fulfilled").status == 2
    assert met.types("rights", "enter", id[:8], "sent", "--on", "2027-01-31").status == 0
    shown = met.types("rights", "show", id[:8]).out
    assert "2027-02-28" in shown
    assert "that you erase the personal data about me" in shown


def test_how_long_an_answer_may_take_is_a_setting(her: Owner) -> None:
    assert her.types("config", "set", "rights_within", "gdpr=P2M,ccpa=P45D").status == 0
    refused = her.types("config", "set", "rights_within", "gdpr=soon")

    assert refused.status == 2
    assert "write it like gdpr=P1M,ccpa=P45D" in refused.err


def test_facts_of_things_are_recorded(her: Owner) -> None:
    assert "Nothing is recorded" in her.unlocks("usage").out
    assert "sent to 0" in her.unlocks("usage", "note", "washer", "runs", "3").out
    assert her.unlocks("usage", "note", "washer", "runs", "3", "--at", "yesterday").status == 2
    assert her.unlocks("usage", "--json").rows[0]["value"] == 3
