"""The vault: what turns records into sealed bytes and names into blind ones.

    secret --slot--> wallet key --> tenant key --> record root, index root, inventory root
    record root --> one key per record revision

The header holds the slots and the wrapped tenant key; it is public, and sealed against change. One tenant exists today;
its id and the epoch of its key are bound into everything, so that others, and new keys, can come.
"""

import os
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wallet import slots
from wallet.errors import Corrupt, Locked, NotFound
from wallet.hkdf import Prf, expand
from wallet.slots import CHEAP, NONCE, SALT, STANDARD, Argon2, KeyFile, Secret, Slot

FORMAT: Final = 1
MOST_SLOTS: Final = 8
STEP: Final = 256  # bytes; the size of a record shows only to this grain
BLIND: Final = 16  # bytes of a blind index value
OFTEN: Final = frozenset({"peer", "thid"})  # tags of names that come several times in one change, and in the next
MOST_OFTEN: Final = 1024  # of those names that are remembered with their blind forms
LONGEST: Final = 256  # of such a name: strangers choose how long theirs is


class Tenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tenant's key, wrapped by the wallet key. epoch: grows when the key is replaced."""

    id: str
    epoch: int
    nonce: bytes
    wrapped: bytes


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a wallet file says in the clear. mac: over all the rest, under the wallet key."""

    format: int
    slots: tuple[Slot, ...]
    tenant: Tenant
    mac: bytes = b""


class Former:
    """Three keys by which another wallet blinded what it heard; what they made stands beside what this one makes."""

    def __init__(self, peer: bytes, message: bytes, digest: bytes) -> None:
        self._peer, self._message, self._digest = Prf(peer), Prf(message), Prf(digest)

    def blind(self, peer: str, message: str, digest: bytes) -> tuple[bytes, bytes, bytes]:
        """A message that is heard, as that wallet would have blinded it."""
        return (
            self._peer(peer.encode())[:BLIND],
            self._message(message.encode())[:BLIND],
            self._digest(digest)[:BLIND],
        )


def _blind(prf: Prf, value: str | bytes) -> bytes:
    return prf(value if isinstance(value, bytes) else value.encode())[:BLIND]


class _Keys:
    """What is in memory while the vault is open."""

    def __init__(self, wallet_key: bytearray, tenant: Tenant, tenant_key: bytes) -> None:
        self.wallet_key = wallet_key
        root = Prf(tenant_key)
        self.record = Prf(expand(root, b"record"))
        self.index = Prf(expand(root, b"index"))
        self.inventory = Prf(expand(root, b"inventory"))
        self.epoch = tenant.epoch.to_bytes(2, "big")
        self.context = bytes((FORMAT,)) + _packed(tenant.id.encode()) + self.epoch
        self.tables: dict[str, bytes] = {}
        self.tags: dict[tuple[str, str], Prf] = {}
        self.often = lru_cache(maxsize=MOST_OFTEN)(_blind)


class Vault:
    """Sealed until `unlock`, and again after `lock`; between the two, everything but `header` raises Locked."""

    def __init__(self, header: bytes) -> None:
        """A sealed vault. Raises Corrupt for a header that is no header, or whose key derivation is out of bounds."""
        try:
            read = msgspec.json.decode(header, type=Header)
        except (msgspec.DecodeError, ValueError):
            raise Corrupt("the header of this wallet cannot be read. Restore a back-up.") from None
        if read.format != FORMAT or msgspec.json.encode(read) != header or not 1 <= len(read.slots) <= MOST_SLOTS:
            raise Corrupt("the header of this wallet is damaged or of another format. Restore a back-up.")
        for slot in read.slots:
            slots.check_cost(slot.kdf, cheap=is_cheap())
        self._header = read
        self._keys: _Keys | None = None
        self.opened = ""  # the slot it was unlocked by last
        self.former: tuple[Former, ...] = ()  # put there by whoever keeps them

    @classmethod
    def create(cls, secret: Secret, kdf: Argon2 | None = None) -> "Vault":
        """A new, open vault with one slot. Slow on purpose: a third of a second for a passphrase.

        secret: a passphrase of 12 characters or more, or the 32 or more random bytes of a key file.
        kdf: the cost for a passphrase; `slots.STANDARD` if left out.
        """
        wallet_key, tenant_key, nonce = bytearray(os.urandom(32)), os.urandom(32), os.urandom(NONCE)
        tenant = Tenant("0", 1, nonce, b"")
        wrapped = AESGCM(_wrapping(wallet_key)).encrypt(nonce, tenant_key, _bound(tenant))
        tenant = msgspec.structs.replace(tenant, wrapped=wrapped)
        slot = _slot("first", secret, kdf, wallet_key)
        vault = cls(msgspec.json.encode(_authentic(Header(FORMAT, (slot,), tenant), wallet_key)))
        vault._keys = _Keys(wallet_key, tenant, tenant_key)
        return vault

    @property
    def header(self) -> bytes:
        """To be stored beside the records: nothing in it is secret. It changes with the slots."""
        return msgspec.json.encode(self._header)

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the slots."""
        return tuple(slot.name for slot in self._header.slots)

    @property
    def sign(self) -> bytes:
        """32 bytes that stay this wallet's whatever opens it, and say nothing: by them its owner knows a page for hers
        (security, case UI-15). Whoever can read the file has them."""
        return sha256(b"freerange sign" + msgspec.json.encode(self._header.tenant)).digest()

    @property
    def locked(self) -> bool:
        """Whether no key is in memory."""
        return self._keys is None

    def unlock(self, secret: Secret) -> None:
        """Open with any slot the secret fits. Raises Locked if it fits none, Corrupt if the header was altered."""
        slot, wallet_key = self._open(secret)
        tenant = self._header.tenant
        try:
            tenant_key = AESGCM(_wrapping(wallet_key)).decrypt(tenant.nonce, tenant.wrapped, _bound(tenant))
        except (InvalidTag, ValueError):
            raise Corrupt("the tenant key of this wallet is damaged. Restore a back-up.") from None
        self.lock()
        self._keys, self.opened = _Keys(wallet_key, tenant, tenant_key), slot.name

    def lock(self) -> None:
        """Drop every key. Bytes that Python copied on the way may linger until their memory is used again."""
        if self._keys is not None:
            self._keys.wallet_key[:] = bytes(32)
        self._keys, self.former = None, ()

    def add_slot(self, name: str, secret: Secret, kdf: Argon2 | None = None) -> None:
        """One more way in. The name is new, and there are at most eight."""
        if name in self.slots or len(self.slots) >= MOST_SLOTS:
            raise Corrupt(f"cannot add slot {name!r}: there are {list(self.slots)}, at most {MOST_SLOTS}")
        key = self._open_keys().wallet_key
        self._replace((*self._header.slots, _slot(name, secret, kdf, key)))

    def remove_slot(self, name: str) -> None:
        """One way in less; the last stays."""
        kept = tuple(slot for slot in self._header.slots if slot.name != name)
        if not kept or len(kept) == len(self._header.slots):
            raise NotFound(f"cannot remove slot {name!r} of {list(self.slots)}: it is not there, or the only one")
        self._replace(kept)

    def replace_secret(self, name: str, new: Secret, kdf: Argon2 | None = None) -> None:
        """Wrap one slot under another secret, whatever opened the vault."""
        if name not in self.slots:
            raise NotFound(f"there is no slot {name!r} among {list(self.slots)}")
        changed = _slot(name, new, kdf, self._open_keys().wallet_key)
        self._replace(tuple(changed if each.name == name else each for each in self._header.slots))

    def change_secret(self, old: Secret, new: Secret, kdf: Argon2 | None = None) -> None:
        """Wrap the slot that `old` opens under `new` instead. No record is touched."""
        slot, wallet_key = self._open(old)
        changed = _slot(slot.name, new, kdf, wallet_key)
        wallet_key[:] = bytes(32)
        self._replace(tuple(changed if each.name == slot.name else each for each in self._header.slots))

    def seal(self, table: str, record_id: bytes, revision: int, tags: bytes, plaintext: bytes) -> bytes:
        """One revision of a record, sealed where it stands: 31 bytes more than the padded plaintext.

        record_id: the row's key, kind included. tags: every other column that must not be altered behind our back.
        A record moved to another table, row, revision or set of tags will not open.
        """
        keys = self._keys or self._open_keys()
        context = _context(keys, table, record_id, revision, tags)
        size = len(plaintext) + 4
        padded = (len(plaintext).to_bytes(4, "big") + plaintext).ljust(-(-size // STEP) * STEP, b"\0")
        nonce = os.urandom(NONCE)
        cipher = AESGCM(keys.record(context + b"\1"))  # one block of HKDF-Expand, info = the context
        return context[:1] + keys.epoch + nonce + cipher.encrypt(nonce, padded, context)

    def unseal(self, table: str, record_id: bytes, revision: int, tags: bytes, sealed: bytes) -> bytes:
        """The plaintext of `seal`. Raises Corrupt if the bytes, or the place they stand in, were altered."""
        keys = self._keys or self._open_keys()
        context = _context(keys, table, record_id, revision, tags)
        try:
            if sealed[:1] != context[:1] or sealed[1:3] != keys.epoch:
                raise InvalidTag
            padded = AESGCM(keys.record(context + b"\1")).decrypt(sealed[3:15], sealed[15:], context)
        except (InvalidTag, ValueError):
            raise Corrupt(f"a record of table {table!r} was altered or moved. Restore it from a back-up.") from None
        return padded[4 : 4 + int.from_bytes(padded[:4], "big")]

    def blind(self, table: str, tag: str, value: str | bytes) -> bytes:
        """What stands in an index instead of `value`: 16 bytes, equal for equal values of one tag of one table."""
        keys = self._keys or self._open_keys()
        prf = keys.tags.get((table, tag))
        if prf is None:
            prf = keys.tags[table, tag] = Prf(self.blinding_key(table, tag))
        return (keys.often if tag in OFTEN and len(value) <= LONGEST else _blind)(prf, value)

    def blinding_key(self, table: str, tag: str) -> bytes:
        """The key of `blind`, for whoever is to recognise what it has made: HMAC-SHA-256, cut to 16 bytes."""
        return expand(self._open_keys().index, _packed(table.encode()) + tag.encode())

    def inventory_mac(self, record_id: bytes, revision: int) -> int:
        """A record's share in the inventory: a number below 2**256."""
        keys = self._keys or self._open_keys()
        return int.from_bytes(keys.inventory(revision.to_bytes(8, "big") + record_id), "big")

    def _open_keys(self) -> _Keys:
        if self._keys is None:
            raise Locked("the wallet is locked; nothing was read or written. Unlock it first.")
        return self._keys

    def _open(self, secret: Secret) -> tuple[Slot, bytearray]:
        """The slot that `secret` opens and the wallet key. Every fitting slot costs one derivation."""
        for slot in self._header.slots:
            if slot.fits(secret):
                try:
                    wallet_key = slots.unwrap(slot, secret)
                except Locked:
                    continue
                if not compare_digest(_authentic(self._header, wallet_key).mac, self._header.mac):
                    raise Corrupt("the header of this wallet was altered. Restore a back-up.")
                return slot, wallet_key
        raise Locked("cannot unlock: the secret fits no slot; nothing was changed. Try again.")

    def _replace(self, changed: tuple[Slot, ...]) -> None:
        header = msgspec.structs.replace(self._header, slots=changed)
        self._header = _authentic(header, self._open_keys().wallet_key)


def is_cheap() -> bool:
    """Whether the test profile is let through: FREERANGE_TEST_KDF=1, in a source checkout.

    A checkout is told by the pyproject.toml beside the package; an installed release has none there, so no setting
    of its surroundings makes it write or read a wallet that is cheap to guess.
    """
    return os.environ.get("FREERANGE_TEST_KDF") == "1" and (Path(__file__).parents[1] / "pyproject.toml").is_file()


def _slot(name: str, secret: Secret, kdf: Argon2 | None, wallet_key: bytearray) -> Slot:
    slots.check_strength(secret)
    chosen = kdf or (CHEAP if is_cheap() else STANDARD)
    slots.check_cost(chosen, cheap=is_cheap())
    way = chosen if isinstance(secret, str) else KeyFile()
    return slots.wrap(Slot(name, way, os.urandom(SALT), os.urandom(NONCE)), secret, wallet_key)


def _wrapping(wallet_key: bytearray) -> bytes:
    return expand(Prf(wallet_key), b"tenant")


def _bound(tenant: Tenant) -> bytes:
    return msgspec.json.encode((FORMAT, tenant.id, tenant.epoch))


def _authentic(header: Header, wallet_key: bytearray) -> Header:
    blank = msgspec.structs.replace(header, mac=b"")
    mac = Prf(expand(Prf(wallet_key), b"header"))(msgspec.json.encode(blank))
    return msgspec.structs.replace(header, mac=mac)


def _packed(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def _context(keys: _Keys, table: str, record_id: bytes, revision: int, tags: bytes) -> bytes:
    """Where a record stands, without ambiguity: its key is derived from this, and its ciphertext bound to it."""
    known = keys.tables.get(table)
    if known is None:
        known = keys.tables[table] = keys.context + _packed(table.encode())
    return b"%b%b%b%b%b" % (known, revision.to_bytes(8, "big"), len(record_id).to_bytes(2, "big"), record_id, tags)
