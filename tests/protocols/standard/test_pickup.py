"""Message Pickup 3.0 and 4.0, against their published text."""

import pytest

from protocols import find
from protocols.machine import Attachment, Content, Protocol
from protocols.messages import encode
from protocols.problems import InvalidMessage
from protocols.standard.pickup import (
    Delivery,
    DeliveryRequest,
    DeliveryRequest4,
    LiveDeliveryChange,
    MessagesReceived,
    Role,
    State,
    Status,
    Status4,
    StatusRequest,
    pickup,
    pickup_4,
)
from tests.protocols.peers import Peers
from tests.protocols.specified import assert_rows

DID = "did:example:recipient"
SAMPLES = (
    StatusRequest(recipient_did=DID),
    Status(
        recipient_did=DID,
        message_count=7,
        longest_waited_seconds=3600,
        newest_received_time=1658085169,
        oldest_received_time=1658084293,
        total_bytes=8096,
        live_delivery=False,
    ),
    Status4(
        recipient_did=DID,
        message_count=7,
        newest_received_time=1739420343823,
        oldest_received_time=1739420343823,
        total_bytes=8096,
        live_delivery=False,
    ),
    DeliveryRequest(limit=10, recipient_did=DID),
    DeliveryRequest4(message_count_limit=10, recipient_did=DID),
    Delivery(recipient_did=DID, attachments=(Attachment(id="1", data=Content(base64="e30")),)),
    MessagesReceived(("123", "456")),
    LiveDeliveryChange(live_delivery=True),
)
ROWS = """
start           recipient  status-request        -  asked
start           recipient  live-delivery-change  -  asked
start           recipient  messages-received     -  asked
asked           mediator   status                -  answered
start           recipient  delivery-request      -  fetching
fetching        mediator   status                -  answered
start,fetching  mediator   delivery              -  delivered
"""


def test_the_table_of_3_0_is_that_of_the_specification() -> None:
    assert_rows(pickup, ROWS)


def test_in_4_0_nothing_answers_an_acknowledgement_and_an_empty_delivery_says_that_nothing_is_held() -> None:
    specified = ROWS.replace("fetching        mediator   status                -  answered\n", "")

    assert_rows(pickup_4, specified.replace("messages-received     -  asked", "messages-received     -  answered"))


@pytest.mark.parametrize(
    ("protocol", "name", "place"),
    [
        (pickup, "status-request", 0),
        (pickup, "status", 1),
        (pickup, "delivery-request", 3),
        (pickup, "messages-received", 6),
        (pickup, "live-delivery-change", 7),
        (pickup_4, "status", 2),
        (pickup_4, "delivery-request", 4),
    ],
)
def test_the_published_examples_are_read_and_written(protocol: Protocol, name: str, place: int) -> None:
    published: dict[str, dict[str, object]] = {
        "status-request": {"recipient_did": DID},
        "status": {
            "recipient_did": DID,
            "message_count": 7,
            **(
                {
                    "longest_waited_seconds": 3600,
                    "newest_received_time": 1658085169,
                    "oldest_received_time": 1658084293,
                }
                if protocol is pickup
                else {"newest_received_time": 1739420343823, "oldest_received_time": 1739420343823}
            ),
            "total_bytes": 8096,
            "live_delivery": False,
        },
        "delivery-request": {"limit" if protocol is pickup else "message_count_limit": 10, "recipient_did": DID},
        "messages-received": {"message_id_list": ["123", "456"]},
        "live-delivery-change": {"live_delivery": True},
    }

    read = protocol.read(name, published[name])

    assert read == SAMPLES[place]
    assert encode(read) == (published[name], [])
    assert protocol.type_of(read) == f"{protocol.uri}/{name}"


@pytest.mark.parametrize("limit", ["10", 1.5, None, [10]])
def test_a_limit_is_a_number(limit: object) -> None:
    with pytest.raises(InvalidMessage):
        pickup.read("delivery-request", {"limit": limit})


def test_both_spellings_of_the_protocols_name_lead_to_the_same_table() -> None:
    assert find("https://didcomm.org/message-pickup/4.0/status")[0] == (pickup_4,)
    assert find("https://didcomm.org/messagepickup/4.0/status")[0] == (pickup_4,)


def test_what_is_delivered_travels_as_attachments() -> None:
    peers = Peers(pickup)

    peers.say(Role.RECIPIENT, SAMPLES[3])
    peers.say(Role.MEDIATOR, SAMPLES[5])

    assert peers.states == {State.DELIVERED}
    assert encode(SAMPLES[5]) == ({"recipient_did": DID}, [{"id": "1", "data": {"base64": "e30"}}])
