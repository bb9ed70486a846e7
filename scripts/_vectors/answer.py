"""This implementation, as `scripts/vectors --try` asks it."""

import json
import sys
from typing import Any

from protocols import table
from protocols.machine import Message, Misuse, Problem, Protocol, Signed, Turn, can_say, start, step
from protocols.messages import decode, label
from protocols.vrm.base import VRM
from wallet import dids, signed
from wallet.credentials.proof import add_proof
from wallet.errors import WalletError
from wallet.keys import Curve, Keyring, from_secret
from wallet.needs import offline

Json = dict[str, Any]


def serve(now: int) -> None:
    """Answer until there is nothing more to read. now: Unix seconds, as in the vectors."""
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = ANSWERS[call["op"]]({**call, "now": now})
        except Problem as fault:
            answer = {"refused": fault.code}
        except Misuse:
            answer = {"refused": "not-said"}
        except (LookupError, TypeError, ValueError, WalletError) as fault:
            answer = {"error": f"{type(fault).__name__}: {fault}"}
        print(json.dumps(answer), flush=True)


def read(call: Json) -> Json:
    """Whether a body can be read."""
    message(table(call["table"]), call)
    return {"ok": True}


def message(protocol: Protocol, said: Json) -> Message:
    """A message of a table from its name and its body, and what travels beside it."""
    named, is_signed = said["message"].removeprefix("signed "), said["message"].startswith("signed ")
    fitting = [row.says for row in protocol.rows if label(row.says) == named]
    kind = next(each for each in fitting if each.name != "decline" or issubclass(each, Signed) == is_signed)
    return decode((kind,), said["body"], said.get("attachments", ()), said.get("data"))


def take(call: Json) -> Json:
    """Where a thread stands after a message."""
    protocol = table(call["table"])
    thread = start(protocol, call["role"], "thread")
    for place, each in enumerate((*call["said"], call["turn"])):
        said = message(protocol, each)
        thread, _ = step(protocol, thread, Turn(each["by"], said, f"m{place}", call["now"], each.get("digest")))
    may = sorted({label(row.says) for row in can_say(protocol, thread)})
    return {"state": thread.state, "record": thread.record, "can_say": may}


def sign(call: Json) -> Json:
    """An object with its proof, and its Digest."""
    keys, unsigned = Keyring(), call["unsigned"]
    keys.add(call["kid"], from_secret(Curve.ED25519, bytes.fromhex(call["seed"])))
    object = add_proof(unsigned, keys=keys, kid=call["kid"], created=unsigned["validFrom"])
    return {"signed": object, "digest": signed.digest_of(object)}


def verify(call: Json) -> Json:
    """Whether a signed object holds, as what it is expected to be."""
    given = call["given"]
    try:
        checked = signed.check(
            call["signed"], base=VRM, type=given["type"], issuers=[given["issuer"]], audience=[given["audience"]],
            thid=given["thid"], answers=lambda re: re is None, resolve=dids.resolve,
        )  # fmt: skip
        return {"ok": True, "digest": offline(checked).digest}
    except WalletError:
        return {"ok": False}


def data(call: Json) -> Json:
    """What ties data to a signed object that it stands beside."""
    return {"digest": signed.digest_of_data(call["data"], call["salt"])}


ANSWERS = {"read": read, "step": take, "sign": sign, "verify": verify, "data": data}
