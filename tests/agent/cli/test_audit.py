"""Commands by which somebody is held to what was signed."""

import subprocess
import sys
from pathlib import Path

from agent.cli.parser import parse
from tests.agent.cli.conftest import ROOT, Owner
from tests.agent.cli.test_moving import until


def test_what_somebody_knows_is_said_and_what_was_signed_is_compared(met: Owner, library: Owner) -> None:
    assert met.types("terms", "proffer", "Town Library").status == 0
    until(lambda: "on its way" not in met.types("audit", "compare", "Town Library").out)
    until(lambda: "'state': 'same'" in str(met.types("audit", "Town Library", "--json").said["compared"]))

    shown = met.types("audit", "Town Library")
    assert "knows nothing that you told it for a purpose" in shown.out
    assert "freerange-service-only 1" in shown.out
    assert "both sides hold the same" in shown.out
    assert "both sides hold the same" in met.types("audit").out
    hers = met.types("timeline", "Town Library", "--json").said["entries"]
    she = str(library.types("peers", "--json").rows[0]["fingerprint"])
    assert hers == library.types("timeline", she, "--json").said["entries"]
    assert "terms: confirm" in met.types("timeline", "Town Library").out


def test_a_challenge_is_asked_answered_and_proved_to_anybody(met: Owner, library: Owner, tmp_path: Path) -> None:
    met.types("terms", "proffer", "Town Library")
    asked = ("audit", "challenge", "Town Library", "Which record permits this?", "--use", "dpv:DirectMarketing")
    assert met.types(*asked, "--by", "2020-01-01").status == 2
    assert met.types(*asked, "--by", "2099-01-01").status == 0
    until(lambda: library.types("questions", "--json").rows)
    [question] = library.types("questions", "--json").rows
    assert "by what right" in library.types("questions").out
    assert library.types("audit", "answer", str(question["thread"])[:8], "By these terms.").status == 0
    until(lambda: "By these terms." in met.types("audit", "Town Library").out)
    file = tmp_path / "evidence.json"

    assert met.types("evidence", "bundle", str(file), "--peer", "Town Library").status == 0

    assert met.types("evidence", "verify", str(file)).status == 0
    assert met.types("verify", str(file)).status == 0
    alone = (sys.executable, "-m", "wallet.verify", str(file))
    run = subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    file.write_text(file.read_text().replace("dpv:DirectMarketing", "dpv:DeliveryOfGoods"))
    changed = met.types("evidence", "verify", str(file))
    assert changed.status == 1
    assert "AuditChallenge" in changed.out


def test_a_dispute_and_an_attestation_are_said(met: Owner, library: Owner) -> None:
    assert met.types("audit", "dispute", "Town Library", "I gave the book back.", "--want", "Strike it.").status == 0
    until(lambda: library.types("questions", "--json").rows)
    thread = str(library.types("questions", "--json").rows[0]["thread"])
    assert library.types("audit", "answer", thread, "We never had it.").status == 0
    until(lambda: "We never had it." in met.types("audit", "Town Library").out)

    dates = ("--from", "2026-01-01", "--to", "2026-12-31")
    she = str(library.types("peers", "--json").rows[0]["fingerprint"])
    said = library.types("audit", "attest", she, "--scope", "All", "--standard", "ISO/IEC 27701", *dates)
    assert said.status == 0, said.err


def test_the_usual_action_need_not_be_named(her: Owner) -> None:
    for home in (["--home", "somewhere"], ["--home=somewhere"], []):
        found = parse([*home, "audit", "Town Library", "--json"])
        assert (found.action, found.peer, found.json) == ("about", "Town Library", True)
    assert parse(["audit"]).action == "about"
    assert parse(["audit", "compare", "Town Library"]).action == "compare"
    assert "nobody" in her.unlocks("audit").out
