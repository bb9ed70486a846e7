"""What an org knows of the things it issued papers for: whose key each paper is bound to, and who registered one.

It knows no names here: a thing is registered from a DID made for it. Which proof of ownership still counts is one row
that is taken away by the first valid claim, so that of two at once one wins. Source: vrm-protocols, section 5.7.
"""

from collections.abc import Iterator

import msgspec

from agent import cards
from agent.agent import Agent
from agent.draft import Draft
from agent.things import PAPERS, carried, claims_of, thing_in
from protocols.machine import Attachment
from protocols.standard.issue_credential import DATA_INTEGRITY, IssueCredential, OfferCredential
from protocols.vrm.things_words import Thing
from wallet.store.change import Item
from wallet.strict_json import JsonObject

TITLE, LIVE, ASSET, WARRANTY = "title", "title-live", "asset", "warranty"
LIVING, STOLEN, RETIRED = "live", "stolen", "retired"


class Title(msgspec.Struct, frozen=True, omit_defaults=True):
    """A proof of ownership that we issued. subject: the key it is bound to. claims: what it says, for a re-issue."""

    digest: str
    thing: Thing
    subject: str
    name: str
    claims: dict[str, object]
    since: int
    state: str = LIVING


class Asset(msgspec.Struct, frozen=True, omit_defaults=True):
    """A thing that somebody registered here, under a DID made for it. title: Digest of the proof that was shown.

    alerts: how many were given; arrived: how many of them were receipted. state: live, or why it was let go.
    """

    thid: str
    peer: str
    thing: Thing
    since: int
    title: str = ""
    warranty_until: str = ""
    alerts: int = 0
    arrived: int = 0
    state: str = LIVING


def titles(agent: Agent) -> Iterator[Title]:
    """Every proof of ownership that we issued."""
    return (msgspec.json.decode(each.record, type=Title) for each in agent.store.items(TITLE))


def title(agent: Agent, digest: str) -> Title | None:
    """The proof of ownership of this Digest, if we issued it."""
    row = agent.store.item(TITLE, digest)
    return msgspec.json.decode(row.record, type=Title) if row else None


def counts(agent: Agent, digest: str) -> bool:
    """Whether a proof of ownership has not been replaced by another."""
    return agent.store.item(LIVE, digest) is not None


def put_title(draft: Draft, found: Title) -> None:
    """Keep a title as it is now."""
    draft.keep += (Item(TITLE, found.digest, msgspec.json.encode(found)),)


def assets(agent: Agent, *, peer: str | None = None) -> list[Asset]:
    """What was registered, by all or by one."""
    return [msgspec.json.decode(each.record, type=Asset) for each in agent.store.items(ASSET, peer=peer)]


def newest(agent: Agent, start: int, most: int) -> Iterator[Asset]:
    """Some of what was registered, the newest first. start: how many are left out before them."""
    return (msgspec.json.decode(each.record, type=Asset) for each in agent.store.newest_items(ASSET, start, most))


def asset(draft: Draft) -> Asset | None:
    """What is registered in this thread."""
    fresh = next((each for each in reversed(draft.keep) if (each.kind, each.id) == (ASSET, draft.thid)), None)
    row = fresh or draft.agent.store.item(ASSET, draft.thid)
    return msgspec.json.decode(row.record, type=Asset) if row and row.peer == draft.peer else None


def put(draft: Draft, found: Asset) -> None:
    """Keep an asset as it is now."""
    others = tuple(each for each in draft.keep if (each.kind, each.id) != (ASSET, found.thid))
    kept = Item(ASSET, found.thid, msgspec.json.encode(found), found.peer, found.thing.gtin or "")
    draft.keep = (*others, kept)


def drop(draft: Draft) -> None:
    """Delete what is registered in this thread."""
    draft.keep = tuple(each for each in draft.keep if (each.kind, each.id) != (ASSET, draft.thid))
    if draft.agent.store.item(ASSET, draft.thid) is not None:
        draft.claim += ((ASSET, draft.thid),)


def issued(draft: Draft, message: IssueCredential) -> None:
    """A card of ours goes out: if it is a paper of a thing, remember what it promises, and to which key."""
    offer = cards.offered(draft.thread.latest(OfferCredential))
    kind = PAPERS.get(cards.type_of(offer).rpartition("/")[2].rpartition("#")[2])
    if kind is None:
        return
    paper = carried(message.attachments[0], kind)
    claims = claims_of(paper)
    if kind == "warranty" and isinstance(until := claims.get("warrantyUntil"), str):
        draft.keep += (Item(WARRANTY, serial_of(thing_in(claims, "")), until.encode()),)
    if kind == "ownership" and paper.format == DATA_INTEGRITY:
        thing, subject = thing_in(claims, offer.name or ""), str(claims.get("id"))
        said = {name: value for name, value in claims.items() if name != "id"}
        put_title(draft, Title(paper.digest, thing, subject, offer.name or thing.name, {**said}, draft.now))
        draft.keep += (Item(LIVE, paper.digest, b""),)


def serial_of(thing: Thing) -> str:
    """What tells one article from another."""
    return f"{thing.gtin or ''} {thing.serial or thing.name}"


def warranty(agent: Agent, thing: Thing) -> str:
    """Until when we promised to warrant a thing, as a Date; empty if we did not."""
    row = agent.store.item(WARRANTY, serial_of(thing))
    return row.record.decode() if row else ""


def proof_in(attachments: tuple[Attachment, ...]) -> tuple[str, JsonObject] | None:
    """The proof of ownership among what came along, with its Digest."""
    for each in attachments:
        paper = carried(each, "ownership")
        if each.id == "ownership" and each.format == DATA_INTEGRITY and claims_of(paper):
            return paper.digest, paper.json
    return None
