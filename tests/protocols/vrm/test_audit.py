"""Audit 1.0: checkpoint, challenge, dispute, attest."""

import pytest

from protocols.machine import Ask, Attachment, Content, Misuse, Protocol, Publish, Signed
from protocols.problems import InvalidMessage
from protocols.vrm.audit import (
    TABLES,
    About,
    Aligned,
    Attest,
    AttestReceipt,
    Challenge,
    Checkpoint,
    Decline,
    Dispute,
    Diverged,
    Evidence,
    Head,
    Position,
    Role,
    State,
    attest,
    challenge,
    checkpoint,
    dispute,
)
from tests.protocols.peers import Peers
from tests.protocols.specified import assert_rows

HERS = Head(18, "uEiC8C3kASjfhE8MxaIho8j9ke36BwIjeXVIaA6LGalWyjA")
ITS = Head(17, "uEiCBG55WM-tiFAfGhr16ETvtvUV17NeVwV4S532X-ZjU8g")
LAGGING = Head(16, "uEiBoNpBrZddOJyWv1JxZolE0hexsRMrC8X2ahdyrm5gQsw")
CHECKPOINT = Checkpoint(HERS, ITS)
DIVERGED = Diverged(ITS, LAGGING, missing=(17, 18), unseen=())
CHALLENGE = Challenge(About(use="dpv:DirectMarketing"), "Which record permits this?", "2026-12-05T00:00:00Z")
OBJECT = Attachment(id="1", data=Content(json={"a": 1}))
EVIDENCE = Evidence((HERS.head or "",), "You granted it.", attachments=(OBJECT,))
DISPUTE = Dispute("The charger was broken when it came.", (HERS.head or "",), want="A new one.")
POSITION = Position("It was whole when it left.", ())
ATTEST = Attest("All shops", "ISO/IEC 27701", from_="2026-01-01", to="2026-12-31", auditor="did:web:auditor.example")
SAMPLES = (
    CHECKPOINT,
    Aligned(ITS, HERS),
    DIVERGED,
    CHALLENGE,
    EVIDENCE,
    Decline("no-basis"),
    DISPUTE,
    POSITION,
    ATTEST,
    AttestReceipt("done"),
)


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        (
            checkpoint,
            """
            start asker checkpoint ● compared
            compared answerer aligned ● aligned
            compared answerer diverged ● diverged
            """,
        ),
        (
            challenge,
            """
            start asker challenge ● challenged
            challenged answerer evidence ● answered
            challenged answerer decline ● declined
            """,
        ),
        (dispute, "start asker dispute ● disputed\ndisputed answerer position ● stated"),
        (attest, "start asker attest ● attested\nattested answerer receipt(attest) ● noted"),
    ],
    ids=["checkpoint", "challenge", "dispute", "attest"],
)
def test_the_tables_are_as_specified(table: Protocol, rows: str) -> None:
    """vrm-protocols, section 5.11."""
    assert_rows(table, rows)


def test_who_is_committed_and_what_binds_is_as_specified() -> None:
    committed = {state: role for table in TABLES for state, role in table.committed.items()}

    assert committed == {"compared": "asker", "challenged": "asker", "disputed": "asker", "attested": "asker"}
    assert [table.binding for table in TABLES] == [{"aligned", "diverged"}, {"answered"}, {"stated"}, {"noted"}]
    assert [table.final - table.binding for table in TABLES] == [set(), {"declined"}, set(), set()]
    assert not any(table.lapses for table in TABLES)


def test_aligned_means_the_heads_that_were_asked_about() -> None:
    peers = Peers(checkpoint)
    peers.say(Role.ASKER, CHECKPOINT)

    with pytest.raises(Misuse):
        peers.say(Role.ANSWERER, Aligned(ITS, LAGGING))
    peers.say(Role.ANSWERER, Aligned(ITS, HERS))

    assert peers.states == {State.ALIGNED}


@pytest.mark.parametrize(
    ("table", "opening", "answer", "event"),
    [
        (checkpoint, CHECKPOINT, DIVERGED, "diverged"),
        (challenge, CHALLENGE, EVIDENCE, "challenged"),
        (dispute, DISPUTE, POSITION, "disputed"),
    ],
    ids=["checkpoint", "challenge", "dispute"],
)
def test_an_answer_needs_somebody_to_decide_and_an_orgs_systems_hear(
    table: Protocol, opening: Signed, answer: Signed, event: str
) -> None:
    peers = Peers(table)
    peers.say(Role.ASKER, opening)
    asked = peers.effects[Role.ANSWERER]
    peers.say(Role.ANSWERER, answer)

    assert Ask() in asked
    assert Publish(event) in (*asked, *peers.effects[Role.ASKER])
    assert len({record for _, record in peers.bound}) == 1


def test_an_attestation_is_noted_at_once() -> None:
    peers = Peers(attest)

    peers.say(Role.ASKER, ATTEST)

    assert peers.states == {State.NOTED}


@pytest.mark.parametrize(
    ("table", "name", "body"),
    [
        (checkpoint, "checkpoint", {"mine": {"seq": -1}, "yours": {"seq": 0}}),
        (challenge, "challenge", {"about": {}, "question": "Why?"}),
        (challenge, "decline", {"reason": "because"}),
        (dispute, "position", {"text": "No.", "evidence": ["a record"]}),
    ],
)
def test_a_body_that_is_not_as_specified_is_refused(table: Protocol, name: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage, match=f"The body of {name} is not as specified"):
        table.read(name, body)
