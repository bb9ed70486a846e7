"""The published test cases of SD-JWT: issued here as they say, presented as they say, and what is left compared.

Sources: sd-jwt-python, RFC 9901 and SD-JWT VC examples; OpenID4VP.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tally import Conformance
from wallet import dids
from wallet.credentials import sd_jwt, sd_jwt_verify
from wallet.credentials.issuers import metadata_url
from wallet.credentials.model import Binding, Verdict
from wallet.credentials.sd_jwt_form import read_form
from wallet.keys import Curve, Keyring, create, read_private_jwk, to_jwk
from wallet.needs import answered

CASES = (
    *(f"testcases/{name}" for name in (
        "array_data_types", "array_in_sd", "array_none_disclosed", "array_of_objects", "array_recursive_sd",
        "header_mod", "json_serialization_general", "no_sd", "recursions",
    )),
    *(f"spec-examples/{name}" for name in (
        "address_only_flat", "address_only_structured", "arf-pid", "complex_eidas_proposal",
        "json_serialization_flattened", "jsonld", "simple_structured", "w3c-vc_for_slide_deck",
    )),
    "sd-jwt-vc-examples/01",
)  # fmt: skip
NOW = 1_700_000_000
OURS = {"iss", "cnf", "exp", "iat"}
PLAIN = sd_jwt_verify.Policy(needs_vct=False)


@dataclass(frozen=True)
class Hidden:
    """A node that the case marks as selectively disclosable."""

    value: Any  # whatever YAML can say


class Loader(yaml.SafeLoader):
    """YAML with the tag !sd."""


def hidden(loader: Loader, node: yaml.Node) -> Hidden:
    """What stands behind !sd, whatever it is."""
    if isinstance(node, yaml.MappingNode):
        return Hidden(loader.construct_mapping(node, deep=True))
    if isinstance(node, yaml.SequenceNode):
        return Hidden(loader.construct_sequence(node, deep=True))
    assert isinstance(node, yaml.ScalarNode)
    return Hidden(node.value if node.style else yaml.safe_load(node.value))


Loader.add_constructor("!sd", hidden)


def plain(value: Any) -> Any:
    """The claims without marks."""
    if isinstance(value, Hidden):
        return plain(value.value)
    if isinstance(value, dict):
        return {plain(name): plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def marked(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where the marks are."""
    if isinstance(value, Hidden):
        yield path
        yield from marked(value.value, path)
    elif isinstance(value, dict):
        for name, inner in value.items():
            place = (*path, plain(name))
            if isinstance(name, Hidden):
                yield place
            yield from marked(inner, place)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from marked(inner, (*path, number))


def wanted(disclosed: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """What the holder discloses: whatever is true, or holds something that is."""
    if disclosed and path:
        yield path
    if isinstance(disclosed, dict | list):
        for name, inner in disclosed.items() if isinstance(disclosed, dict) else enumerate(disclosed):
            yield from wanted(inner, (*path, name))


def there(disclosed: Any, claims: Any) -> Any:
    """What the holder discloses, less what the credential does not have (one case asks for such)."""
    if isinstance(disclosed, dict) and isinstance(claims, dict):
        return {name: there(inner, claims[name]) for name, inner in disclosed.items() if name in claims}
    return disclosed


def issued(case: dict[str, Any], keys: Keyring, metadata: dict[str, bytes]) -> str:
    """The case's claims as an SD-JWT by an HTTPS issuer that publishes its key."""
    claims = {"iss": "https://example.com/issuer", "exp": 1_883_000_000} | plain(case["user_claims"])
    metadata[metadata_url(claims["iss"])] = json.dumps(
        {"issuer": claims["iss"], "jwks": {"keys": [{**to_jwk(keys.public("issuer")), "kid": "issuer"}]}}
    ).encode()
    disclosable = list(marked(case["user_claims"]))
    holder = keys.public("holder")
    return sd_jwt.issue(claims, disclosable=disclosable, keys=keys, kid="issuer", holder=holder, decoys=3)


def verified(text: str, metadata: dict[str, bytes]) -> Verdict:
    """The verdict of a verifier who knows the issuer's metadata."""
    binding = Binding(audience="https://example.com/verifier", nonce="1234567890")
    return answered(sd_jwt_verify.verify(text, now=NOW, resolve=dids.resolve, binding=binding, policy=PLAIN), metadata)


def as_json(text: str, *, general: bool) -> str:
    """A compact SD-JWT in one of its JSON forms (RFC 9901, section 8)."""
    form = read_form(text)
    protected, payload, signature = form.jwt.split(".")
    header = {"disclosures": list(form.disclosures), "kb_jwt": form.key_binding}
    entry = {"protected": protected, "signature": signature, "header": header}
    return json.dumps({"payload": payload, "signatures": [entry]} if general else {"payload": payload, **entry})


@pytest.mark.parametrize("curve", [Curve.P256, Curve.ED25519], ids=["ES256", "EdDSA"])
@pytest.mark.parametrize("name", CASES)
def test_what_is_shown_is_what_the_case_expects(
    name: str, curve: Curve, vectors: Path, conformance: Conformance
) -> None:
    case = yaml.load((vectors / "sd-jwt" / f"{name}.yml").read_text(), Loader)
    keys, metadata = Keyring(), dict[str, bytes]()
    keys.add("issuer", create(curve))
    keys.add("holder", create(curve))
    credential = issued(case, keys, metadata)

    shown = sd_jwt.present(
        credential,
        reveal=wanted(there(case["holder_disclosed_claims"], plain(case["user_claims"]))),
        audience="https://example.com/verifier",
        nonce="1234567890",
        now=NOW,
        keys=keys,
        holder_kid="holder",
    )

    expected = case.get("expect_verified_user_claims")
    for text in (shown, as_json(shown, general=False), as_json(shown, general=True)):
        verdict = verified(text, metadata)
        assert verdict.verified, verdict.why()
        if expected is not None:
            assert without_ours(verdict.claims, expected) == expected
        else:
            assert set(verdict.claims) - OURS <= set(plain(case["user_claims"]))
    if curve is Curve.P256:
        conformance("sd-jwt", accepted=1)


def without_ours(claims: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The verified claims, less what the issuer adds to every case."""
    return {name: value for name, value in claims.items() if name not in OURS or name in expected}


@pytest.mark.parametrize("name", ["exampleIssuanceSdJwt", "examplePresentationSdJwt"])
def test_an_algorithm_that_is_not_ours_is_a_verdict_and_no_error(
    name: str, vectors: Path, conformance: Conformance
) -> None:
    text = (vectors / "sd-jwt" / "serialized" / f"{name}.txt").read_text().strip()

    verdict = verified(text, {})

    assert set(verdict.failed) == {"type", "algorithm"}
    assert sd_jwt.read(text).claims["iss"] == "https://example.com/issuer"
    conformance("sd-jwt", not_covered={"serialized": "signed with RS256, which is not accepted; they are read"})


def test_the_presentation_in_openid4vp_is_verified(vectors: Path, conformance: Conformance) -> None:
    folder = vectors / "openid4vp" / "sd_jwt_vcld"
    text = "".join((folder / "01" / "sd_jwt_presentation.txt").read_text().split())
    settings = yaml.safe_load((folder / "settings.yml").read_text())
    key = read_private_jwk(settings["key_settings"]["issuer_keys"][0]).public
    issuer = settings["identifiers"]["issuer"]
    metadata = {metadata_url(issuer): json.dumps({"issuer": issuer, "jwks": {"keys": [to_jwk(key)]}}).encode()}
    answer = json.loads((folder / "01" / "kb_jwt_payload.json").read_text())
    binding = Binding(audience=settings["identifiers"]["verifier"], nonce=settings["key_binding_nonce"])

    verdict = answered(sd_jwt_verify.verify(text, now=answer["iat"], resolve=dids.resolve, binding=binding), metadata)

    assert verdict.verified, verdict.why()
    assert verdict.claims == json.loads((folder / "01" / "verified_contents.json").read_text())
    conformance("openid4vp", accepted=1)
