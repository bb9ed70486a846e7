"""People who write to each other in these tests: a did:peer:4 each, with keys, and documents at hand."""

from collections.abc import Generator

from agent.didcomm import envelopes, plaintext
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import Plaintext
from wallet.dids import peer
from wallet.dids.document import Document
from wallet.keys import Curve, Keyring, PublicKey, create, from_secret, random_bytes
from wallet.needs import Fetch, Lookup, offline

TYPE = "https://didcomm.org/basicmessage/2.0/message"


class Person:
    """Somebody with a DID, in its long form, and the private keys to it."""

    def __init__(self) -> None:
        signing, agreement = create(Curve.ED25519), from_secret(Curve.X25519, random_bytes(32))
        self.did = peer.create4(signing.public, agreement.public)
        self.document = offline(peer.resolve(self.did))
        self.signing_kid, self.agreement_kid = f"{self.did}#key-1", f"{self.did}#key-2"
        self.ring = Keyring()
        self.ring.add(self.signing_kid, signing)
        self.ring.add(self.agreement_kid, agreement)

    @property
    def recipients(self) -> list[tuple[str, PublicKey]]:
        """For whom to encrypt a message to this person."""
        return self.document.agreement_keys()

    def open(self, packed: bytes, *, strict: bool = True) -> Opened:
        """What a message to this person says."""
        return offline(envelopes.open(packed, keys=self.ring, resolve=resolve, strict=strict))


def resolve(did: str) -> Lookup[Document]:
    """The document of a DID that carries it."""
    return (yield from peer.resolve(did))


def nowhere(did: str) -> Generator[Fetch, bytes, Document]:
    """A resolver that must not be used."""
    yield Fetch(did)
    raise AssertionError(f"{did} was looked up")


def message(sender: Person, recipient: Person, **members: object) -> Plaintext:
    """A message between two people."""
    base = {"id": "1", "type": TYPE, "from_": sender.did, "to": (recipient.did,), "body": {"content": "hello"}}
    return Plaintext(**(base | members))  # type: ignore[arg-type]  # members are checked by what reads the message


def written(sender: Person, recipient: Person) -> bytes:
    """The bytes of such a message."""
    return plaintext.write(message(sender, recipient))


def authcrypt(sender: Person, recipient: Person) -> bytes:
    """Such a message as it travels."""
    return envelopes.seal(
        written(sender, recipient),
        keys=sender.ring,
        sender_kid=sender.agreement_kid,
        recipients=recipient.recipients,
    )
