"""What she owns: one entry a thing, with its papers, whoever sold it, and where it came from.

Papers are credentials: a receipt, a proof of ownership, a warranty. A thing without them is her own word, and is
marked so. What verifies them later is kept with them, so they outlive their issuer. Source: vrm-protocols, section 5.7.
"""

from collections.abc import Iterator, Sequence

import msgspec

from agent import cards
from agent import conversation as conversations
from agent.agent import Agent
from agent.cards import Card
from agent.draft import Draft
from agent.provenance import holder_of
from protocols.machine import Attachment, Content
from protocols.problems import Misuse
from protocols.standard.issue_credential import DATA_INTEGRITY
from protocols.vrm.things_words import Thing
from wallet import dids
from wallet.canonical import canonical
from wallet.credentials import integrity, sd_jwt, sd_jwt_verify
from wallet.credentials.model import Verdict
from wallet.credentials.vcdm import timestamp
from wallet.dids import key as did_key
from wallet.encoding import b64u, digest
from wallet.errors import NotFound, WalletError
from wallet.evidence import from_snapshots
from wallet.needs import offline
from wallet.store.change import Change, Item
from wallet.strict_json import Json, JsonObject, parse_object

KIND = cards.THING
DOCUMENT = "issuer-document"
PAPERS = {"PurchaseReceipt": "receipt", "OwnershipCredential": "ownership", "WarrantyCredential": "warranty"}
OURS = "mine"
PLAIN = "freerange/thing@v1"  # a thing by its name and numbers, with nobody's word for it
Fields = dict[str, object]


class Paper(msgspec.Struct, frozen=True, omit_defaults=True):
    """A credential of a thing. text: as issued; card: id of the card it is, if it was issued to us."""

    kind: str
    format: str
    text: str
    issuer: str
    issued_by: str
    card: str = ""

    @property
    def digest(self) -> str:
        """What names it: the Digest of its form as issued."""
        vcdm = self.format == DATA_INTEGRITY
        return digest(canonical(parse_object(self.text)) if vcdm else self.text.encode())

    @property
    def json(self) -> JsonObject:
        """A credential that is JSON."""
        return parse_object(self.text)

    @property
    def until(self) -> str:
        """Until when it says that it holds, a day or a timestamp; empty if it names no end."""
        said = claims_of(self)
        promised, ends = said.get("warrantyUntil"), said.get("exp")
        if said and promised is None and self.format == DATA_INTEGRITY:
            promised = self.json.get("validUntil")
        return str(promised) if promised else timestamp(ends) if isinstance(ends, int) else ""


class Alerted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A recall, or another warning. by: who gave it."""

    kind: str
    text: str
    at: int
    by: str
    remedy: str = ""


class Owned(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing. did: made for it, in its long form; peers: by an org's DID, the relationship under that DID.

    chain: the signed objects of its transfers since its proof of ownership was issued; history: others that came along
    with it. documents: of who issued what came along, as the last holder had them. org: DID of who knows the thing.
    registration, transfer, claim: threads. missing: Digests of what was to come along, and did not. note: hers, and
    goes nowhere. state: mine, or how it left her.
    """

    id: str
    thing: Thing
    since: int
    acquired: str = ""
    papers: tuple[Paper, ...] = ()
    chain: tuple[Fields, ...] = ()
    history: tuple[Fields, ...] = ()
    documents: dict[str, Fields] = {}
    did: str = ""
    peers: dict[str, str] = {}
    org: str = ""
    registration: str = ""
    warranty_until: str = ""
    support_until: str = ""
    alerts: tuple[Alerted, ...] = ()
    transfer: str = ""
    claim: str = ""
    recognised: bool = False
    missing: tuple[str, ...] = ()
    note: str = ""
    state: str = OURS

    def paper(self, kind: str) -> Paper | None:
        """The newest paper of a kind."""
        return next((each for each in reversed(self.papers) if each.kind == kind), None)

    @property
    def proof(self) -> Paper | None:
        """What shows whose it is, if it is in the one form that can be passed on."""
        found = self.paper("ownership")
        return found if found is not None and found.format == DATA_INTEGRITY else None


_decoder = msgspec.json.Decoder(Owned)


# -- kept ---------------------------------------------------------------------------------------------------------


def item(owned: Owned) -> Item:
    """What is kept of a thing; it is found by the DID made for it."""
    return Item(KIND, owned.id, msgspec.json.encode(owned), tag=dids.canonical(owned.did) if owned.did else "")


def put(draft: Draft, owned: Owned) -> None:
    """Keep an entry as it is now."""
    draft.keep = (*(each for each in draft.keep if (each.kind, each.id) != (KIND, owned.id)), item(owned))


async def keep(agent: Agent, owned: Owned, more: tuple[Item, ...] = ()) -> Owned:
    """Keep an entry by itself."""
    await agent.store.apply(Change(peer="", keep=(item(owned), *more)))
    return owned


def every(agent: Agent) -> Iterator[Owned]:
    """All entries, oldest first."""
    return (_decoder.decode(each.record) for each in agent.store.items(KIND))


def newest(agent: Agent, start: int, most: int) -> Iterator[Owned]:
    """Some entries, the newest first. start: how many are left out before them."""
    return (_decoder.decode(each.record) for each in agent.store.newest_items(KIND, start, most))


def find(agent: Agent, named: str) -> Owned:
    """The thing whose id begins with this, or that is called so. Raises NotFound, or Misuse if several are."""
    exact = agent.store.item(KIND, named)
    if exact is not None:
        return _decoder.decode(exact.record)
    wanted = named.casefold()
    found = [each for each in every(agent) if each.id.startswith(named) or each.thing.name.casefold() == wanted]
    found = [each for each in found if each.state == OURS] or found
    if not found:
        raise NotFound(f'you have no thing "{named[:100]}"; freerange things lists them')
    if len(found) > 1:
        known = ", ".join(f"{each.thing.name} ({each.id[:8]})" for each in found[:8])
        raise Misuse(f'"{named[:100]}" could be any of {known}; give the letters in brackets')
    return found[0]


def of_did(draft: Draft) -> Owned | None:
    """The thing that this relationship is about, as it is now in this draft: the DID we use here was made for it."""
    ours = dids.canonical(draft.relationship.our_did)
    fresh = (_decoder.decode(each.record) for each in reversed(draft.keep) if each.kind == KIND)
    kept = (_decoder.decode(each.record) for each in draft.agent.store.items(KIND, tag=ours))
    about = (each for each in fresh if each.did == draft.relationship.our_did or draft.peer in each.peers.values())
    found = next(about, None) or next(kept, None)
    if found is None and draft.relationship.one_off:
        found = next((each for each in every(draft.agent) if draft.peer in each.peers.values()), None)
    return found


def claiming(agent: Agent, owned: Owned) -> str:
    """Where the claim of a thing stands at its maker; empty if there is none."""
    found = agent.store.threads_with_thid(owned.claim) if owned.claim else ()
    return next((conversations.read(row).thread.state for _, row in found), "")


def registered_with(agent: Agent, owned: Owned) -> str:
    """The relationship in which a thing is registered; empty if it is not."""
    found = agent.store.threads_with_thid(owned.registration) if owned.registration else ()
    return next((peer for peer, _ in found), "")


# -- papers -------------------------------------------------------------------------------------------------------


def kind_of(card: Card) -> str:
    """Which paper of a thing a card is; empty if none."""
    return PAPERS.get(card.type.rpartition("/")[2].rpartition("#")[2], "")


def noticed(draft: Draft, card: Card) -> None:
    """A card was kept: if it is a paper of a thing, it goes with that thing; one that is new here is entered."""
    kind = kind_of(card)
    if not kind:
        return
    paper = Paper(kind, card.format, card.credential, card.issuer, card.issued_by, card.id)
    said = claims_of(paper)
    thing = thing_in(said, card.name)
    owned = of_did(draft) or known(draft.agent, thing)
    if owned is None:
        owned = Owned(id=card.id, thing=thing, since=draft.now)
    reissued = kind == "ownership" and bool(owned.claim)
    put(draft, msgspec.structs.replace(
        owned,
        papers=(*owned.papers, paper),
        chain=() if reissued else owned.chain,  # from here on the new credential speaks
        warranty_until=str(said.get("warrantyUntil") or owned.warranty_until),
        acquired=owned.acquired or str(said.get("ownedFrom") or said.get("orderDate") or "")[:7],
    ))  # fmt: skip


def known(agent: Agent, thing: Thing) -> Owned | None:
    """The entry that a paper is about: of the same serial number, or of the same name if neither has one."""
    for each in every(agent):
        ours = each.thing
        if each.state == OURS and thing.serial and (ours.serial, ours.gtin or thing.gtin) == (thing.serial, thing.gtin):
            return each
        if each.state == OURS and not thing.serial and not ours.serial and ours.name == thing.name:
            return each
    return None


def claims_of(paper: Paper) -> JsonObject:
    """What a paper says, unchecked."""
    try:
        if paper.format == DATA_INTEGRITY:
            subject = paper.json.get("credentialSubject")
            return subject if isinstance(subject, dict) else {}
        if paper.format == PLAIN:
            return paper.json
        return sd_jwt.read(paper.text).claims
    except WalletError:
        return {}


def thing_in(claims: JsonObject, otherwise: str) -> Thing:
    """The thing that claims are about, by the words of schema.org: OwnershipInfo, Order, WarrantyPromise."""
    for name in ("typeOfGood", "orderedItem", "itemOffered"):
        found = claims.get(name)
        if isinstance(found, dict):
            claims = found
    text = {key: value for key, value in claims.items() if isinstance(value, str)}
    return Thing(
        name=(text.get("name") or otherwise)[:2000],
        gtin=_gtin(text.get("gtin", "")),
        serial=text.get("serialNumber", "")[:100] or None,
        url=text["url"] if text.get("url", "").startswith("https://") else None,
    )


def _gtin(text: str) -> str | None:
    return text if text.isascii() and text.isdigit() and 8 <= len(text) <= 14 else None


def described(thing: Thing) -> Attachment:
    """A thing as an attachment."""
    said = {"name": thing.name, "gtin": thing.gtin, "serialNumber": thing.serial, "url": thing.url}
    content = Content(json={name: value for name, value in said.items() if value})
    return Attachment(id="thing", format=PLAIN, media_type="application/json", description=thing.name, data=content)


def attached(paper: Paper) -> Attachment:
    """A paper as an attachment, as it was issued."""
    says = f"{paper.kind}, issued by {paper.issued_by}"
    if paper.format == DATA_INTEGRITY:
        content, media_type = Content(json=paper.json), "application/vc"
    else:
        content, media_type = Content(base64=b64u(paper.text.encode())), f"application/{paper.format}"
    return Attachment(id=paper.kind, format=paper.format, media_type=media_type, description=says, data=content)


def carried(attachment: Attachment, kind: str = "") -> Paper:
    """A paper that came with a message."""
    found = Paper(kind, attachment.format or "", cards.text_of(attachment), "", "the last holder")
    try:
        issuer = found.json.get("issuer")
    except WalletError:
        return found
    return msgspec.structs.replace(found, issuer=issuer if isinstance(issuer, str) else "")


# -- verified with no network -------------------------------------------------------------------------------------


def snapshots(agent: Agent, owned: Owned) -> dict[str, JsonObject]:
    """The documents of issuers that are kept: our own copies go before what came along."""
    found: dict[str, JsonObject] = {did: parse_object(msgspec.json.encode(raw)) for did, raw in owned.documents.items()}
    for paper in owned.papers:
        row = agent.store.item(DOCUMENT, paper.issuer)
        if row is not None:
            found[paper.issuer] = parse_object(row.record)
    return found


def examine(agent: Agent, owned: Owned, paper: Paper) -> Verdict:
    """What holds of a paper, with no network. Never raises."""
    resolve = from_snapshots(snapshots(agent, owned))
    if paper.format == DATA_INTEGRITY:
        return offline(integrity.verify_credential(paper.text, now=agent.now(), resolve=resolve))
    return offline(sd_jwt_verify.verify(paper.text, now=agent.now(), resolve=resolve))


def title(agent: Agent, owned: Owned) -> tuple[bool, str]:
    """Whether the thing is hers by its papers, checked with no network, and why, in words."""
    proof = owned.proof
    if proof is None:
        return False, "there is no proof of ownership; that it is yours is your own word"
    try:
        holder = offline(holder_of(proof.json, gated(owned.chain)))
    except WalletError as fault:
        return False, str(fault)
    if holder.did:
        if holder.key == key_of(agent, owned):
            return True, f"it was handed on {len(owned.chain) // 3} times since it was issued, and last to you"
        return False, "the last transfer was to somebody else"
    if agent.store.key(f"{holder.key}#{holder.key.removeprefix('did:key:')}") is not None:
        return True, "it was issued to you"
    return False, "it was issued to somebody else"


def key_of(agent: Agent, owned: Owned) -> str:
    """The key of the DID made for a thing, as a did:key; empty if there is none."""
    kept = agent.store.key(f"{owned.did}#key-1") if owned.did else None
    return did_key.create(kept.public) if kept else ""


def digest_of(object: Fields) -> str:
    """The Digest of a signed object that was kept."""
    return digest(canonical(parse_object(msgspec.json.encode(object))))


def gated(objects: Sequence[Fields]) -> list[Json]:
    """Objects that were kept, as the strict gate reads them."""
    return [parse_object(msgspec.json.encode(each)) for each in objects]
