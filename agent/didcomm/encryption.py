"""Encryption and decryption: authcrypt (ECDH-1PU) and anoncrypt (ECDH-ES), the key wrapped with A256KW.

Source: RFC 7516; RFC 7518, section 4.6; draft-madden-jose-ecdh-1pu-04; DIDComm Messaging v2.1, "Message Encryption".
Between the same two keys, the static half of ECDH-1PU is agreed on once (the keyring remembers it) and the header is
written once but for `epk`.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from agent.didcomm import jwe
from agent.didcomm.jwe import Jwe, Recipient
from agent.errors import Dropped
from wallet import ciphers, keys
from wallet.encoding import b64u
from wallet.errors import Unsupported, WalletError
from wallet.keys import Keyring, PublicKey


def decrypt(message: Jwe, *, ring: Keyring, recipient: Recipient, sender: PublicKey | None) -> bytes:
    """What was encrypted for `recipient`, whose key `ring` holds; `sender`: the public key of `skid` for authcrypt.

    Raises Dropped("unreadable"), and nothing else, if it does not open.
    """
    try:
        shared = ring.agree(recipient.kid, keys.read_jwk(message.epk or recipient.epk or {}))
        if sender is not None:
            shared += ring.agree(recipient.kid, sender, lasting=True)
        bound = message.tag if sender is not None else b""
        wrapping = ciphers.concat_kdf(shared, alg=message.alg, apu=message.apu, apv=message.apv, bits=256, tag=bound)
        content_key = ciphers.aes_kw_unwrap(wrapping, recipient.encrypted_key)
        return ciphers.open_content(
            message.enc, content_key, message.nonce, message.ciphertext, message.tag, message.aad
        )
    except WalletError:
        raise Dropped("unreadable") from None


class _Frame(msgspec.Struct, frozen=True):
    """All of an envelope that is the same from message to message between the same keys."""

    alg: str
    header: bytes  # of the protected header, up to the value of `epk`, which comes last
    apu: bytes
    apv: bytes
    kids: tuple[bytes, ...]  # as JSON


def encrypt(
    plaintext: bytes,
    *,
    ring: Keyring,
    sender_kid: str | None,
    recipients: Sequence[tuple[str, PublicKey]],
    enc: str = "A256CBC-HS512",
) -> bytes:
    """Encrypt for `recipients`, (key id, key) each, from the key `sender_kid` of `ring` or, if None, from nobody.

    Raises Unsupported for a content encryption that is not offered, and for recipients whose keys are of different
    curves: they share one ephemeral key, so each curve needs an envelope of its own. Raises NotFound for `sender_kid`.
    """
    addressed = sorted(recipients)
    frame = _frame(sender_kid, tuple(kid for kid, _ in addressed), enc)
    if len({public.curve for _, public in addressed}) != 1:
        raise Unsupported("recipients with keys of different curves; seal once per curve")
    ephemeral = keys.create(addressed[0][1].curve)
    protected = b64u(b"".join((frame.header, msgspec.json.encode(keys.to_jwk(ephemeral.public)), b"}"))).encode()
    size = ciphers.KEY_BITS[enc] // 8
    random = keys.random_bytes(size + ciphers.NONCE_BYTES[enc])
    content_key, nonce = random[:size], random[size:]
    ciphertext, tag = ciphers.seal_content(enc, content_key, nonce, plaintext, protected)
    wrapped = []
    for kid, (_, public) in zip(frame.kids, addressed):
        shared = ephemeral.agree(public)
        if sender_kid is not None:
            shared += ring.agree(sender_kid, public, lasting=True)
        bound = tag if sender_kid is not None else b""
        wrapping = ciphers.concat_kdf(shared, alg=frame.alg, apu=frame.apu, apv=frame.apv, bits=256, tag=bound)
        key = b64u(ciphers.aes_kw_wrap(wrapping, content_key)).encode()
        wrapped.append(b'{"header":{"kid":%b},"encrypted_key":"%b"}' % (kid, key))
    return b'{"protected":"%b","recipients":[%b],"iv":"%b","ciphertext":"%b","tag":"%b"}' % (
        protected,
        b",".join(wrapped),
        b64u(nonce).encode(),
        b64u(ciphertext).encode(),
        b64u(tag).encode(),
    )


@lru_cache(maxsize=1024)
def _frame(sender_kid: str | None, kids: tuple[str, ...], enc: str) -> _Frame:
    alg = jwe.ANONCRYPT if sender_kid is None else jwe.AUTHCRYPT
    if enc not in jwe.CONTENT[alg]:
        raise Unsupported(f"{enc} is not offered with {alg}; use {', '.join(sorted(jwe.CONTENT[alg]))}")
    if not 1 <= len(set(kids)) == len(kids) <= jwe.MOST_RECIPIENTS:
        raise Unsupported(f"{len(kids)} recipients; from 1 to {jwe.MOST_RECIPIENTS}, each once, can be sealed for")
    apv = jwe.apv_of(kids)
    header = {"typ": jwe.MEDIA_TYPE, "alg": alg, "enc": enc, "apv": b64u(apv)}
    if sender_kid is not None:
        header |= {"skid": sender_kid, "apu": b64u(sender_kid.encode())}
    head = msgspec.json.encode(header)[:-1] + jwe.EPK
    return _Frame(alg, head, (sender_kid or "").encode(), apv, tuple(map(msgspec.json.encode, kids)))


def forget() -> None:
    """Drop what is remembered of pairs of keys: who wrote to whom. The secrets are the keyring's to forget."""
    _frame.cache_clear()
    jwe.forget()
    ciphers.forget()
