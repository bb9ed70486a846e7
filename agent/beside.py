"""What travels beside a signed object: personal data and attachments, tied to it by their digests.

So a promise can be shown without the data, or with it, and outlives its erasure. Source: vrm-protocols 3.7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import msgspec

from agent.didcomm import plaintext
from agent.didcomm.attachments import Attachment, content_of
from agent.didcomm.plaintext import Plaintext
from protocols.machine import Message
from protocols.messages import Values, values_of
from protocols.problems import BadProof, InvalidMessage
from wallet import signed
from wallet.canonical import canonical
from wallet.encoding import digest
from wallet.errors import WalletError
from wallet.signed import SignedObject
from wallet.strict_json import Json, JsonObject

MEMBERS = {"signed", "data", "salt"}


@dataclass(frozen=True, slots=True)
class Beside:
    """values: the data, if there is any, and its salt; attachments: (id, Digest) of each."""

    values: Values | None = None
    salt: str = ""
    attachments: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str | None:
        """What the signed object says of the data."""
        return signed.digest_of_data(cast(Json, self.values), self.salt) if self.values else None

    @property
    def members(self) -> JsonObject:
        """What stands beside `signed` in the body."""
        return {"data": cast(Json, self.values), "salt": self.salt} if self.values else {}


def of(message: Message, attachments: Sequence[Attachment]) -> Beside:
    """What a signed message of ours carries beside its object; the salt is fresh."""
    values = values_of(message)
    return Beside(values, signed.new_salt() if values else "", digests(attachments))


def digests(attachments: Sequence[Attachment]) -> tuple[tuple[str, str], ...]:
    """Each attachment with the Digest of its bytes; of JSON content, those of its canonical form."""
    return tuple((each.id or "", digest(bytes_of(each))) for each in attachments)


def bytes_of(attachment: Attachment) -> bytes:
    """What an attachment's Digest is over. Raises Malformed if its content is not inline."""
    inline = attachment.data.json
    return canonical(inline) if inline is not None else content_of(attachment)


def numbered(attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Attachments that can be named: those without an id get their number."""
    return tuple(
        each if each.id else msgspec.structs.replace(each, id=str(place)) for place, each in enumerate(attachments, 1)
    )


def check(object: SignedObject, message: Plaintext) -> Values | None:
    """The data beside a signed object, if there is any. Raises InvalidMessage, or BadProof if it was not signed so."""
    name = message.type.rpartition("/")[2]
    for member in sorted(set(message.body) - MEMBERS):
        raise InvalidMessage(name, f"nothing else stands beside what is signed - at `$.{member[:64]}`")
    data, salt = message.body.get("data"), message.body.get("salt")
    bare = data is None and salt is None and object.data_digest is None
    if not bare and not (isinstance(data, dict) and isinstance(salt, str) and signed.covers(object, data, salt)):
        raise BadProof("data: it is not what was signed")
    try:
        found = digests(message.attachments)
    except WalletError as fault:
        raise BadProof(f"attachments: {fault}") from fault
    if sorted(found) != sorted(object.attachments):
        raise BadProof("attachments: they are not those that were signed")
    return cast(Values, data) if isinstance(data, dict) else None


def without_data(raw: bytes) -> bytes:
    """A message as an org keeps it in its log: what was signed, without the personal data beside it."""
    if b'"salt"' not in raw:
        return raw
    message = msgspec.json.decode(raw, type=Plaintext)
    body: JsonObject = {name: value for name, value in message.body.items() if name not in ("data", "salt")}
    return plaintext.write(msgspec.structs.replace(message, body=body))
