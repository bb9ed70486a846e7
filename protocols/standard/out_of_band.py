"""Out of Band 2.0: an invitation on paper, on a screen, in a link.

An invitation is plaintext that anyone may see, so it holds no secret and no personal data. Whoever answers it names its
id in `pthid`. Source: DIDComm Messaging v2.1, "Out Of Band Messages".
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import StrEnum
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from protocols.machine import Attachment, Message, Protocol, Thread
from protocols.problems import InvalidMessage


class Role(StrEnum):
    SENDER = "sender"
    RECEIVER = "receiver"


class State(StrEnum):
    START = "start"
    INVITED = "invited"


class Invitation(Message, frozen=True):
    """goal, goal_code: what for, for people and for software. attachments: first messages, of which one is taken up."""

    goal_code: str | None = None
    goal: str | None = None
    accept: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


out_of_band = Protocol("https://didcomm.org/out-of-band/2.0", Role, State.START, final=frozenset({State.INVITED}))
TABLES = (out_of_band,)


@out_of_band.row(when=State.START, by=Role.SENDER, says=Invitation, then=State.INVITED)
def invite(thread: Thread, message: Invitation) -> None:
    """The sender invites whoever sees it; the answer is another thread, in another protocol."""


def to_url(page: str, plaintext: bytes) -> str:
    """A link that carries the invitation. page: where a browser without an agent ends up; plaintext: compact JSON."""
    parts = urlsplit(page)
    carried = urlencode({"_oob": urlsafe_b64encode(plaintext).rstrip(b"=").decode()})
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, carried)))))


def from_url(url: str) -> bytes:
    """The plaintext invitation in a link, unread and unchecked. Raises InvalidMessage if there is none."""
    found = parse_qs(urlsplit(url).query).get("_oob", [])
    if len(found) != 1:
        raise InvalidMessage("the link", "it carries no invitation (_oob)")
    try:
        text = found[0].rstrip("=")
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise InvalidMessage("the link", "its invitation (_oob) is not base64url") from None
