"""Credentials exchanged with implementations by others, both ways: sd-jwt-js (OpenWallet) and Digital Bazaar's vc."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any, TypeAlias

import pytest

from tests.wallet.signed_world import BASE, published
from wallet import dids, keys
from wallet.credentials import integrity, sd_jwt, sd_jwt_verify
from wallet.credentials.model import Binding, Status
from wallet.credentials.status_publish import bitstring_status, publish_bitstring, publish_token_list, token_status
from wallet.credentials.vcdm import BASE_CONTEXT
from wallet.dids import jwk as did_jwk
from wallet.dids import key as did_key
from wallet.encoding import b64u
from wallet.keys import Curve, Keyring, PrivateKey, read_private_jwk, secret_of, to_jwk
from wallet.needs import answered, offline
from wallet.strict_json import Json, JsonObject

pytestmark = pytest.mark.interop

Peer: TypeAlias = Callable[..., dict[str, Any]]

AUDIENCE, NONCE = "https://verifier.example", "n-0S6_WzA2Mj"
VCT = "https://issuer.example/card"
LIST = "https://issuer.example/lists/1"
CURVES = pytest.mark.parametrize("curve", [Curve.P256, Curve.ED25519], ids=["ES256", "EdDSA"])


def now() -> int:
    """The time that peers go by: they read the real clock."""
    return int(time())


def peer(folder: Path) -> Peer:
    """A peer's command: one object in, one object out."""
    node = shutil.which("node")
    if node is None or not (folder / "node_modules").is_dir():
        pytest.skip(f"no interop peer at {folder}, or no node")

    def ask(**request: object) -> dict[str, Any]:
        request = {"documents": KNOWN} | request
        command = [node, "cli.mjs"]
        done = subprocess.run(
            command, cwd=folder, input=json.dumps(request), capture_output=True, text=True, timeout=60
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return ask


@pytest.fixture
def sdjwt(interop: Path) -> Peer:
    """OpenWallet's sd-jwt-js."""
    return peer(interop / "sdjwt")


@pytest.fixture
def vc(interop: Path) -> Peer:
    """Digital Bazaar's vc, with eddsa-jcs-2022 and status lists."""
    return peer(interop / "db-vc")


def private_jwk(key: PrivateKey) -> dict[str, str]:
    """A private JWK, as the peer takes it."""
    return {**to_jwk(key.public), "d": b64u(secret_of(key))}


def issuer(curve: Curve) -> tuple[PrivateKey, str, str, Keyring]:
    """An issuer under did:jwk: key, DID, key id, keyring."""
    key, ring = keys.create(curve), Keyring()
    did = did_jwk.create(key.public)
    ring.add(f"{did}#0", key)
    return key, did, f"{did}#0", ring


@CURVES
def test_the_peer_verifies_what_we_issue_and_present(sdjwt: Peer, curve: Curve) -> None:
    key, _, kid, ring = issuer(curve)
    holder = keys.create(curve)
    ring.add("holder", holder)
    claims: JsonObject = {"vct": VCT, "iat": now(), "given_name": "Mina", "age": 36, "places": ["GB", "RO"]}
    claims |= {"address": {"street": "1 Main St", "town": "Whitby"}, "status": token_status(LIST, 6)}
    hidden: list[sd_jwt.Pointer] = ["given_name", "age", "address", ("address", "street"), ("places", None)]
    credential = sd_jwt.issue(claims, disclosable=hidden, keys=ring, kid=kid, holder=holder.public, decoys=2)
    listed = publish_token_list({7: 1}, size=64, uri=LIST, keys=ring, kid=kid, now=now(), lifetime=3600)

    shown = sd_jwt.present(
        credential,
        reveal=["age", ("address", "street"), ("places", 1)],
        audience=AUDIENCE,
        nonce=NONCE,
        now=now(),
        keys=ring,
        holder_kid="holder",
    )
    found = sdjwt(
        op="verify", sdjwt=shown, issuerJwk=to_jwk(key.public), nonce=NONCE, aud=AUDIENCE, required=["vct", "age"],
        statusLists={LIST: listed}, statusJwk=to_jwk(key.public),
    )  # fmt: skip

    assert found["verified"], found
    assert found["payload"]["age"] == 36
    assert found["payload"]["address"] == {"street": "1 Main St", "town": "Whitby"}
    assert found["payload"]["places"] == ["RO"]
    assert "given_name" not in found["payload"]


@CURVES
def test_the_peer_presents_what_we_issue_and_we_verify_it(sdjwt: Peer, curve: Curve) -> None:
    _, _, kid, ring = issuer(curve)
    holder = keys.create(curve)
    claims: JsonObject = {"vct": VCT, "iat": now(), "given_name": "Mina", "age": 36}
    credential = sd_jwt.issue(claims, disclosable=["given_name", "age"], keys=ring, kid=kid, holder=holder.public)

    shown = sdjwt(
        op="present", sdjwt=credential, frame={"age": True}, holderJwk=private_jwk(holder),
        kb={"aud": AUDIENCE, "nonce": NONCE},
    )["sdjwt"]  # fmt: skip

    binding = Binding(audience=AUDIENCE, nonce=NONCE)
    verdict = offline(sd_jwt_verify.verify(shown, now=now(), resolve=dids.resolve, binding=binding))
    assert verdict.verified, verdict.why()
    assert verdict.claims["age"] == 36
    assert "given_name" not in verdict.claims


@CURVES
def test_we_verify_what_the_peer_issues_with_its_status(sdjwt: Peer, curve: Curve) -> None:
    alg = "ES256" if curve is Curve.P256 else "EdDSA"
    made = sdjwt(op="keygen", alg=alg)
    did = did_jwk.create(keys.read_jwk(made["publicJwk"]))
    holder, ring = keys.create(curve), Keyring()
    ring.add("holder", holder)
    listed = sdjwt(
        op="statusList", issuerJwk=made["privateJwk"], iss=did, sub=LIST, bits=2, size=64, set={"7": 1, "8": 2},
        header={"kid": f"{did}#0"},
    )["jwt"]  # fmt: skip
    status = {6: Status.VALID, 7: Status.REVOKED, 8: Status.SUSPENDED} if curve is Curve.P256 else {6: Status.VALID}
    for index, expected in status.items():
        credential = sdjwt(
            op="issue", issuerJwk=made["privateJwk"], holderJwk=to_jwk(holder.public), header={"kid": f"{did}#0"},
            claims={
                "iss": did, "vct": VCT, "given_name": "Mina", "age": 36, "address": {"street": "1 Main", "town": "W"},
                "status": token_status(LIST, index),
            },
            frame={"_sd": ["given_name", "age", "address"], "address": {"_sd": ["street"]}},
        )["sdjwt"]  # fmt: skip

        shown = sd_jwt.present(
            credential, reveal=[("address", "street")], audience=AUDIENCE, nonce=NONCE, now=now(), keys=ring,
            holder_kid="holder",
        )  # fmt: skip

        binding = Binding(audience=AUDIENCE, nonce=NONCE)
        lookup = sd_jwt_verify.verify(shown, now=now(), resolve=dids.resolve, binding=binding)
        verdict = answered(lookup, {LIST: listed.encode()})
        assert verdict.status is expected, verdict.why()
        assert verdict.failed == (() if expected is Status.VALID else ("status_valid",))
        if verdict.verified:
            assert verdict.claims["address"] == {"street": "1 Main", "town": "W"}
            assert "age" not in verdict.claims


def test_what_one_side_refuses_the_other_refuses(sdjwt: Peer) -> None:
    key, _, kid, ring = issuer(Curve.P256)
    holder = keys.create(Curve.P256)
    ring.add("holder", holder)
    credential = sd_jwt.issue({"vct": VCT, "age": 36}, disclosable=["age"], keys=ring, kid=kid, holder=holder.public)
    shown = sd_jwt.present(
        credential, reveal=["age"], audience=AUDIENCE, nonce=NONCE, now=now(), keys=ring, holder_kid="holder"
    )
    jwt, disclosure, answer = shown.split("~")
    for text in (f"{jwt}~{answer}", f"{jwt}~{disclosure}x~{answer}", shown.replace(answer, credential.split("~")[0])):
        binding = Binding(audience=AUDIENCE, nonce=NONCE)
        ours = offline(sd_jwt_verify.verify(text, now=now(), resolve=dids.resolve, binding=binding))
        theirs = sdjwt(op="verify", sdjwt=text, issuerJwk=to_jwk(key.public), nonce=NONCE, aud=AUDIENCE)

        assert not ours.verified
        assert not theirs.get("verified")


def signer() -> tuple[str, str, Keyring]:
    """An issuer or holder under did:key."""
    key, ring = keys.create(Curve.ED25519), Keyring()
    did = did_key.create(key.public)
    kid = f"{did}#{did.removeprefix('did:key:')}"
    ring.add(kid, key)
    return did, kid, ring


OURS = "https://shop.example/context/v1"
KNOWN = {OURS: {"@context": {"@vocab": "https://shop.example/terms#"}}}
CONTEXTS: list[Json] = [BASE_CONTEXT, OURS]  # by URL: the peer cannot compare contexts that are objects


def card(did: str, subject: str, status: JsonObject | None = None) -> JsonObject:
    """A credential, unsigned, with terms that its own context defines."""
    document: JsonObject = {
        "@context": CONTEXTS,
        "id": "urn:uuid:5f2a3a0e-0f4c-4d5a-8b1c-1d2e3f405162",
        "type": ["VerifiableCredential", "Card"],
        "issuer": did,
        "validFrom": "2024-01-01T00:00:00Z",
        "credentialSubject": {
            "id": subject,
            "name": "Mina",
            "points": 12,
            "shops": ["a", {"name": "Ünïcode € \u2028"}],
        },
    }
    return document | ({"credentialStatus": status} if status else {})


POLICY = integrity.Policy(approved={"Card": CONTEXTS})


def test_the_peer_verifies_our_credential_and_presentation(vc: Peer) -> None:
    did, kid, ring = signer()
    credential = integrity.issue(card(did, did), keys=ring, kid=kid, now=now())
    presentation = integrity.present([credential], keys=ring, holder_kid=kid, audience=AUDIENCE, nonce=NONCE, now=now())
    changed = json.loads(json.dumps(credential))
    changed["credentialSubject"]["points"] = 13

    assert vc(op="verify", credential=credential)["verified"]
    assert not vc(op="verify", credential=changed)["verified"]
    assert vc(op="verifyPresentation", presentation=presentation, challenge=NONCE, domain=AUDIENCE)["verified"]
    assert not vc(op="verifyPresentation", presentation=presentation, challenge="other", domain=AUDIENCE)["verified"]


def test_the_peer_verifies_our_signed_objects(vc: Peer) -> None:
    context = {f"{BASE}/context/v1": {"@context": {"@vocab": f"{BASE}#"}}}

    found = [vc(op="verify", credential=each, documents=context) for each in published()]

    assert [one["verified"] for one in found] == [True, True, True], found


def test_we_verify_the_peers_credential_and_presentation(vc: Peer) -> None:
    made = vc(op="keygen", suite="eddsa-jcs-2022")
    unsigned = card(made["did"], made["did"])
    credential = vc(op="issue", suite="eddsa-jcs-2022", key=made["key"], credential=unsigned)["credential"]
    presentation = vc(
        op="present",
        suite="eddsa-jcs-2022",
        key=made["key"],
        credentials=[credential],
        challenge=NONCE,
        domain=AUDIENCE,
    )["presentation"]

    alone = offline(integrity.verify_credential(credential, now=now(), resolve=dids.resolve, policy=POLICY))
    verdicts = [
        offline(
            integrity.verify_presentation(
                presentation,
                now=now(),
                resolve=dids.resolve,
                binding=Binding(audience=AUDIENCE, nonce=nonce),
                policy=POLICY,
            )
        )
        for nonce in (NONCE, "other")
    ]

    assert alone.verified, alone.why()
    assert verdicts[0].verified, verdicts[0].why()
    assert verdicts[1].failed == ("challenge",)


def test_the_peer_checks_our_status_list(vc: Peer) -> None:
    did, kid, ring = signer()
    listed = publish_bitstring({7: 1}, uri=LIST, keys=ring, kid=kid, now=now(), lifetime=3600)
    found = [
        vc(
            op="verify",
            credential=integrity.issue(card(did, did, bitstring_status(LIST, index)), keys=ring, kid=kid, now=now()),
            statusListCredentials=[listed],
        )
        for index in (6, 7)
    ]

    assert [(one["verified"], one["statusHit"]) for one in found] == [(True, False), (False, True)], found


def test_we_check_the_peers_status_list(vc: Peer) -> None:
    made = vc(op="keygen", suite="eddsa-jcs-2022")
    listed = vc(op="statusList", suite="eddsa-jcs-2022", key=made["key"], id=LIST, revoked=[7])["credential"]
    verdicts = []
    for index in (6, 7):
        unsigned = card(made["did"], made["did"], bitstring_status(LIST, index))
        credential = vc(op="issue", suite="eddsa-jcs-2022", key=made["key"], credential=unsigned)["credential"]
        lookup = integrity.verify_credential(credential, now=now(), resolve=dids.resolve, policy=POLICY)
        verdicts.append(answered(lookup, {LIST: json.dumps(listed).encode()}))

    assert [verdict.status for verdict in verdicts] == [Status.VALID, Status.REVOKED]
    assert verdicts[0].verified, verdicts[0].why()


def test_a_key_the_peer_made_signs_here(sdjwt: Peer) -> None:
    made = sdjwt(op="keygen", alg="EdDSA")
    key = read_private_jwk(made["privateJwk"])

    assert to_jwk(key.public) == {name: made["publicJwk"][name] for name in ("kty", "crv", "x")}
