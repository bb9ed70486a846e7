"""Messages and questions in words, whatever others put into them."""

import pytest

from agent.cli.content import attached, content, named
from agent.cli.deciding import words
from agent.cli.meeting import met
from agent.cli.views import Line, Peer, Question

HOSTILE = "\x1b[2J\x1b]0;x\x07\u202eevil\r\n\u200b"


def line(body: dict[str, object], **more: object) -> Line:
    """A line of a log with this body."""
    return Line(at="2027-01-15T08:00:00Z", by="us", ours=True, says="x", refused=None, message={"body": body, **more})


def harmless(lines: list[str]) -> bool:
    """Whether a terminal would show these lines as they are."""
    return all(letter.isprintable() for each in lines for letter in each)


def test_an_agreement_goes_by_its_name_and_a_protocol_by_its_last_words() -> None:
    assert named([{"id": "service-only", "version": "1", "digest": "u..."}]) == "service-only 1"
    assert named("https://didcomm.org/trust-ping/2.0") == "trust-ping/2.0"
    assert named({"feature-type": "protocol", "id": "https://didcomm.org/trust-ping/2.0"}) == "trust-ping/2.0"
    assert named("https://library.example") == "https://library.example"


def test_what_is_signed_is_told_in_words() -> None:
    body: dict[str, object] = {"signed": {"credentialSubject": {"body": {"scope": "relationship", "linkage": {}}}}}

    assert [*content(line(body))] == [("scope", "relationship"), ("signed", "yes, and kept by both sides")]


@pytest.mark.parametrize("body", [None, [], "text", {"signed": 7}, {"signed": {"credentialSubject": []}}])
def test_a_body_of_any_shape_says_nothing_rather_than_failing(body: object) -> None:
    odd = Line(at="", by="", ours=False, says="", refused=None, message={"body": body, "attachments": body})

    assert [*content(odd)] == []


@pytest.mark.parametrize("text", ["", "e30", "!!!", "fn5-"])
def test_a_card_that_cannot_be_read_is_told_as_such(text: str) -> None:
    told = attached({"format": "dc+sd-jwt", "data": {"base64": text}})

    assert told == "a card that shows nothing that can be read"


def test_hostile_words_in_a_question_do_nothing_to_the_terminal() -> None:
    question = Question(
        question="ab" * 16,
        at="",
        thread="cd" * 16,
        who=HOSTILE,
        proof=HOSTILE,
        asks=HOSTILE,
        what=(
            {"claim": HOSTILE, "value": HOSTILE, "card": HOSTILE},
            {"stays_hidden": HOSTILE, "card": HOSTILE},
            {"line": HOSTILE},
            {"agreement": HOSTILE, "title": HOSTILE},
        ),
        why=HOSTILE,
        until=HOSTILE,
        terms=HOSTILE,
        choices=("yes",),
    )

    assert harmless([*words(question)])


def test_hostile_words_of_a_peer_do_nothing_to_the_terminal() -> None:
    peer = Peer(HOSTILE, HOSTILE, HOSTILE, HOSTILE, "met", HOSTILE, HOSTILE, HOSTILE, HOSTILE, "did:peer:4", {})

    assert harmless([*met(peer)])
