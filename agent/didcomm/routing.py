"""Wrapping a sealed message for the mediators on its way. Source: DIDComm Messaging v2.1, "Routing Protocol 2.0"."""

from collections.abc import Sequence
from typing import Final

import msgspec

from agent.didcomm import envelopes, jwe, plaintext
from agent.didcomm.envelopes import Resolve
from wallet.dids.services import Endpoint
from wallet.errors import Malformed, Unsupported
from wallet.keys import Keyring, PublicKey, new_id
from wallet.names import did_of
from wallet.needs import Lookup

FORWARD: Final = "https://didcomm.org/routing/2.0/forward"
MOST_HOPS: Final = 8
MOST_LEVELS: Final = 2  # DIDs that stand for an address, one behind the other

_NOBODY = Keyring()


def forward(
    packed: bytes, *, to: str, routing_keys: Sequence[str], resolve: Resolve, expires_time: int | None = None
) -> Lookup[bytes]:
    """`packed` as the first mediator must get it: one anonymous layer for each routing key, the first one outermost.

    to: the recipient's DID, which the last mediator is told. routing_keys: key ids, or DIDs of mediators, in the order
    of the endpoint. expires_time: Unix seconds. No keys, no change.
    Raises Unsupported above MOST_HOPS, Malformed for a mediator without a usable key, and what `resolve` raises.
    """
    if len(routing_keys) > MOST_HOPS:
        raise Unsupported(f"{len(routing_keys)} mediators on the way; at most {MOST_HOPS} are wrapped for")
    following = to
    for hop in reversed(routing_keys):
        kid, public = yield from _agreement_key(hop, resolve)
        # A message in a message: the outer one is written around it as it is, not read and written again.
        envelope = {
            "id": new_id(),
            "type": FORWARD,
            "typ": plaintext.MEDIA_TYPE,
            "to": [did_of(kid)],
            **({} if expires_time is None else {"expires_time": expires_time}),
            "body": {"next": following},
            "attachments": [{"id": "0", "media_type": jwe.MEDIA_TYPE, "data": {"json": msgspec.Raw(packed)}}],
        }
        packed = envelopes.seal(
            msgspec.json.encode(envelope), keys=_NOBODY, sender_kid=None, recipients=[(kid, public)]
        )
        following = hop
    return packed


def reached_at(endpoint: Endpoint, resolve: Resolve) -> Lookup[Endpoint]:
    """Where an endpoint leads: one whose uri is a DID is that DID's own, with its key as the first mediator on the way.

    So a mediator can move, or change its keys, and nobody behind it has to. Raises Unsupported if it leads from DID to
    DID more than MOST_LEVELS times, Malformed for a DID with no endpoint or no key, and what `resolve` raises.
    Source: DIDComm Messaging v2.1, "Using a DID as an endpoint".
    """
    for _ in range(MOST_LEVELS):
        if not endpoint.uri.startswith("did:"):
            return endpoint
        kid, _ = yield from _agreement_key(endpoint.uri, resolve)
        own = (yield from resolve(did_of(endpoint.uri))).endpoint()
        if own is None:
            raise Malformed(f"{endpoint.uri[:100]} stands for an address and names none")
        endpoint = Endpoint(own.uri, own.accept, (*own.routing_keys, kid, *endpoint.routing_keys))
    if endpoint.uri.startswith("did:"):
        raise Unsupported(f"its address leads from DID to DID more than {MOST_LEVELS} times; nothing was sent")
    return endpoint


def _agreement_key(hop: str, resolve: Resolve) -> Lookup[tuple[str, PublicKey]]:
    document = yield from resolve(did_of(hop))
    if "#" in hop:
        return hop, document.key(hop, "keyAgreement")
    for found in document.agreement_keys():
        return found
    raise Malformed(f"the mediator {hop} has no key to encrypt for")
