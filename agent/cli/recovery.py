"""The recovery words at a terminal: shown once, asked for again, typed in later. Or in a file, for programs."""

import os
import random
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.cli import secrets
from agent.cli.exits import MISUSED, Stopped, stopped
from agent.cli.words import tell
from wallet import age, keys
from wallet.errors import Malformed
from wallet.words import COUNT, KEY, key_of, words_of

CONFIRMED: Final = 4  # words that are asked for
TRIES: Final = 3
Ask = Callable[[str], str]


def fresh(options: Namespace) -> bytes:
    """New recovery words: shown, and four of them asked for; or left in a file that is not there yet. A file that is
    there holds the words to use. Returns their key. Raises Stopped."""
    if options.words_file is not None and Path(options.words_file).exists():
        return given(options)
    key = keys.random_bytes(KEY)
    if options.words_file is not None:
        _leave(Path(options.words_file), key)
        return key
    if not sys.stdin.isatty():
        raise Stopped(
            "recovery words are shown at a terminal, and there is none; nothing was made",
            "Run it at a terminal; or give --words-file FILE, and put that file away safely",
            MISUSED,
        )
    shown(key)
    confirm(words_of(key), _input)
    return key


def shown(key: bytes) -> None:
    """Show the words, four in a row."""
    words = [f"{place:2} {word:<10}" for place, word in enumerate(words_of(key), 1)]
    tell(
        [
            "These 24 words open every back-up of this wallet, and the wallet itself. Write them on paper, in order.",
            "They are shown this once. Whoever has them and a back-up has everything; without them it is nothing.",
            "",
            *("  " + "".join(words[start : start + 4]).rstrip() for start in range(0, COUNT, 4)),
            "",
        ]
    )


def confirm(words: tuple[str, ...], ask: Ask) -> None:
    """Ask for four of the words. Raises Stopped after three failures."""
    for _ in range(TRIES):
        places = sorted(random.sample(range(COUNT), CONFIRMED))
        if all(ask(f"Word {place + 1}: ").strip().lower() == words[place] for place in places):
            return
        tell(["That is not it. Look at your paper; other words are asked for now."])
    raise Stopped("the words were not confirmed; no back-up was made, and these words count for nothing", "", MISUSED)


def given(options: Namespace, ask: Ask | None = None) -> bytes:
    """The key of the words that are typed, or stand in a file. Raises Stopped."""
    if options.words_file is not None:
        return _key(secrets.read_file(Path(options.words_file)).decode(errors="replace"))
    if ask is None and not sys.stdin.isatty():
        raise Stopped(
            "the recovery words are needed, and there is no terminal at which to ask for them",
            "Run it at a terminal, or give --words-file FILE",
            MISUSED,
        )
    tell(["Type your 24 words, with blanks between them, on one line or several."])
    typed: list[str] = []
    while len(typed) < COUNT:
        line = (ask or _input)("> ").split()
        if not line:
            break
        typed += line
    return _key(" ".join(typed))


def identity(options: Namespace) -> tuple[str, bytes]:
    """What opens a back-up: an age identity, and what the recovery slot of a wallet is opened with, b"" if the
    identity came without words."""
    if options.identity is not None:
        for line in secrets.read_file(Path(options.identity)).decode(errors="replace").splitlines():
            if line.startswith("AGE-SECRET-KEY-1"):
                return line.strip(), b""
        raise Stopped(f"there is no AGE-SECRET-KEY-1 line in {options.identity}", "Name another file.", MISUSED)
    key = given(options)
    return age.identity(key), age.slot_secret(key)


def _key(text: str) -> bytes:
    try:
        return key_of(text)
    except Malformed as fault:
        raise stopped(fault, MISUSED) from fault


def _leave(path: Path, key: bytes) -> None:
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(" ".join(words_of(key)) + "\n")
    except OSError as fault:
        raise stopped(fault, MISUSED) from fault


def _input(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        raise Stopped("nothing more was typed; nothing was done", "", MISUSED) from None
