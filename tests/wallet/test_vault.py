"""The vault opens for its owner's secret and for nothing else, and notices every altered bit."""

import hmac
import random
import unicodedata
from collections.abc import Callable

import msgspec
import pytest

from tests.cost import cost
from wallet import vault
from wallet.errors import Corrupt, Locked, Malformed, NotFound, WalletError
from wallet.slots import CHEAP, SERVER, STANDARD, Argon2
from wallet.vault import Former, Header, Vault

PASSPHRASE = "grüne Äpfel im Hof"
KEY_FILE = bytes(range(40))
ROW = ("item", b"record-id", 7, b"tags")


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREERANGE_TEST_KDF", "1")


@pytest.fixture(scope="module")
def opened() -> Vault:
    return Vault.create(KEY_FILE)


def edited(header: bytes, change: Callable[[Header], Header]) -> bytes:
    return msgspec.json.encode(change(msgspec.json.decode(header, type=Header)))


def test_what_was_sealed_opens_after_the_wallet_is_opened_again() -> None:
    first = Vault.create(PASSPHRASE)
    sealed = first.seal(*ROW, b"plaintext")

    again = Vault(first.header)
    again.unlock(PASSPHRASE)

    assert again.unseal(*ROW, sealed) == b"plaintext"
    assert again.blind("item", "tag", "x") == first.blind("item", "tag", "x")


def test_a_passphrase_is_the_same_however_its_letters_are_composed() -> None:
    header = Vault.create(unicodedata.normalize("NFC", PASSPHRASE)).header

    again = Vault(header)
    again.unlock(unicodedata.normalize("NFD", PASSPHRASE))

    assert not again.locked


@pytest.mark.parametrize("secret", ["grüne Äpfel im Hof ", "", "x" * 100, bytes(40), KEY_FILE[:39], b""])
def test_a_secret_that_does_not_fit_opens_nothing(secret: str | bytes) -> None:
    closed = Vault(Vault.create(PASSPHRASE).header)
    closed_file = Vault(Vault.create(KEY_FILE).header)

    for one in (closed, closed_file):
        with pytest.raises(Locked):
            one.unlock(secret)
        assert one.locked


def test_a_wrong_passphrase_takes_as_long_as_the_right_one() -> None:
    header = Vault.create(PASSPHRASE, SERVER).header

    def refused() -> None:
        with pytest.raises(Locked):
            Vault(header).unlock("wrong passphrase")

    right = cost(lambda: Vault(header).unlock(PASSPHRASE))

    assert cost(refused) > right / 5


@pytest.mark.parametrize("secret", ["elevenchars", "ﬁ" * 5, bytes(31), b""])
def test_a_secret_too_short_is_refused(secret: str | bytes) -> None:
    with pytest.raises(Malformed):
        Vault.create(secret)


def test_after_locking_everything_raises_locked() -> None:
    one = Vault.create(KEY_FILE)
    sealed = one.seal(*ROW, b"plaintext")
    keys = one._keys
    one.lock()

    for use in (
        lambda: one.seal(*ROW, b""),
        lambda: one.unseal(*ROW, sealed),
        lambda: one.blind("item", "tag", ""),
        lambda: one.inventory_mac(b"", 1),
        lambda: one.add_slot("second", KEY_FILE),
    ):
        with pytest.raises(Locked):
            use()
    assert keys is not None
    assert keys.wallet_key == bytes(32)


def test_a_slot_can_be_given_another_secret_by_whoever_has_opened_the_vault() -> None:
    one = Vault.create(PASSPHRASE)
    one.add_slot("recovery", KEY_FILE)
    again = Vault(one.header)
    again.unlock(KEY_FILE)
    assert again.opened == "recovery"

    again.replace_secret("first", "another passphrase")

    with pytest.raises(NotFound):
        again.replace_secret("second", "another passphrase")
    last = Vault(again.header)
    with pytest.raises(Locked):
        last.unlock(PASSPHRASE)
    last.unlock("another passphrase")
    assert last.opened == "first"


def test_what_blinded_can_be_told_to_others_and_does_what_it_did() -> None:
    one = Vault.create(KEY_FILE)
    key = one.blinding_key("store", "peer")

    assert hmac.digest(key, b"did:x:1", "sha256")[:16] == one.blind("store", "peer", "did:x:1")
    assert Former(key, key, key).blind("did:x:1", "did:x:1", b"did:x:1") == (one.blind("store", "peer", "did:x:1"),) * 3


def test_changing_the_passphrase_rewraps_one_slot_and_leaves_records_alone() -> None:
    one = Vault.create(PASSPHRASE)
    one.add_slot("vendor", KEY_FILE)
    before, sealed = one.header, one.seal(*ROW, b"plaintext")

    one.change_secret(PASSPHRASE, "another passphrase")

    old, new = (msgspec.json.decode(header, type=Header) for header in (before, one.header))
    assert old.slots[1:] == new.slots[1:]
    assert old.tenant == new.tenant
    again = Vault(one.header)
    with pytest.raises(Locked):
        again.unlock(PASSPHRASE)
    again.unlock("another passphrase")
    assert again.unseal(*ROW, sealed) == b"plaintext"


def test_a_slot_can_be_added_and_removed_but_not_the_last() -> None:
    one = Vault.create(PASSPHRASE)
    one.add_slot("vendor", KEY_FILE)
    one.remove_slot("first")

    again = Vault(one.header)
    again.unlock(KEY_FILE)

    assert again.slots == ("vendor",)
    with pytest.raises(NotFound):
        again.remove_slot("vendor")
    with pytest.raises(Corrupt):
        again.add_slot("vendor", KEY_FILE)


@pytest.mark.parametrize(
    "kdf",
    [
        Argon2(8, 3, 4),
        Argon2(19 * 1024 - 1, 3, 4),
        Argon2(64 * 1024 * 1024, 3, 4),
        Argon2(65536, 0, 4),
        Argon2(65536, 11, 4),
        Argon2(65536, 3, 0),
        Argon2(65536, 3, 9),
    ],
)
def test_a_header_with_costs_out_of_bounds_is_refused_before_anything_is_derived(kdf: Argon2) -> None:
    def change(header: Header) -> Header:
        return msgspec.structs.replace(header, slots=(msgspec.structs.replace(header.slots[0], kdf=kdf),))

    header = edited(Vault.create(PASSPHRASE).header, change)

    with pytest.raises(Corrupt):
        Vault(header)


def test_a_cost_changed_within_bounds_opens_nothing() -> None:
    def change(header: Header) -> Header:
        kdf = Argon2(19 * 1024, 1, 1)
        return msgspec.structs.replace(header, slots=(msgspec.structs.replace(header.slots[0], kdf=kdf),))

    altered = Vault(edited(Vault.create(PASSPHRASE).header, change))

    with pytest.raises(Locked):
        altered.unlock(PASSPHRASE)


def test_a_slot_taken_out_behind_our_back_is_noticed() -> None:
    one = Vault.create(PASSPHRASE)
    one.add_slot("vendor", KEY_FILE)
    altered = Vault(edited(one.header, lambda h: msgspec.structs.replace(h, slots=h.slots[:1])))

    with pytest.raises(Corrupt):
        altered.unlock(PASSPHRASE)


def test_the_cheap_test_profile_is_refused_without_the_setting_and_outside_a_checkout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    header = Vault.create(PASSPHRASE, CHEAP).header

    monkeypatch.setattr(vault, "__file__", "/usr/lib/python3/site-packages/wallet/vault.py")
    with pytest.raises(Corrupt):
        Vault.create(PASSPHRASE, CHEAP)
    with pytest.raises(Corrupt):
        Vault(header)
    monkeypatch.undo()
    monkeypatch.delenv("FREERANGE_TEST_KDF", raising=False)
    with pytest.raises(Corrupt):
        Vault(header)


def test_without_the_setting_a_passphrase_costs_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FREERANGE_TEST_KDF")

    header = msgspec.json.decode(Vault.create(PASSPHRASE).header, type=Header)

    assert header.slots[0].kdf == STANDARD


def test_a_flipped_bit_anywhere_in_the_header_is_noticed() -> None:
    one = Vault.create(PASSPHRASE)
    one.add_slot("vendor", KEY_FILE)
    for position in range(len(one.header) * 8):
        damaged = bytearray(one.header)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(WalletError):
            Vault(bytes(damaged)).unlock(KEY_FILE)


def test_a_flipped_bit_anywhere_in_a_sealed_record_is_noticed(opened: Vault) -> None:
    sealed = opened.seal(*ROW, b"plaintext")
    source = random.Random(1)
    for position in source.sample(range(len(sealed) * 8), 500):
        damaged = bytearray(sealed)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(Corrupt):
            opened.unseal(*ROW, bytes(damaged))


@pytest.mark.parametrize(
    "row",
    [
        ("thread", b"record-id", 7, b"tags"),
        ("item", b"record-ie", 7, b"tags"),
        ("item", b"record-id", 6, b"tags"),
        ("item", b"record-id", 7, b"tagz"),
        ("item", b"record-idt", 7, b"ags"),
        ("item", b"record-i", 7, b"dtags"),
    ],
)
def test_a_record_moved_retagged_or_rolled_back_does_not_open(
    opened: Vault, row: tuple[str, bytes, int, bytes]
) -> None:
    with pytest.raises(Corrupt):
        opened.unseal(*row, opened.seal(*ROW, b"plaintext"))


def test_a_record_of_another_wallet_does_not_open(opened: Vault) -> None:
    with pytest.raises(Corrupt):
        opened.unseal(*ROW, Vault.create(KEY_FILE).seal(*ROW, b"plaintext"))


def test_a_sealed_record_shows_its_size_only_in_steps(opened: Vault) -> None:
    assert {len(opened.seal(*ROW, bytes(n))) for n in range(253)} == {287}
    assert len(opened.seal(*ROW, bytes(253))) == 287 + 256


def test_records_of_many_sizes_come_back_whole(opened: Vault) -> None:
    for size in (0, 1, 251, 252, 253, 508, 509, 1_000_000):
        assert opened.unseal(*ROW, opened.seal(*ROW, b"\0" * size)) == b"\0" * size


def test_blind_names_are_equal_only_for_equal_values_of_one_tag_of_one_table(opened: Vault) -> None:
    blind = {opened.blind(*of) for of in [("a", "b", "c"), ("a", "b", "d"), ("a", "bc", "c"), ("ab", "c", "c")]}

    assert len(blind) == 4
    assert {len(one) for one in blind} == {16}
    assert opened.blind("a", "b", "c") == opened.blind("a", "b", b"c")


@pytest.mark.parametrize("tag", ["peer", "did"])
def test_a_name_is_blind_in_one_way_however_often_it_comes(tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "MOST_OFTEN", 2)
    made, names = Vault.create(KEY_FILE), ("Ann", "Bob", b"Ann", "Ann", "Eve", "Bob", "A" * 300, "A" * 300)
    key = made.blinding_key("store", tag)

    found = [made.blind("store", tag, name) for name in names]

    texts = [name.encode() if isinstance(name, str) else name for name in names]
    assert found == [hmac.digest(key, text, "sha256")[: vault.BLIND] for text in texts]
    made.lock()
    with pytest.raises(Locked):
        made.blind("store", tag, "Ann")


def test_secrets_do_not_show(opened: Vault) -> None:
    assert opened._keys is not None
    assert opened._keys.wallet_key.hex() not in repr(vars(opened)) + repr(opened._keys)
