"""`serve`, and commands that talk to the agent it runs."""

import json
import math
import os
import signal
import stat
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.agent.cli.conftest import CARD, PASSPHRASE, Owner, invitation

SOON = 3.0  # seconds for whole processes on a busy machine; scripts/bench measures
STARTS = 10  # the quickest of at most so many counts


def test_a_running_agent_is_talked_to_without_a_secret(her: Owner) -> None:
    line = her.serve()

    assert her.listen in line
    assert "DEVELOPMENT MODE" in line
    assert stat.S_IMODE((her.home / "api.json").stat().st_mode) == 0o600
    assert her.types("peers").status == 0


def test_it_stops_in_order_and_takes_its_token_with_it(her: Owner) -> None:
    her.serve()

    assert her.stop(signal.SIGTERM) == 0
    assert not (her.home / "api.json").exists()

    her.serve()

    assert her.stop(signal.SIGINT) == 0


def test_it_goes_on_in_the_background_until_it_is_told_to_stop(her: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    started = her.unlocks("serve", "--background")
    again = her.unlocks("serve", "--background")
    known = her.types("peers")
    stopped = her.types("stop")

    assert started.status == 0, started.err
    assert "freerange stop" in started.out
    assert (again.status, known.status, stopped.status) == (13, 0, 0)
    assert her.types("stop").status == 2


def test_a_passphrase_reaches_the_background_unseen(her: Owner) -> None:
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode())
    os.close(writing)

    started = her.types("serve", "--background", "--passphrase-fd", str(reading))
    pid = json.loads((her.home / "api.json").read_bytes())["pid"]
    seen = Path(f"/proc/{pid}/cmdline").read_bytes()
    with suppress(PermissionError):  # which nobody but root may read
        seen += Path(f"/proc/{pid}/environ").read_bytes()
    her.types("stop")

    assert started.status == 0, started.err
    assert PASSPHRASE.encode() not in seen


def test_what_a_killed_agent_left_behind_is_not_trusted(her: Owner) -> None:
    her.serve()
    her.stop(signal.SIGKILL)

    assert (her.home / "api.json").exists()
    assert her.unlocks("peers").status == 0


def test_it_listens_within_a_second_of_unlocking(her: Owner) -> None:
    took = [math.inf]
    while min(took) >= SOON and len(took) <= STARTS:
        began = time.monotonic()
        her.serve()
        took.append(time.monotonic() - began)
        her.stop()

    assert min(took) < SOON


def test_a_port_that_is_taken_is_told(her: Owner, library: Owner) -> None:
    her.types("config", "set", "listen", library.listen)

    outcome = her.unlocks("serve")

    assert outcome.status == 2
    assert library.listen in outcome.err


def test_the_log_holds_no_names_or_words_of_anybody(met: Owner, library: Owner) -> None:
    met.types("say", "Town Library", "a canary in a message")
    met.types("ping", "Town Library")
    met.stop()

    written = (met.home / "log").read_text() + (library.home / "log").read_text()

    assert written
    assert all(json.loads(line)["event"] for line in written.splitlines())
    assert "canary" not in written
    assert "did:" not in written


def test_two_meet_and_each_is_shown_what_the_other_proved(her: Owner, library: Owner) -> None:
    her.serve()

    met = her.types("accept", invitation(library))

    assert met.status == 0
    assert met.out.startswith("Met Town Library (")
    assert f"It proved that it speaks for {library.listen}." in met.out
    assert "a person" not in met.out
    assert "Town Library" in her.types("peers").out
    assert library.listen in her.types("peers", "town").out
    assert "person" in library.types("peers").out


def test_a_vendor_that_comes_to_her_is_shown_with_what_it_proved(her: Owner, library: Owner) -> None:
    her.serve()

    library.types("accept", invitation(her), "--no-wait")
    asked = eventually(her, "questions", "would like to meet you")
    her.types("answer", asked.split("[")[1][:8], "yes")

    assert f"it proved the domain {library.listen}" in asked
    assert "Town Library, vendor" in asked
    assert "met" in eventually(library, "peers", " met ")
    assert "Town Library" in her.types("peers").out


def test_a_ping_is_answered_in_milliseconds(met: Owner) -> None:
    answered = met.types("ping", "Town Library", "--json").said

    assert 0 < float(str(answered["ms"])) < 5000


def test_what_the_other_speaks_is_discovered(met: Owner) -> None:
    found = met.types("discover", "town", "--match", "*ping*")

    assert found.out == "https://didcomm.org/trust-ping/2.0\n"


def test_terms_are_agreed_and_proved_to_anybody(met: Owner, library: Owner, tmp_path: Path) -> None:
    agreed = met.types("terms", "proffer", "Town Library")
    record = agreed.out.splitlines()[1].strip()
    bundle = met.types("terms", "evidence", record[:12])
    file = tmp_path / "record.json"
    file.write_text(bundle.out)

    assert agreed.status == 0
    assert record in met.types("terms").out
    assert record in library.types("peers", "--json").out
    assert "SERVICE ONLY, version 1" in met.types("terms", "show", "freerange-service-only").out
    assert "terms: confirm" in met.types("ledger", "town").out
    assert met.types("--home", "/nowhere", "verify", str(file)).status == 0

    file.write_text(bundle.out.replace("freerange-service-only", "freerange-service-and-more"))
    forged = met.types("verify", str(file))

    assert forged.status == 1
    assert "FAIL  signature" in forged.out


def test_a_card_is_offered_taken_and_shown(met: Owner, library: Owner) -> None:
    her_letters = letters(library)
    claims = ("--claim", "member=true", "--claim", "number=7731", "--claim", 'code="12"')

    offered = library.types("issue", her_letters, "--type", CARD, "--name", "Member card", *claims)
    asked = eventually(met, "questions", "Member card")
    id = asked.split("[")[1][:8]
    taken = met.types("answer", id, "yes")
    shown = eventually(met, "credentials", "Member card")

    assert (offered.status, taken.status) == (0, 0)
    assert 'why         "Member card" (their words)' in asked
    assert f"freerange answer {id} yes" in asked
    assert "issued by Town Library" in shown
    assert met.types("credentials", "--json").rows[0]["claims"] == {
        "member": True,
        "number": 7731,
        "code": "12",
    }
    assert CARD in met.types("credentials", shown[1:9]).out


def test_a_proof_is_asked_for_decided_on_and_judged(met: Owner, library: Owner) -> None:
    her_letters = letters(library)
    library.types("issue", her_letters, "--type", CARD, "--claim", "member=true", "--claim", "number=7731")
    met.types("answer", eventually(met, "questions", "[").split("[")[1][:8], "yes")
    eventually(met, "credentials", "[")

    wanted = ("--type", CARD, "--claim", "member=true", "--purpose", "To lend you books")
    waited = library.types("request", her_letters, *wanted, "--timeout", "0.3")
    asked = eventually(met, "questions", "To lend you books")
    answered = met.types("answer", asked.split("[")[1][:8], "yes")
    thread = waited.err.split("freerange verdict ")[1][:8]
    found = eventually(library, "verdict", "Verified: all", thread)

    assert waited.status == 3
    assert "They have not answered yet." in waited.err
    assert "They would see, from your" in asked
    assert "Stays hidden: number" in asked
    assert answered.status == 0
    assert "member  yes" in found
    assert "a card that shows member: yes" in met.types("log", thread).out


def test_a_claim_that_is_kept_back_does_not_leave(met: Owner, library: Owner) -> None:
    her_letters = letters(library)
    library.types("issue", her_letters, "--type", CARD, "--claim", "member=true", "--claim", "number=7731")
    met.types("answer", eventually(met, "questions", "[").split("[")[1][:8], "yes")
    eventually(met, "credentials", "[")

    wanted = ("--claim", "member=true", "--claim", "number", "--purpose", "To lend you books")
    asked = library.types("request", her_letters, "--type", CARD, *wanted, "--no-wait", "--json").said
    question = eventually(met, "questions", "To lend you books").split("[")[1][:8]
    met.types("answer", question, "yes", "--refuse", "number")
    found = eventually(library, "verdict", "Not verified", str(asked["thread"]))

    assert "FAIL  query_answered" in found
    assert "7731" not in found
    assert library.types("verdict", str(asked["thread"])).status == 1


def test_a_proof_that_is_declined_is_a_failure(met: Owner, library: Owner) -> None:
    her_letters = letters(library)
    asked = library.types("request", her_letters, "--type", CARD, "--purpose", "To see", "--no-wait", "--json").said
    question = eventually(met, "questions", "You have no card that answers this.")
    met.types("answer", question.split("[")[1][:8], "no")

    assert "problem-report" in eventually(library, "log", "problem-report", str(asked["thread"]))


def test_somebody_is_written_to_and_the_thread_is_read(met: Owner, library: Owner) -> None:
    said = met.types("say", "Town Library", "Is the reading room open?", "--json").said
    thread = str(said["thread"])

    heard = eventually(library, "log", "Is the reading room open?", thread)
    back = library.types("say", thread, "--message", "message", "--field", "content=It is.")

    assert "Is the reading room open?" in heard
    assert back.status == 0, back.err
    assert "It is." in eventually(met, "log", "It is.", thread[:8])
    assert thread[:8] in met.types("threads").out
    assert '"content": "It is."' in met.types("log", thread, "--whole").out


def test_what_the_table_forbids_is_misuse(met: Owner) -> None:
    thread = str(met.types("threads", "--all", "--json").rows[0]["thread"])

    assert met.types("say", thread, "--message", "hello").status == 2
    assert met.types("say", thread, "--message", "confirm").status == 2
    assert met.types("say", "Town Library", "--message", "https://shop.example/nonsense/1.0/hello").status == 2
    assert met.types("say", "Town Library").status == 2
    assert met.types("say", "nobody", "hello").status == 1
    assert met.types("log", "ffffffffffff").status == 1
    assert met.types("answer", "ffffffffffff", "yes").status == 1


def eventually(owner: Owner, command: str, what: str, *words: str) -> str:
    """What a command prints, once it has `what` in it."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        shown = owner.types(command, *words)
        if what in shown.out:
            return shown.out
        time.sleep(0.05)
    raise AssertionError(f"{command} never showed {what!r}: {shown}")


def letters(owner: Owner) -> str:
    """What an owner calls the first peer it knows."""
    return str(owner.types("peers", "--json").rows[0]["fingerprint"])
