"""DIDComm envelopes around 1 KiB, between two who know each other: X25519 keys, A256CBC-HS512, their DID documents at
hand, did:peer:4 in the short form, no signature inside. The package `didcomm` gets the same keys and texts.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from agent.didcomm import envelopes, plaintext
from agent.didcomm.plaintext import Plaintext
from scripts._bench.measure import OPENSSL_Y, Effort, Figure, Sample, in_y, of, side_by_side, unmeasured
from wallet.dids import peer
from wallet.dids.document import Document
from wallet.keys import Curve, Keyring, PublicKey, create, secret_of
from wallet.needs import Lookup, offline

SIZE = 1024
BOUND = 2.0
FACTORS = {"pack": 4.0, "unpack": 3.5}
PEER = Path(__file__).parent / "peer_didcomm.py"


@dataclass(frozen=True, slots=True)
class Party:
    """One end. secret: the private bytes, for the peer."""

    did: str
    kid: str
    document: Document
    keys: Keyring
    public: PublicKey
    secret: bytes


def party() -> Party:
    """A new end with keys of its own."""
    signing, agreement = create(Curve.ED25519), create(Curve.X25519)
    long = peer.create4(signing.public, agreement.public, [])
    document = offline(peer.resolve_short(long))
    [(kid, _)] = document.agreement_keys()
    keys = Keyring()
    keys.add(kid, agreement)
    return Party(peer.short(long), kid, document, keys, agreement.public, secret_of(agreement))


def message(sender: str | None, recipient: str) -> bytes:
    """A plaintext of SIZE bytes."""
    head = Plaintext(
        id="1", type="https://didcomm.org/basicmessage/2.0/message", from_=sender, to=(recipient,), body={"content": ""}
    )
    content = "x" * max(0, SIZE - len(plaintext.write(head)))
    head = Plaintext(id=head.id, type=head.type, from_=sender, to=(recipient,), body={"content": content})
    return plaintext.write(head)


def packing(sender: Party | None, recipient: Party) -> tuple[Callable[[], bytes], Callable[[], object]]:
    """Seal, and open what was sealed. Without a sender: anoncrypt."""
    text = message(sender.did if sender else None, recipient.did)
    keys, sender_kid = (sender.keys, sender.kid) if sender else (Keyring(), None)
    recipients = [(recipient.kid, recipient.public)]

    def pack() -> bytes:
        return envelopes.seal(text, keys=keys, sender_kid=sender_kid, recipients=recipients)

    packed = pack()
    documents = {each.did: each.document for each in (sender, recipient) if each}

    def resolve(did: str) -> Lookup[Document]:
        yield from ()
        return documents[did]

    def unpack() -> object:
        return offline(envelopes.open(packed, keys=recipient.keys, resolve=resolve))

    return pack, unpack


def figures(effort: Effort) -> Iterator[Figure]:
    """Authcrypt and anoncrypt in Y; authcrypt against the package didcomm."""
    alice, bob = party(), party()
    pack, unpack = packing(alice, bob)
    packed, unpacked, openssl = side_by_side(effort, pack, unpack, OPENSSL_Y)
    ours = {"pack": packed, "unpack": unpacked}
    for act, sample in ours.items():
        yield in_y(f"authcrypt {act}, 1 KiB", sample, BOUND)
    for act, sample in zip(ours, side_by_side(effort, *packing(None, bob)), strict=True):
        yield in_y(f"anoncrypt {act}, 1 KiB", sample, BOUND)
    yield from _against_didcomm(effort, alice, bob, ours, median(openssl.ratios))


def _against_didcomm(
    effort: Effort, alice: Party, bob: Party, ours: dict[str, Sample], openssl: float
) -> Iterator[Figure]:
    """openssl: the peer's yardstick in Y, so that its figures, taken in another process, compare with ours."""
    names = {act: f"authcrypt {act}, against didcomm" for act in FACTORS}
    python = Path(os.environ.get("FREERANGE_INTEROP", ".interop")) / "didcomm-py" / "venv" / "bin" / "python"
    if not python.is_file():
        for act, bound in FACTORS.items():
            yield unmeasured(names[act], "x", bound, "no peer; see FREERANGE_INTEROP", most=False)
        return
    task = {
        "alice": _told(alice),
        "bob": _told(bob),
        "message": json.loads(message(alice.did, bob.did)),
        "rounds": effort.rounds,
        "batch": effort.batch,
    }
    done = subprocess.run((str(python), str(PEER)), input=json.dumps(task), capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        for act, bound in FACTORS.items():
            yield unmeasured(names[act], "x", bound, f"the peer failed: {why}", most=False)
        return
    theirs: dict[str, list[float]] = json.loads(done.stdout)
    for act, bound in FACTORS.items():
        mine = median(ours[act].ratios)
        yield of(names[act], "x", [ratio * openssl / mine for ratio in theirs[act]], bound, most=False)


def _told(party: Party) -> dict[str, str]:
    return {
        "did": party.did,
        "kid": party.kid,
        "public": party.public.raw.hex(),
        "secret": party.secret.hex(),
    }
