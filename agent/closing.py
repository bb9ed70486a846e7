"""A message that says its sender's DID is given up and no other takes its place: the end of a relationship, perhaps.

The proof names neither who it was for nor until when it holds, so whoever got one from an organisation could show it to
all others who deal with that organisation. It therefore ends nothing: the relationship is `closing`, and the owner
decides. Source: DIDComm Messaging v2.1, "Ending a Relationship"; security, row ST-16.
"""

import msgspec

from agent import leaving, rotation
from agent.agent import Agent
from agent.asking import Asked, pronoun, proof
from agent.didcomm.envelopes import Opened
from agent.draft import Draft
from agent.errors import Dropped, Unavailable
from agent.logs import note
from agent.owner import TRIES, act, commit
from agent.parcel import LIFETIME
from agent.relationship import Relationship, fingerprint
from protocols.problems import Misuse
from wallet import dids
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.prior import LEEWAY, Prior
from wallet.store.change import Outcome, Question
from wallet.strict_json import JsonObject

NAME = "end-of-relationship"
LINES = (
    "The message is signed by the key you know it by. But it names nobody: whoever was sent the same one could have"
    " passed it on to you.",
    "Yes: nothing is said to it any more, and what still waits to go there is given up. All that was signed and kept"
    " stays in your wallet.",
    "No: everything stays as it is, and this message has no effect.",
)


async def hear(agent: Agent, opened: Opened) -> None:
    """Hear a message without a sender. Returns once a question to the owner is kept.

    Raises Dropped if it ends no relationship that this DID of ours is used in; Unavailable if that cannot be told now.
    """
    message = opened.plaintext
    if message.from_ is not None or message.from_prior is None or opened.recipient_kid is None:
        raise Dropped("anonymous")
    claim = rotation.read(agent, message.from_prior)
    peer = agent.peer_of(dids.canonical(claim.old))
    if peer is None or claim.new is not None:
        raise Dropped("anonymous")
    ours = dids.did_of(opened.recipient_kid)
    require_open(agent, agent.relationship(peer)[0], claim, ours)
    await rotation.prove(agent, peer, claim)
    async with agent.turn_of(peer):
        for _ in range(TRIES):
            draft = Draft.of(agent, peer, "")
            require_open(agent, draft.relationship, claim, ours)
            draft.learn(closing=claim.at)
            draft.questions += (Question(new_id(), "", draft.now, msgspec.json.encode(Asked(NAME))),)
            if await commit(agent, draft) is Outcome.APPLIED:
                note("the other side may have ended it; the owner is asked", peer=draft.relationship.called)
                return
    raise Unavailable("the relationship kept moving")


def require_open(agent: Agent, who: Relationship, claim: Prior, ours: str) -> None:
    """It may be meant for this relationship, and is none that was heard, or was on its way, before. Raises Dropped.

    ours: the DID it came to. One made before the two met, or long ago, was meant for somebody else.
    """
    rotation.require_newer(agent, who, claim)
    earliest = max(who.since - LEEWAY, agent.now() - LIFETIME)
    if who.ended or who.closing or claim.at < earliest or not who.hears(ours, agent.now()):
        raise rotation.refused(agent, "replay", who.called)


# -- the owner ----------------------------------------------------------------------------------------------------


def describe(draft: Draft) -> JsonObject:
    """The question in words, as `asking.describe` says others."""
    return {
        "about": "relationship/over",
        "who": draft.relationship.called,
        "letters": fingerprint(draft.relationship.peer),
        "proof": proof(draft),
        "asks": f"{pronoun(draft)} seems to end the relationship. Is it over?",
        "what": [{"line": line} for line in LINES],
        "why": None,
        "until": None,
        "lasts": None,
        "terms": None,
        "agreement": None,
        "choices": ["yes", "no"],
    }


async def answer(agent: Agent, peer: str, question: str, *, over: bool) -> str:
    """What the owner decided. Returns what became of the relationship, in a word. Raises Misuse."""

    def decide(draft: Draft) -> Lookup[str]:
        who = draft.relationship
        if not who.closing:
            raise Misuse(f"this was answered already; the relationship with {who.called} is as it is")
        draft.settled += (question,)
        if over:
            yield from leaving.go(draft)
            return "ended"
        draft.learn(closing=0, they_moved=who.closing)
        return "kept"

    return await act(agent, peer, "", decide)
