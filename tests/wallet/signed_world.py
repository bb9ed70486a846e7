"""A proffer, its acceptance and its confirmation, as published with the design of signed objects, and who signed them.

The keys are of 32 times 0x01 (the person) and 32 times 0x02 (the org).
"""

import json
from pathlib import Path

from wallet import encoding
from wallet.dids import key as did_key
from wallet.keys import Curve, Keyring, from_secret
from wallet.strict_json import JsonObject

FOLDER = Path(__file__).parent / "signed"
BASE = "https://freerange.example/vrm"
THREAD = "7b1e4c0f9d2a4e6fb3a58c1d0e9f2a34"
TEXT = "TEST-BASE, version 1\n"
AGREED = encoding.digest(TEXT.encode())
DIGESTS = (
    "uEiCFSJ6-ec67d7JbySxCEc4C_-gHzH1RKwtM8cSF-Mvs2w",
    "uEiCsM8J1JucRD_bgmO-RF8Tb0LKLpT7JS_AdjNzvSDcwJg",
    "uEiDxQBI8Zu3ne0A_FmII_VvXi47l0F75fcJV9bGkm48feg",
)
PERSON, ORG = (did_key.create(from_secret(Curve.ED25519, bytes([seed]) * 32).public) for seed in (1, 2))
KIDS = {did: f"{did}#{did.removeprefix('did:key:')}" for did in (PERSON, ORG)}
KEYS = Keyring()
for seed, did in ((1, PERSON), (2, ORG)):
    KEYS.add(KIDS[did], from_secret(Curve.ED25519, bytes([seed]) * 32))


def published() -> list[JsonObject]:
    """The three objects, in the order in which they were signed."""
    return [json.loads((FOLDER / f"{name}.json").read_text()) for name in ("proffer", "accept", "confirm")]
