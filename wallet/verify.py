"""Checks a file of evidence with nothing but the file: no network, no wallet, no agent.

    python -m wallet.verify FILE [--json]

Needs, of what freerange needs, base58, cryptography, msgspec and PyNaCl. Exit status: 0 if every check holds, 1 if not,
2 if the file cannot be read.
"""

import sys
from pathlib import Path
from typing import Final

import msgspec

from wallet import strict_json
from wallet.credentials.model import Verdict
from wallet.errors import WalletError
from wallet.evidence import MAX_BUNDLE, verify_bundle

CONTEXT: Final = "/context/v1"


def base_of(raw: bytes) -> str:
    """Where the families are documented in whose words the objects of a bundle speak; "" if it does not say."""
    try:
        objects = strict_json.parse_object(raw, depth=40).get("objects")
    except WalletError:
        return ""
    first = objects[0] if isinstance(objects, list) and objects else None
    contexts = first.get("@context") if isinstance(first, dict) else None
    named = contexts[-1] if isinstance(contexts, list) and contexts else None
    return named.removesuffix(CONTEXT) if isinstance(named, str) and named.endswith(CONTEXT) else ""


def check(raw: bytes, base: str = "") -> Verdict:
    """Check a bundle. base: where its families are documented; left out, as it says itself. Never raises."""
    return verify_bundle(raw, base=base or (base_of(raw) if len(raw) <= MAX_BUNDLE else ""))


def lines(verdict: Verdict) -> list[str]:
    """What was found, for people. Nothing of it is more than printable text."""
    found = [f"{'ok  ' if each.ok else 'FAIL'}  {each.name:<12}  {each.detail}" for each in verdict.checks]
    found += [f"note  {each}" for each in verdict.notes]
    found.append("Verified, with no network and no wallet." if verdict.verified else "Not verified.")
    return ["".join(letter if letter.isprintable() else "?" for letter in each) for each in found]


def as_json(verdict: Verdict) -> bytes:
    """What was found, for programs."""
    checks = [{"name": each.name, "ok": each.ok, "detail": each.detail} for each in verdict.checks]
    objects = verdict.claims.get("objects", [])
    return msgspec.json.encode(
        {"verified": verdict.verified, "checks": checks, "notes": verdict.notes, "objects": objects}
    )


def main(words: list[str]) -> int:
    """See the module."""
    files = [each for each in words if each != "--json"]
    if len(files) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        raw = sys.stdin.buffer.read() if files[0] == "-" else Path(files[0]).read_bytes()
    except OSError as fault:
        print(f"{files[0]} cannot be read: {fault.strerror}", file=sys.stderr)
        return 2
    verdict = check(raw)
    print(as_json(verdict).decode() if "--json" in words else "\n".join(lines(verdict)))
    return 0 if verdict.verified else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
