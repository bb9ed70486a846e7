"""Publishing status lists: an issuer says of many credentials at once which still stand.

Sources: Token Status List (draft-ietf-oauth-status-list-20, section 5.1); Bitstring Status List v1.0, section 3.
"""

from collections.abc import Mapping

from wallet.credentials.jose import jws_compact
from wallet.credentials.proof import add_proof
from wallet.credentials.status import TOKEN_TYPE
from wallet.credentials.status_bits import MIN_BITSTRING, Order, lay_out, pack_bitstring, pack_token_list
from wallet.credentials.vcdm import BASE_CONTEXT, timestamp
from wallet.errors import Malformed
from wallet.keys import Keyring
from wallet.names import did_of
from wallet.strict_json import JsonObject

REVOKED, SUSPENDED = 1, 2
"""Values in a Token Status List; 0 is valid. Suspended needs entries of 2 bits or more."""


def token_status(uri: str, index: int) -> JsonObject:
    """The `status` claim of a token whose status stands at `index` of the list at `uri`."""
    return {"status_list": {"idx": index, "uri": uri}}


def publish_token_list(
    statuses: Mapping[int, int],
    *,
    size: int,
    uri: str,
    keys: Keyring,
    kid: str,
    now: int,
    lifetime: int,
    ttl: int | None = None,
    bits: int = 1,
) -> str:
    """A Token Status List as a JWT, served at `uri` as `application/statuslist+jwt`.

    statuses: value by index; all others are valid. lifetime, ttl: seconds until it ends, and until it is asked for
    again. Raises Malformed if a status does not fit.
    """
    lst = pack_token_list(lay_out(statuses, size=size, bits=bits, order=Order.LOW_FIRST))
    claims: JsonObject = {"sub": uri, "iss": did_of(kid), "iat": now, "exp": now + lifetime}
    claims["status_list"] = {"bits": bits, "lst": lst}
    if ttl is not None:
        claims["ttl"] = ttl
    return jws_compact({"typ": TOKEN_TYPE, "kid": kid}, claims, keys, kid)


def bitstring_status(uri: str, index: int, purpose: str = "revocation") -> JsonObject:
    """One `credentialStatus` entry. purpose: "revocation" (for good) or "suspension" (for now)."""
    return {
        "id": f"{uri}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": uri,
    }


def publish_bitstring(
    indexes: Mapping[int, int],
    *,
    size: int = MIN_BITSTRING,
    uri: str,
    purpose: str = "revocation",
    keys: Keyring,
    kid: str,
    now: int,
    lifetime: int,
) -> JsonObject:
    """A Bitstring Status List credential, served at `uri` as `application/vc`.

    indexes: 1 by index for what the list is for (revoked, suspended). Raises Malformed for a list so short that an
    index would point at a person, and for an index that does not fit.
    """
    if size < MIN_BITSTRING:
        raise Malformed(f"a list of {size} entries; at least {MIN_BITSTRING} hide a holder among others")
    encoded = pack_bitstring(lay_out(indexes, size=size, bits=1, order=Order.HIGH_FIRST))
    subject: JsonObject = {"id": f"{uri}#list", "type": "BitstringStatusList"}
    subject |= {"statusPurpose": purpose, "encodedList": encoded}
    credential: JsonObject = {
        "@context": [BASE_CONTEXT],
        "id": uri,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did_of(kid),
        "validFrom": timestamp(now),
        "validUntil": timestamp(now + lifetime),
        "credentialSubject": subject,
    }
    return add_proof(credential, keys=keys, kid=kid, created=timestamp(now))
