"""Commands for what stands for everybody: house rules, rosters, notices."""

import json
from pathlib import Path

from tests.agent.cli.conftest import Owner
from tests.agent.cli.test_moving import until
from wallet.encoding import digest

TEXT = "NOTHING AT ALL, version 1\n\nThe second party keeps nothing.\n"


def test_rules_are_made_line_by_line_stated_and_taken_back(met: Owner) -> None:
    assert "You have no house rules" in met.types("rules").out
    delivery = ("--who", "kind:vendor", "--what", "/addresses", "--why", "dpv:DeliveryOfGoods")

    assert met.types("rules", "allow", *delivery).status == 0
    assert met.types("rules", "deny", "--why", "dpv:Marketing").status == 0
    assert met.types("rules", "set", "storage", "PT,DE").status == 0
    assert met.types("rules", "set", "quiet", "22:00-07:00@Europe/Lisbon").status == 0
    assert met.types("rules", "set", "channels", "agent=service-only,phone=never").status == 0
    shown = met.types("rules")

    assert "every vendor may use address (all) to deliver what you ordered" in shown.out
    assert "anybody may NOT use anything to advertise" in shown.out
    assert "PT, DE" in shown.out
    assert "Not told yet of this version: Town Library" in shown.out
    assert "goes to Town Library" in met.types("rules", "send").out
    until(lambda: "Not told yet" not in met.types("rules").out)
    assert "nothing was said" in met.types("rules", "send").out
    assert met.types("rules", "forget", *delivery).status == 0
    assert "kind:vendor" not in met.types("rules").out
    assert met.types("rules", "forget", *delivery).status == 2
    assert met.types("rules", "set", "storage", "Portugal").status == 2


def test_one_of_them_is_paused_until_a_day_and_goes_on(met: Owner) -> None:
    paused = met.types("pause", "Town Library", "--until", "2099-12-31")
    assert paused.status == 0
    assert "until 2099-12-31. They are told." in paused.out
    assert str(met.types("peers", "--json").rows[0]["paused"]).startswith("2099-12-31")

    ended = met.types("pause", "Town Library", "--end")

    assert "can reach you again" in ended.out
    assert met.types("peers", "--json").rows[0]["paused"] is None
    assert met.types("pause", "Town Library", "--end").status == 2
    assert met.types("pause", "Town Library", "--until", "2020-01-01").status == 2


def test_a_roster_is_loaded_from_a_file_used_and_dropped(her: Owner, tmp_path: Path) -> None:
    agreement = {"id": "nothing", "version": "1", "title": "Nothing", "text": TEXT, "digest": digest(TEXT.encode())}
    file = tmp_path / "another.json"
    file.write_text(json.dumps({"name": "another", "version": "1", "agreements": [{**agreement, "policy": {}}]}))
    pinned = digest(file.read_bytes())

    refused = her.unlocks("roster", "load", str(file))
    assert refused.status == 1
    assert pinned in refused.err
    assert her.unlocks("roster", "load", str(file), "--digest", pinned).status == 0
    assert her.unlocks("roster", "use", "another").status == 0

    assert "another 1 (in use, from another.json)" in her.unlocks("roster").out
    assert "Nothing" in her.unlocks("terms").out
    assert "keeps nothing" in her.unlocks("terms", "show", "nothing").out
    assert her.unlocks("roster", "drop", "another").status == 2
    assert her.unlocks("roster", "use", "freerange").status == 0
    assert her.unlocks("roster", "drop", "another").status == 0
    assert [row["roster"] for row in her.unlocks("roster", "list", "--json").rows] == ["freerange"]


def test_an_organisation_tells_those_whose_rules_allow_it(met: Owner, library: Owner) -> None:
    sale = ("notice", "send", "--kind", "promotion", "--topic", "sale", "Everything is cheaper.")

    assert library.types(*sale, "--preview").out.startswith("Would be told: 0 people.")
    told = library.types("notice", "send", "--kind", "service", "The reading room moves.", "--json")
    assert (told.said["allowed"], told.said["suppressed"]) == (1, 0)

    until(lambda: "The reading room moves." in met.types("notice").out)
    assert met.types("notice", "send", "--kind", "service", "I move.").status == 2
