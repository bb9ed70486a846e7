"""Messages without envelopes: what is written is read, and repeats are known. Faults stand in tests/corpus/env."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.didcomm import plaintext
from agent.didcomm.attachments import Attachment, Content, content_of
from agent.didcomm.plaintext import BadPlaintext, Plaintext, ReceivedOrder
from agent.errors import Dropped
from wallet.errors import Malformed

TYPE = "https://didcomm.org/basicmessage/2.0/message"
FULL = Plaintext(
    id="m-1",
    type=TYPE,
    from_="did:example:alice",
    to=("did:example:bob",),
    thid="t-1",
    pthid="p-1",
    created_time=1,
    expires_time=2**53 - 1,
    from_prior="a.b.c",
    return_route="all",
    lang="en",
    accept_lang=("en", "de"),
    please_ack=("",),
    ack=("m-0",),
    sender_order=3,
    sent_count=2,
    received_orders=(ReceivedOrder("did:example:bob", 4, (2, 3)),),
    terms={"record": "u1"},
    mandate="u2",
    attachments=(Attachment(id="a", media_type="text/plain", data=Content(base64="aGk")),),
    body={"content": "h\u00e9llo", "n": [1, 2.5, None]},
)


def test_what_is_written_is_read() -> None:
    assert plaintext.read(plaintext.write(FULL)) == FULL


def test_headers_have_their_names_on_the_wire() -> None:
    raw = json.loads(plaintext.write(FULL))

    assert raw["typ"] == "application/didcomm-plain+json"
    assert raw["from"] == "did:example:alice"
    assert raw["accept-lang"] == ["en", "de"]
    assert raw["received_orders"] == [{"id": "did:example:bob", "last": 4, "gaps": [2, 3]}]


def test_absent_headers_are_not_written_but_typ_and_body_are() -> None:
    raw = json.loads(plaintext.write(Plaintext(id="1", type=TYPE, body={})))

    assert raw == {"typ": "application/didcomm-plain+json", "id": "1", "type": TYPE, "body": {}}


def test_a_first_message_names_its_thread_by_its_own_id() -> None:
    assert Plaintext(id="1", type=TYPE, body={}).thread == "1"
    assert FULL.thread == "t-1"


def test_a_message_sent_again_differs_in_its_count_only() -> None:
    again = plaintext.read(plaintext.resent(plaintext.write(FULL), 7))

    assert again == msgspec.structs.replace(FULL, sent_count=7)
    assert plaintext.fingerprint(again) == plaintext.fingerprint(FULL)


def test_a_message_that_says_something_else_has_another_fingerprint() -> None:
    other = msgspec.structs.replace(FULL, body={"content": "bye"})

    assert plaintext.fingerprint(other) != plaintext.fingerprint(FULL)


def test_the_order_of_members_is_no_difference() -> None:
    other = msgspec.structs.replace(FULL, body=dict(reversed(FULL.body.items())))

    assert plaintext.fingerprint(other) == plaintext.fingerprint(FULL)


def test_a_fault_says_where_and_in_which_thread() -> None:
    raw = {"id": "1", "thid": "t", "type": TYPE, "created_time": 1.5}

    with pytest.raises(BadPlaintext) as caught:
        plaintext.read(json.dumps(raw).encode())

    assert (caught.value.code, caught.value.path) == ("e.m.msg.invalid", "$.created_time")
    assert (caught.value.id, caught.value.thid) == ("1", "t")


def test_an_unfit_id_is_not_quoted() -> None:
    with pytest.raises(BadPlaintext) as caught:
        plaintext.read(json.dumps({"id": "<script>", "type": TYPE}).encode())

    assert caught.value.id is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text() | st.floats(), st.lists, max_leaves=5))
def test_whatever_stands_in_a_header_is_read_or_refused_and_never_fails(value: object) -> None:
    for name in ("id", "type", "from", "to", "thid", "created_time", "attachments", "received_orders", "typ", "body"):
        raw = json.dumps({"id": "1", "type": TYPE, name: value}).encode(errors="surrogatepass")
        try:
            plaintext.read(raw)
        except Dropped:  # BadPlaintext among it
            continue


@pytest.mark.parametrize("base64", ["aGk", "aGk=", "__8", "//8=", "//8"])
def test_inline_content_comes_in_either_base64(base64: str) -> None:
    assert len(content_of(Attachment(data=Content(base64=base64)))) == 2


def test_content_elsewhere_is_not_content() -> None:
    with pytest.raises(Malformed):
        content_of(Attachment(data=Content(links=("https://example.com/x",), hash="u1")))


def test_a_message_spelled_otherwise_says_the_same() -> None:
    """What is spelled as we spell it takes a shorter way; it must lead to the same place."""
    message = msgspec.structs.replace(FULL, expires_time=2)  # a number of 16 digits would go the long way
    written = plaintext.write(message)
    other = json.dumps(json.loads(written), indent=1).encode()

    assert plaintext.read_usual(written) == message
    assert plaintext.read_usual(other) is None
    assert plaintext.read(other) == message


@pytest.mark.parametrize("member", [b'"x":1,', b'"id":"2",', b'"lang":"\\u0000",', b'"created_time":9007199254740993,'])
def test_a_message_with_more_in_it_than_we_write_takes_the_long_way(member: bytes) -> None:
    written = plaintext.write(Plaintext(id="1", type=TYPE, body={}))

    assert plaintext.read_usual(written.replace(b'"body"', member + b'"body"')) is None


@pytest.mark.parametrize("change", [{}, {"pthid": None, "terms": None}, {"from_": None, "to": None}])
@pytest.mark.parametrize("prior", [None, "d.e.f"])
def test_addresses_are_put_where_they_would_have_been_written(change: dict[str, object], prior: str | None) -> None:
    """Byte for byte, so that whoever reads it may take the short way too."""
    said = msgspec.structs.replace(FULL, from_prior=None, **change)
    wanted = msgspec.structs.replace(said, from_='did:example:a"lice', to=("did:example:carol",), from_prior=prior)

    sent = plaintext.addressed(
        plaintext.write(said), from_='did:example:a"lice', to="did:example:carol", from_prior=prior
    )

    assert sent == plaintext.write(wanted)


def test_a_message_says_the_same_between_whichever_dids_it_goes() -> None:
    said = plaintext.fingerprint(FULL)
    elsewhere = msgspec.structs.replace(
        FULL, from_="did:example:new", to=("did:example:other",), from_prior="d.e.f", return_route=None, sent_count=9
    )

    assert plaintext.fingerprint(elsewhere) == said
    assert plaintext.fingerprint(msgspec.structs.replace(FULL, thid="t-2")) != said
