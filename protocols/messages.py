"""Messages: frozen structs whose fields are the wire format.

The body of a DIDComm message is the struct's fields; a field named `attachments` travels as DIDComm attachments
instead, and a field named `values` travels beside the signed object, as `body.data`, so that a promise can be shown
without the personal data it is about. Decoding is strict about what is known. What is not known is ignored, but in a
signed message it is an error: nobody is bound by what it cannot read.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Annotated, ClassVar, TypeVar, cast

import msgspec

from protocols.problems import InvalidMessage

Time = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")]
"""RFC 3339, UTC, whole seconds."""


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One kind of message.

    name: the last part of its type; the class name in kebab-case unless given, and inherited by narrower kinds.
    uri: the protocol it belongs to, if that is not the one in whose table it stands.
    """

    name: ClassVar[str] = ""
    uri: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not cls.name and "name" not in cls.__dict__:
            cls.name = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class Signed(Message, frozen=True, forbid_unknown_fields=True):
    """A message that creates, changes or ends a right or a duty: its fields travel inside the object `body.signed`."""

    name: ClassVar[str] = ""


M = TypeVar("M", bound=Message)


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the bytes of an attachment are: exactly one of `json`, `base64` (base64url) and `links` in practice."""

    json: object = None
    base64: str | None = None
    links: tuple[str, ...] | None = None
    hash: str | None = None
    jws: object = None


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Content beside the body. Source: DIDComm Messaging v2.1, "Attachments"."""

    data: Content
    id: str | None = None
    media_type: str | None = None
    format: str | None = None
    filename: str | None = None
    description: str | None = None


Values = dict[str, object]
"""Personal data beside a signed message, by JSON Pointer or as the family says; never inside the signature, nor in what
a thread remembers (vrm-protocols 3.7)."""


def label(kind: type[Message]) -> str:
    """The message's name, with what it answers where one name serves several: `receipt(rules)`."""
    tag = kind.__struct_config__.tag
    return f"{kind.name}({tag})" if tag else kind.name


def decode(
    kinds: Sequence[type[Message]],
    body: Mapping[str, object],
    attachments: Sequence[object] = (),
    values: Values | None = None,
) -> Message:
    """A message from its body and what travels beside it, as parsed JSON.

    kinds: what the name may stand for; if there are several, they differ by tag.
    Raises InvalidMessage with the JSON path of the first fault.
    """
    kinds = fitting(kinds, body)
    kind, fields = kinds[0], kinds[0].__struct_fields__
    beside: dict[str, object] = {"attachments": attachments} if "attachments" in fields else {}
    if "values" in body or (values is not None and "values" not in fields):
        raise InvalidMessage(kind.name, "there is data beside it that does not belong there - at `$.data`")
    if values is not None:
        beside["values"] = values
    if issubclass(kind, Signed) and None in body.values():
        nulls = [f"$.{field}" for field, value in body.items() if value is None]
        raise InvalidMessage(kind.name, f"null - at `{nulls[0]}`")
    config = kind.__struct_config__
    if config.tag and config.tag_field not in body:  # msgspec does without it where one kind is meant
        raise InvalidMessage(kind.name, f"Object missing required field `{config.tag_field}`")
    try:
        message: Message = msgspec.convert({**body, **beside}, type=reduce(or_, kinds))
    except msgspec.ValidationError as fault:
        raise InvalidMessage(kind.name, without_words(str(fault))) from fault
    return message


def without_words(fault: str) -> str:
    """What is wrong with a body and where, without the sender's own words in it: they may be personal."""
    place = fault.rpartition(" - at `")[2] if " - at `" in fault else ""
    at = f" - at `{place}" if place else ""
    if "unknown field" in fault:
        return f"Object contains an unknown field{at}"
    return f"Invalid value{at}" if fault.startswith("Invalid ") else fault


def fitting(kinds: Sequence[type[Message]], body: Mapping[str, object]) -> Sequence[type[Message]]:
    """Of kinds that share a name, the one whose tag the body bears; all of them if it bears none of theirs."""
    if len(kinds) < 2:
        return kinds
    tagged = [each for each in kinds if body.get(each.__struct_config__.tag_field or "") == each.__struct_config__.tag]
    return tagged or kinds


def values_of(message: Message) -> Values | None:
    """The personal data that travels beside a signed message; None if it carries none."""
    values: Values = getattr(message, "values", {})
    return values or None


def signable(message: M) -> M:
    """A message without the personal data beside it."""
    return msgspec.structs.replace(message, values={}) if values_of(message) else message


def encode(message: Message) -> tuple[dict[str, object], list[object]]:
    """The body and the attachments of a message, as JSON values; what is at its default is left out, and so is the data
    beside it (`values_of`)."""
    body: dict[str, object] = msgspec.json.decode(msgspec.json.encode(signable(message)))
    attachments = body.pop("attachments", []) if "attachments" in message.__struct_fields__ else []
    return body, cast(list[object], attachments)


def unix(time: str) -> int:
    """Unix seconds of a Time. Raises InvalidMessage for a day that does not exist."""
    try:
        return int(datetime.fromisoformat(time).timestamp())
    except ValueError:
        raise InvalidMessage("a time", f"{time} does not exist") from None
