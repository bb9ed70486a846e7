"""The owner's secret: asked for at the terminal, or read from a file or an open file descriptor.

Never from the command line or the environment, where other programs could read it.
"""

import os
import stat
import sys
from argparse import Namespace
from getpass import getpass
from pathlib import Path
from typing import Final

from agent.cli.exits import MISUSED, OPEN_TO_OTHERS, Stopped
from wallet import keys
from wallet.slots import LEAST_KEY_FILE, LEAST_PASSPHRASE, Secret

MOST_BYTES: Final = 4096
TRIES: Final = 3


def given(options: Namespace) -> Secret | None:
    """The secret named by an option. None: it is to be asked for."""
    if options.key_file is not None:
        return read_file(Path(options.key_file))
    if options.passphrase_file is not None:
        return as_passphrase(read_file(Path(options.passphrase_file)))
    if options.passphrase_fd is not None:
        try:
            with open(options.passphrase_fd, "rb") as file:
                return as_passphrase(file.read(MOST_BYTES))
        except OSError as fault:
            raise Stopped(
                f"file descriptor {options.passphrase_fd} cannot be read: {fault.strerror}", "", MISUSED
            ) from fault
    return None


def read_file(path: Path) -> bytes:
    """A file with a secret. Raises Stopped if it is not there, or others may read it."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise Stopped(f"others may read {path}; it was not used", f"Run: chmod 600 '{path}'", OPEN_TO_OTHERS)
            return file.read(MOST_BYTES)
    except OSError as fault:
        raise Stopped(
            f"{path} cannot be read: {fault.strerror}", "Name a file with the secret in it.", MISUSED
        ) from fault


def as_passphrase(raw: bytes) -> str:
    """The passphrase in a file: its first line. Raises Stopped."""
    try:
        return raw.partition(b"\n")[0].removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise Stopped("the passphrase is not UTF-8 text; it was not used", "Look at the file.", MISUSED) from None


def asked() -> str:
    """The passphrase, typed unseen. Raises Stopped if nobody can be asked."""
    if not sys.stdin.isatty():
        raise Stopped(
            "the wallet is locked, and there is no terminal at which to ask for the passphrase",
            "Give --passphrase-file FILE, --passphrase-fd N or --key-file FILE; or start the agent: freerange serve",
            MISUSED,
        )
    return getpass("Passphrase: ", sys.stderr)


def chosen(options: Namespace) -> Secret:
    """The secret for a new wallet: typed twice, or from an option; a key file that is not there is made."""
    if options.key_file is not None and not Path(options.key_file).exists():
        return make_key_file(Path(options.key_file))
    if (secret := given(options)) is not None:
        return secret
    if sys.stdin.isatty():
        print(
            f"Choose a passphrase of {LEAST_PASSPHRASE} characters or more. Nobody can find it again for you.",
            file=sys.stderr,
        )
    for _ in range(TRIES):
        first = asked()
        if len(first) < LEAST_PASSPHRASE:
            print(f"That has {len(first)} characters; {LEAST_PASSPHRASE} is the least.", file=sys.stderr)
        elif getpass("The same again: ", sys.stderr) == first:
            return first
        else:
            print("The two differ.", file=sys.stderr)
    raise Stopped("no passphrase was chosen; nothing was made", "Try again: freerange init", MISUSED)


def chosen_anew(options: Namespace) -> Secret:
    """The secret that is to open a wallet from now on: as `chosen`, from options of its own."""
    new = Namespace(key_file=options.new_key_file, passphrase_file=options.new_passphrase_file, passphrase_fd=None)
    return chosen(new)


def make_key_file(path: Path) -> bytes:
    """A new key file that only its owner can read."""
    secret = keys.random_bytes(LEAST_KEY_FILE)
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secret)
    except OSError as fault:
        raise Stopped(
            f"{path} cannot be made: {fault.strerror}", "Name a file in a folder of yours.", MISUSED
        ) from fault
    return secret
