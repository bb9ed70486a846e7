"""What a message carries beside its body. Source: DIDComm Messaging v2.1, "Attachments"."""

import re
from typing import TYPE_CHECKING

import msgspec

from wallet.encoding import unb64u
from wallet.errors import Malformed

if TYPE_CHECKING:
    from wallet.strict_json import Json, JsonObject
else:  # msgspec knows no recursive types; what is inside has passed the strict gate
    Json, JsonObject = object, dict

MOST_ATTACHMENTS = 20

_ID = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_FROM_BASE64 = str.maketrans("+/", "-_", "=")


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the content is: inline as `json` or `base64`, or elsewhere, at `links`, and then with a `hash`."""

    base64: str | None = None
    json: Json = None
    links: tuple[str, ...] = ()
    hash: str | None = None
    jws: JsonObject | None = None


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attachment. filename: for display only, never a path. byte_count: what the sender says, not what it is."""

    id: str | None = None
    description: str | None = None
    filename: str | None = None
    media_type: str | None = None
    format: str | None = None
    lastmod_time: int | None = None
    byte_count: int | None = None
    data: Content


def fault(attachments: tuple[Attachment, ...]) -> str | None:
    """The JSON path of the first thing wrong with a message's attachments, or None."""
    if len(attachments) > MOST_ATTACHMENTS:
        return f"$.attachments[{MOST_ATTACHMENTS}]"
    for place, attachment in enumerate(attachments):
        here, content = f"$.attachments[{place}]", attachment.data
        if attachment.id is not None and not _ID.fullmatch(attachment.id):
            return f"{here}.id"
        if content.links and content.hash is None:
            return f"{here}.data.hash"
        if content.base64 is None and content.json is None and not content.links:
            return f"{here}.data"
    return None


def content_of(attachment: Attachment) -> bytes:
    """The bytes of inline content. Raises Malformed if there are none, or if they are not base64.

    The specification says base64url and shows padded base64 in its own example: here both are read.
    """
    content = attachment.data
    if content.base64 is not None:
        return unb64u(content.base64.translate(_FROM_BASE64))
    if content.json is not None:
        return msgspec.json.encode(content.json)
    raise Malformed(f"attachment {attachment.id!r} has no inline content")
