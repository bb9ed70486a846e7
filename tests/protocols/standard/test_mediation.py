"""Coordinate Mediation 3.0 and 2.0, against their published text."""

import pytest

from protocols.machine import Protocol
from protocols.messages import encode
from protocols.problems import InvalidMessage
from protocols.standard.mediation import (
    MOST_UPDATES,
    Keylist,
    KeylistQuery,
    KeylistUpdate,
    KeylistUpdateResponse,
    MediateDeny,
    MediateGrant,
    MediateGrant2,
    MediateRequest,
    Paginate,
    Pagination,
    RecipientQuery,
    Recipients,
    RecipientUpdate,
    RecipientUpdateResponse,
    Registered,
    Role,
    State,
    Update,
    Updated,
    mediation,
    mediation_2,
)
from tests.protocols.peers import Peers
from tests.protocols.specified import assert_rows

DID = "did:peer:0z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
ADD = (Update(DID, "add"),)
ADDED = (Updated(DID, "add", "success"),)
SAMPLES = (
    MediateRequest(),
    MediateDeny(),
    MediateGrant((DID,)),
    MediateGrant2(DID),
    RecipientUpdate(ADD),
    RecipientUpdateResponse(ADDED),
    RecipientQuery(Paginate(30, 0)),
    Recipients((Registered(DID),), Pagination(30, 30, 100)),
    KeylistUpdate(ADD),
    KeylistUpdateResponse(ADDED),
    KeylistQuery(Paginate(30, 0)),
    Keylist((Registered(DID),), Pagination(30, 30, 100)),
)
ROWS = """
start      recipient  mediate-request            -  requested
requested  mediator   mediate-deny               -  answered
requested  mediator   mediate-grant              -  answered
start      recipient  recipient-update           -  updating
updating   mediator   recipient-update-response  -  answered
start      recipient  recipient-query            -  querying
querying   mediator   recipient                  -  answered
"""


def test_the_tables_are_those_of_the_specifications() -> None:
    assert_rows(mediation, ROWS)
    assert_rows(
        mediation_2, ROWS.replace("recipient-", "keylist-").replace("mediator   recipient ", "mediator   keylist ")
    )


@pytest.mark.parametrize(
    ("protocol", "name", "body", "message"),
    [
        (mediation, "mediate-grant", {"routing_did": [DID]}, SAMPLES[2]),
        (mediation_2, "mediate-grant", {"routing_did": DID}, SAMPLES[3]),
        (mediation, "recipient-update", {"updates": [{"recipient_did": DID, "action": "add"}]}, SAMPLES[4]),
        (mediation_2, "keylist-update", {"updates": [{"recipient_did": DID, "action": "add"}]}, SAMPLES[8]),
        (mediation, "recipient-query", {"paginate": {"limit": 30, "offset": 0}}, SAMPLES[6]),
        (
            mediation,
            "recipient",
            {"dids": [{"recipient_did": DID}], "pagination": {"count": 30, "offset": 30, "remaining": 100}},
            SAMPLES[7],
        ),
        (
            mediation_2,
            "keylist",
            {"keys": [{"recipient_did": DID}], "pagination": {"count": 30, "offset": 30, "remaining": 100}},
            SAMPLES[11],
        ),
    ],
)
def test_the_published_examples_are_read_and_written(
    protocol: Protocol, name: str, body: dict[str, object], message: object
) -> None:
    read = protocol.read(name, body)

    assert read == message
    assert encode(read) == (body, [])
    assert protocol.type_of(read) == f"{protocol.uri}/{name}"


@pytest.mark.parametrize(
    "update", [{"recipient_did": DID, "action": "take"}, {"recipient_did": 1, "action": "add"}, {}]
)
def test_an_update_that_says_nothing_known_is_refused_in_words(update: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage):
        mediation.read("recipient-update", {"updates": [update]})


def test_one_message_updates_so_many_and_no_more() -> None:
    update = {"recipient_did": DID, "action": "add"}

    mediation.read("recipient-update", {"updates": [update] * MOST_UPDATES})
    with pytest.raises(InvalidMessage):
        mediation.read("recipient-update", {"updates": [update] * (MOST_UPDATES + 1)})


def test_a_request_is_answered_once() -> None:
    peers = Peers(mediation)

    peers.say(Role.RECIPIENT, MediateRequest())
    peers.say(Role.MEDIATOR, MediateGrant((DID,)))

    assert peers.states == {State.ANSWERED}
