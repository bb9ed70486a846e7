"""did:webvh written and read here: a history grows, and nothing in it can be changed, cut or taken over."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from wallet import dids, keys
from wallet.dids import webvh, webvh_write
from wallet.dids.document import write
from wallet.dids.webvh_log import read_history
from wallet.dids.webvh_parameters import key_hash
from wallet.errors import Malformed, Unresolved, Untrusted, WalletError
from wallet.keys import Curve, Keyring, PublicKey, to_multikey
from wallet.needs import answered
from wallet.strict_json import Json, JsonObject

NOW = 1_800_000_000


@dataclass
class Controller:
    """Somebody who publishes a did:webvh, and may have witnesses."""

    keys: Keyring = field(default_factory=Keyring)
    did: str = ""
    log: bytes = b""
    proofs: list[Json] = field(default_factory=list)

    def key(self) -> PublicKey:
        key = keys.create(Curve.ED25519)
        self.keys.add(webvh_write.signing_kid(key.public), key)
        return key.public

    def begin(self, own: JsonObject, by: PublicKey, **more: bool) -> None:
        draft = write(f"{webvh_write.DRAFT}shop.example", [("#key-1", by, ("authentication",))])
        kid = webvh_write.signing_kid(by)
        self.did, self.log = webvh_write.first_entry(draft, own, keys=self.keys, kid=kid, now=NOW, **more)

    def go_on(self, own: JsonObject, by: PublicKey, document: JsonObject | None = None) -> None:
        kid = webvh_write.signing_kid(by)
        self.log += webvh_write.next_entry(self.log, document, own, keys=self.keys, kid=kid, now=NOW + 60)

    def witnessed(self, by: PublicKey) -> None:
        id = read_history(self.log, webvh.parts(self.did)[0]).versions[-1].id
        proof = webvh_write.approve(id, keys=self.keys, kid=webvh_write.signing_kid(by), now=NOW)
        self.proofs.append({"versionId": id, "proof": [proof]})

    def published(self) -> Mapping[str, bytes]:
        place = webvh.location(self.did)
        proofs = {place.replace("did.jsonl", "did-witness.json"): json.dumps(self.proofs).encode()}
        return {place: self.log} | (proofs if self.proofs else {})

    def resolved(self, now: int = NOW + 600, seen: str = "") -> str:
        return answered(dids.resolve(self.did, now=now, seen=seen), self.published()).version


@pytest.fixture
def shop() -> tuple[Controller, PublicKey]:
    """A DID with one entry, and the key that may change it."""
    made = Controller()
    key = made.key()
    made.begin(webvh_write.parameters(update=key), key)
    return made, key


def test_a_history_grows_and_its_newest_version_counts(shop: tuple[Controller, PublicKey]) -> None:
    made, key = shop
    first = made.resolved()
    following = made.key()
    made.go_on(webvh_write.parameters(update=following), key)
    made.go_on({}, following)
    assert [version.number for version in read_history(made.log, webvh.parts(made.did)[0]).versions] == [1, 2, 3]
    assert first.startswith("1-")
    assert made.resolved(seen=first).startswith("3-")


def test_a_key_that_was_replaced_changes_nothing_any_more(shop: tuple[Controller, PublicKey]) -> None:
    made, key = shop
    made.go_on(webvh_write.parameters(update=made.key()), key)
    with pytest.raises(Untrusted, match="may not change this DID"):
        made.go_on({}, key)


def test_with_pre_rotation_a_stolen_key_cannot_take_the_did() -> None:
    made = Controller()
    key, following, thief = made.key(), made.key(), made.key()
    made.begin(webvh_write.parameters(update=key, following=following), key)
    with pytest.raises(Untrusted, match="did not commit"):
        made.go_on(webvh_write.parameters(update=thief), thief)
    with pytest.raises(Untrusted, match="every entry names its keys"):
        made.go_on({}, key)
    made.go_on(webvh_write.parameters(update=following), following)
    made.go_on({}, following)
    assert made.resolved().startswith("3-")


def test_a_shortened_or_forked_history_is_a_rollback(shop: tuple[Controller, PublicKey]) -> None:
    made, key = shop
    short = made.log
    made.go_on({"watchers": ["https://watcher.example"]}, key)
    seen, made.log = made.resolved(), short
    with pytest.raises(Untrusted, match="did_rollback"):
        made.resolved(seen=seen)
    made.go_on({"watchers": ["https://other.example"]}, key)
    with pytest.raises(Untrusted, match="did_rollback"):
        made.resolved(seen=seen)


@pytest.mark.parametrize("flip", range(0, 2400, 7))
def test_no_bit_of_a_log_can_be_changed(flip: int, two_entries: Controller) -> None:
    at = flip % len(two_entries.log)
    changed = bytes([two_entries.log[at] ^ 1])
    history = read_history(two_entries.log[:at] + changed + two_entries.log[at + 1 :], webvh.parts(two_entries.did)[0])
    assert history.fault
    assert len(history.versions) <= two_entries.log[:at].count(b"\n")


@pytest.fixture(scope="module")
def two_entries() -> Controller:
    """A DID that was changed once."""
    made = Controller()
    key = made.key()
    made.begin(webvh_write.parameters(update=key), key)
    made.go_on({}, key)
    return made


def test_a_deactivated_did_is_no_longer_anybody_and_never_again(shop: tuple[Controller, PublicKey]) -> None:
    made, key = shop
    made.go_on({"deactivated": True, "updateKeys": []}, key)
    with pytest.raises(Untrusted, match="deactivated"):
        made.resolved()
    found = answered(webvh.resolve_version(f"{made.did}?versionNumber=1"), made.published())
    assert found.deactivated
    with pytest.raises(Untrusted, match="follows the deactivation"):
        made.go_on({}, key)


def test_as_many_witnesses_as_were_named_have_to_approve() -> None:
    made = Controller()
    key, anna, bela, stranger = made.key(), made.key(), made.key(), made.key()
    named: list[Json] = [{"id": f"did:key:{to_multikey(each)}"} for each in (anna, bela)]
    made.begin(webvh_write.parameters(update=key, witness={"threshold": 2, "witnesses": named}), key)
    with pytest.raises(Untrusted, match="approved by 0 of 2"):
        made.resolved()
    made.witnessed(anna)
    made.witnessed(anna)
    made.witnessed(stranger)
    with pytest.raises(Untrusted, match="approved by 1 of 2"):
        made.resolved()
    made.witnessed(bela)
    made.go_on({"witness": {}}, key)
    with pytest.raises(Untrusted, match="version 2 was approved by 0 of 2"):
        made.resolved()
    for each in (anna, bela):
        made.witnessed(each)
    made.go_on({}, key)
    assert made.resolved().startswith("3-")


def test_only_a_did_that_is_portable_from_its_start_moves() -> None:
    for portable in (True, False):
        made = Controller()
        key = made.key()
        made.begin(webvh_write.parameters(update=key), key, portable=portable)
        moved = made.did.replace("shop.example", "store.example")
        document = write(moved, [("#key-1", key, ("authentication",))]) | {"alsoKnownAs": [made.did]}
        if not portable:
            with pytest.raises(Untrusted, match="moves the DID"):
                made.go_on({}, key, document)
            continue
        made.go_on({}, key, document)
        made.did = moved
        assert made.resolved().startswith("2-")


def test_what_lies_in_the_future_has_not_happened(shop: tuple[Controller, PublicKey]) -> None:
    made, _ = shop
    assert made.resolved(now=NOW - 300)
    with pytest.raises(Untrusted, match="has not come"):
        made.resolved(now=NOW - 301)


def test_a_document_of_another_place_with_the_same_history_is_not_this_did(shop: tuple[Controller, PublicKey]) -> None:
    made, _ = shop
    elsewhere = made.did.replace("shop.example", "evil.example")
    with pytest.raises(Untrusted, match=r"no version .* is of"):
        answered(dids.resolve(elsewhere), {webvh.location(elsewhere): made.log})


@pytest.mark.parametrize(
    "raw", [b"", b"\n\n", b"null\n", b"{}\n", b"[1]\n", b"\xff\n", b'{"versionId":1}\n' * 2000], ids=str
)
def test_anything_else_is_no_history_and_never_an_exception(raw: bytes) -> None:
    history = read_history(raw, "Qm" + "a" * 44)
    assert history.versions == ()
    assert history.fault


@pytest.mark.parametrize("place", ["127.0.0.1", "127.0.0.1%3a80", "example.com:..:x", "example.com%3A99999", "x", ""])
def test_a_place_that_is_none_is_refused_before_anything_is_asked(place: str) -> None:
    with pytest.raises(Malformed):
        next(webvh.resolve(f"did:webvh:Qm{'a' * 44}:{place}"))


def test_a_log_that_cannot_be_had_is_unresolved_not_refused(shop: tuple[Controller, PublicKey]) -> None:
    made, _ = shop
    with pytest.raises(Unresolved):
        answered(dids.resolve(made.did), {})


@pytest.mark.parametrize(
    "own",
    [
        {"ttl": -1}, {"ttl": True}, {"portable": True}, {"portable": "yes"}, {"updateKeys": ["z6Mk"]}, {"new": 1},
        {"updateKeys": "x"}, {"nextKeyHashes": [1]}, {"scid": "Qm"}, {"method": "did:webvh:0.5"},
        {"method": "did:webvh:1.0-rc1"}, {"witness": {"threshold": 1}}, {"watchers": ["a", "a"]},
        {"witness": {"threshold": 1, "witnesses": []}},
    ],
    ids=str,
)  # fmt: skip
def test_parameters_that_mean_nothing_are_never_signed(own: JsonObject, shop: tuple[Controller, PublicKey]) -> None:
    made, key = shop
    with pytest.raises(WalletError):
        made.go_on(own, key)


def test_a_null_is_read_as_the_default_as_early_logs_wrote_it(shop: tuple[Controller, PublicKey]) -> None:
    made, key = shop
    made.go_on({"watchers": None, "ttl": None, "witness": None}, key)
    assert made.resolved().startswith("2-")
    assert key_hash(to_multikey(key)).startswith("Qm")
