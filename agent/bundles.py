"""Evidence put together for a third party: what the owner chooses of what was signed, and all it takes to check it.

Personal data is in it only for the objects she names; what is left out is not in the file in any form. The file is
signed by the DID she used in the relationship (of several, the first). Source: vrm-protocols 5.11 and 3.7.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from agent import audits, evidence
from agent.agent import Agent
from agent.didcomm import plaintext
from agent.draft import Line
from agent.relationship import Relationship
from protocols.problems import Misuse
from protocols.vrm.audit import Challenge
from protocols.vrm.base import VRM
from wallet import manifest, signed
from wallet.canonical import canonical
from wallet.evidence import MAX_BUNDLE, MAX_OBJECTS
from wallet.signed import SignedObject
from wallet.signed_form import contexts
from wallet.strict_json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Selection:
    """What is chosen of one relationship. records, threads, objects: by id or Digest; none of them: everything.

    data: Digests of objects whose personal data is shown as well.
    """

    who: Relationship
    records: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


async def put_together(agent: Agent, chosen: Iterable[Selection]) -> bytes:
    """The file. Raises Misuse if nothing fits, or too much does."""
    objects: list[SignedObject] = []
    data: list[Json] = []
    labels: list[Json] = []
    rotations: list[Json] = []
    selections = tuple(chosen)
    for each in selections:
        found = chosen_of(agent, each)
        objects += found
        data += shown(agent, each, found)
        labels += unanswered(agent, each, found)
        rotations += evidence.rotations(agent, each.who.peer)
    if not objects or len(objects) > MAX_OBJECTS:
        raise Misuse(f"{len(objects)} signed objects fit; 1 to {MAX_OBJECTS} make a file. Nothing was written.")
    bundle = await evidence.assembled(agent, objects, rotations)
    bundle |= {"labels": labels} | ({"data": data} if data else {})
    kid = f"{selections[0].who.signed_as}#key-1"
    raw = canonical(manifest.sealed(bundle, keys=agent.keys, kid=kid, now=agent.now(), context=contexts(VRM))) + b"\n"
    if len(raw) > MAX_BUNDLE:
        raise Misuse(f"the file would have {len(raw)} bytes; at most {MAX_BUNDLE} are read. Choose less.")
    return raw


def chosen_of(agent: Agent, chosen: Selection) -> list[SignedObject]:
    """The objects that are meant. Raises Misuse for one that is not here."""
    held = {row.digest: evidence.read(row) for row in agent.store.ledger(chosen.who.peer)}
    if unknown := [each for each in (*chosen.records, *chosen.objects, *chosen.data) if each not in held]:
        raise Misuse(f"{unknown[0]} is not among what you and {chosen.who.called} signed; nothing was written")
    if not (chosen.records or chosen.threads or chosen.objects):
        return list(held.values())
    found = {object.digest: object for each in chosen.records for object in signed.record(each, held)}
    found |= {each.digest: each for each in held.values() if each.thid in chosen.threads}
    return list((found | {each: held[each] for each in chosen.objects}).values())


def shown(agent: Agent, chosen: Selection, objects: Iterable[SignedObject]) -> list[Json]:
    """The personal data beside the objects for which it is to be shown. Raises Misuse if it is not here any more."""
    found: list[Json] = []
    for each in objects:
        if each.digest in chosen.data:
            beside = data_of(agent, chosen.who.peer, each)
            if beside is None:
                raise Misuse(f"the data of {each.digest} is not here; nothing was written")
            found.append({"digest": each.digest, **beside})
    return found


def data_of(agent: Agent, peer: str, object: SignedObject) -> JsonObject | None:
    """The data that travelled beside an object, with its salt."""
    for entry in agent.store.log(peer, object.thid):
        body = plaintext.read(bytes(msgspec.json.decode(entry.record, type=Line).message)).body
        carried = body.get("signed")
        if isinstance(carried, dict) and carried.get("id") == object.id and "salt" in body:
            return {"data": body.get("data"), "salt": body["salt"]}
    return None


def unanswered(agent: Agent, chosen: Selection, objects: Iterable[SignedObject]) -> list[Json]:
    """For each challenge of ours among these that nobody answered in time: that it is so, and since when."""
    by_thread = {each.thid: each.digest for each in objects if each.type == "AuditChallenge"}
    return [
        {"label": audits.UNANSWERED, "object": by_thread[each.thid], "since": each.latest(Challenge).answer_by}
        for each in audits.asked(agent, chosen.who.peer)
        if each.thid in by_thread and audits.ours(each) and audits.label(agent, each) == audits.UNANSWERED
    ]
