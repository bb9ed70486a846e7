"""Data rights 1.0."""

import pytest

from protocols.machine import Ask, Attachment, Content, Message, Misuse, Publish, Turn, step
from protocols.vrm.base import KeptItem
from protocols.vrm.data_rights import Role, State, data_rights
from protocols.vrm.data_rights_words import (
    Appeal,
    Cancel,
    CancelReceipt,
    Decline,
    DeclineReceipt,
    Deliver,
    DeliverReceipt,
    Exercise,
    ExerciseReceipt,
    Fulfil,
    FulfilReceipt,
    Progress,
)
from tests.protocols.peers import NOON, Peers
from tests.protocols.specified import assert_rows

EXERCISE = Exercise("erasure", "gdpr", scope=("/orders", "/profile"))
RECEIPT = ExerciseReceipt("done", received_at="2026-11-02T09:00:00Z", due="2026-12-02", reference="DR-118")
FULFIL = Fulfil(("/profile",), (KeptItem("/orders", "legal-duty", "2033-12-31"),), ("carrier",))
DECLINE = Decline(reason="no-match", appeal=Appeal(email="appeals@shop.example"))
DATA = Attachment(id="1", media_type="application/json", data=Content(json={"/profile": 1}))
DELIVER = Deliver(1, 2, "jscontact", attachments=(DATA,))
SAMPLES: tuple[Message, ...] = (
    EXERCISE, RECEIPT, Progress("2026-11-20", "We are collecting it."), DELIVER, DeliverReceipt("done"), FULFIL,
    DECLINE, Cancel("changed-mind"), CancelReceipt("done"), FulfilReceipt("done"), DeclineReceipt("done"),
)  # fmt: skip


def opened() -> Peers:
    peers = Peers(data_rights)
    peers.say(Role.PERSON, EXERCISE)
    peers.say(Role.ORG, RECEIPT)
    return peers


def test_the_table_is_as_specified() -> None:
    """vrm-protocols, section 5.4."""
    assert_rows(
        data_rights,
        """
        start person exercise ● asked
        asked org receipt(exercise) ● open
        open org progress ● open
        open org deliver ● open
        open person receipt(deliver) ● open
        open org fulfil ● fulfilled
        open org decline ● denied
        open person cancel ● cancelling
        cancelling org receipt(cancel) ● cancelled
        fulfilled person receipt(fulfil) ● closed
        denied person receipt(decline) ● closed
        cancelling org progress ●crossed same
        cancelling org deliver ●crossed same
        cancelling org fulfil ●crossed fulfilled
        cancelling org decline ●crossed denied
        fulfilled,denied person cancel ●crossed same
        fulfilled,denied person receipt(deliver) ●crossed same
        """,
    )
    assert data_rights.committed == {"asked": "person"}
    assert data_rights.lapses == {}
    assert data_rights.binding == {"open", "fulfilled", "denied", "cancelling", "cancelled", "closed"}
    assert data_rights.final == {"cancelled", "closed"}


def test_the_receipt_proves_when_the_clock_began_and_tells_the_orgs_systems() -> None:
    peers = Peers(data_rights)
    peers.say(Role.PERSON, EXERCISE)
    assert Ask() in peers.effects[Role.ORG]

    peers.say(Role.ORG, RECEIPT)

    assert peers.states == {State.OPEN}
    assert Publish("asked") in peers.effects[Role.ORG]


def test_data_comes_in_parts_and_each_is_receipted() -> None:
    peers = opened()

    for part in (1, 2, 2):
        peers.say(Role.ORG, Deliver(part, 2, "jscontact", attachments=(DATA,)))

    assert [entry.name for entry in peers.threads[Role.ORG].said].count("receipt(deliver)") == 1  # the latest of them
    assert peers.states == {State.OPEN}
    with pytest.raises(Misuse, match="part 3 of 2"):
        peers.say(Role.ORG, Deliver(3, 2, "jscontact"))


@pytest.mark.parametrize("answer", [FULFIL, DECLINE], ids=["done", "denied"])
def test_an_answer_is_receipted_and_closes_the_case(answer: Message) -> None:
    peers = opened()

    peers.say(Role.ORG, answer)

    assert peers.states == {State.CLOSED}


@pytest.mark.parametrize(("answer", "state"), [(FULFIL, State.FULFILLED), (DECLINE, State.DENIED)])
def test_an_answer_wins_over_a_cancellation_that_crosses_it(answer: Message, state: State) -> None:
    peers = opened()
    hers, theirs = peers.threads[Role.PERSON], peers.threads[Role.ORG]
    hers, _ = step(data_rights, hers, Turn(Role.PERSON, Cancel(), "hers", NOON, "a"))
    theirs, _ = step(data_rights, theirs, Turn(Role.ORG, answer, "theirs", NOON, "b"))

    hers, _ = step(data_rights, hers, Turn(Role.ORG, answer, "theirs", NOON, "b"))
    theirs, _ = step(data_rights, theirs, Turn(Role.PERSON, Cancel(), "hers", NOON, "a"))

    assert {hers.state, theirs.state} == {state}


def test_what_she_takes_back_is_stopped_at_once() -> None:
    peers = opened()

    peers.say(Role.PERSON, Cancel("changed-mind"))

    assert peers.states == {State.CANCELLED}
