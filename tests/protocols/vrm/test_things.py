"""Things 1.0: registration, service, transfer, claim."""

import pytest

from protocols.machine import Ask, Attachment, Content
from protocols.problems import InvalidMessage
from protocols.vrm.base import DAY, Money
from protocols.vrm.things import Hand, Role, State, claim, registration, service, transfer
from protocols.vrm.things_words import (
    Accept,
    Add,
    Alert,
    AlertReceipt,
    Claim,
    ClaimReceipt,
    Close,
    Confirm,
    Decline,
    Fault,
    NotWanted,
    Offer,
    Register,
    RegisterReceipt,
    Release,
    ReleaseReceipt,
    Reopen,
    Report,
    ReportReceipt,
    Resolve,
    Thing,
    Update,
)
from tests.protocols.peers import Peers
from tests.protocols.specified import assert_rows

CARD = "uEiD9D-Ys0g5pI8c368jd8D6PolzyAcO1-_FWWasio6CNfA"
OFFERED = "uEiBVMpXkuEi-54HDCgyGpbcxMwgG6qyiFN4ZXkh2G4ph7g"
WASHER = Thing("Washing machine", gtin="4012345678901", serial="A1B2C3")
HER_DID = "did:peer:4zQmPZBPNQLgMUvVYpbMdZFJnHwLgXBjpJV1WkiWqxbcPLHo"
ATTACHED = (Attachment(id="1", format="vc+di", data=Content(json={"type": ["VerifiableCredential"]})),)
REGISTER = Register(WASHER, acquired="2026-10", attachments=ATTACHED)
ALERT = Alert("recall", "Stop using the charger.", remedy="We send another.")
REPORT = Report(Fault("Water stays in the drum.", "no-drain", "2026-10-30"), "repair", tried=("filter",))
RESOLVE = Resolve("refunded", "As you wished.", amount=Money("12.50", "EUR"))
SAMPLES = (
    REGISTER,
    RegisterReceipt("done", warranty_until="2028-10-01"),
    Decline("unknown-serial"),
    NotWanted("changed-mind"),
    ALERT,
    AlertReceipt("done"),
    Release("passed-on"),
    ReleaseReceipt("done"),
    REPORT,
    ReportReceipt("done", case="C-1", answer_by="2026-12-01T00:00:00Z"),
    Update("waiting-owner", "Which programme?"),
    Add("The long one."),
    RESOLVE,
    Reopen("It still leaks."),
    Close(solved=True),
    Offer(WASHER, CARD, history=(CARD,), price=Money("100.00", "EUR")),
    Accept(OFFERED, HER_DID),
    Confirm(OFFERED, CARD, HER_DID, attachments=ATTACHED),
    Claim(CARD, HER_DID, attachments=ATTACHED),
    ClaimReceipt("done", reissue="a-thread"),
)


def test_the_tables_are_as_specified() -> None:
    """vrm-protocols, section 5.7."""
    assert_rows(
        registration,
        """
        start person register ● registering
        registering org receipt(register) ● registered
        registering org decline ● declined
        registered org alert ● registered
        registered person receipt(alert) ● registered
        registered person release ● releasing
        releasing org receipt(release) ● released
        releasing org alert ●crossed same
        """,
    )
    assert_rows(
        service,
        """
        start person report ● reported
        reported org receipt(report) ● open
        reported org decline ● declined
        open org update - open
        open person add - open
        open org resolve ● resolved
        resolved person reopen ● open
        open,resolved person close ● closed
        closed org update crossed same
        closed org resolve ●crossed same
        resolved person add crossed same
        """,
    )
    assert_rows(
        transfer,
        """
        start holder offer ●⏱ offered
        offered receiver accept ● accepted
        offered receiver decline - declined
        accepted holder confirm ● transferred
        accepted holder decline - declined
        """,
    )
    assert_rows(
        claim,
        """
        start person claim ● claiming
        claiming org receipt(claim) ● recognised
        claiming org decline ● declined
        """,
    )
    assert transfer.lapses == {"offered": ("holder", 7 * DAY)}
    assert not registration.lapses
    assert not service.lapses
    assert not claim.lapses
    committed = {**registration.committed, **service.committed, **transfer.committed, **claim.committed}
    assert committed == {"registering": "person", "reported": "person", "accepted": "receiver", "claiming": "person"}
    assert registration.binding == {"registered", "releasing", "released"}
    assert service.binding == {"open", "resolved", "closed"}
    assert transfer.binding == {"transferred"}
    assert claim.binding == {"recognised"}


def test_an_alert_is_receipted_at_once_as_often_as_it_is_said() -> None:
    peers = Peers(registration)
    peers.say(Role.PERSON, REGISTER)
    peers.say(Role.ORG, RegisterReceipt("done"))

    peers.say(Role.ORG, ALERT)
    peers.say(Role.ORG, Alert("end-of-support", "No more parts."))

    assert peers.states == {State.REGISTERED}
    assert peers.threads[Role.ORG].said[-1].name == "receipt(alert)"


def test_a_problem_is_followed_to_its_end_and_again_if_it_was_not_solved() -> None:
    peers = Peers(service)
    peers.say(Role.PERSON, REPORT)
    assert Ask() in peers.effects[Role.ORG]

    peers.say(Role.ORG, ReportReceipt("done", case="C-1"))
    peers.say(Role.ORG, Update("in-repair"))
    peers.say(Role.ORG, Resolve("denied", "It is worn.", reason="out-of-warranty"))
    assert Ask() in peers.effects[Role.PERSON]
    peers.say(Role.PERSON, Reopen("It is not."))
    peers.say(Role.ORG, RESOLVE)
    peers.say(Role.PERSON, Close(solved=True))

    assert peers.states == {State.CLOSED}
    assert len({record for _, record in peers.bound}) == 1


@pytest.mark.parametrize(
    ("by", "last", "ends"),
    [
        (Hand.HOLDER, Confirm(OFFERED, CARD, HER_DID), State.TRANSFERRED),
        (Hand.HOLDER, NotWanted("changed-mind"), State.DECLINED),
    ],
)
def test_the_receiver_commits_and_the_holder_decides(by: Hand, last: Confirm | NotWanted, ends: State) -> None:
    peers = Peers(transfer)
    peers.say(Hand.HOLDER, Offer(WASHER, CARD, history=()))
    peers.say(Hand.RECEIVER, Accept(OFFERED, HER_DID))
    assert Ask() in peers.effects[Hand.HOLDER]

    peers.say(by, last)

    assert peers.states == {ends}
    assert bool(peers.bound) == (ends == State.TRANSFERRED)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("register", {"thing": {"name": "W", "gtin": "x"}}),
        ("register", {"thing": {"name": "W"}, "acquired": "2026-10-02"}),
        ("release", {"reason": "sold"}),
        ("alert", {"kind": "promotion", "text": "Buy another."}),
    ],
)
def test_a_body_that_is_not_as_specified_is_refused(name: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage, match=f"The body of {name} is not as specified"):
        registration.read(name, body)
