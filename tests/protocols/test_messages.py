"""Messages on the wire."""

import pytest

from protocols.machine import Attachment, Content, Message, Signed
from protocols.messages import decode, encode, label, unix
from protocols.problems import InvalidMessage
from protocols.vrm.base import Receipt
from protocols.vrm.relationship import EndReceipt, NoticeReceipt, RulesReceipt
from protocols.vrm.terms import terms


class SayAgain(Message, frozen=True):
    words: str
    loud: bool = False
    attachments: tuple[Attachment, ...] = ()


class Vow(Signed, frozen=True):
    words: str
    until: str | None = None


def test_a_message_is_named_after_its_class() -> None:
    assert SayAgain.name == "say-again"
    assert label(RulesReceipt) == "receipt(rules)"
    assert RulesReceipt.name == NoticeReceipt.name == "receipt"


def test_the_tag_tells_receipts_apart() -> None:
    body = {"of": "end", "result": "done", "kept": []}

    assert decode((RulesReceipt, EndReceipt), body) == EndReceipt("done", kept=())
    assert encode(EndReceipt("done", kept=()))[0] == body
    assert issubclass(EndReceipt, Receipt)


def test_a_receipt_says_what_it_answers_even_where_only_one_is_meant() -> None:
    with pytest.raises(InvalidMessage, match="of"):
        decode((RulesReceipt,), {"result": "done"})


def test_attachments_travel_beside_the_body_only() -> None:
    paper = {"id": "1", "media_type": "text/plain", "data": {"base64": "aGk"}}

    message = decode((SayAgain,), {"words": "hi", "attachments": [{"data": {"json": 1}}]}, [paper])

    assert message == SayAgain(
        "hi", attachments=(Attachment(id="1", media_type="text/plain", data=Content(base64="aGk")),)
    )
    assert encode(message) == ({"words": "hi"}, [paper])
    assert decode((SayAgain,), {"words": "hi", "attachments": [paper]}) == SayAgain("hi")


def test_unknown_fields_are_ignored_but_in_what_is_signed() -> None:
    assert decode((SayAgain,), {"words": "hi", "mood": "good"}) == SayAgain("hi")
    with pytest.raises(InvalidMessage, match="unknown field"):
        decode((Vow,), {"words": "hi", "mood": "good"})


@pytest.mark.parametrize(
    ("body", "path"), [({"words": 1}, r"\$\.words"), ({}, "words"), ({"words": "a", "loud": "yes"}, r"\$\.loud")]
)
def test_a_fault_names_its_place(body: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidMessage, match=path):
        decode((SayAgain,), body)


def test_what_is_signed_holds_no_null() -> None:
    with pytest.raises(InvalidMessage, match=r"null - at `\$\.until`"):
        decode((Vow,), {"words": "for ever", "until": None})


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("confirm", {"digest": "uEiDN0L3fGQTox6z6VxszAR2rFotcPgb2ScODdas0jgShIQ\n"}),
        ("withdraw", {"from": "2026-12-15T00:00:00Z\n", "reason": "other"}),
        ("withdraw", {"from": "\u0662026-12-15T00:00:00Z", "reason": "other"}),
        ("withdraw", {"from": "2026-12-15T00:00:00+00:00", "reason": "other"}),
        ("withdraw", {"from": "2026-12-15T00:00:00Z", "reason": "other", "text": "a" * 2001}),
    ],
)
def test_a_value_is_exactly_of_its_form(name: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage):
        terms.read(name, body)


def test_a_time_is_unix_seconds() -> None:
    assert unix("2026-11-02T09:00:00Z") == 1_793_610_000
    with pytest.raises(InvalidMessage, match="2026-02-30T09:00:00Z does not exist"):
        unix("2026-02-30T09:00:00Z")
