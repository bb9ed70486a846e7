"""Compact JWS against the published cases: the cookbook of RFC 7520 and RFC 8037, and Wycheproof.

Symmetric and RSA algorithms are refused whatever the case says of them.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tally import Conformance
from tests.wallet.conftest import Case
from wallet.credentials.jose import holds, jws_compact, read_compact, signing_key
from wallet.errors import WalletError
from wallet.keys import Keyring, read_private_jwk


@pytest.mark.parametrize("name", ["4_3.ecdsa_signature", "jws"])
def test_the_cookbook_signatures_hold(name: str, vectors: Path, conformance: Conformance) -> None:
    case = json.loads((vectors / "jose-cookbook" / f"{name}.json").read_text())
    public = signing_key({member: value for member, value in case["input"]["key"].items() if member != "d"})

    jws = read_compact(case["output"]["compact"])

    assert holds(jws, public)
    assert jws.payload.decode() == case["input"]["payload"]
    conformance("jose-cookbook", accepted=1)


def test_an_ed25519_signature_is_the_published_one(vectors: Path) -> None:
    case = json.loads((vectors / "jose-cookbook" / "jws.json").read_text())
    keys = Keyring()
    keys.add("key", read_private_jwk(case["input"]["key"]))

    text = jws_compact({}, case["input"]["payload"].encode(), keys, "key")

    assert text == case["output"]["compact"]


def accepts(case: Case, text: object) -> bool:
    """Whether a JWS of a case holds under the key of its group; a set of keys is never guessed at."""
    try:
        public = signing_key(case["group"].get("public") or case["group"]["private"])
        return isinstance(text, str) and holds(read_compact(text), public)
    except WalletError:
        return False


@pytest.mark.parametrize("name", ["json_web_signature", "json_web_crypto"])
def test_wycheproof_signatures_are_told_apart(
    name: str, wycheproof: Callable[[str], list[Case]], conformance: Conformance
) -> None:
    wrong = []
    count = {True: 0, False: 0}
    other = 0
    for case in wycheproof(name):
        if "jws" not in case:
            continue
        key = case["group"].get("public") or case["group"]["private"]
        ours = key.get("kty") in ("EC", "OKP")
        must_hold = case["result"] == "valid" and ours
        if accepts(case, case["jws"]) != must_hold:
            wrong.append((case["tcId"], case["comment"], case["result"]))
        if case["result"] == "valid" and not ours:
            other += 1
        else:
            count[must_hold] += 1

    assert not wrong
    conformance(
        "wycheproof",
        accepted=count[True],
        rejected=count[False],
        not_covered={f"{name}: {other} valid ones by HS, RS and PS": "refused by decision: no such keys exist here"},
    )
