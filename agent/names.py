"""Finding a relationship by what a person would call it."""

import re
from collections import Counter
from typing import Final

from agent import relationship as relationships
from agent.agent import Agent
from agent.relationship import Relationship, fingerprint
from protocols.problems import Misuse
from wallet import dids
from wallet.errors import NotFound

FINGERPRINT: Final = re.compile(r"[0-9a-f]{4}-[0-9a-f]{4}")


def find_peer(agent: Agent, text: str) -> Relationship:
    """The relationship meant by `text`: a name, the start of one, a fingerprint, or a DID.

    Raises NotFound, naming who is there, or Misuse if it could be several.
    """
    peer = agent.peer_of(dids.canonical(text)) if text.startswith("did:") else None
    if peer is not None:
        return agent.relationship(peer)[0]
    if FINGERPRINT.fullmatch(text) and (known_as := by_fingerprint(agent, text)) is not None:
        return known_as
    known = [relationships.read(row) for row in agent.store.peers()]
    wanted = text.casefold()
    exact = [each for each in known if wanted in spellings(each)]
    lasting = (each for each in known if not each.one_off)
    found = exact or [each for each in lasting if wanted and each.called.casefold().startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{each.called} ({fingerprint(each.peer)})" for each in found[:8])
        raise Misuse(f'"{text}" could be any of {names}; say which one by the letters in brackets')
    names = ", ".join(sorted({each.called for each in known})[:8]) or "nobody yet; take up an invitation first"
    raise NotFound(f'there is no relationship called "{text[:100]}". Known: {names}')


def by_fingerprint(agent: Agent, text: str) -> Relationship | None:
    """The one relationship of this fingerprint, without looking through all of them each time. None if there is none,
    or several. It is looked for before names: a name is what the other side says."""
    if text not in agent.fingerprints:
        known = [(fingerprint(row.peer), row.peer) for row in agent.store.peers()]
        counts = Counter(short for short, _ in known)
        agent.fingerprints = {short: peer if counts[short] == 1 else "" for short, peer in known}
    peer = agent.fingerprints.get(text)
    return agent.relationship(peer)[0] if peer else None


def spellings(relationship: Relationship) -> tuple[str, ...]:
    """Everything that means exactly this relationship, without regard to case."""
    peer = relationship.peer
    shared = () if relationship.one_off else (relationship.name, relationship.their_did)
    return tuple(each.casefold() for each in (fingerprint(peer), peer, *shared) if each)
