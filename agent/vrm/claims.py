"""A new holder claims a thing at the issuer of its papers, who follows the chain of transfers and issues them anew.

The first valid claim wins: the row by which the old proof counts goes in the change that says so. Source: vrm-protocols
5.7. Papers of things are kept as cards as well, so what follows an issued card stands here too.
"""

from collections.abc import Collection

import msgspec

from agent import assets, cards, identity, things
from agent.binding import said
from agent.draft import Draft
from agent.provenance import holder_of
from agent.vrm.loyalty import promised as promised_to_a_member
from agent.vrm.side import Side
from agent.vrm.things import described, key_of
from protocols.machine import Message, Thread
from protocols.standard import issue_credential as issuing
from protocols.standard.issue_credential import IssueCredential, OfferCredential
from protocols.vrm.things import Role, claim
from protocols.vrm.things_words import Claim, ClaimReceipt, Decline
from wallet.dids import key as did_key
from wallet.errors import WalletError
from wallet.keys import new_id
from wallet.names import same
from wallet.needs import Lookup
from wallet.store.change import Item
from wallet.strict_json import Json, parse_object

REISSUE = "reissue-a-title"
change = msgspec.structs.replace


class Reissue(msgspec.Struct, frozen=True):
    """A proof of ownership to issue anew. claimed: the thread in which it was claimed."""

    claimed: str
    name: str
    claims: dict[str, object]


# -- the issuer ---------------------------------------------------------------------------------------------------


def answer(draft: Draft, message: Message) -> Lookup[Message | None]:
    """Yes to the first valid claim; no to what is broken, claimed already or not ours; stolen: a human decides."""
    if not isinstance(message, Claim):
        return None
    proof = assets.proof_in(message.attachments)
    title = assets.title(draft.agent, message.credential)
    if proof is None or proof[0] != message.credential or title is None:
        return Decline("not-ours")
    try:
        holder = yield from holder_of(proof[1], chain_in(message))
    except WalletError as fault:
        return Decline("chain-broken", text=str(fault)[:2000])
    signer = yield from key_of(draft)
    theirs = signer is not None and did_key.create(signer) == holder.key
    if not theirs or not holder.did or not same(holder.did, message.new_holder):
        return Decline("chain-broken", text="The chain does not lead to whoever claims.")
    if not assets.counts(draft.agent, title.digest):
        return Decline("already-claimed")
    return None if title.state == assets.STOLEN else ClaimReceipt("done", reissue=new_id())


def chain_in(message: Claim) -> list[Json]:
    """The transfers that came with a claim, as the strict gate reads them."""
    found = next((each.data.json for each in message.attachments if each.id == "chain"), [])
    return [parse_object(msgspec.json.encode(each)) for each in found] if isinstance(found, list | tuple) else []


def follow(draft: Draft, message: Message) -> None:
    """The old proof is retired, and a new one is offered in a thread of its own; she remembers which."""
    if draft.thread.role == Role.PERSON:
        owned = things.of_did(draft)
        if owned is not None and isinstance(message, Claim):
            things.put(draft, change(owned, claim=draft.thid))
        if owned is not None and isinstance(message, ClaimReceipt):
            things.put(draft, change(owned, recognised=True))
        return
    if not isinstance(message, ClaimReceipt):
        return
    asked = draft.thread.latest(Claim)
    title = assets.title(draft.agent, asked.credential)
    if title is None:
        return
    draft.claim += ((assets.LIVE, title.digest),)
    assets.put_title(draft, change(title, state=assets.RETIRED))
    for each in assets.assets(draft.agent):  # whoever had it is warned of it no more
        if each.title == title.digest and each.state == assets.LIVING:
            assets.put(draft, change(each, state="passed-on"))
    again = Reissue(draft.thid, title.name, title.claims)
    draft.add_item(REISSUE, message.reissue, msgspec.json.encode(again))
    draft.remind(REISSUE, draft.now, message.reissue)


def reissue(draft: Draft) -> Message | None:
    """The offer of the new proof, which begins its thread under that of the claim."""
    row = draft.agent.store.item(REISSUE, draft.thid)
    if row is None or draft.conversation is not None:
        return None
    again = msgspec.json.decode(row.record, type=Reissue)
    draft.begin(issuing.issue_credential, issuing.Role.ISSUER, again.claimed)
    claims = parse_object(msgspec.json.encode(again.claims))
    kind = "OwnershipCredential"
    return cards.offer(draft, format=issuing.DATA_INTEGRITY, type=kind, name=again.name, claims=claims)


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """A claim that a human decided."""
    counts = isinstance(message, Claim) and assets.counts(draft.agent, message.credential)
    return ClaimReceipt("done", reissue=new_id()) if counts else None


def no(draft: Draft) -> Message | None:
    """Not recognised."""
    return Decline("other")


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """Why a human is asked."""
    title = assets.title(draft.agent, message.credential) if isinstance(message, Claim) else None
    if title is None:
        return None
    stolen = "The chain of transfers holds, but an earlier holder told you that it was stolen."
    return [*described(title.thing), {"line": stolen}], None


# -- papers as they are issued ------------------------------------------------------------------------------------


def welcome(draft: Draft, message: Message) -> Lookup[Message | None]:
    """Keep who issues a paper of a thing, so that it verifies later; take what a claim or a membership promised."""
    if not isinstance(message, OfferCredential):
        return None
    wanted = cards.offered(message)
    if promised_to_a_member(draft, wanted):
        return cards.request(draft) if cards.can_be_proved_to(wanted) else None
    if cards.type_of(wanted).rpartition("/")[2].rpartition("#")[2] not in things.PAPERS:
        return None
    try:
        document = yield from draft.agent.resolve(wanted.issuer)
    except WalletError:
        return None
    draft.keep += (Item(things.DOCUMENT, wanted.issuer, msgspec.json.encode(document.raw)),)
    claimed, _ = draft.agent.conversation(draft.peer, draft.thread.pthid or "")
    if claimed is None or claimed.thread.table != claim.id or not promised(claimed.thread, draft.thid):
        return None
    return cards.request(draft) if cards.can_be_proved_to(wanted) else None


def promised(thread: Thread, thid: str) -> bool:
    """Whether a claim was answered with the promise to issue anew in that thread. Threads keep no order between them,
    so the offer may be here before that answer."""
    return thread.state == "claiming" or (thread.state == "recognised" and thread.latest(ClaimReceipt).reissue == thid)


def papers(draft: Draft, message: Message) -> None:
    """A card went out, or was kept: if it is a paper of a thing, it is remembered as one."""
    ours = identity.own(draft.agent) is not None and draft.thread.role == issuing.Role.ISSUER
    if ours and isinstance(message, IssueCredential) and said(draft.thread, "offer-credential"):
        assets.issued(draft, message)
    if isinstance(message, issuing.Ack) and draft.thread.role == issuing.Role.HOLDER:
        for row in [each for each in draft.keep if each.kind == cards.KEPT]:
            things.noticed(draft, cards.read(row))


SIDE = Side(
    tables=(claim,),
    follow=follow,
    answer=answer,
    asks={Claim: "Somebody claims a thing that was reported stolen."},
    content=content,
    yes=yes,
    takes_yes=(Claim,),
    no=no,
    due={REISSUE: reissue},
)
PAPERS = Side(tables=(issuing.issue_credential,), answer=welcome, follow=papers)
