"""Evidence: the ledger as both sides hold it, and bundles of it that anybody can verify with no network.

Source: vrm-protocols 5.11 (bundles) and 3.4, 3.5.
"""

from collections.abc import Iterable, Iterator

from agent import rosters
from agent.agent import Agent
from agent.binding import RECORD
from agent.relationship import Relationship
from protocols.vrm.base import VRM
from wallet import chain, evidence, signed
from wallet.credentials.model import Verdict
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.names import canonical
from wallet.store.change import SignedRow
from wallet.strict_json import Json, JsonObject

ROTATION = "rotation"


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
    documents: JsonObject = {}
    for did in dict.fromkeys(object.issuer for object in objects):
        if did.startswith("did:web:"):  # the others carry their documents in themselves
            documents[did] = (await agent.meet(agent.resolve(did))).raw
    sides = {canonical(did) for object in objects for did in (object.issuer, object.audience)}
    moves: list[Json] = rotations(agent, item.peer) if len(sides) > 2 else []
    texts: list[Json] = [*texts_of(agent, objects)]
    raw: list[Json] = [object.raw for object in objects]
    bundled: JsonObject = {"record": record, "objects": raw, "documents": documents, "texts": texts}
    return bundled | ({"rotations": moves} if moves else {})


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
