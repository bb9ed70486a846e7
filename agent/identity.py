"""Who we are to whom: an org's one public DID, a person's DID of her own for every relationship.

An org lives at did:web, so that its domain speaks for it. A person shows each org another did:peer:4 and nobody a
second time, so that two orgs who compare notes find nothing to join on (vrm-protocols 3.2, 3.9).
"""

from urllib.parse import urlsplit

import msgspec

from agent import linkage
from agent.agent import Agent
from agent.config import Config
from wallet import keys
from wallet.dids import peer, web
from wallet.dids.services import Service, at
from wallet.keys import Curve, PrivateKey
from wallet.store.change import Item
from wallet.store.keys import key_item

PUBLIC = "public"


class Self(msgspec.Struct, frozen=True):
    """A DID of ours. did: in its long form; document: what a did:web publishes; linkage: its domain proof."""

    did: str
    document: dict[str, object] | None = None
    linkage: dict[str, object] | None = None


_decoder = msgspec.json.Decoder(Self)


def services(config: Config) -> tuple[Service, ...]:
    """The one place where messages reach us; none for a person who has no address."""
    return (at(config.url),) if config.url else ()


def pairwise(
    config: Config, reached: tuple[Service, ...] | None = None, signing: PrivateKey | None = None
) -> tuple[str, tuple[Item, ...]]:
    """A fresh did:peer:4: the DID in long form, and its keys as they are kept.

    reached: where messages for it go, if that is not our own address. What is shown to others: see mediation.fresh.
    signing: its Ed25519 key, if it is to sign with one that a credential is bound to.
    """
    signing, agreement = signing or keys.create(Curve.ED25519), keys.create(Curve.X25519)
    did = peer.create4(signing.public, agreement.public, services(config) if reached is None else reached)
    return did, kept(did, signing, agreement)


def account() -> tuple[str, tuple[Item, ...]]:
    """A fresh DID by which one mediator knows us: a did:peer:2, which every mediator reads, without an address."""
    signing, agreement = keys.create(Curve.ED25519), keys.create(Curve.X25519)
    did = peer.create2(signing.public, agreement.public)
    return did, kept(did, signing, agreement)


def kept(did: str, signing: PrivateKey, agreement: PrivateKey) -> tuple[Item, ...]:
    """The keys of a DID as they are kept."""
    return key_item(f"{did}#key-1", signing), key_item(f"{did}#key-2", agreement)


def public(config: Config, now: int) -> tuple[Self, tuple[Item, ...]]:
    """A fresh did:web for an org's domain, with its domain proof, and what to keep of it. now: Unix seconds."""
    did = did_at(config.url)
    signing, agreement = keys.create(Curve.ED25519), keys.create(Curve.X25519)
    document = web.create_document(did, signing.public, agreement.public, services(config))
    ring = keys.Keyring()
    ring.add(f"{did}#key-1", signing)
    proof = linkage.make(did, f"{did}#key-1", origin=origin(config), keys=ring, now=now)
    me = Self(did, {**document}, {**proof})
    held = ((f"{did}#key-1", signing), (f"{did}#key-2", agreement))
    return me, (me_item(me), *(key_item(kid, key) for kid, key in held))


def me_item(me: Self) -> Item:
    """What to keep of our public DID."""
    return Item("did", PUBLIC, msgspec.json.encode(me))


def own(agent: Agent) -> Self | None:
    """Our public DID; None for a person, who has none."""
    return _decoder.decode(agent.public) if agent.public is not None else None


def did_at(url: str) -> str:
    """The did:web of a place on the web."""
    parts = urlsplit(url)
    path = [segment for segment in parts.path.split("/") if segment]
    return ":".join(["did:web", parts.netloc.replace(":", "%3A"), *path])


def path_of(config: Config) -> str:
    """The path at which messages reach us."""
    return urlsplit(config.url).path or "/"


def origin(config: Config) -> str:
    """The web origin that an org's domain proof names."""
    return f"{'http' if config.development else 'https'}://{config.domain}"


def documents(agent: Agent) -> dict[str, tuple[str, bytes]]:
    """What an org publishes: path -> (media type, bytes). A person publishes nothing."""
    me = own(agent)
    if me is None or me.document is None:
        return {}
    configuration = {"@context": linkage.CONTEXT, "linked_dids": [me.linkage]}
    place = urlsplit(web.location(me.did, agent.config.development)).path  # well-known, or below the path of our URL
    return {
        place: ("application/did+json", msgspec.json.encode(me.document)),
        "/.well-known/did-configuration.json": ("application/json", msgspec.json.encode(configuration)),
    }
