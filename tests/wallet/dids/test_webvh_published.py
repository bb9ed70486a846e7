"""did:webvh against the published suites: logs of two implementations, and what a resolver has to make of them."""

import json
from pathlib import Path

import pytest

from tests.tally import Conformance
from wallet.dids import webvh
from wallet.errors import Malformed, NotFound, Unresolved, WalletError
from wallet.needs import Fetch, answered

LATE = 4_000_000_000
ERRORS = {"notFound": (NotFound, Unresolved), "invalidDid": (WalletError,)}


def at_hand(did: str, folder: Path) -> dict[str, bytes]:
    """What is published for a DID."""
    place = webvh.location(did).removesuffix("did.jsonl")
    return {place + file.name: file.read_bytes() for file in folder.iterdir() if file.name.startswith("did")}


def did_of_log(folder: Path) -> str:
    last = json.loads((folder / "did.jsonl").read_text().strip().split("\n")[-1])
    return str(last["state"]["id"])


def scenarios(vectors: Path, *, negative: bool) -> list[Path]:
    found = [path.parent for path in (vectors / "did-webvh").glob("*/*/did.jsonl") if "resolver-suite" not in str(path)]
    return sorted(each for each in found if ("negative" in each.parts[-2]) is negative)


def test_logs_of_other_implementations_resolve_to_the_documents_they_say(
    vectors: Path, conformance: Conformance
) -> None:
    count = 0
    for folder in scenarios(vectors, negative=False):
        did = did_of_log(folder)
        for file in sorted(folder.glob("resolutionResult*.json")):
            expected = json.loads(file.read_text())
            number = file.name.split(".")[1]
            said = expected["didDocumentMetadata"]
            query = f"?versionNumber={number}" if number.isdigit() else ""
            if query and not said["versionId"].startswith(f"{number}-"):
                continue  # one implementation wrote down the newest version where an earlier one was asked for
            found = answered(webvh.resolve_version(did + query, now=LATE), at_hand(did, folder))
            assert found.version.id == said["versionId"], file
            assert found.created[:19] == said["created"][:19]
            assert found.deactivated is said["deactivated"]
            assert expected["didDocument"] is None or found.document == expected["didDocument"], file
            count += 1
        if not found.deactivated:
            assert answered(webvh.resolve(did, now=LATE), at_hand(did, folder)).id == did
    assert count > 15
    conformance("did-webvh", accepted=count)


def test_what_must_not_be_believed_is_refused(vectors: Path, conformance: Conformance) -> None:
    for folder in scenarios(vectors, negative=True):
        script = (folder.parent / "script.yaml").read_text()
        if "op: resolve-did" in script:
            did = script.partition('did: "')[2].partition('"')[0]
            with pytest.raises(Malformed):
                webvh.location(did)
            continue
        did = did_of_log(folder)
        with pytest.raises(WalletError) as refused:
            answered(webvh.resolve(did, now=LATE), at_hand(did, folder))
        assert not isinstance(refused.value, Unresolved), folder
    conformance("did-webvh", rejected=len(scenarios(vectors, negative=True)))


def test_the_resolver_suite(vectors: Path, conformance: Conformance) -> None:
    suite = vectors / "did-webvh/resolver-suite"
    results = []
    for case in json.loads((suite / "resolver-suite.json").read_text()):
        did = case["did_url"].partition("?")[0]
        lookup = webvh.resolve_version(case["did_url"], now=LATE)
        published = at_hand(did, suite / "logs" / case["log"])
        results.append(case["status"] == "ok")
        if case["status"] != "ok":
            with pytest.raises(ERRORS[case["didResolutionMetadata"]["error"]]):
                answered(lookup, published)
            continue
        found, said = answered(lookup, published), case["didDocumentMetadata"]
        assert (found.version.id, found.version.number) == (said["versionId"], said["versionNumber"]), case
        assert said.get("created", found.created) == found.created
        assert said.get("versionTime", found.version.written) == found.version.written
    conformance.cases("did-webvh", results)


def test_a_log_is_asked_for_beside_the_did_json_of_the_same_place() -> None:
    scid = "QmV2V5CSzH5w9UF4rHHAdktXL93ounugmgV2LXVCx9s2i9"
    lookup = webvh.resolve(f"did:webvh:{scid}:example.com%3A8443:issuers:one")
    assert next(lookup) == Fetch(
        "https://example.com:8443/issuers/one/did.jsonl", "text/jsonl, application/json", webvh.LOG_LIMIT
    )
