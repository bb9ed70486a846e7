"""The vendor that runs other software, with envelopes by others, too: nothing of it is ours but the network."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.agent import Agent
from agent.didcomm import plaintext
from agent.ways import WayBack
from scripts._peer import identities
from tests.agent.conftest import cheap_passphrases, world
from tests.agent.puppet import Puppet
from tests.agent.world import World
from tests.interop.test_didcomm_matrix import ask
from tests.scenarios.another_implementation import Book
from tests.scenarios.other_vendor import AGREES, SEED, OtherVendor
from tests.scenarios.test_features_openness import ACCEPTS, VECTORS, with_both
from wallet import dids
from wallet.encoding import unb64u

PEER = "rust"  # the library for Python takes no `please_ack` as DIDComm v2.1 has it
pytestmark = pytest.mark.interop
__all__ = ["cheap_passphrases", "world"]


@dataclass
class Enveloped(Puppet):
    """A puppet whose envelopes another implementation makes and opens. documents: of everybody it has met."""

    folder: Path = Path()
    documents: dict[str, Any] = field(default_factory=dict)

    async def hear(self, packed: bytes, back: WayBack | None = None) -> None:
        """Remember one message. Its sender is named outside, in a form that carries the document."""
        header = msgspec.json.decode(unb64u(msgspec.json.decode(packed)["protected"]))
        self.learn(self.did)
        self.learn(header["skid"].partition("#")[0])
        answer: Any = ask(self.folder, PEER, self.question("unpack", message=packed.decode()))
        raw = plaintext.read(msgspec.json.encode(answer["message"]))
        self.heard.append(raw)
        self.learn(raw.from_ or "")

    async def pack_raw(self, agent: Agent, raw: bytes, to: str, *, anonymous: bool = False) -> bytes:
        """Any message in an envelope for `to`."""
        self.learn(to)
        message = msgspec.json.decode(raw)
        answer: Any = ask(self.folder, PEER, self.question("pack", message=message, packing="authcrypt"))
        return str(answer["message"]).encode()

    def question(self, op: str, **more: object) -> Any:
        """What the other implementation is asked."""
        own = [{"type": "Ed25519", "privateKeyHex": SEED.hex()}, {"type": "X25519", "privateKeyHex": AGREES.hex()}]
        return {"op": op, "identity": {"did": self.did, "keys": own}, "didDocuments": self.documents, **more}

    def learn(self, did: str) -> None:
        """The document of a DID in its long form, under its short one, too."""
        short = dids.canonical(did)
        if did != short:
            document: Any = identities.resolve({"did": did})["didDocument"]
            self.documents[did] = document
            self.documents[short] = renamed(document, did, short)


async def test_she_deals_with_a_vendor_of_which_nothing_is_ours(world: World, interop: Path) -> None:
    vendor = OtherVendor.make(world, Book(VECTORS), ACCEPTS, partial(Enveloped, folder=interop))

    await with_both(world, vendor)


def renamed(value: Any, old: str, new: str) -> Any:
    """A document under another DID."""
    if isinstance(value, dict):
        return {name: renamed(each, old, new) for name, each in value.items()}
    if isinstance(value, list):
        return [renamed(each, old, new) for each in value]
    return value.replace(old, new) if isinstance(value, str) else value
