"""Another implementation, from the published text and vectors alone: it imports nothing of this project.

It knows the VRM families by what docs/vectors says of them: tables as rows, bodies as JSON Schemas. What it adds is
section 3.4 of docs/vrm-protocols.md (signed objects), 3.5 (Digest) and 3.7 (data beside them). It is asked over
standard input, a JSON object a line (docs/vectors/README.md).
"""

import json
import sys
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Json = dict[str, Any]
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
MEMBERS = {"@context", "id", "type", "issuer", "validFrom", "credentialSubject", "proof"}
SUBJECT = {"thid", "audience", "seq", "prev", "re", "body", "data_digest", "attachments"}
ONLY = {"complete": lambda body: body["result"] == "done", "partial": lambda body: body["result"] == "partial"}


class Book:
    """The vectors, as the specification of the tables and the bodies."""

    def __init__(self, folder: Path) -> None:
        files = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
        self.tables: dict[str, Json] = {}
        self.schemas: dict[tuple[str, str], Json] = {}
        for each in files:
            for table in each["tables"]:
                several = table["table"] != table["family"]
                self.tables[f"{table['uri']}#{table['table']}" if several else table["uri"]] = table
            for name, message in each["messages"].items():
                self.schemas[message["table"], name] = message

    # -- bodies and turns -----------------------------------------------------------------------------------------

    def read(self, call: Json) -> Json:
        message = self.schemas[call["table"], call["message"]]
        nulls = message["signed"] and None in call["body"].values()
        fits = jsonschema.Draft202012Validator(message["schema"]).is_valid(call["body"])
        return {"ok": True} if fits and not nulls else {"refused": "e.m.msg.invalid"}

    def step(self, call: Json) -> Json:
        table, role = self.tables[call["table"]], call["role"]
        state, record = table["start"], None
        for turn in (*call["said"], call["turn"]):
            row = next((each for each in table["rows"] if self.fits(each, state, role, turn)), None)
            if row is None:
                return {"refused": "not-said" if turn["by"] == role else "e.m.req.out-of-turn"}
            state = row["then"] or state
            record = record or (turn.get("digest") if state in table["binding"] else None)
        rows = (row for row in table["rows"] if state in row["when"] and row["by"] == role and not row["crossed"])
        return {"state": state, "record": record, "can_say": sorted({row["says"] for row in rows})}

    def fits(self, row: Json, state: str, role: str, turn: Json) -> bool:
        name = turn["message"].removeprefix("signed ")
        said = (turn["by"], name) == (row["by"], row["says"]) and ("digest" in turn) == row["signed"]
        heard = turn["by"] != role
        return said and state in row["when"] and (heard or not row["crossed"]) and self.is_meant(row["only"], turn)

    def is_meant(self, only: str | None, turn: Json) -> bool:
        return only is None or ONLY[only](turn["body"])


# -- signed objects -----------------------------------------------------------------------------------------------


def jcs(value: object) -> bytes:
    """RFC 8785, for JSON without floats."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return b"{" + b",".join(jcs(name) + b":" + jcs(value[name]) for name in names) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(jcs, value)) + b"]"
    if isinstance(value, float):
        raise ValueError("a float")
    return json.dumps(value, ensure_ascii=False).encode()


def digest(value: object) -> str:
    return "u" + urlsafe_b64encode(b"\x12\x20" + sha256(jcs(value)).digest()).rstrip(b"=").decode()


def to_base58(raw: bytes) -> str:
    number, letters = int.from_bytes(raw, "big"), ""
    while number:
        number, place = divmod(number, 58)
        letters = BASE58[place] + letters
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + letters


def from_base58(text: str) -> bytes:
    number = 0
    for letter in text:
        number = number * 58 + BASE58.index(letter)
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return b"\0" * (len(text) - len(text.lstrip("1"))) + raw


def covered(document: Json, proof: Json) -> bytes:
    """What an eddsa-jcs-2022 proof signs."""
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    return sha256(jcs(config)).digest() + sha256(jcs(document)).digest()


def sign(call: Json) -> Json:
    document = call["unsigned"]
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": document["validFrom"],
        "verificationMethod": call["kid"],
        "proofPurpose": "assertionMethod",
        "@context": document["@context"],
    }
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(call["seed"]))
    value = "z" + to_base58(key.sign(covered(document, proof)))
    signed = {**document, "proof": {**proof, "proofValue": value}}
    return {"signed": signed, "digest": digest(signed)}


def verify(call: Json) -> Json:
    signed, given = call["signed"], call["given"]
    subject, proof = signed["credentialSubject"], signed["proof"]
    expected = (["VerifiableCredential", given["type"]], given["issuer"], given["audience"], given["thid"])
    if (signed["type"], signed["issuer"], subject["audience"], subject["thid"]) != expected:
        return {"ok": False}
    if set(signed) != MEMBERS or not set(subject) <= SUBJECT:
        return {"ok": False}
    document = {name: value for name, value in signed.items() if name != "proof"}
    key = from_base58(call.get("key") or given["issuer"].removeprefix("did:key:z"))
    try:
        held = Ed25519PublicKey.from_public_bytes(key[2:])
        held.verify(from_base58(proof["proofValue"][1:]), covered(document, proof))
    except (InvalidSignature, ValueError):
        return {"ok": False}
    return {"ok": True, "digest": digest(signed)}


def time(unix: int) -> str:
    """RFC 3339, UTC, whole seconds."""
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%dT%H:%M:%SZ}"


def key_of(did: str) -> str:
    """The first assertion key of a did:peer:4 in its long form, in base58."""
    raw = from_base58(did.rpartition(":z")[2])
    document = json.loads(raw[raw.index(b"{") :])
    wanted = document["assertionMethod"][0]
    methods = (each for each in document["verificationMethod"] if each["id"] == wanted)
    return str(next(methods)["publicKeyMultibase"]).removeprefix("z")


def main() -> None:
    book = Book(Path(sys.argv[1]))
    answers = {"read": book.read, "step": book.step, "sign": sign, "verify": verify}
    answers["data"] = lambda call: {"digest": digest({"data": call["data"], "salt": call["salt"]})}
    for line in sys.stdin:
        call = json.loads(line)
        print(json.dumps(answers[call["op"]](call)), flush=True)


if __name__ == "__main__":
    main()
