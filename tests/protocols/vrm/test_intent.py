"""Intent 1.0."""

import pytest

from protocols.machine import Ask, Misuse, Publish, Turn, step
from protocols.problems import InvalidMessage, WrongAgreement
from protocols.vrm.base import AgreementRef, ItemLabel
from protocols.vrm.demand import Ceiling, Demand, Item, Offer
from protocols.vrm.intent import Role, State, cast
from protocols.vrm.intent_words import (
    Answer,
    AskRelease,
    Bid,
    Cast,
    Close,
    CloseReceipt,
    Confirm,
    Decline,
    Join,
    JoinReceipt,
    Leave,
    LeaveReceipt,
    Matched,
    Outcome,
    PoolDecline,
    Question,
    Release,
    Seal,
    Select,
    SelectAck,
)  # fmt: skip
from tests.protocols.peers import NOON, Peers
from tests.protocols.specified import assert_rows

TERMS = AgreementRef(id="TEST-INTENT", version="1", digest="uEiAPvcqXnXKf8cnHTt33IuvJfGDjYAMu6FoPgfphil8Wbg")
OBJECT = "uEiCO6JcRMwwczzmi5lrRK7199KSi7oV_U7SCPwD-y3vSUg"
OTHER = "uEiAPE7bSKEWSPSLRnE-cJW7oxh2pGao9G3LXiREVa_qOIQ"
STROLLER = Demand(Item(category="twin stroller"), "GB-GLG", price_specification=Ceiling("350.00", "GBP"))
WANT = Cast(
    STROLLER,
    level=1,
    terms=TERMS,
    seal=False,
    questions=2,
    bid_by="2026-11-03T12:00:00Z",
    select_by="2026-11-04T12:00:00Z",
    nonce="q83vEjRWeJCrze8SNFZ4kA",
    must=("folds",),
)
BID = Bid(Offer("319.00", "GBP", delivery_lead_time="P2D"), valid_until="2026-11-05T12:00:00Z", accepts=TERMS.digest)
ACK = SelectAck(OBJECT, hold_until="2026-11-05T12:00:00Z")
CONFIRM = Confirm(OBJECT, (ItemLabel("/name", "dpv:DeliveryOfGoods", "2027-01-31T00:00:00Z"),))
JOIN = Join("solar-2026", STROLLER)
MATCHED = Matched(({"type": ["VerifiableCredential", "IntentBid"]},))
SAMPLES = (
    WANT,
    Question("Does it have to fit through a door of 70 cm?"),
    Answer("Yes.", "message-2"),
    Seal(OTHER),
    BID,
    Decline("area"),
    Select(OBJECT),
    ACK,
    CONFIRM,
    Release("changed-mind"),
    AskRelease("The last one was damaged in the warehouse."),
    Close("too-dear", winning_band="300-320 GBP"),
    CloseReceipt("done", deleted_at="2026-11-04T12:00:00Z"),
    Outcome("A-118", delivery="2026-11-07"),
    JOIN,
    JoinReceipt("done"),
    PoolDecline("quota"),
    Leave(),
    LeaveReceipt("done"),
    MATCHED,
)


def bidden() -> Peers:
    peers = Peers(cast)
    peers.say(Role.PERSON, WANT)
    peers.say(Role.ORG, BID)
    return peers


def reserved() -> Peers:
    peers = bidden()
    peers.say(Role.PERSON, Select(OBJECT))
    peers.say(Role.ORG, ACK)
    return peers


def test_the_table_is_as_specified() -> None:
    """vrm-protocols, section 5.6."""
    assert_rows(
        cast,
        """
        start person cast ● open
        open org question - open
        open person answer - open
        open org seal ● sealed
        open,sealed org bid ● bid
        open,sealed,bid,selected org decline ● declined
        bid person select ●⏱ selected
        selected org select-ack ● reserved
        reserved,recalled person confirm ● ordered
        reserved,recalled person release ● released
        reserved org ask-release - recalled
        open,sealed,bid person close ● closed
        closed org receipt(close) ● purged
        ordered org outcome ● completed
        sealed,bid,declined person answer crossed same
        closed org question crossed same
        closed org seal ●crossed same
        closed org bid ●crossed same
        closed org decline ●crossed declined
        declined person select ●crossed same
        declined person close ●crossed same
        ordered,released org ask-release crossed same
        """,
    )
    assert cast.lapses == {"selected": ("person", 86400)}
    assert cast.committed == {"reserved": "org", "recalled": "org"}
    assert cast.final == {"declined", "released", "purged", "completed"}
    assert cast.binding == {"ordered", "completed"}


def test_an_order_binds_both_only_after_the_org_has_signed_for_exactly_that_bid() -> None:
    peers = reserved()
    assert peers.bound == []

    peers.say(Role.PERSON, CONFIRM)

    assert peers.states == {State.ORDERED}
    assert len({record for _, record in peers.bound}) == 1
    assert Publish("ordered") in peers.effects[Role.ORG]


@pytest.mark.parametrize("message", [SelectAck(OTHER, ACK.hold_until), Confirm(OTHER, ())])
def test_nothing_moves_after_the_selection(message: SelectAck | Confirm) -> None:
    peers = bidden()
    peers.say(Role.PERSON, Select(OBJECT))
    if isinstance(message, Confirm):
        peers.say(Role.ORG, ACK)
    by = Role.PERSON if isinstance(message, Confirm) else Role.ORG

    with pytest.raises(InvalidMessage, match="another bid"):
        step(cast, peers.threads[cast.other(by)], Turn(by, message, "9", NOON, "digest"))
    with pytest.raises(Misuse):
        peers.say(by, message)


def test_a_bid_accepts_the_terms_of_the_cast_and_no_others() -> None:
    peers = Peers(cast)
    peers.say(Role.PERSON, WANT)

    with pytest.raises(WrongAgreement):
        step(cast, peers.threads[Role.PERSON], Turn(Role.ORG, Bid(BID.offer, BID.valid_until, OTHER), "2", NOON, "d"))


def test_a_close_waits_for_the_deletion_and_a_flying_bid_changes_nothing() -> None:
    peers = bidden()

    peers.say(Role.PERSON, Close("too-dear"))
    person, _ = step(cast, peers.threads[Role.PERSON], Turn(Role.ORG, BID, "late", NOON, "digest"))

    assert Ask() in peers.effects[Role.ORG]
    assert peers.states == {person.state} == {State.CLOSED}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("bid", {"offer": {"@type": "Offer", "price": 319, "priceCurrency": "GBP"}}),
        ("bid", {"offer": {"@type": "Demand"}, "valid_until": "2026-11-05T12:00:00Z", "accepts": OTHER}),
        ("close", {"reason": "somebody-else"}),
        ("select", {"bid": "319.00"}),
        ("select", {"bid": OBJECT, "hold_until": "2026-11-05T12:00:00Z"}),
        ("receipt", {"of": "close", "result": "done"}),
        ("cast", {"demand": {"@type": "Demand"}, "level": 4}),
    ],
)
def test_a_body_that_is_not_as_specified_is_refused(name: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage, match=f"The body of {name} is not as specified"):
        cast.read(name, body)
