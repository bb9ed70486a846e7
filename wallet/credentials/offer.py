"""What was offered and what came: a holder keeps only the credential it agreed to.

Source: the comparison issue-credential 3.0 leaves to the holder.
"""

from dataclasses import dataclass, field

from wallet.canonical import canonical
from wallet.credentials import sd_jwt
from wallet.credentials.vcdm import entries, id_of, issuer_of, types_of
from wallet.errors import WalletError
from wallet.keys import PublicKey, read_jwk
from wallet.names import same
from wallet.strict_json import Json, JsonObject, parse_object

_NOT_OFFERED = frozenset({"iss", "iat", "nbf", "exp", "vct", "cnf", "status", "jti"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an issuer promised. type: `vct`, or the type beside VerifiableCredential. claims: exactly what it will say.

    holder: the key it will be bound to (SD-JWT VC). subject: the DID it will be about (VCDM). None: not agreed upon.
    """

    issuer: str
    type: str
    claims: JsonObject = field(default_factory=dict)
    holder: PublicKey | None = None
    subject: str | None = None


def same_offer(offer: Offer, credential: str | bytes | JsonObject) -> tuple[str, ...]:
    """What differs between an offer and what was issued: names among issuer, type, claims, subject; empty if nothing.

    credential: an SD-JWT VC as issued, or a VCDM credential. A credential that cannot be read differs in "format". The
    signature is not looked at here.
    """
    try:
        if isinstance(credential, dict):
            return _compare_document(offer, credential)
        if sd_jwt.recognises(credential):
            return _compare_sd_jwt(offer, sd_jwt.read(credential))
        return _compare_document(offer, parse_object(credential))
    except WalletError:
        return ("format",)


def _compare_sd_jwt(offer: Offer, held: sd_jwt.Held) -> tuple[str, ...]:
    claims = held.claims
    added = _NOT_OFFERED - offer.claims.keys()  # an expiry, say, that was offered has to be as it was offered
    said: JsonObject = {name: value for name, value in claims.items() if name not in added}
    differences = {
        "issuer": not same(str(claims.get("iss")), offer.issuer),
        "type": claims.get("vct") != offer.type,
        "claims": canonical(said) != canonical(offer.claims),
        "subject": offer.holder is not None and _key(claims.get("cnf")) != offer.holder,
    }
    return tuple(name for name, differs in differences.items() if differs)


def _compare_document(offer: Offer, document: JsonObject) -> tuple[str, ...]:
    subjects = entries(document.get("credentialSubject"))
    subject = subjects[0] if len(subjects) == 1 and isinstance(subjects[0], dict) else {}
    said: JsonObject = {name: value for name, value in subject.items() if name != "id"}
    differences = {
        "issuer": not same(issuer_of(document) or "", offer.issuer),
        "type": set(types_of(document)) != {"VerifiableCredential", offer.type},
        "claims": canonical(said) != canonical(offer.claims),
        "subject": offer.subject is not None and not same(id_of(subject) or "", offer.subject),
    }
    return tuple(name for name, differs in differences.items() if differs)


def _key(cnf: Json) -> PublicKey | None:
    jwk = cnf.get("jwk") if isinstance(cnf, dict) else None
    return read_jwk(jwk) if isinstance(jwk, dict) else None
