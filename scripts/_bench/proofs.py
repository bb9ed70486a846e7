"""Data Integrity proofs of the suite eddsa-jcs-2022, over a credential of about 1 KiB."""

from collections.abc import Iterator
from time import time

from scripts._bench.measure import Effort, Figure, in_y, side_by_side
from wallet import dids
from wallet.canonical import canonical
from wallet.credentials import integrity
from wallet.dids import key as did_key
from wallet.keys import Curve, Keyring, create
from wallet.needs import offline
from wallet.strict_json import JsonObject

CREATED = "2026-01-05T09:00:00Z"


def credential(issuer: str) -> JsonObject:
    """A loyalty card as a credential, unsigned."""
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "id": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "type": ["VerifiableCredential", "LoyaltyCard"],
        "issuer": issuer,
        "validFrom": CREATED,
        "credentialSubject": {
            "id": issuer,
            "program": "Corner shop",
            "tier": "gold",
            "memberSince": "2021-03-01",
            "benefits": [{"id": f"benefit-{n}", "label": "Two for one on Tuesdays", "value": n} for n in range(2)],
        },
    }


def figures(effort: Effort) -> Iterator[Figure]:
    """Sign, and verify with all checks."""
    signing = create(Curve.ED25519)
    issuer = did_key.create(signing.public)
    kid = f"{issuer}#{issuer.rpartition(':')[2]}"
    keys = Keyring()
    keys.add(kid, signing)
    plain = credential(issuer)

    now = int(time())

    def issue() -> JsonObject:
        return integrity.issue(plain, keys=keys, kid=kid, now=now)

    signed = issue()

    def verify() -> object:
        return offline(integrity.verify_credential(signed, now=now, resolve=dids.resolve))

    verdict = offline(integrity.verify_credential(signed, now=now, resolve=dids.resolve))
    assert verdict.verified, verdict.failed
    issued, verified = side_by_side(effort, issue, verify)
    size = f"{len(canonical(signed)) / 1024:.1f} KiB"
    yield in_y(f"eddsa-jcs-2022 issue, {size}", issued, 1.0)
    yield in_y(f"eddsa-jcs-2022 verify, {size}", verified, 1.7)
