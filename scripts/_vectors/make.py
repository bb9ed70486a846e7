"""Vectors from the tables: what each message looks like, what each state allows, what is signed.

One file for each module of a family. `samples` holds messages by a name (`accept#1`); a case names what is asked and
what must be answered; see docs/vectors/README.md.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec

from agent.json_values import as_json
from protocols import draw
from protocols.machine import Message, Misuse, Problem, Protocol, Signed, Thread, Turn, can_say, start, step
from protocols.messages import decode, encode, label, values_of
from protocols.problems import InvalidMessage, OutOfTurn
from tests.protocols.samples import samples
from wallet import signed
from wallet.dids import key as did_key
from wallet.keys import Curve, Keyring, from_secret
from wallet.signed import type_name

Json = dict[str, Any]
NOW = 1_790_000_000  # before every answer_by in the samples
SEEDS = {"ours": bytes([1]) * 32, "theirs": bytes([2]) * 32}
BESIDE = ("attachments", "values")
THREAD = "7b1e4c0f9d2a4e6fb3a58c1d0e9f2a34"
MOST_OBJECTS = 3  # for each kind of message that is signed


def family(module: ModuleType, base: str) -> Json:
    """The vectors of one module of tables."""
    named = dict(named_samples(module))
    kinds = {f"{form(type(each))}{label(type(each))}": type(each) for each in named.values()}
    return {
        "base": base,
        "now": NOW,
        "tables": [draw.as_json(each) for each in module.TABLES],
        "messages": {name: described(module.TABLES, kind) for name, kind in sorted(kinds.items())},
        "samples": {name: sample_as_json(each) for name, each in named.items()},
        "read": list(reading(named)),
        "step": [walked(protocol, role, named) for protocol in module.TABLES for role in protocol.roles],
        "sign": list(signing(module, named, base)),
    }


def named_samples(module: ModuleType) -> Iterator[tuple[str, Message]]:
    """Every sample of every kind of message in the tables, by name."""
    for kind in kinds_of(module.TABLES):
        for place, message in enumerate(samples(kind), 1):
            yield f"{form(kind)}{label(kind)}#{place}", message


def form(kind: type[Message]) -> str:
    """What tells apart two kinds of one name: a `decline` may be signed or not."""
    return "signed " if kind.name == "decline" and issubclass(kind, Signed) else ""


def kinds_of(tables: tuple[Protocol, ...]) -> list[type[Message]]:
    """Every kind of message in these tables."""
    return list(dict.fromkeys(row.says for protocol in tables for row in protocol.rows))


def described(tables: tuple[Protocol, ...], kind: type[Message]) -> Json:
    """A kind of message: its type, whether it is signed, and the JSON Schema of its body."""
    protocol = next(each for each in tables for row in each.rows if row.says is kind)
    schema = portable(msgspec.json.schema(kind, schema_hook=anything))
    for shape in schema.get("$defs", {}).values():
        for name in BESIDE:
            shape.get("properties", {}).pop(name, None)
    return {"type": protocol.type_of(kind), "table": protocol.id, "signed": issubclass(kind, Signed), "schema": schema}


def anything(kind: type) -> Json:
    """What a field may hold whose type says nothing."""
    return {"description": "any JSON"}


def portable(shape: Any) -> Any:
    """A schema as other languages read it: the end of a text is `$` there, not `\\Z`."""
    if isinstance(shape, dict):
        return {name: end(each) if name == "pattern" else portable(each) for name, each in shape.items()}
    return [portable(each) for each in shape] if isinstance(shape, list | tuple) else shape


def end(pattern: Any) -> Any:
    """A pattern; or a field that is called so."""
    return pattern.replace("\\Z", "$") if isinstance(pattern, str) else portable(pattern)


def sample_as_json(message: Message) -> Json:
    """A sample: its kind and its body, and what travels beside it."""
    body, attachments = encode(message)
    found: Json = {"message": f"{form(type(message))}{label(type(message))}", "body": body}
    if attachments:
        found["attachments"] = attachments
    return {**found, **({"data": values} if (values := values_of(message)) else {})}


# -- read ---------------------------------------------------------------------------------------------------------


def reading(named: dict[str, Message]) -> Iterator[Json]:
    """Bodies as they should be and as they should not: a field too few, one too many, one of another type, a null."""
    seen: set[str] = set()
    for name, message in named.items():
        kind, (body, _) = type(message), encode(message)
        yield read_case(name, kind, body)
        if label(kind) in seen:
            continue
        seen.add(label(kind))
        for field in body:
            yield read_case(name, kind, {other: value for other, value in body.items() if other != field})
            yield read_case(name, kind, {**body, field: 7.5})
            yield read_case(name, kind, {**body, field: None})
        yield read_case(name, kind, {**body, "unknown-field": 1})


def read_case(name: str, kind: type[Message], body: Json) -> Json:
    """One body and whether it can be read. Numbers with a fraction are nowhere allowed."""
    message = f"{form(kind)}{label(kind)}"
    attachments, values = beside(name, kind)
    try:
        decode((kind,), body, attachments, values)
    except InvalidMessage:
        return {"message": message, "body": body, "expect": {"refused": "e.m.msg.invalid"}}
    return {"message": message, "body": body, "expect": {"ok": True}}


def beside(name: str, kind: type[Message]) -> tuple[list[object], Json | None]:
    """What travels beside the body of a sample."""
    message = next(each for place, each in enumerate(samples(kind), 1) if name.endswith(f"#{place}"))
    return encode(message)[1], values_of(message)


# -- step ---------------------------------------------------------------------------------------------------------


def walked(protocol: Protocol, role: str, named: dict[str, Message]) -> Json:
    """One side of one table: a way to each state, and what every message does there. `said`: by whom, which sample."""
    paths: dict[str, list[list[str]]] = {str(protocol.start): []}
    threads = {str(protocol.start): start(protocol, role, THREAD)}
    cases: list[list[object]] = []
    queue = [str(protocol.start)]
    mine = {kind for row in protocol.rows for kind in [row.says]}
    while queue:
        state = queue.pop(0)
        for by in map(str, protocol.roles):
            for name, message in named.items():
                if type(message) not in mine:
                    continue
                outcome, after = taken(protocol, threads[state], by, name, message)
                if outcome is None:
                    continue
                cases.append([state, by, name, outcome])
                if after is not None and after.state not in paths:
                    paths[after.state] = [*paths[state], [by, name]]
                    threads[after.state] = after
                    queue.append(after.state)
    return {"table": protocol.id, "role": str(role), "paths": paths, "cases": cases}


def taken(
    protocol: Protocol, thread: Thread, by: str, name: str, message: Message
) -> tuple[Json | None, Thread | None]:
    """What a message does to a thread. None: its rule compares it with others, which the text says and vectors do not.

    The digest of a signed object stands as the name of its sample.
    """
    digest = name if isinstance(message, Signed) else None
    try:
        after, _ = step(protocol, thread, Turn(by, message, f"{len(thread.said)} {name}", NOW, digest))
    except OutOfTurn as fault:
        return {"refused": fault.code}, None
    except Misuse:
        fitting = [row for row in protocol.rows if row.fits(thread.state, by, message) and not row.crossed]
        return (None, None) if fitting else ({"refused": "not-said"}, None)
    except Problem:
        return None, None
    may = sorted({label(row.says) for row in can_say(protocol, after)})
    return {"state": after.state, "record": after.record, "can_say": may}, after


# -- sign ---------------------------------------------------------------------------------------------------------


def signing(module: ModuleType, named: dict[str, Message], base: str) -> Iterator[Json]:
    """Signed objects from fixed seeds, each with what makes it bad. The data beside one is salted with zeros."""
    pairs = {who: from_secret(Curve.ED25519, seed) for who, seed in SEEDS.items()}
    dids = {who: did_key.create(pair.public) for who, pair in pairs.items()}
    kid = f"{dids['ours']}#{dids['ours'].removeprefix('did:key:')}"
    keys = Keyring()
    keys.add(kid, pairs["ours"])
    done: set[str] = set()
    for place, (name, message) in enumerate(named.items(), 1):
        if not isinstance(message, Signed) or label(type(message)) in done:
            continue
        done.add(label(type(message)))
        body, _ = encode(message)
        data: Any = values_of(message)
        salt = "A" * 22
        word = module.TABLES[0].uri.split("/")[-2]
        object: Any = signed.make(
            base=base, type=type_name(word, type(message).name), kid=kid, keys=keys, now=NOW, thid=THREAD,
            id=f"urn:uuid:00000000-0000-4000-8000-{place:012}", audience=dids["theirs"], seq=1, body=as_json(body),
            data_digest=signed.digest_of_data(data, salt) if data else None,
        )  # fmt: skip
        given = {"type": object["type"][1], "issuer": dids["ours"], "audience": dids["theirs"], "thid": THREAD}
        unsigned = {member: value for member, value in object.items() if member != "proof"}
        case: Json = {
            "sample": name,
            "seed": SEEDS["ours"].hex(),
            "kid": kid,
            "unsigned": unsigned,
            "signed": object,
            "digest": signed.digest_of(object),
            "given": given,
            "bad": list(spoiled(given)),
        }
        yield {**case, **({"data": data, "salt": salt} if data else {})}


def spoiled(given: Json) -> Iterator[Json]:
    """Ways in which an object does not hold: other members of its subject, or something else that is expected."""
    others = (("thid", "0" * 32), ("audience", given["issuer"]), ("seq", 2), ("body", {"altered": True}), ("extra", 1))
    for member, value in others:
        yield {"why": f"{member} was altered or added", "credentialSubject": {member: value}}
    for member in given:
        other = "0" * 32 if member == "thid" else "TermsNothing" if member == "type" else "did:example:other"
        yield {"why": f"another {member} was expected", "given": {member: other}}
