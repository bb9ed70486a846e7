"""Keys of integrations: one for each system that may call, with what it may do. Of a key only a hash is kept.

A key reads `fr_ID_SECRET`: ID finds its record, SECRET is 32 random bytes, so that a hash without salt or cost will do.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from typing import Final

import msgspec

from agent.agent import Agent
from protocols.problems import Misuse
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.store.change import Change, Item

KIND: Final = "api-key"

SCOPES: Final = {
    "relationships": "read the address book: rules, agreements and Labels",
    "threads": "read threads: state, log, what may be said",
    "speak": "begin threads, and say what their tables allow",
    "propose": "the same for a software assistant: nothing is said before the owner says yes to exactly that",
    "notices": "send notices to those whose rules allow it",
    "deletions": "say that a deletion has been carried out",
    "counters": "read counts, which are about nobody",
}
"""What a key may do; `document` needs none."""


class Key(msgspec.Struct, frozen=True, omit_defaults=True):
    """One integration's key. hash: SHA-256 of the secret, hex; made: Unix seconds."""

    id: str
    name: str
    scopes: tuple[str, ...]
    hash: str
    made: int


async def add(agent: Agent, name: str, scopes: tuple[str, ...]) -> tuple[Key, str]:
    """A new key, and what its integration must send; that is shown this once. Raises Misuse for an unknown scope."""
    unknown = [each for each in scopes if each not in SCOPES]
    if unknown or not scopes:
        raise Misuse(f'there is no scope "{", ".join(unknown)}"; scopes are {", ".join(SCOPES)}. No key was made.')
    if any(each.name == name for each in every(agent)):
        raise Misuse(f'there is a key called "{name}"; choose another name, or revoke that one. No key was made.')
    secret = secrets.token_urlsafe(32)
    key = Key(new_id()[:8], name, tuple(dict.fromkeys(scopes)), hash_of(secret), agent.now())
    await agent.store.apply(Change(peer="", keep=(Item(KIND, key.id, msgspec.json.encode(key)),)))
    return key, f"fr_{key.id}_{secret}"


def every(agent: Agent) -> Iterator[Key]:
    """All keys, oldest first."""
    return (msgspec.json.decode(row.record, type=Key) for row in agent.store.items(KIND))


async def revoke(agent: Agent, name: str) -> Key:
    """Take a key back, by its name or its id: from now on nothing is answered to it. Raises NotFound."""
    for key in every(agent):
        if name in (key.name, key.id):
            await agent.store.apply(Change(peer="", claim=((KIND, key.id),)))
            return key
    raise NotFound(f'there is no key called "{name[:100]}". To see them: freerange api key list')


def holder(agent: Agent, token: str) -> Key | None:
    """The key that was sent, if it is one of ours."""
    mark, _, rest = token.partition("_")
    id, _, secret = rest.partition("_")
    row = agent.store.item(KIND, id) if mark == "fr" and id and token.isascii() else None
    key = msgspec.json.decode(row.record, type=Key) if row else None
    return key if key and hmac.compare_digest(hash_of(secret), key.hash) else None


def hash_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
