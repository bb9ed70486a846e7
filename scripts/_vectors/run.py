"""Trying an implementation: it is started once, gets one JSON object a line, and answers each with one line.

    {"op": "read", "table", "message", "body"}                -> {"ok": true} | {"refused": CODE}
    {"op": "step", "table", "role", "said": [TURN], "turn": TURN} -> {"state", "record", "can_say"} | {"refused": CODE}
    {"op": "sign", "seed", "kid", "unsigned"}                 -> {"signed", "digest"}
    {"op": "verify", "signed", "given": {type, issuer, audience, thid}} -> {"ok": true, "digest"} | {"ok": false}
    {"op": "data", "data", "salt"}                            -> {"digest"}

TURN: {"by", "message", "body", "data"?, "attachments"?, "digest"?}. What it cannot do it answers with {"error": words}.
In `step` the code `not-said` stands for what our own side may not say.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]
SHOWN = 20


@dataclass
class Tally:
    """How it went, by operation: passed and all. failed: what was asked, what was expected, what came."""

    passed: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    failed: list[tuple[Json, Json, object]] = field(default_factory=list)

    def count(self, call: Json, expected: Json, answer: object) -> None:
        """One more case."""
        op = str(call["op"])
        good = isinstance(answer, dict) and all(answer.get(name) == value for name, value in expected.items())
        self.asked[op] = self.asked.get(op, 0) + 1
        self.passed[op] = self.passed.get(op, 0) + good
        if not good:
            self.failed.append((call, expected, answer))

    def lines(self) -> Iterator[str]:
        """The result, for people."""
        for op, all_of_them in self.asked.items():
            yield f"{op:<8}{self.passed[op]:>6} of {all_of_them}"
        for call, expected, answer in self.failed[:SHOWN]:
            yield f"asked    {json.dumps(call)[:600]}"
            yield f"expected {json.dumps(expected)[:300]}"
            yield f"answered {json.dumps(answer)[:300]}"
        if len(self.failed) > SHOWN:
            yield f"and {len(self.failed) - SHOWN} more"


def attempt(command: Sequence[str], vectors: Sequence[Json]) -> Tally:
    """Try the implementation that this command starts."""
    tally = Tally()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        for call, expected in (case for family in vectors for case in cases(family)):
            process.stdin.write(json.dumps(call) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                raise EOFError(f"the implementation ended; it was asked {json.dumps(call)[:300]}")
            tally.count(call, expected, json.loads(line))
        process.stdin.close()
    return tally


def cases(family: Json) -> Iterator[tuple[Json, Json]]:
    """Every case of one file: what is asked, and what the answer must hold."""
    for each in family["read"]:
        kind = family["messages"][each["message"]]
        asked = {"op": "read", "table": kind["table"], "message": each["message"], "body": each["body"]}
        yield asked, each["expect"]
    for walk in family["step"]:
        for state, by, name, expected in walk["cases"]:
            said = [turn(family, *each) for each in walk["paths"][state]]
            call = {"op": "step", "table": walk["table"], "role": walk["role"], "said": said}
            yield {**call, "turn": turn(family, by, name)}, expected
    for each in family["sign"]:
        asked = {"op": "sign", **{name: each[name] for name in ("seed", "kid", "unsigned")}}
        yield asked, {"signed": each["signed"], "digest": each["digest"]}
        yield {"op": "verify", "signed": each["signed"], "given": each["given"]}, {"ok": True, "digest": each["digest"]}
        for bad in each["bad"]:
            subject = {**each["signed"]["credentialSubject"], **bad.get("credentialSubject", {})}
            worse = {**each["signed"], "credentialSubject": subject}
            yield {"op": "verify", "signed": worse, "given": {**each["given"], **bad.get("given", {})}}, {"ok": False}
        if "data" in each:
            digest = each["unsigned"]["credentialSubject"]["data_digest"]
            yield {"op": "data", "data": each["data"], "salt": each["salt"]}, {"digest": digest}


def turn(family: Json, by: str, name: str) -> Json:
    """A message as it is said."""
    sample = family["samples"][name]
    kind = family["messages"][sample["message"]]
    found = {"by": by, **sample}
    return {**found, **({"digest": name} if kind["signed"] else {})}


def read(folder: Path) -> list[Json]:
    """The vectors in a folder."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
