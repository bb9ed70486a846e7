"""Going to market at the terminal: a want kept, cast, compared, ordered; and an org that bids."""

from pathlib import Path
from time import monotonic, sleep

import msgspec

from agent.cli.demand import Cast, Counters, Pool, Rules, counted, listed, pools, priced
from agent.cli.wants import Bids, Preview, Want, compared, preview, whole
from tests.agent.cli.conftest import Outcome, Owner
from tests.agent.cli.test_content import HOSTILE, harmless

PATIENCE = 60.0


def eventually(owner: Owner, *words: str, has: str) -> Outcome:
    """Type this until it says so."""
    end = monotonic() + PATIENCE
    while True:
        said = owner.types(*words)
        if has in said.out or monotonic() > end:
            assert has in said.out, said.out + said.err
            return said
        sleep(0.1)


def test_a_want_is_kept_changed_and_forgotten(her: Owner) -> None:
    added = her.unlocks(
        "want", "add", "Stroller for spring", "--what", "twin stroller", "--where", "GB-GLG", "--most", "350 GBP"
    )
    changed = her.unlocks("want", "edit", "stroller", "--must", "folds", "--level", "1")
    found = her.unlocks("want", "list", "--json").rows
    refused = her.unlocks("want", "add", "x", "--most", "350")
    dropped = her.unlocks("want", "drop", "stroller")

    assert "at most     350 GBP" in added.out
    assert "proof that you are entitled" in changed.out
    assert [(each["must"], each["level"], each["state"]) for each in found] == [(["folds"], 1, "kept")]
    assert (refused.status, "currency" in refused.err) == (2, True)
    assert (dropped.status, her.unlocks("want", "list", "--json").rows) == (0, [])


def test_one_preview_one_confirmation_then_offers_and_an_order(met: Owner, library: Owner, tmp_path: Path) -> None:
    prices = tmp_path / "prices.json"
    rule = {"name": "Fold 2", "category": "twin stroller", "price": "319.00", "currency": "GBP", "stock": 3}
    prices.write_bytes(msgspec.json.encode({"rules": [rule]}))
    assert "319.00 GBP" in library.types("demand", "prices", str(prices)).out
    assert met.types("want", "add", "Stroller", "--what", "twin stroller", "--where", "GB-GLG").status == 0

    shown = met.types("want", "cast", "stroller", "--to", "Town Library", "--preview")
    unsure = met.types("want", "cast", "stroller", "--to", "Town Library")
    begun = met.types("want", "cast", "stroller", "--to", library.listen, "--spread", "0", "--yes")
    table = eventually(met, "bids", "stroller", has="319.00 GBP")
    picked = met.types("select", "stroller", "1")
    ordered = met.types("order", "stroller", "--tell", "/name=Ada", "--yes")
    eventually(met, "want", "list", has="ordered")

    assert "nothing about you" in shown.out
    assert "twin stroller" in shown.out
    assert (unsure.status, "nothing was said" in unsure.err) == (2, True)
    assert begun.status == 0, begun.err
    assert "1 offered" in table.out
    assert "does not know who asks" in picked.out
    assert ": name" in ordered.out
    assert "1, 100 % of the bids" in eventually(library, "demand", "counters", has="100 %").out


def test_hostile_words_do_nothing_to_the_terminal() -> None:
    offer = {
        "number": 1, "by": HOSTILE, "thread": "t", "state": "offered", "price": "1", "currency": "GBP",
        "conditions": HOSTILE, "delivery": HOSTILE, "warranty": HOSTILE,
    }  # fmt: skip
    bids = {
        "want": HOSTILE,
        "state": "cast",
        "tally": None,
        "bids": [offer],
        "questions": [{"by": HOSTILE, "text": HOSTILE}],
    }
    want = Want("1", HOSTILE, "wish", "kept", {"category": HOSTILE}, HOSTILE, must=(HOSTILE,))
    cast = Cast("t", "open", (HOSTILE, HOSTILE), HOSTILE, "2026-01-01T00:00:00Z", None, HOSTILE)
    shown = {
        "want": HOSTILE, "to": [{"name": HOSTILE, "known": False}],
        "says": {"demand": {"itemOffered": {"name": HOSTILE}}},
        "level": 0, "terms": {"id": HOSTILE, "title": HOSTILE}, "bid_by": "", "select_by": "", "shared": [HOSTILE],
    }  # fmt: skip
    rules = {"rules": [{"name": HOSTILE, "category": HOSTILE, "price": "1", "currency": "GBP"}]}
    counts = Counters(1, 1, 1, 1, 1, 1, None, {"lost": {HOSTILE: 1}})

    assert harmless([*compared(msgspec.convert(bids, Bids)), *whole(want), *preview(msgspec.convert(shown, Preview))])
    assert harmless([*listed([cast]), *counted(counts), *priced(msgspec.convert(rules, Rules))])
    assert harmless([*pools([Pool(HOSTILE, HOSTILE, wanted={HOSTILE: 1})])])
