"""The signature of a Data Integrity proof of cryptosuite eddsa-jcs-2022: what it covers, and whether it holds.

Source: Data Integrity EdDSA Cryptosuites v1.0, section 3.3. What a proof has to be *for* is asked where it is used:
credentials (`credentials/proof.py`), signed objects (`signed.py`), the history of a DID (`dids/webvh_log.py`).
"""

from hashlib import sha256
from typing import Final

from wallet.canonical import canonical
from wallet.encoding import from_multibase
from wallet.errors import Malformed
from wallet.keys import PublicKey, verify
from wallet.strict_json import Json, JsonObject

CRYPTOSUITE: Final = "eddsa-jcs-2022"
MAX_VALUE: Final = 100  # characters; a signature has 89


def signed_bytes(plain: JsonObject, proof: JsonObject) -> bytes:
    """The 64 bytes a proof signs: the hash of its own options, then that of the document without proofs."""
    options = canonical({name: value for name, value in proof.items() if name != "proofValue"})
    return sha256(options).digest() + sha256(canonical(plain)).digest()


def holds(plain: JsonObject, proof: JsonObject, key: PublicKey) -> bool:
    """Whether a proof's signature is by this key over this document. Total: whatever is wrong with it, it says no."""
    value: Json = proof.get("proofValue")
    if not isinstance(value, str) or value[:1] != "z" or len(value) > MAX_VALUE:
        return False
    try:
        return verify(key, signed_bytes(plain, proof), from_multibase(value))
    except Malformed:
        return False
