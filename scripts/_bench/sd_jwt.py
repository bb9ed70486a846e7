"""SD-JWT VC against the PyPI package `sd-jwt`: the same claims and keys, Ed25519, which is what agents here sign with.

That package verifies key bindings made with ES256 unless it is told otherwise, so it is told.
"""

import json
from collections.abc import Callable, Iterator
from time import time

from scripts._bench.measure import Effort, Figure, side_by_side, times_faster, unmeasured
from wallet import dids
from wallet.credentials import sd_jwt, sd_jwt_verify
from wallet.credentials.model import Binding
from wallet.dids import jwk as did_jwk
from wallet.encoding import b64u
from wallet.keys import Curve, Keyring, PrivateKey, create, secret_of, to_jwk
from wallet.needs import offline
from wallet.strict_json import JsonObject

HIDDEN = ("given_name", "family_name", "birthdate", "email", "member_since", "tier")
REVEALED = ("given_name", "tier")
CLAIMS: JsonObject = {
    "vct": "https://vendor.example/loyalty-card",
    "iat": 1_760_000_000,
    "exp": 4_000_000_000,
    "given_name": "Mina",
    "family_name": "Harker",
    "birthdate": "1875-05-09",
    "email": "mina@example.org",
    "member_since": "2021-03-01",
    "tier": "gold",
}
AUDIENCE, NONCE = "https://vendor.example", "n-0S6_WzA2Mj"
BOUND = 2.5
NAMES = tuple(f"SD-JWT VC {act}, against sd-jwt" for act in ("issue", "present with key binding", "verify"))

Call = Callable[[], object]


def figures(effort: Effort) -> Iterator[Figure]:
    """Issue, present with key binding, verify: how many times faster."""
    issuer, holder = create(Curve.ED25519), create(Curve.ED25519)
    ours = _ours(issuer, holder)
    try:
        theirs = _theirs(issuer, holder)
    except ImportError:
        yield from (unmeasured(name, "x", BOUND, "the package sd-jwt is not here", most=False) for name in NAMES)
        return
    for name, mine, other in zip(NAMES, ours, theirs, strict=True):
        yield times_faster(name, BOUND, *side_by_side(effort, mine, other))


def _ours(issuer: PrivateKey, holder: PrivateKey) -> tuple[Call, Call, Call]:
    kid, holder_kid = f"{did_jwk.create(issuer.public)}#0", "holder"
    keys = Keyring()
    keys.add(kid, issuer)
    keys.add(holder_kid, holder)
    now = int(time())

    def issue() -> str:
        return sd_jwt.issue(CLAIMS, disclosable=HIDDEN, keys=keys, kid=kid, holder=holder.public)

    credential = issue()

    def present() -> str:
        return sd_jwt.present(
            credential, reveal=REVEALED, audience=AUDIENCE, nonce=NONCE, now=now, keys=keys, holder_kid=holder_kid
        )

    presentation = present()
    binding = Binding(audience=AUDIENCE, nonce=NONCE)

    def verify() -> object:
        return offline(sd_jwt_verify.verify(presentation, now=now, resolve=dids.resolve, binding=binding))

    verdict = offline(sd_jwt_verify.verify(presentation, now=now, resolve=dids.resolve, binding=binding))
    assert verdict.verified, verdict.failed
    return issue, present, verify


def _theirs(issuer: PrivateKey, holder: PrivateKey) -> tuple[Call, Call, Call]:
    from jwcrypto.jwk import JWK
    from sd_jwt.common import SDObj
    from sd_jwt.holder import SDJWTHolder
    from sd_jwt.issuer import SDJWTIssuer
    from sd_jwt.verifier import SDJWTVerifier

    issuer_key, holder_key = (JWK(**to_jwk(key.public), d=b64u(secret_of(key))) for key in (issuer, holder))
    claims = {(SDObj(name) if name in HIDDEN else name): value for name, value in CLAIMS.items()}
    claims["iss"] = did_jwk.create(issuer.public)

    def issue() -> str:
        made: str = SDJWTIssuer(claims, issuer_key, holder_key, sign_alg="EdDSA").sd_jwt_issuance
        return made

    credential = issue()

    def present() -> str:
        held = SDJWTHolder(credential)
        held.create_presentation(dict.fromkeys(REVEALED, True), NONCE, AUDIENCE, holder_key, "EdDSA")
        made: str = held.sd_jwt_presentation
        return made

    presentation = present()

    class Told(SDJWTVerifier):  # type: ignore[misc]  # that package has no types
        def _verify_key_binding_jwt(self, aud: str, nonce: str) -> None:
            super()._verify_key_binding_jwt(aud, nonce, "EdDSA")

    def verify() -> object:
        verifier = Told(presentation, lambda iss, header: issuer_key, AUDIENCE, NONCE)
        return verifier.get_verified_payload()

    assert json.dumps(verify())
    return issue, present, verify
