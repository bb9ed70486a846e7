"""Routes: experiences. Hers: drafts, sharing, taking back, files for everybody. An org's: what it was told."""

from typing import Annotated

import msgspec
from msgspec.structs import replace

from agent import experiences, families, wants
from agent.agent import Agent
from agent.experiences import Experience
from agent.mandate_copies import thread
from agent.vrm.experience import PROOF, SIGNALS, signal
from agent.web import threads
from agent.web.parts import part, proof
from agent.web.routes import Route
from agent.web.threads import Saying, say
from protocols.machine import Thread
from protocols.messages import encode
from protocols.problems import Misuse
from protocols.vrm.base import Date, Text
from protocols.vrm.experience import experience
from protocols.vrm.experience_words import About, Attribution, Audience, Kind, Rating, Resolve, Respond, Share
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.store.change import Change
from wallet.strict_json import parse_object


class Drafting(msgspec.Struct, frozen=True):
    """What to keep. regret: the id or first words of a private wish or regret that it is made from."""

    text: Text = ""
    kind: Kind | None = None
    about: About = About()
    rating: Rating | None = None
    want: Text | None = None
    contact_ok: bool = False
    audience: Audience = "org"
    attribution: Attribution = "none"
    regret: str = ""
    signal: str = ""


class Sharing(Drafting, frozen=True):
    """to: an org, by name, domain or DID; none: everybody, in a file. draft: id of a draft, instead of all the rest.

    delay: seconds at most; a random part of that is waited. known: as the person whom the org knows, not from a DID
    made for this. proof: id of a card to show with it, once.
    """

    to: str = ""
    draft: str = ""
    delay: Annotated[int, msgspec.Meta(ge=0, le=30 * 86400)] = experiences.DELAY
    known: bool = False
    proof: str = ""


class Resolving(msgspec.Struct, frozen=True):
    """A remedy. amount: as `12.50 EUR`."""

    remedy: Text
    amount: str = ""
    by: Date | None = None


class Text_(msgspec.Struct, frozen=True):
    """Words."""

    text: Text


class Checking(msgspec.Struct, frozen=True):
    """Files as they were found: a share, and its withdrawal if there is one."""

    share: str
    retraction: str = ""


def shown(agent: Agent, kept: Experience) -> dict[str, object]:
    """One of hers as it is listed."""
    found = thread(agent, kept.peer, kept.thid) if kept.peer else None
    return {
        "experience": kept.id,
        "state": experiences.state(agent, kept),
        "kind": kept.kind,
        "text": kept.text,
        "rating": msgspec.to_builtins(kept.rating) if kept.rating else None,
        "want": kept.want,
        "about": msgspec.to_builtins(kept.about),
        "contact_ok": kept.contact_ok,
        "audience": kept.audience,
        "attribution": kept.attribution,
        "since": timestamp(kept.since),
        "to": kept.to or None,
        "who": proof(agent.relationship(kept.peer)[0]) if kept.peer else None,
        "when": timestamp(kept.at) if kept.at else None,
        "thread": kept.thid if found else None,
        **(answers(found) if found else {}),
    }


def answers(found: Thread) -> dict[str, object]:
    """What the org answered, the latest of each kind."""
    said: dict[str, object] = {}
    for each in found.said:
        if each.name == Respond.name:
            said["answer"] = msgspec.json.decode(each.body).get("text")
        if each.name == Resolve.name:
            said["remedy"] = msgspec.json.decode(each.body)
    return said


def told(agent: Agent, peer: str, found: Thread) -> dict[str, object]:
    """What an org was told, as it is listed."""
    share = next((each for each in found.said if each.name == Share.name), None)
    body = msgspec.json.decode(share.body) if share else {}
    word = signal(msgspec.json.decode(share.body, type=Share)) if share and body else ""
    return {
        "experience": found.thid,
        "thread": found.thid,
        "from": agent.relationship(peer)[0].called,
        "state": found.state,
        "kind": body.get("kind"),
        "text": body.get("text"),
        "rating": body.get("rating"),
        "want": body.get("want"),
        "signal": word or None,
        "proved": agent.store.item(PROOF, f"{peer} {found.thid}") is not None,
        "digest": found.record,
        "since": timestamp(share.at) if share else None,
        **answers(found),
    }


async def listed(agent: Agent) -> object:
    """Hers, and what was told to us."""
    await families.look_up(agent)
    theirs = [(peer, each.thread) for peer, each in families.every(agent, experience) if each.thread.role == "org"]
    return [
        *(shown(agent, each) for each in experiences.every(agent)),
        *(told(agent, *each) for each in theirs),
    ]


async def newest(agent: Agent, start: str) -> object:
    """A part of hers, the newest first."""
    total = agent.store.count_items(experiences.KIND)
    return part(start, total, lambda *which: (shown(agent, each) for each in experiences.newest(agent, *which)))


async def one(agent: Agent, id: str) -> object:
    """One of hers, or one that was told to us."""
    try:
        kept = experiences.find(agent, id)
    except NotFound as fault:
        try:
            relationship, conversation = threads.one(agent, id)
        except NotFound:
            raise fault from None
        if conversation.thread.table != experience.id or conversation.thread.role != "org":
            raise
        return told(agent, relationship.peer, conversation.thread)
    return shown(agent, kept)


async def drafted(agent: Agent, asked: Drafting) -> object:
    """Keep a draft."""
    return shown(agent, await experiences.keep(agent, of(agent, asked)))


async def edit(agent: Agent, id: str, asked: Drafting) -> object:
    """Write a draft anew."""
    kept = only_kept(agent, id)
    return shown(agent, await experiences.keep(agent, replace(of(agent, asked), id=kept.id, since=kept.since)))


async def drop(agent: Agent, id: str) -> object:
    """Forget a draft."""
    kept = only_kept(agent, id)
    await agent.store.apply(Change(peer="", claim=((experiences.KIND, kept.id),)))
    return {"dropped": kept.id}


def only_kept(agent: Agent, id: str) -> Experience:
    """A draft that was told to nobody. Raises NotFound, Misuse."""
    kept = experiences.find(agent, id)
    if experiences.state(agent, kept) != "draft":
        raise Misuse("it was told, and what was said stands; nothing was changed. You can take it back.")
    return kept


async def preview(agent: Agent, id: str) -> object:
    """What would be signed and said of one, as it stands; nothing is said."""
    return msgspec.to_builtins(encode(experiences.share_of(agent, experiences.find(agent, id)))[0])


async def proofs(agent: Agent) -> object:
    """What can be shown with one, once: the newest cards that were shown so to nobody."""
    found = experiences.provable(agent)
    return [{"card": each.id, "name": each.name, "issued_by": each.issued_by} for each in found]


def of(agent: Agent, asked: Drafting) -> Experience:
    """What she wants to keep, from scratch, from a wish or regret of hers, or as a small signal. Raises Misuse."""
    text, kind = asked.text, asked.kind
    if asked.regret:
        regret = wants.find(agent, asked.regret)
        text, kind = text or regret.words, kind or ("regret" if regret.kind == "regret" else "idea")
    if asked.signal:
        if asked.signal not in SIGNALS:
            raise Misuse(f"there is no signal {asked.signal[:40]!r}; there are {', '.join(SIGNALS)}. Nothing was said.")
        kind, text = SIGNALS[asked.signal]
    return Experience(
        id="",
        since=0,
        text=text,
        kind=kind or "idea",
        about=asked.about,
        rating=asked.rating,
        want=asked.want,
        contact_ok=asked.contact_ok,
        audience=asked.audience,
        attribution=asked.attribution,
    )


async def share(agent: Agent, asked: Sharing) -> object:
    """Tell one, in one act: a draft, a regret, or what is said here. It is kept as a draft if it cannot be told."""
    kept = experiences.find(agent, asked.draft) if asked.draft else None
    if kept is None:
        kept = await experiences.keep(agent, of(agent, asked))
    if not asked.to:
        if asked.audience != "public" and kept.audience != "public":
            raise Misuse("say to whom; or that it is for everybody, and you get a file to hand out. It is kept.")
        return shown(agent, await experiences.publish(agent, kept))
    told_to = await experiences.share(agent, kept, asked.to, delay=asked.delay, known=asked.known, proof=asked.proof)
    return shown(agent, told_to)


async def retract(agent: Agent, id: str) -> object:
    """Take one back."""
    kept = experiences.find(agent, id)
    await experiences.retract(agent, kept)
    return shown(agent, experiences.find(agent, kept.id))


async def file(agent: Agent, id: str) -> object:
    """The files of one that is public: the share, and the withdrawal if it was taken back."""
    kept = experiences.find(agent, id)
    return {"share": experiences.file_of(agent, kept), "retraction": experiences.retraction_of(agent, kept)}


async def respond(agent: Agent, id: str, asked: Text_) -> object:
    """The org's answer, which stays with it for good."""
    return await say(agent, id, Saying("respond", {"text": asked.text}))


async def resolve(agent: Agent, id: str, asked: Resolving) -> object:
    """The org commits to a remedy."""
    amount, _, currency = asked.amount.partition(" ")
    body: dict[str, object] = {"remedy": asked.remedy}
    body |= {"amount": {"amount": amount, "currency": currency}} if asked.amount else {}
    body |= {"by": asked.by} if asked.by else {}
    return await say(agent, id, Saying("resolve", body))


async def add(agent: Agent, id: str, asked: Text_) -> object:
    """Her answer to the org's."""
    kept = experiences.find(agent, id)
    return await say(agent, kept.thid, Saying("add", {"text": asked.text}))


def checked(share: bytes, retraction: bytes) -> dict[str, object]:
    """What two files say, checked with nothing but themselves. Raises WalletError, Problem, Refused, Misuse."""
    signed, message = experiences.verified(share)
    if not isinstance(message, Share):
        raise Misuse("this is a withdrawal; name the experience first, and then this")
    back = None
    if retraction:
        second, withdrawn = experiences.verified(retraction)
        same = second.issuer == signed.issuer and second.thid == signed.thid and not isinstance(withdrawn, Share)
        if not same:
            raise Misuse("the second file takes back something else")
        back = str(parse_object(retraction)["validFrom"])
    return {
        "kind": message.kind,
        "text": message.text,
        "rating": msgspec.to_builtins(message.rating) if message.rating else None,
        "audience": message.audience,
        "author": signed.issuer,
        "digest": signed.digest,
        "signed": str(parse_object(share)["validFrom"]),
        "retracted": back,
    }


async def check(agent: Agent, asked: Checking) -> object:
    """Check what somebody published."""
    return checked(asked.share.encode(), asked.retraction.encode())


ROUTES = (
    Route("GET", "/v1/experiences", listed),
    Route("GET", "/v1/experiences/newest/{start}", newest),
    Route("GET", "/v1/experiences/proofs", proofs),
    Route("GET", "/v1/experiences/{id}", one),
    Route("GET", "/v1/experiences/{id}/file", file),
    Route("POST", "/v1/experiences", drafted, Drafting),
    Route("POST", "/v1/experiences/share", share, Sharing),
    Route("POST", "/v1/experiences/verify", check, Checking),
    Route("GET", "/v1/experiences/{id}/preview", preview),
    Route("POST", "/v1/experiences/{id}/edit", edit, Drafting),
    Route("POST", "/v1/experiences/{id}/drop", drop),
    Route("POST", "/v1/experiences/{id}/retract", retract),
    Route("POST", "/v1/experiences/{id}/respond", respond, Text_),
    Route("POST", "/v1/experiences/{id}/resolve", resolve, Resolving),
    Route("POST", "/v1/experiences/{id}/add", add, Text_),
)
