"""The corpus of envelopes: every file of `env/` is one case, and every row of the case table is somewhere.

A case says what was given, what must come of it, and how often a DID document may be asked for; the network is never
used. Rows that only a transport or the inbox can show stand in `env/elsewhere.json` with the test that shows them.
Source: the case table ENV of the threat model.
"""

import json
from pathlib import Path

import pytest

from agent.didcomm import envelopes
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import BadPlaintext
from agent.errors import BadEnvelope, Dropped
from tests.corpus.env_world import BOB, Object, World, built, child
from wallet.needs import Fetch

FOLDER = Path(__file__).parent / "env"
ROWS = 44
CASES = sorted(FOLDER.glob("ENV-*.json"))


def load(path: Path) -> Object:
    """One file of the corpus."""
    found: Object = json.loads(path.read_text())
    return found


def outcome(raw: bytes, world: World, *, strict: bool = True) -> tuple[str, Opened | Exception]:
    """What becomes of a message, in the words of the case table. Fails the test if anything is fetched."""
    try:
        lookup = envelopes.open(raw, keys=world.ring, resolve=world.resolve, strict=strict)
        need = next(lookup)
    except StopIteration as done:
        return "OK", done.value
    except BadEnvelope as fault:
        return "H400", fault
    except BadPlaintext as fault:
        return (fault.code if fault.sender else "202-DROP"), fault
    except Dropped as fault:
        return "202-DROP", fault
    assert isinstance(need, Fetch)
    pytest.fail(f"wanted to fetch {need.url}")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_message_is_answered_as_the_table_says(path: Path) -> None:
    case = load(path)
    expected = child(case, "expect")
    documents = child(case, "documents")
    world = World(changed={did: child(documents, did) for did in documents})
    raw = str(case["input"]).encode() if "input" in case else built(child(case, "generator"))

    response, result = outcome(raw, world, strict=case.get("strict") is not False)

    assert response == expected["response"], result
    effects = child(expected, "side_effects")
    assert effects["network"] == 0
    assert len(world.looked_up) == effects["look_ups"], world.looked_up
    for name, value in expected.items():
        if name not in ("response", "side_effects"):
            assert shown(result, name, world) == value, name


def shown(result: Opened | Exception, name: str, world: World) -> object:
    """One more thing that a case may expect: of an error its `reason` or `path`, else a member of what was opened."""
    if name == "agreements":
        return len(world.agreed)
    if isinstance(result, Opened) and name == "content":
        return result.plaintext.body.get("content")
    value = getattr(result, name)
    return list(value) if isinstance(value, tuple) else value


def test_every_file_has_the_form_of_the_corpus() -> None:
    for path in CASES:
        case = load(path)
        assert set(case) <= {"id", "group", "given", "input", "generator", "documents", "strict", "expect", "source"}
        assert case["id"] == path.stem[:6]
        assert case["group"] == "ENV"
        assert case["given"]
        assert case["source"]
        assert ("input" in case) != ("generator" in case)


def test_every_row_of_the_table_is_shown_here_or_elsewhere() -> None:
    elsewhere = load(FOLDER / "elsewhere.json")
    here = {path.stem[:6] for path in CASES}

    assert here | set(elsewhere) == {f"ENV-{row:02}" for row in range(1, ROWS + 1)}


def test_refusing_everything_would_not_pass() -> None:
    good = [path for path in CASES if child(load(path), "expect")["response"] == "OK"]

    assert 5 * len(good) >= len(CASES)


GOOD = [path for path in CASES if child(load(path), "expect")["response"] == "OK" and "strict" not in load(path)][:20]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_message_cut_short_anywhere_is_never_taken(path: Path) -> None:
    """ENV-39."""
    case = load(path)
    raw = str(case["input"]).encode() if "input" in case else built(child(case, "generator"))
    world = World()

    taken = [place for place in range(len(raw.rstrip())) if outcome(raw[:place], world)[0] == "OK"]

    assert not taken


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_message_with_one_bit_flipped_never_says_something_else(path: Path) -> None:
    """ENV-39. A flip may fall on a byte that means nothing, such as white space; what is said must be the same then."""
    case = load(path)
    raw = str(case["input"]).encode() if "input" in case else built(child(case, "generator"))
    world = World()
    said = outcome(raw, world)[1]
    assert isinstance(said, Opened)

    for place in range(len(raw)):
        flipped = raw[:place] + bytes([raw[place] ^ (1 << place % 8)]) + raw[place + 1 :]
        response, result = outcome(flipped, world)
        if response == "OK":
            assert isinstance(result, Opened)
            assert result.plaintext == said.plaintext
            assert result.sender == said.sender


def test_whatever_keeps_a_message_closed_looks_the_same() -> None:
    """ENV-40."""
    cases = [load(path) for path in CASES if path.stem.startswith("ENV-40")]
    world = World()

    answers = {str(outcome(built(child(case, "generator")), world)[1]) for case in cases}

    assert len(cases) >= 4
    assert answers == {"unreadable"}
    assert all(did != BOB for did in world.looked_up)
