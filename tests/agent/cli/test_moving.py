"""Commands by which one moves on: to another DID, or away."""

import time
from collections.abc import Callable

from tests.agent.cli.conftest import Owner, invitation


def until(true: Callable[[], object]) -> None:
    """Wait for what two agents do between them; a minute must do."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def test_a_did_is_changed_and_the_other_side_knows(met: Owner) -> None:
    before = met.types("peers", "Town Library", "--json").said["our_did"]

    changed = met.types("rotate", "Town Library")

    assert changed.status == 0, changed.err
    assert "knows your new DID" in changed.out
    assert met.types("peers", "Town Library", "--json").said["our_did"] != before
    assert met.types("ping", "Town Library").status == 0
    assert "Town Library" in met.types("rotate").out


def test_all_are_changed_without_an_agent_running(her: Owner, library: Owner) -> None:
    her.unlocks("accept", invitation(library))

    changed = her.unlocks("rotate", "--all", "--at-once", "--json")

    assert changed.status == 0, changed.err
    assert [row["state"] for row in changed.rows] == ["confirmed"]


def test_who_cannot_be_reached_is_named_and_told_later(her: Owner, library: Owner) -> None:
    her.unlocks("accept", invitation(library))
    library.stop()

    changed = her.unlocks("rotate", "--all", "--timeout", "0.5")

    assert changed.status == 3
    assert "could not be reached" in changed.out
    assert "freerange rotate" in changed.err
    library.serve()
    assert her.unlocks("ping", "Town Library").status == 0
    assert "knows your new DID" in her.unlocks("rotate").out


def test_an_organisation_is_asked_before_it_gives_up_its_public_did(met: Owner, library: Owner) -> None:
    she = str(library.types("peers", "--json").rows[0]["fingerprint"])

    refused = library.types("rotate", she)

    assert refused.status == 2
    assert "--from-public" in refused.err
    assert library.types("rotate", she, "--from-public").status == 0


def test_leaving_says_first_what_it_will_say_and_then_what_came_of_it(met: Owner, library: Owner) -> None:
    preview = met.types("leave", "--all", "--preview", "--data", "keep-legal-minimum")
    unsure = met.types("leave", "Town Library")

    assert "it is to erase everything it has of you, but for what the law has it keep" in " ".join(preview.out.split())
    assert unsure.status == 2
    assert "--yes" in unsure.err
    assert met.types("peers", "Town Library", "--json").said["state"] == "met"

    gone = met.types("leave", "Town Library", "--yes", "--by", "2099-01-01")
    until(lambda: library.types("questions", "--json").rows)
    [question] = library.types("questions", "--json").rows
    library.types("answer", str(question["question"]), "yes")

    assert gone.status == 0, gone.err
    assert "2099-01-01" in gone.out or "being told" in gone.out
    until(lambda: "over; it says that your data was erased" in met.types("leave").out)
    assert met.types("leave", "--all", "--yes").out == "There is nobody to leave.\n"


def test_nothing_is_done_for_nobody(her: Owner) -> None:
    assert "have not changed your DID" in her.unlocks("rotate").out
    assert "left nobody" in her.unlocks("leave").out
    assert her.unlocks("rotate", "Somebody", "--all").status == 2
    assert her.unlocks("leave", "Somebody", "--yes").status == 1
