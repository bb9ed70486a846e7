"""HMAC and HKDF against published cases."""

import hmac
import json
from pathlib import Path

import pytest

from tests.tally import Conformance
from wallet.hkdf import Prf, expand, extract


def test_every_published_hmac_case_comes_out_as_published(vectors: Path, conformance: Conformance) -> None:
    published = json.loads((vectors / "wycheproof/hmac_sha256_test.json").read_text())
    for group in published["testGroups"]:
        for case in group["tests"]:
            tag = Prf(bytes.fromhex(case["key"]))(bytes.fromhex(case["msg"]))[: group["tagSize"] // 8]

            assert (tag.hex() == case["tag"]) == (case["result"] == "valid"), case["tcId"]
            conformance.cases("wycheproof", [case["result"] == "valid"])


def test_every_published_hkdf_case_comes_out_as_published(vectors: Path, conformance: Conformance) -> None:
    published = json.loads((vectors / "wycheproof/hkdf_sha256_test.json").read_text())
    for case in (case for group in published["testGroups"] for case in group["tests"]):
        root = Prf(extract(bytes.fromhex(case["salt"]), bytes.fromhex(case["ikm"])))
        if case["result"] == "valid":
            assert expand(root, bytes.fromhex(case["info"]), case["size"]).hex() == case["okm"], case["tcId"]
        else:
            with pytest.raises(ValueError):
                expand(root, bytes.fromhex(case["info"]), case["size"])
        conformance.cases("wycheproof", [case["result"] == "valid"])


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 200])
def test_a_key_of_any_length_works_as_in_the_standard_library(size: int) -> None:
    assert Prf(bytes(range(size)))(b"text") == hmac.digest(bytes(range(size)), b"text", "sha256")


def test_a_keyed_function_does_not_show_its_key() -> None:
    assert repr(Prf(b"canary")) == "Prf(***)"
