"""Experience 1.0."""

import pytest

from protocols.machine import Ask, Attachment, Content, Publish
from protocols.problems import InvalidMessage
from protocols.vrm.base import Money
from protocols.vrm.experience import Role, State, experience
from protocols.vrm.experience_words import (
    About,
    Add,
    Decline,
    Rating,
    Reopen,
    Resolve,
    Respond,
    Retract,
    RetractReceipt,
    Settle,
    Share,
    ShareReceipt,
)
from tests.protocols.peers import Peers
from tests.protocols.specified import assert_rows

ORDER = "uEiAf5wC8PLaIXrN95WD_KWXGiLw7Cu54eAGHpYX7DEXscQ"
PROOF = Attachment(id="1", format="dc+sd-jwt", data=Content(base64="eyJ4IjoxfQ"))
SHARE = Share(
    "complaint", About(order=ORDER), "Arrived broken, twice.", "org", True,
    rating=Rating(2, 5), attribution="none", want="replacement", answer_by="2026-12-01T00:00:00Z", attachments=(PROOF,),
)  # fmt: skip
RESOLVE = Resolve("A new one, sent today.", Money("12.50", "EUR"), "2026-11-20")
SAMPLES = (
    SHARE,
    ShareReceipt("done"),
    Decline("no-purchase"),
    Respond("We are sorry."),
    Add("It is still broken."),
    RESOLVE,
    Settle(),
    Reopen("It never came."),
    Retract("changed-mind"),
    RetractReceipt("done", copies=("the wall of our shop",)),
)


def received() -> Peers:
    peers = Peers(experience)
    peers.say(Role.PERSON, SHARE)
    assert peers.effects[Role.ORG][:2] == (Publish("shared"), Ask())
    peers.say(Role.ORG, ShareReceipt("done"))
    return peers


def test_the_table_is_as_specified() -> None:
    """vrm-protocols, section 5.9."""
    assert_rows(
        experience,
        """
        start person share ● shared
        shared org receipt(share) ● received
        shared org decline ● declined
        received org respond ● received
        received person add - received
        received org resolve ● resolved
        resolved person settle ● settled
        resolved person reopen ● received
        received,resolved person retract ● retracting
        retracting org receipt(retract) ● retracted
        retracting org respond ●crossed same
        retracting org resolve ●crossed same
        resolved person add crossed same
        """,
    )
    assert experience.lapses == {}
    assert experience.committed == {"shared": "person"}
    assert experience.final == {"declined", "settled", "retracted"}
    assert experience.binding == {"received", "resolved", "settled", "retracting", "retracted"}


def test_she_takes_the_remedy_or_does_not() -> None:
    peers = received()
    peers.say(Role.ORG, RESOLVE)
    assert Ask() in peers.effects[Role.PERSON]
    peers.say(Role.PERSON, Reopen("It never came."))
    peers.say(Role.ORG, RESOLVE)

    peers.say(Role.PERSON, Settle())

    assert peers.states == {State.SETTLED}
    assert len({record for _, record in peers.bound}) == 1


def test_what_is_taken_back_is_over_only_when_it_has_been_removed() -> None:
    peers = received()

    peers.say(Role.PERSON, Retract())
    asked = peers.effects[Role.ORG]
    peers.say(Role.ORG, RetractReceipt("done", copies=()))

    assert asked == (Publish("retracted"), Ask())  # the org is asked, for it has to remove it first
    assert peers.states == {State.RETRACTED}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("share", {"kind": "praise", "about": {}, "text": "Good.", "audience": "friends", "contact_ok": False}),
        ("share", {"kind": "praise", "about": {"who": "me"}, "text": "Good.", "audience": "org", "contact_ok": False}),
        ("resolve", {"remedy": "Money.", "amount": {"amount": 12.5, "currency": "EUR"}}),
        ("settle", {"text": "no fields"}),
        ("retract", {"reason": "because"}),
    ],
)
def test_a_body_that_is_not_as_specified_is_refused(name: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage, match=f"The body of {name} is not as specified"):
        experience.read(name, body)
