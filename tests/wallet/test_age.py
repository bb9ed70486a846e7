"""Back-ups are age files: the stock tool opens them with a line made from the recovery key, and nothing else does."""

import hashlib
import hmac
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from wallet import age
from wallet.errors import Locked, Malformed

KEY = bytes(range(32))
CHUNK = 64 * 1024  # bytes of plaintext that age seals together
TEXT = bytes(range(256)) * 1024  # four chunks


def sealed(text: bytes = TEXT) -> bytes:
    """An age file for KEY."""
    sink = io.BytesIO()
    age.encrypt(io.BytesIO(text), sink, age.recipient(age.identity(KEY)))
    return sink.getvalue()


def opened(file: bytes, key: bytes = KEY) -> bytes:
    """What is in it."""
    sink = io.BytesIO()
    age.decrypt(io.BytesIO(file), sink, age.identity(key))
    return sink.getvalue()


def test_what_was_encrypted_is_decrypted() -> None:
    assert opened(sealed()) == TEXT
    assert opened(sealed(b"")) == b""


def test_the_identity_is_made_as_the_page_says() -> None:
    secret = hmac.digest(KEY, b"freerange age\x01", "sha256")

    assert age.identity(KEY) == "AGE-SECRET-KEY-1HF6MQ84V63TMZ4A2N9TLSQNYM7YJFYK0YS6RN092MZG6HG8LUHNS5MNF92"
    assert bech32_decoded(age.identity(KEY)) == secret


def bech32_decoded(text: str) -> bytes:
    """The bytes of a Bech32 text, its checksum left aside."""
    letters = text.lower().rpartition("1")[2][:-6]
    bits = "".join(f"{'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.index(letter):05b}" for letter in letters)
    return int(bits[: len(bits) // 8 * 8], 2).to_bytes(len(bits) // 8, "big")


def test_the_wallet_and_the_back_up_are_opened_by_different_secrets() -> None:
    assert len(age.slot_secret(KEY)) == 32
    assert bech32_decoded(age.identity(KEY)) != age.slot_secret(KEY)
    assert hashlib.sha256(KEY).digest() != age.slot_secret(KEY)


def test_the_stock_tool_opens_what_we_wrote(tmp_path: Path) -> None:
    tool = shutil.which("age")
    if tool is None:
        pytest.skip("the age tool is not installed; scripts/check --all installs it")
    (tmp_path / "identity").write_text(age.identity(KEY) + "\n")
    (tmp_path / "file.age").write_bytes(sealed())

    command = (tool, "--decrypt", "--identity", str(tmp_path / "identity"), str(tmp_path / "file.age"))
    done = subprocess.run(command, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == TEXT


def test_we_open_what_the_stock_tool_wrote() -> None:
    tool = shutil.which("age")
    if tool is None:
        pytest.skip("the age tool is not installed; scripts/check --all installs it")

    done = subprocess.run(
        (tool, "--recipient", age.recipient(age.identity(KEY))), input=TEXT, capture_output=True, check=True
    )

    assert opened(done.stdout) == TEXT


def test_other_words_open_nothing() -> None:
    with pytest.raises(Locked, match="these words"):
        opened(sealed(), bytes(32))


def test_no_altered_file_is_read_to_its_end() -> None:
    whole = sealed()
    body = len(whole) - len(TEXT) - 4 * 16  # an empty last chunk is not written
    chunk = CHUNK + 16
    first, second = whole[body : body + chunk], whole[body + chunk : body + 2 * chunk]
    altered = {
        "cut in the last chunk": whole[:-1],
        "without the last chunk": whole[: body + 3 * chunk],
        "chunks changed places": whole[:body] + second + first + whole[body + 2 * chunk :],
        "a chunk repeated": whole[: body + chunk] + first + whole[body + chunk :],
        "something behind it": whole + b"\0",
        "a chunk behind it": whole + first,
        "a bit of the body": whole[:-9] + bytes((whole[-9] ^ 1,)) + whole[-8:],
        "a bit of the header": whole[: body - 30] + bytes((whole[body - 30] ^ 1,)) + whole[body - 29 :],
        "nothing": b"",
        "something else": b"hello",
        "the header alone": whole[:body],
    }

    for what, file in altered.items():
        with pytest.raises((Malformed, Locked)):
            pytest.fail(f"{what} was read: {len(opened(file))} bytes")


def test_a_failure_to_read_or_write_is_told_as_it_is() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "the disk is broken")

        def write(self, chunk: object, /) -> int:
            raise OSError(28, "the disk is full")

    to = age.recipient(age.identity(KEY))
    with pytest.raises(OSError, match="broken"):
        age.encrypt(Broken(), io.BytesIO(), to)
    with pytest.raises(OSError, match="full"):
        age.encrypt(io.BytesIO(TEXT), Broken(), to)
    with pytest.raises(OSError, match="full"):
        age.decrypt(io.BytesIO(sealed()), Broken(), age.identity(KEY))
    with pytest.raises(OSError, match="broken"):
        age.decrypt(Broken(), io.BytesIO(), age.identity(KEY))


@pytest.mark.parametrize("text", ["", "age1xyz", "AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1" + "Q" * 58])
def test_what_is_no_identity_and_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        age.recipient(text)
    with pytest.raises(Malformed):
        age.encrypt(io.BytesIO(), io.BytesIO(), text)
    with pytest.raises(Malformed):
        age.decrypt(io.BytesIO(sealed()), io.BytesIO(), text)
