"""Evidence: the ledger as both sides hold it, and bundles of it that anybody can verify with no network.

Source: vrm-protocols 5.11 (bundles) and 3.4, 3.5.
"""

from collections.abc import Iterable, Iterator

import msgspec

from agent import rosters
from agent.agent import Agent
from agent.binding import RECORD
from agent.draft import Draft
from agent.relationship import Relationship
from protocols.vrm.base import VRM
from wallet import chain, evidence, signed
from wallet.credentials.model import Verdict
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound, WalletError
from wallet.names import canonical
from wallet.needs import Lookup
from wallet.store.change import SignedRow
from wallet.strict_json import Json, JsonObject, parse_object

ROTATION, DOCUMENT = "rotation", "document"


def listing(agent: Agent, relationship: Relationship) -> list[JsonObject]:
    """Every signed object of a relationship, the same on both sides but for `ours` and `kept`."""
    rows = {row.digest: row for row in agent.store.ledger(relationship.peer)}
    objects = chain.ordered(read(row) for row in rows.values())
    return [
        {
            "digest": object.digest,
            "type": object.type,
            "ours": row.ours,
            "seq": object.seq,
            "signed": object.valid_from,
            "thread": object.thid,
            "kept": timestamp(row.at),
            "data": object.data_digest is not None,
        }
        for object, row in ((object, rows[object.digest]) for object in objects)
    ]


def read(row: SignedRow) -> signed.SignedObject:
    """The signed object in a row of the ledger."""
    return signed.read(row.record, base=VRM)


async def bundle(agent: Agent, record: str) -> JsonObject:
    """The evidence of one record: its objects, the DID documents of who signed, and the texts they are about."""
    item = agent.store.item(RECORD, record)
    if item is None:
        raise NotFound(f'there is no record "{record[:64]}"; freerange terms lists them')
    held = {row.digest: read(row) for row in agent.store.ledger(item.peer)}
    objects = signed.record(record, held)
    sides = {canonical(did) for object in objects for did in (object.issuer, object.audience)}
    moves = rotations(agent, item.peer) if len(sides) > 2 else []
    return {"record": record, **await assembled(agent, objects, moves)}


async def assembled(agent: Agent, objects: Iterable[signed.SignedObject], moves: list[Json]) -> JsonObject:
    """Objects in their order, with the documents of who signed and the texts they are about."""
    listed = chain.ordered(objects)
    documents: JsonObject = {}
    for did in dict.fromkeys(object.issuer for object in listed):
        if not did.startswith(evidence.SELF_CONTAINED):
            documents[did] = await document_of(agent, did)
    raw: list[Json] = [object.raw for object in listed]
    texts: list[Json] = [*texts_of(agent, listed)]
    bundled: JsonObject = {"objects": raw, "documents": documents, "texts": texts}
    return bundled | ({"rotations": moves} if moves else {})


async def document_of(agent: Agent, did: str) -> JsonObject:
    """The document of a DID as it is now or, if its place does not answer, as it was when it was last needed.

    Raises Unresolved if it was never kept.
    """
    try:
        return (await agent.meet(agent.resolve(did))).raw
    except WalletError:
        item = agent.store.item(DOCUMENT, did)
        if item is None:
            raise
        return parse_object(item.record)


def keep_document(draft: Draft, did: str) -> Lookup[None]:
    """Keep the document by which something was verified, with what was signed: its place may be gone one day."""
    document = yield from draft.agent.resolve_known(did)
    raw = msgspec.json.encode(document.raw)
    before = draft.agent.store.item(DOCUMENT, did)
    if before is None or before.record != raw:
        draft.add_item(DOCUMENT, did, raw, private=False)


def rotations(agent: Agent, peer: str) -> list[Json]:
    """Each `from_prior` of either side, oldest first: by them, what several DIDs signed is known to be one side's."""
    return [item.record.decode() for item in agent.store.items(ROTATION, peer=peer)]


def texts_of(agent: Agent, objects: Iterable[signed.SignedObject]) -> list[str]:
    """The texts of the agreements that these objects are about, as far as they are here."""
    named = dict.fromkeys(value for object in objects for value in agreements_in(object.body))
    return [text.text for value in named if (text := rosters.text_of(agent, value)) is not None]


def agreements_in(body: JsonObject) -> Iterator[str]:
    """The Digest of every agreement that a signed body names."""
    also = body.get("also")
    for each in (body.get("agreement"), *(also if isinstance(also, list) else ())):
        value = each.get("digest") if isinstance(each, dict) else None
        if isinstance(value, str):
            yield value


def verify(raw: bytes) -> Verdict:
    """Check a bundle offline. Never raises."""
    return evidence.verify_bundle(raw, base=VRM)
