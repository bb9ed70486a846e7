"""Helpers, mandates and experiences between two agents in processes of their own, as they are typed."""

import time
from collections.abc import Callable

from tests.agent.cli.conftest import Owner


def soon(look: Callable[[], bool]) -> bool:
    """Whether it comes about within a minute."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if look():
            return True
        time.sleep(0.1)
    return False


def test_a_helper_is_appointed_accepts_and_is_ended(met: Owner, library: Owner) -> None:
    asked = met.types("helper", "appoint", "Town Library", "--may", "ask-for-offers", "--duty", "Find me a chair.")
    id = str(met.types("helper", "--json").rows[0]["mandate"])

    assert "Nothing is allowed yet" in asked.out
    assert soon(lambda: library.types("mandate", "accept", id).status == 0)
    assert soon(lambda: "takes on what you asked" in met.types("questions").out)
    question = str(met.types("questions", "--json").rows[0]["question"])
    assert met.types("answer", question, "yes").status == 0
    assert soon(lambda: bool(library.types("mandate", "--json").rows[0]["active"]))
    assert "Find me a chair" not in met.types("helper").out
    assert "ask for offers" in met.types("helper").out

    ended = met.types("helper", "revoke", id)

    assert "may do nothing more for you" in ended.out
    assert soon(lambda: library.types("mandate", "--json").rows[0]["state"] == "revoked")
    assert "Nothing was reported" in met.types("helper", "report", id).out


def test_an_experience_is_told_answered_and_taken_back(met: Owner, library: Owner) -> None:
    told = met.types(
        "experience", "share", "Too cold in winter.", "--kind", "complaint", "--to", "Town Library", "--now"
    )
    assert told.status == 0, told.err
    id = str(met.types("experience", "--json").rows[0]["experience"])
    assert soon(lambda: len(library.types("experience", "--json").rows) == 1)
    theirs = str(library.types("experience", "--json").rows[0]["experience"])

    assert library.types("experience", "respond", theirs, "We mend the stove.").status == 0

    assert soon(lambda: "We mend the stove." in met.types("experience", "show", id).out)
    assert "Taken back" in met.types("experience", "retract", id).out
    assert soon(lambda: "retracted" in library.types("experience").out)
    assert "Too cold" not in library.types("experience").out
