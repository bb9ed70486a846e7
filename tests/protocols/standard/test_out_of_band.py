"""Out of Band 2.0."""

import pytest

from protocols.problems import InvalidMessage
from protocols.standard.out_of_band import Invitation, from_url, to_url

SAMPLES = (Invitation(goal_code="relate", goal="To meet", accept=("didcomm/v2",)),)

# DIDComm Messaging v2.1, "Example Out-of-Band Message Encoding".
PLAINTEXT = (
    b'{"type":"https://didcomm.org/out-of-band/2.0/invitation","id":"69212a3a-d068-4f9d-a2dd-4741bca89af3",'
    b'"from":"did:example:alice","body":{"goal_code":"","goal":""},"attachments":[{"id":"request-0",'
    b'"media_type":"application/json","data":{"json":"<json of protocol message>"}}]}'
)
URL = (
    "https://example.com/path?_oob=eyJ0eXBlIjoiaHR0cHM6Ly9kaWRjb21tLm9yZy9vdXQtb2YtYmFuZC8yLjAvaW52aXRhdGlvbiIsImlkIjoi"
    "NjkyMTJhM2EtZDA2OC00ZjlkLWEyZGQtNDc0MWJjYTg5YWYzIiwiZnJvbSI6ImRpZDpleGFtcGxlOmFsaWNlIiwiYm9keSI6eyJnb2FsX2NvZGUiOi"
    "IiLCJnb2FsIjoiIn0sImF0dGFjaG1lbnRzIjpbeyJpZCI6InJlcXVlc3QtMCIsIm1lZGlhX3R5cGUiOiJhcHBsaWNhdGlvbi9qc29uIiwiZGF0YSI6"
    "eyJqc29uIjoiPGpzb24gb2YgcHJvdG9jb2wgbWVzc2FnZT4ifX1dfQ"
)


def test_the_published_example_both_ways() -> None:
    assert to_url("https://example.com/path", PLAINTEXT) == URL
    assert from_url(URL) == PLAINTEXT


def test_a_page_keeps_its_own_query_and_padding_is_forgiven() -> None:
    link = to_url("https://shop.example/?coupon=7", b"{}")

    assert link == "https://shop.example/?coupon=7&_oob=e30"
    assert from_url(link + "=") == b"{}"


@pytest.mark.parametrize("query", ["", "?_oobid=1", "?_oob=e30&_oob=e30", "?_oob=%C3%A9", "?_oob=e", "?_oob=e30;e30"])
def test_a_link_without_a_readable_invitation_is_refused(query: str) -> None:
    with pytest.raises(InvalidMessage):
        from_url("https://shop.example/" + query)
