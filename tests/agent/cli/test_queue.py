"""`freerange queue`: what waits, in words."""

import signal
from collections.abc import Callable
from time import monotonic, sleep

from tests.agent.cli.conftest import Outcome, Owner


def until(look: Callable[[], Outcome], words: str) -> Outcome:
    """What is printed once these words are in it; a minute must do."""
    end = monotonic() + 60
    while words not in (outcome := look()).out and monotonic() < end:
        sleep(0.05)
    return outcome


def test_nothing_waits_for_somebody_who_knows_nobody(her: Owner) -> None:
    outcome = her.unlocks("queue")

    assert (outcome.status, outcome.out) == (0, "Nothing waits.\n")


def test_what_waits_is_seen_tried_again_and_thrown_away(met: Owner, library: Owner) -> None:
    library.stop(signal.SIGKILL)
    met.types("say", "Town Library", "Is anybody there?")

    listed = until(lambda: met.types("queue"), "no connection")
    row = next(line.split() for line in listed.out.splitlines() if " message " in line)
    whole = met.types("queue", "inspect", row[0])
    tried = met.types("queue", "retry", row[0])
    everything = met.types("queue", "retry", "--all")
    gone = met.types("queue", "discard", row[0])

    assert listed.status == 0
    assert "Town Library" in listed.out
    assert "no connection" in listed.out
    assert "Is anybody there?" in whole.out
    assert "is tried now" in tried.out
    assert everything.status == 0
    assert "was thrown away" in gone.out
    assert met.types("queue", "inspect", row[0]).status == 1


def test_what_to_do_has_to_be_said(her: Owner) -> None:
    assert her.types("queue", "retry").status == 2
    assert her.types("queue", "discard").status == 2
