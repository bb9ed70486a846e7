"""Evidence: a bundle of signed objects that anybody can check, with no network and no help from either side.

A bundle says what was signed, by whom and in which order. What it cannot say is that nothing was left out; gaps show as
notes. A key from a plain did:web document is only as good as whoever kept the document, and that is a note too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from wallet import dids, manifest, prior
from wallet.chain import ordered
from wallet.credentials.issuers import Resolve
from wallet.credentials.model import Findings, Verdict
from wallet.dids.document import Document
from wallet.dids.document import read as read_document
from wallet.encoding import digest
from wallet.errors import Malformed, Unresolved, WalletError
from wallet.names import canonical
from wallet.needs import Lookup, offline
from wallet.prior import Moves
from wallet.signed import covers, prove, read
from wallet.signed_form import Raw, SignedObject, is_digest
from wallet.strict_json import Json, JsonObject, parse_object

FORMAT = "evidence"
MAX_BUNDLE = 16 * 1024 * 1024
MAX_OBJECTS = 10_000
MOST_LABELS = 100

CHECKS = ("format", "issuer_key", "signature", "equivocation", "chain", "links", "order", "texts", "data")
"""What is asked of a bundle, in order; and `rotations`, after the signatures, if there are any; and `contents`, at the
end, if the bundle says what was put in."""

SELF_CONTAINED = ("did:key:", "did:jwk:", "did:peer:")
"""Methods whose DIDs carry their documents in themselves."""


class Beside(NamedTuple):
    """Data that was signed over without being in the object (section 3.7)."""

    data: Json
    salt: str


def verify_bundle(raw: bytes | str, *, base: str) -> Verdict:
    """Check a bundle file: `{objects, documents, texts, rotations?, data?, labels?}`. Never raises.

    documents: by DID. texts: a list. rotations: each `from_prior` by which a side moved from one DID to another.
    data: `[{"digest": of the object, "data", "salt"}]`. labels: the presenter's own notes, not looked at.
    """
    findings = Findings()
    try:
        if len(raw) > MAX_BUNDLE:
            raise Malformed(f"a bundle of {len(raw)} bytes; at most {MAX_BUNDLE} are read")
        bundle = parse_object(raw, depth=40)
    except WalletError as fault:
        findings.fail("format", fault)
        return findings.verdict(FORMAT, claims={})
    if unknown := sorted(bundle.keys() - {*manifest.PARTS, "manifest"}):  # what is passed over would look checked
        findings.fail("format", f"there are parts that nobody knows: {unknown[:5]}")
        return findings.verdict(FORMAT, claims={})
    objects, documents, texts = bundle.get("objects"), bundle.get("documents", {}), bundle.get("texts", [])
    if not isinstance(objects, list) or not isinstance(documents, dict) or not isinstance(texts, list):
        findings.fail("format", "a bundle has a list of objects, documents by DID, and a list of texts")
        return findings.verdict(FORMAT, claims={})
    named = {did: document for did, document in documents.items() if isinstance(document, dict)}
    plain, moves, data = _texts(texts), _texts(bundle.get("rotations", [])), _beside(bundle.get("data", []))
    if data is None or plain is None or moves is None:
        findings.fail("format", "texts and rotations are texts, and data is listed once for each object")
        return findings.verdict(FORMAT, claims={})
    verdict = verify_record(objects, named, plain, base=base, data=data, rotations=moves)
    if not isinstance(bundle.get("manifest"), dict) or not verdict.checks[0].ok:
        return verdict
    checked = _check_contents(raw if isinstance(raw, bytes) else raw.encode(), bundle, named)
    good = verdict.verified and checked.good
    return replace(
        verdict,
        checks=(*verdict.checks, *checked.checks),
        claims=verdict.claims if good else {},
        notes=(*verdict.notes, *checked.notes),
    )


def verify_record(
    objects: Sequence[Raw],
    documents: Mapping[str, JsonObject],
    texts: Sequence[str | bytes],
    *,
    base: str,
    data: Mapping[str, Beside] | None = None,
    rotations: Sequence[str] = (),
) -> Verdict:
    """Check signed objects against each other and against nothing else. Never raises.

    documents: DID documents as kept, by DID. texts: agreement texts and attachments. data: by the Digest of its object.
    rotations: what shows that two DIDs are one side.
    The claims of a good verdict are `{"objects": [...]}`: who signed what for whom and when, in the order given.
    """
    findings = Findings()
    held = _read(findings, objects, base)
    if held is None:
        return findings.verdict(FORMAT, claims={})
    resolve = from_snapshots(documents, [did for signed in held for did in (signed.issuer, signed.audience)])
    _check_proofs(findings, held, resolve)
    moves = _follow(findings, rotations, resolve)
    _check_chains(findings, held, moves)
    _check_links(findings, held, moves)
    _check_order(findings, held)
    _check_texts(findings, held, texts)
    _check_data(findings, held, data or {})
    timeline: list[Json] = [_line(signed) for signed in held]
    return findings.verdict(FORMAT, claims={"objects": timeline})


def from_snapshots(documents: Mapping[str, JsonObject], named: Iterable[str] = ()) -> Resolve:
    """A resolver for the documents at hand. DIDs that carry their document do without; all else is Unresolved.

    named: DIDs that may be the long forms of short ones.
    """
    long_forms = {canonical(did): did for did in (*named, *documents) if canonical(did) != did}

    kept: dict[str, Document] = {}

    def resolve(did: str) -> Lookup[Document]:
        if did not in kept:
            kept[did] = yield from found(did)
        return kept[did]

    def found(did: str) -> Lookup[Document]:
        if did.startswith(SELF_CONTAINED):
            return (yield from dids.resolve(long_forms.get(did, did)))
        if did not in documents:
            raise Unresolved(f"the bundle has no document of {did[:200]}")
        return read_document(documents[did], did)

    return resolve


def _read(findings: Findings, objects: Sequence[Raw], base: str) -> list[SignedObject] | None:
    if not 0 < len(objects) <= MAX_OBJECTS:
        findings.fail("format", f"{len(objects)} objects; 1 to {MAX_OBJECTS} are checked")
        return None
    held: dict[str, SignedObject] = {}
    for number, raw in enumerate(objects, 1):
        try:
            signed = read(raw, base=base)
        except WalletError as fault:
            findings.fail("format", f"object {number}: {fault}")
            return None
        held[signed.digest] = signed
    findings.say("format", "every object can be read as a whole", None)
    return list(held.values())


def _check_proofs(findings: Findings, held: list[SignedObject], resolve: Resolve) -> None:
    keyless: list[str] = []
    broken: list[str] = []
    for signed in held:
        try:
            offline(prove(signed, resolve))
        except WalletError as fault:
            (broken if str(fault).startswith("proof:") else keyless).append(f"{signed.type} {signed.digest}: {fault}")
    findings.say("issuer_key", "the keys are at hand", "; ".join(keyless)[:1000] or None)
    findings.say("signature", "every signature holds", "; ".join(broken)[:1000] or None)
    for issuer in sorted({signed.issuer for signed in held if not signed.issuer.startswith(SELF_CONTAINED)}):
        findings.notes.append(f"the key of {issuer[:200]} is from a document in the bundle: it is the presenter's word")


def _follow(findings: Findings, rotations: Sequence[str], resolve: Resolve) -> Moves:
    """Which DIDs are one side's, as far as rotations show it (section 3.5)."""
    moves: list[tuple[str, str]] = []
    broken: list[str] = []
    for number, text in enumerate(rotations[:MAX_OBJECTS], 1):
        try:
            claim = prior.read(text, now=None)
            offline(prior.prove(claim, resolve))
            moves += [(claim.old, claim.new)] if claim.new is not None else []
        except WalletError as fault:
            broken.append(f"rotation {number}: {fault}")
    if rotations:
        findings.say("rotations", "whoever changed its DID proves it", "; ".join(broken)[:1000] or None)
    return Moves(moves)


def _check_chains(findings: Findings, held: list[SignedObject], moved: Moves) -> None:
    """Each (issuer, audience) has one object a number, one an id, and each names the one before (section 3.5)."""
    ids: dict[str, str] = {}
    chains: dict[tuple[str, str], dict[int, SignedObject]] = {}
    double: list[str] = []
    for signed in held:
        chain = chains.setdefault((moved.first(signed.issuer), moved.first(signed.audience)), {})
        if ids.setdefault(signed.id, signed.digest) != signed.digest or signed.seq in chain:
            double.append(signed.digest)
        chain.setdefault(signed.seq, signed)
    findings.say(
        "equivocation", "nobody signed two things under one number", f"two versions: {double[:10]}" if double else None
    )
    torn = [
        signed.digest
        for chain in chains.values()
        for signed in chain.values()
        if signed.seq - 1 in chain and chain[signed.seq - 1].digest != signed.prev
    ]
    findings.say(
        "chain", "what follows names what went before", f"they name another one before: {torn[:10]}" if torn else None
    )
    for (issuer, audience), chain in chains.items():
        if missing := sum(1 for seq in chain if seq > 1 and seq - 1 not in chain):
            findings.notes.append(f"{missing} gaps in what {issuer[:200]} signed towards {audience[:200]}")


def _check_links(findings: Findings, held: list[SignedObject], moved: Moves) -> None:
    """What an object answers is of the same thread, and was said to its author or by it."""
    by_digest = {signed.digest: signed for signed in held}
    wrong: list[str] = []
    for signed in held:
        if signed.re is None:
            continue
        answered = by_digest.get(signed.re)
        if answered is None:
            findings.notes.append(f"{signed.type} {signed.digest} answers {signed.re}, which is not in the bundle")
        elif answered.thid != signed.thid or not _between_the_same(answered, signed, moved):
            wrong.append(signed.digest)
    findings.say(
        "links", "answers and what they answer belong together", f"they do not fit: {wrong[:10]}" if wrong else None
    )


def _between_the_same(earlier: SignedObject, later: SignedObject, moved: Moves) -> bool:
    """Whether the sides of the later one are those of the earlier, or what those have moved to since."""
    ours, theirs = (earlier.issuer, earlier.audience), (later.issuer, later.audience)
    return any(all(map(moved.lead, ours, each)) for each in (theirs, theirs[::-1]))


def _check_order(findings: Findings, held: list[SignedObject]) -> None:
    """They stand in the one order in which everybody lists them."""
    try:
        places = zip(held, ordered(held), strict=True)
    except WalletError as fault:
        findings.fail("order", fault)
        return
    moved = next((number for number, (here, there) in enumerate(places, 1) if here is not there), None)
    fault_found = f"object {moved} ({held[moved - 1].digest}) is not where it came about" if moved else None
    findings.say("order", "they are listed as they came about", fault_found)


def _check_contents(raw: bytes, bundle: JsonObject, documents: Mapping[str, JsonObject]) -> Findings:
    """Every piece is one that the presenter put in, and none is missing; the file is written in the one form."""
    findings, said = Findings(), bundle["manifest"]
    assert isinstance(said, dict)
    try:
        by = offline(manifest.prove(said, from_snapshots(documents)))
        apart = [*manifest.differences(bundle, said)]
    except WalletError as fault:
        findings.fail("contents", fault)
        return findings
    if b"\n" not in raw.rstrip(b"\n") and not manifest.is_canonical(raw, bundle):
        apart.append("the file is not written as it was: it says the same in other bytes")
    findings.say("contents", "all that was put in is here, and nothing else", "; ".join(apart)[:1000] or None)
    findings.notes.append(f"put together by {by[:200]}, {said.get('made')}")
    labels = bundle.get("labels")
    for each in labels[:MOST_LABELS] if isinstance(labels, list) else ():
        if isinstance(each, dict):
            words = f"{each.get('label')} since {each.get('since')}: {each.get('object')}"
            findings.notes.append(f"whoever put it together says: {words[:200]}")
    return findings


def _check_texts(findings: Findings, held: list[SignedObject], texts: Sequence[str | bytes]) -> None:
    named = {value for signed in held for value in _digests(signed.raw["credentialSubject"])}
    given = {digest(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text) for text in texts}
    stray = sorted(given - named)
    findings.say(
        "texts", "every text is one that was signed for", f"nobody signed for the texts {stray[:10]}" if stray else None
    )
    for signed in held:
        for value in sorted({*_agreements(signed.body)} - given):
            findings.notes.append(f"the text of the agreement {value} is not in the bundle")


def _check_data(findings: Findings, held: list[SignedObject], data: Mapping[str, Beside]) -> None:
    by_digest = {signed.digest: signed for signed in held}
    wrong: list[str] = []
    for name, beside in data.items():
        try:
            fine = name in by_digest and covers(by_digest[name], beside.data, beside.salt)
        except WalletError:
            fine = False
        wrong += [] if fine else [name]
    findings.say(
        "data", "the data shown is the data signed for", f"other data than was signed: {wrong[:10]}" if wrong else None
    )


def _digests(value: Json) -> Iterable[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, str) and is_digest(item):
            yield item


def _agreements(body: JsonObject) -> Iterable[str]:
    agreement = body.get("agreement")
    if isinstance(agreement, dict):
        value = agreement.get("digest")
        if isinstance(value, str) and is_digest(value):
            yield value


def _texts(listed: Json) -> list[str] | None:
    """A list of texts; None if it is not one."""
    texts = [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else None
    return texts if isinstance(listed, list) and texts is not None and len(texts) == len(listed) else None


def _beside(listed: Json) -> dict[str, Beside] | None:
    """Data by the Digest of its object; None if it is not listed so, or twice for one object."""
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else None
    if items is None:
        return None
    found = {str(item.get("digest")): Beside(item.get("data"), str(item.get("salt"))) for item in items}
    return found if isinstance(listed, list) and len(found) == len(listed) else None


def _line(signed: SignedObject) -> JsonObject:
    line: JsonObject = {"digest": signed.digest, "type": signed.type, "issuer": signed.issuer}
    return line | {
        "audience": signed.audience,
        "at": signed.valid_from,
        "thid": signed.thid,
        "seq": signed.seq,
        "body": signed.body,
    }
