"""What it was like, as she keeps it: drafts, what she shared with whom, and what of it is public.

A draft is hers alone. Shared, it goes to exactly the audience she picks, by default from a DID made for this alone, and
after a while that nobody can guess, so that the time tells nothing. What is public is the signed share itself, a file
that any site may show and anybody can check without a network; taking it back is a second signed file.
Source: vrm-protocols 5.9.
"""

import json
import random
from collections.abc import Iterator

import msgspec

from agent import cards, contact, effects, names, one_off, owner
from agent.agent import MINUTE, Agent
from agent.draft import Draft
from agent.errors import Refused
from agent.json_values import as_json
from agent.mandate_copies import thread
from agent.relationship import Relationship
from agent.vrm.experience import PLAN, SAY, TAKE_BACK, Plan
from protocols.messages import encode
from protocols.problems import Misuse
from protocols.standard.issue_credential import SD_JWT
from protocols.vrm.base import VRM, Text
from protocols.vrm.experience import State, experience
from protocols.vrm.experience_words import About, Attribution, Audience, Kind, Rating, Retract, Share
from wallet import dids, keys, signed
from wallet.credentials import sd_jwt
from wallet.dids import peer as did_peer
from wallet.errors import NotFound
from wallet.keys import Curve, Keyring, new_id
from wallet.needs import Lookup, offline
from wallet.signed_form import SignedObject
from wallet.store.change import Change, Item
from wallet.store.keys import key_item
from wallet.strict_json import Json, JsonObject, parse_object

KIND = "experience"
DELAY = 3 * 86400  # seconds
SPENT = "card-shown"
MOST = 10_000
MOST_PROOFS = 100


class Experience(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of hers. to: whom it was told, in words; peer, thid: where; at: when it is, or was, said, Unix seconds.

    alone: the signed share, if it was published without being told to any org; retracted: its withdrawal.
    """

    id: str
    since: int
    text: Text
    kind: Kind = "idea"
    about: About = About()
    rating: Rating | None = None
    want: Text | None = None
    contact_ok: bool = False
    audience: Audience = "org"
    attribution: Attribution = "none"
    to: str = ""
    peer: str = ""
    thid: str = ""
    at: int = 0
    alone: str = ""
    retracted: str = ""


# -- keeping them -------------------------------------------------------------------------------------------------


def every(agent: Agent) -> Iterator[Experience]:
    """All of them, oldest first."""
    return (msgspec.json.decode(row.record, type=Experience) for row in agent.store.items(KIND))


def newest(agent: Agent, start: int, most: int) -> Iterator[Experience]:
    """Some of them, the newest first. start: how many are left out before them."""
    rows = agent.store.newest_items(KIND, start, most)
    return (msgspec.json.decode(row.record, type=Experience) for row in rows)


def find(agent: Agent, id: str) -> Experience:
    """The one whose id, or whose thread's id, begins so. Raises NotFound, Misuse."""
    exact = agent.store.item(KIND, id)
    if exact is not None:
        return msgspec.json.decode(exact.record, type=Experience)
    found = [each for each in every(agent) if each.id.startswith(id) or each.thid.startswith(id)]
    if len(found) > 1:
        raise Misuse(f'"{id}" begins the id of {len(found)} experiences; give more of it')
    if not found:
        raise NotFound(f'there is no experience "{id[:64]}"; freerange experience list shows them')
    return found[0]


def item(kept: Experience) -> Item:
    """The row that is kept of it."""
    return Item(KIND, kept.id, msgspec.json.encode(kept))


async def keep(agent: Agent, kept: Experience) -> Experience:
    """Keep it as it is now. Raises Misuse if it says nothing, or there are too many."""
    if not kept.text.strip():
        raise Misuse("say in a few words what it was like; nothing was kept")
    if not kept.id and sum(1 for _ in agent.store.items(KIND)) >= MOST:
        raise Misuse(f"{MOST} are kept already; nothing was kept")
    made = kept if kept.id else msgspec.structs.replace(kept, id=new_id(), since=agent.now())
    await agent.store.apply(Change(peer="", keep=(item(made),)))
    return made


def state(agent: Agent, kept: Experience) -> str:
    """Where it stands: a draft, waiting for its moment, public, or as its thread has it."""
    if kept.alone:
        return "retracted" if kept.retracted else "public"
    if not kept.thid:
        return "draft"
    found = thread(agent, kept.peer, kept.thid)
    if found is not None:
        waits = agent.store.item(TAKE_BACK, kept.thid) is not None and found.state == State.SHARED
        return "retracting" if waits else found.state
    return "waiting" if agent.store.item(PLAN, kept.thid) else "taken back unsaid"


# -- sharing ------------------------------------------------------------------------------------------------------


def share_of(agent: Agent, kept: Experience) -> Share:
    """What is said of it. Raises Misuse if she is to be named and has not said how."""
    return Share(
        kind=kept.kind,
        about=kept.about,
        text=signed_text(agent, kept),
        audience=kept.audience,
        contact_ok=kept.contact_ok,
        rating=kept.rating,
        attribution=kept.attribution,
        want=kept.want or None,
    )


def signed_text(agent: Agent, kept: Experience) -> str:
    """Her words, with her name beneath them if she wants that."""
    if kept.attribution != "named":
        return kept.text
    name = contact.value_at(contact.read(agent), "/name/full")
    if not isinstance(name, str) or not name.strip():
        raise Misuse("you want your name beneath it, and your own card has none; nothing was said")
    return f"{kept.text}\n{name}"


async def share(agent: Agent, kept: Experience, to: str, *, delay: int, known: bool, proof: str = "") -> Experience:
    """Tell it to an org. delay: seconds at most, of which a random part is waited; known: as the person it knows.

    proof: id of a card that is shown with it, once. Raises Misuse, Refused, NotFound.
    """
    if kept.thid or kept.alone:
        raise Misuse("it was shared already; make another draft of it to tell somebody else. Nothing was said.")
    message, thid = share_of(agent, kept), new_id()
    who = names.find_peer(agent, to) if known else None
    org = None if who else await one_off.find(agent, to)
    card = proof_card(agent, proof) if proof else None
    towards = who.peer if who else await one_off.towards(agent, org) if org else ""
    relationship, _ = agent.relationship(towards)
    at = agent.now() + (random.SystemRandom().randrange(delay + 1) if delay else 0)
    attachments: list[object] = []
    keeping: tuple[Item, ...] = ()
    if card is not None:
        attachments, keeping = shown_once(agent, card, relationship, thid, at)
    told = msgspec.structs.replace(kept, to=relationship.called, peer=towards, thid=thid, at=at)
    plan = Plan(kept.id, encode(message)[0], attachments)

    def set_out(draft: Draft) -> Lookup[None]:
        draft.keep += (*keeping, item(told), Item(PLAN, thid, msgspec.json.encode(plan), towards))
        draft.remind(SAY, at)
        yield from ()

    await owner.act(agent, towards, thid, set_out)
    agent.stirred.set()
    return told


def proof_card(agent: Agent, id: str) -> cards.Card:
    """A card that was shown to nobody yet. Raises NotFound, Misuse."""
    found = [cards.read(row) for row in agent.store.items(cards.KEPT) if row.id.startswith(id)]
    if len(found) != 1:
        raise NotFound(f'there is no one card "{id[:64]}"; freerange credentials lists them')
    if found[0].format != SD_JWT:
        raise Misuse("this card can only be shown whole; choose one of the other format. Nothing was said.")
    if agent.store.item(SPENT, found[0].id):
        raise Misuse("this card was shown before, so it would link the two; use another copy of it. Nothing was said.")
    return found[0]


def provable(agent: Agent) -> list[cards.Card]:
    """The newest cards of which she can show once, and to nobody before, that she holds one."""
    found = [cards.read(row) for row in agent.store.newest_items(cards.KEPT, 0, MOST_PROOFS)]
    return [each for each in found if each.format == SD_JWT and agent.store.item(SPENT, each.id) is None]


def shown_once(
    agent: Agent, card: cards.Card, who: Relationship, thid: str, at: int
) -> tuple[list[object], tuple[Item, ...]]:
    """A card as it is shown to this org in this thread and to nobody else: that it was issued, and no claim of it."""
    text = sd_jwt.present(
        card.credential,
        reveal=(),
        audience=dids.canonical(who.their_did),
        nonce=thid,
        now=at - at % MINUTE,
        keys=agent.keys,
        holder_kid=card.kid,
    )
    attachment = msgspec.structs.replace(cards.carried(SD_JWT, "application/dc+sd-jwt", text), id="proof")
    return [msgspec.to_builtins(attachment)], (Item(SPENT, card.id, thid.encode()),)


# -- taking back --------------------------------------------------------------------------------------------------


async def retract(agent: Agent, kept: Experience) -> str:
    """Take it back: what was not said yet is not said, and what was is retracted. Returns where it stands."""
    if kept.alone:
        return await retract_public(agent, kept)
    if not kept.thid:
        raise Misuse("it was not shared with anybody; nothing was said")

    def speak(draft: Draft) -> Lookup[None]:
        if draft.conversation is None:
            if draft.agent.store.item(PLAN, kept.thid) is None:
                raise Misuse("it was never said; nothing is to be taken back")
            draft.claim += ((PLAN, kept.thid),)
            draft.forget(SAY)
        elif draft.thread.state == State.SHARED:  # its receipt is on its way: it is taken back when that has come
            draft.keep += (Item(TAKE_BACK, kept.thid, b"", kept.peer),)
        else:
            effects.say(draft, Retract("changed-mind"))
        yield from ()

    await owner.act(agent, kept.peer, kept.thid, speak)
    return state(agent, kept)


# -- public -------------------------------------------------------------------------------------------------------


def file_of(agent: Agent, kept: Experience) -> JsonObject:
    """The signed share of what is public: a credential that anybody can verify. Raises Misuse if there is none."""
    if kept.audience != "public":
        raise Misuse("it is not public: she picked another audience, and nobody else may see it")
    if kept.alone:
        return parse_object(kept.alone)
    return ours(agent, kept, "ExperienceShare")


def retraction_of(agent: Agent, kept: Experience) -> JsonObject | None:
    """The signed withdrawal of what was public; None if it was not taken back."""
    if kept.alone:
        return parse_object(kept.retracted) if kept.retracted else None
    try:
        return ours(agent, kept, "ExperienceRetract")
    except Misuse:
        return None


def ours(agent: Agent, kept: Experience, type: str) -> JsonObject:
    """Our signed object of one type in its thread. Raises Misuse if there is none yet."""
    for row in agent.store.ledger(kept.peer, ours=True):
        found = parse_object(row.record)
        types: Json = found.get("type")
        if row.thid == kept.thid and isinstance(types, list) and type in types:
            return found
    raise Misuse("it has not been said yet; look again later")


async def publish(agent: Agent, kept: Experience) -> Experience:
    """Sign it for everybody, under a DID made for this alone, and tell it to nobody: the file is hers to hand out."""
    if kept.thid or kept.alone:
        raise Misuse("it was shared already; nothing was signed")
    signing, agreement = keys.create(Curve.ED25519), keys.create(Curve.X25519)
    did = did_peer.create4(signing.public, agreement.public, ())
    kid, thid = f"{did}#key-1", new_id()
    public = msgspec.structs.replace(kept, audience="public")
    made = sign(agent, signing_ring(kid, signing), kid, share_of(agent, public), thid)
    told = msgspec.structs.replace(public, to="everybody", thid=thid, at=agent.now(), alone=json.dumps(made))
    await agent.store.apply(Change(peer="", keep=(item(told), key_item(kid, signing))))
    agent.keys.add(kid, signing)
    return told


async def retract_public(agent: Agent, kept: Experience) -> str:
    """Sign the second file, which says that the first is taken back."""
    if not kept.retracted:
        first = signed.read(parse_object(kept.alone), base=VRM)
        made = sign(agent, agent.keys, first.kid, Retract("changed-mind"), kept.thid, after=first.digest)
        after = msgspec.structs.replace(kept, retracted=json.dumps(made))
        await agent.store.apply(Change(peer="", keep=(item(after),)))
    return "retracted"


def signing_ring(kid: str, key: keys.PrivateKey) -> Keyring:
    """A ring with one key."""
    ring = Keyring()
    ring.add(kid, key)
    return ring


def sign(agent: Agent, ring: Keyring, kid: str, message: Share | Retract, thid: str, after: str = "") -> JsonObject:
    """A signed object of this family, for everybody: its audience is its author. after: Digest of the one before."""
    body, _ = encode(message)
    return signed.make(
        base=VRM,
        type=signed.type_name("experience", message.name),
        id=signed.new_object_id(),
        kid=kid,
        keys=ring,
        now=agent.now(),
        to_the_minute=True,
        thid=thid,
        audience=kid.partition("#")[0],
        seq=2 if after else 1,
        prev=after or None,
        re=after or None,
        body=as_json(body),
    )


# -- anybody's ----------------------------------------------------------------------------------------------------


def verified(raw: bytes) -> tuple[SignedObject, Share | Retract]:
    """A published file, checked with nothing but itself. Raises WalletError, or Problem for what it says.

    An author whose DID has to be looked up is not taken: what is public is signed under a DID that is whole in itself.
    """
    found = signed.read(parse_object(raw), base=VRM)
    offline(signed.prove(found, lambda did: dids.resolve(did, development=False, now=0)))
    name = found.type.removeprefix("Experience").lower()
    message = experience.read(name, found.body)
    if not isinstance(message, Share | Retract):
        raise Refused(f"it is a {name}, and neither an experience nor its withdrawal")
    return found, message
