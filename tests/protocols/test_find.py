"""From a message type to the tables in which it may be said."""

import pytest

import protocols
from protocols.problems import UnsupportedType
from protocols.standard.report_problem import report_problem
from protocols.standard.trust_ping import trust_ping
from protocols.vrm.base import VRM


def test_a_type_leads_to_its_table() -> None:
    assert protocols.find("https://didcomm.org/trust-ping/2.0/ping") == ((trust_ping,), "ping")


@pytest.mark.parametrize("minor", ["2.1", "2.17"])
def test_a_newer_minor_version_is_taken(minor: str) -> None:
    assert protocols.find(f"https://didcomm.org/trust-ping/{minor}/ping")[0] == (trust_ping,)


def test_case_and_punctuation_of_names_do_not_count() -> None:
    """DIDComm Messaging v2.1, "Message Type URI"."""
    found = protocols.find("https://didcomm.org/Trust_Ping/2.0/PingResponse")

    assert found == ((trust_ping,), "ping-response")


@pytest.mark.parametrize(
    "unknown",
    [
        "https://didcomm.org/trust-ping/3.0/ping",
        "https://didcomm.org/trust-ping/2.0/pong",
        "https://didcomm.evil.example/trust-ping/2.0/ping",
        "HTTPS://DIDCOMM.ORG/trust-ping/2.0/ping",
        "https://didcomm.org/trust-ping/2/ping",
        "ping",
        "",
    ],
)
def test_anything_else_is_not_spoken_here(unknown: str) -> None:
    with pytest.raises(UnsupportedType):
        protocols.find(unknown)


def test_a_first_message_selects_one_table_of_a_family() -> None:
    found, name = protocols.find(f"{VRM}/relationship/1.0/receipt")

    assert name == "receipt"
    assert {each.table for each in found} == {"rules", "notice", "end"}


def test_an_adopted_message_is_found_in_every_table_that_adopts_it() -> None:
    found, name = protocols.find("https://didcomm.org/report-problem/2.0/problem-report")

    assert name == "problem-report"
    assert found[0] is report_problem
    assert len(found) == 3


def test_every_message_type_is_found_again() -> None:
    for protocol in protocols.tables():
        for row in protocol.rows:
            found, name = protocols.find(protocol.type_of(row.says))
            assert protocol in found
            assert row.says in protocol.kinds(name)


def test_a_table_that_is_gone_says_so() -> None:
    with pytest.raises(UnsupportedType):
        protocols.table("https://didcomm.org/tic-tac-toe/1.0")


def test_what_is_supported_is_named_once() -> None:
    named = protocols.supported()

    assert len(set(named)) == len(named)
    assert f"{VRM}/relationship/1.0" in named  # once, though it has several tables in two modules
