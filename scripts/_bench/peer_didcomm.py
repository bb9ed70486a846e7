"""Measures the PyPI package `didcomm`, in an interpreter that has it; knows nothing of this project.

Reads one JSON object (alice, bob: did, kid, public and secret of an X25519 key; message; rounds; batch) and writes one:
"pack" and "unpack", each a list of CPU times in its own yardstick, one OpenSSL Ed25519 verification of 256 bytes.
"""

import asyncio
import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from time import process_time
from typing import Any, TypedDict

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from didcomm.common.resolvers import ResolversConfig
from didcomm.common.types import VerificationMaterial, VerificationMaterialFormat, VerificationMethodType
from didcomm.did_doc.did_doc import DIDDoc, VerificationMethod
from didcomm.did_doc.did_resolver import DIDResolver
from didcomm.message import Message
from didcomm.pack_encrypted import PackEncryptedConfig, pack_encrypted
from didcomm.secrets.secrets_resolver import Secret
from didcomm.secrets.secrets_resolver_in_memory import SecretsResolverInMemory
from didcomm.unpack import UnpackConfig, unpack


class Party(TypedDict):
    """One end, as JSON. public, secret: X25519, hex."""

    did: str
    kid: str
    public: str
    secret: str


class Task(TypedDict):
    """What standard input holds. batch: CPU seconds of one round."""

    alice: Party
    bob: Party
    message: dict[str, Any]  # a DIDComm plaintext, whatever is in it
    rounds: int
    batch: float


KIND = VerificationMethodType.JSON_WEB_KEY_2020


def encode(text: str) -> str:
    """Hex to base64url."""
    return urlsafe_b64encode(bytes.fromhex(text)).rstrip(b"=").decode()


def material(public: str, secret: str | None = None) -> VerificationMaterial:
    """A JWK of an X25519 key, as that package takes it."""
    jwk = {"kty": "OKP", "crv": "X25519", "x": encode(public), **({"d": encode(secret)} if secret else {})}
    return VerificationMaterial(VerificationMaterialFormat.JWK, json.dumps(jwk))


class Known(DIDResolver):  # type: ignore[misc]  # that package has no types
    """Resolves the two parties, from documents made beforehand."""

    def __init__(self, *parties: Party) -> None:
        self.documents = {
            each["did"]: DIDDoc(
                did=each["did"],
                key_agreement_kids=[each["kid"]],
                authentication_kids=[],
                verification_methods=[VerificationMethod(each["kid"], KIND, each["did"], material(each["public"]))],
                didcomm_services=[],
            )
            for each in parties
        }

    async def resolve(self, did: str) -> DIDDoc:
        """The document of one of them."""
        return self.documents[did]


def config(who: Party, documents: Known) -> ResolversConfig:
    """What one end knows."""
    secret = Secret(who["kid"], KIND, material(who["public"], who["secret"]))
    return ResolversConfig(secrets_resolver=SecretsResolverInMemory([secret]), did_resolver=documents)


async def main(task: Task) -> None:
    """Pack and unpack in short rounds, each beside the yardstick."""
    alice, bob = task["alice"], task["bob"]
    documents = Known(alice, bob)
    ours, theirs = config(alice, documents), config(bob, documents)
    plain = {**task["message"], "from": alice["did"], "to": [bob["did"]]}
    message = Message.from_dict(plain)

    async def pack() -> str:
        how = PackEncryptedConfig(forward=False)
        done = await pack_encrypted(ours, message, bob["did"], frm=alice["did"], pack_config=how)
        packed: str = done.packed_msg
        return packed

    packed = await pack()

    async def read() -> object:
        how = UnpackConfig(expect_decrypt_by_all_keys=False, unwrap_re_wrapping_forward=False)
        return (await unpack(theirs, packed, how)).message.body

    assert await read() == plain["body"]
    found: dict[str, list[float]] = {"pack": [], "unpack": []}
    acts: tuple[tuple[str, Callable[[], Awaitable[object]]], ...] = (("pack", pack), ("unpack", read))
    for _ in range(task["rounds"]):
        for name, act in acts:
            before = yardstick(task["batch"])
            took = await seconds(act, task["batch"])
            found[name].append(took / ((before + yardstick(task["batch"])) / 2))
    print(json.dumps(found))


async def seconds(act: Callable[[], Awaitable[object]], batch: float) -> float:
    """CPU seconds of one call, over as many as fill a batch."""
    began, times = process_time(), 0
    while process_time() - began < batch or not times:
        await act()
        times += 1
    return (process_time() - began) / times


KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNATURE = KEY.sign(bytes(256))
VERIFY = KEY.public_key().verify


def yardstick(batch: float) -> float:
    """CPU seconds of one verification, over about a batch."""
    times = max(1, int(batch / 60e-6))
    began = process_time()
    for _ in range(times):
        VERIFY(SIGNATURE, bytes(256))
    return (process_time() - began) / times


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
