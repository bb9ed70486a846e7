"""Issuing, presenting and verifying credentials: SD-JWT VC, and VC Data Model 2.0 with eddsa-jcs-2022."""

import time

from scripts._peer.identities import Documents, Identity, documents_of, member, objects
from wallet.credentials import integrity, sd_jwt, sd_jwt_verify
from wallet.credentials.model import Binding, Verdict
from wallet.errors import Malformed
from wallet.keys import PublicKey, read_jwk
from wallet.needs import offline
from wallet.strict_json import Json, JsonObject


def issue_sd_jwt(call: JsonObject) -> JsonObject:
    """An SD-JWT VC of `claims`, those at `disclosable` hidden, bound to `holder` (a DID, or a JWK)."""
    documents = Documents(documents_of(call))
    issuer = Identity(member(call, "identity"), documents)
    text = sd_jwt.issue(
        member(call, "claims"),
        disclosable=pointers(call.get("disclosable", [])),
        keys=issuer.ring,
        kid=issuer.signing_kid("assertionMethod"),
        holder=_holder(call.get("holder"), documents),
    )
    return {"sdJwt": text}


def present_sd_jwt(call: JsonObject) -> JsonObject:
    """`sdJwt` with the claims at `reveal`; with `audience` and `nonce`, the holder's answer too."""
    audience, nonce = call.get("audience"), call.get("nonce")
    holder = Identity(member(call, "identity"), Documents(documents_of(call)))
    text = sd_jwt.present(
        str(call["sdJwt"]),
        reveal=pointers(call.get("reveal", [])),
        audience=None if audience is None else str(audience),
        nonce=None if nonce is None else str(nonce),
        now=now(call),
        keys=holder.ring,
        holder_kid=holder.signing_kid("authentication"),
    )
    return {"sdJwt": text}


def verify_sd_jwt(call: JsonObject) -> JsonObject:
    """What there is to say of `sdJwt`; `audience` and `nonce` demand the holder's answer."""
    documents = Documents(documents_of(call))
    binding = Binding(audience=str(call["audience"]), nonce=str(call["nonce"])) if "nonce" in call else None
    return shown(
        offline(sd_jwt_verify.verify(str(call["sdJwt"]), now=now(call), resolve=documents.resolve, binding=binding))
    )


def issue_vc(call: JsonObject) -> JsonObject:
    """`credential` with a proof by `identity`, who is its issuer unless it names one."""
    issuer = Identity(member(call, "identity"), Documents(documents_of(call)))
    unsigned = {"issuer": issuer.did, **member(call, "credential")}
    kid = issuer.signing_kid("assertionMethod")
    return {"credential": integrity.issue(unsigned, keys=issuer.ring, kid=kid, now=now(call))}


def verify_vc(call: JsonObject) -> JsonObject:
    """What there is to say of `credential`."""
    resolve = Documents(documents_of(call)).resolve
    return shown(offline(integrity.verify_credential(member(call, "credential"), now=now(call), resolve=resolve)))


def present_vc(call: JsonObject) -> JsonObject:
    """`credentials` presented by `identity` to `domain`, in answer to `challenge`."""
    holder = Identity(member(call, "identity"), Documents(documents_of(call)))
    presentation = integrity.present(
        objects(call["credentials"]),
        keys=holder.ring,
        holder_kid=holder.signing_kid("authentication"),
        audience=str(call["domain"]),
        nonce=str(call["challenge"]),
        now=now(call),
    )
    return {"presentation": presentation}


def verify_vp(call: JsonObject) -> JsonObject:
    """What there is to say of `presentation`; `challenge` and `domain` demand the holder's proof."""
    resolve = Documents(documents_of(call)).resolve
    binding = Binding(audience=str(call["domain"]), nonce=str(call["challenge"])) if "challenge" in call else None
    presentation = member(call, "presentation")
    return shown(offline(integrity.verify_presentation(presentation, now=now(call), resolve=resolve, binding=binding)))


def shown(verdict: Verdict) -> JsonObject:
    """A verdict as JSON, every check by name."""
    checks: list[Json] = [{"name": name, "ok": ok, "detail": detail} for name, ok, detail in verdict.checks]
    return {
        "verified": verdict.verified,
        "failed": list(verdict.failed),
        "issuer": verdict.issuer,
        "claims": verdict.claims,
        "checks": checks,
        "parts": [shown(part) for part in verdict.parts],
    }


def pointers(value: Json) -> list[sd_jwt.Pointer]:
    """Claims by name, or by the names and numbers on the way to them."""
    if not isinstance(value, list):
        raise Malformed("claims are named in a list")
    return [one if isinstance(one, str) else _path(one) for one in value]


def _path(steps: Json) -> list[str | int | None]:
    if not isinstance(steps, list):
        raise Malformed("the way to a claim is a list")
    return [step if isinstance(step, str | int) else None for step in steps]


def _holder(value: Json, documents: Documents) -> PublicKey | None:
    if value is None or isinstance(value, dict):
        return None if value is None else read_jwk(value)
    document = documents.get(str(value))
    return document.key(document.authentication[0], "authentication")


def now(call: JsonObject) -> int:
    """Unix seconds: what the call says it is, else what it is."""
    given = call.get("now")
    return given if isinstance(given, int) else int(time.time())
