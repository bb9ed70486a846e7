"""Meeting an org: what it says of itself, what of that is proved, and what is kept."""

from agent import agreements, house_rules, identity, linkage, rosters, standing_offers, tally
from agent.draft import Draft
from agent.errors import Misconfigured
from agent.json_values import as_json
from protocols import supported
from protocols.machine import Message, Protocol
from protocols.problems import UnprovenDomain
from protocols.standard.trust_ping import Ping, trust_ping
from protocols.vrm.base import AgreementRef
from protocols.vrm.relationship import Hello, Org, RightsContact, Welcome, meet, rules
from wallet.keys import new_id
from wallet.needs import Lookup


def opening(draft: Draft, *, ours: bool) -> tuple[Protocol, Message]:
    """What we say first to whoever invited us. ours: the invitation says that it is to a relationship; else all we know
    is that an agent is there, and we knock."""
    if not ours:
        return trust_ping, Ping()
    return meet, welcome(draft) if identity.own(draft.agent) else hello()


def hello() -> Hello:
    """What a person's agent says first: what it speaks, and nothing of her."""
    return Hello(protocols=supported())


def welcome(draft: Draft) -> Welcome:
    """What an org says of itself. Raises Misconfigured if it has no public DID."""
    config, me = draft.agent.config, identity.own(draft.agent)
    if me is None or me.linkage is None:
        raise Misconfigured("only an org can welcome; this wallet was made for a person")
    accepted = rosters.preferred(draft.agent)
    return Welcome(
        org=Org(name=config.name, url=config.url, kind=config.org_kind),
        domain=config.domain,
        linkage=dict(me.linkage),
        agreements=tuple(reference(each) for each in accepted),
        protocols=supported(),
        rights_contact=RightsContact(email=config.rights_contact or None),
    )


def reference(text: agreements.Text) -> AgreementRef:
    """How an agreement is named on the wire."""
    return AgreementRef(text.id, text.version, text.digest)


def check_welcome(draft: Draft, message: Welcome) -> Lookup[None]:
    """The org is who it says: its DID, or one it spoke as before, and its domain vouch for each other.

    Raises UnprovenDomain.
    """
    agent, who = draft.agent, draft.relationship
    named = str(message.linkage.get("issuer"))
    proved = yield from linkage.holds(
        as_json(message.linkage),
        did=named if named in who.their_dids else who.their_did,
        domain=message.domain,
        development=agent.config.development,
        now=draft.now,
        resolve=agent.resolve,
    )
    if not proved:
        raise UnprovenDomain(message.domain)


def keep_welcome(draft: Draft, message: Welcome) -> None:
    """The two have met. A person's side remembers what the org proved, an org's hands over what it invited to."""
    if draft.thread.role == "person":
        org = message.org
        draft.learn(name=org.name, domain=message.domain, kind=org.kind, protocols=message.protocols)
        own = house_rules.standing(draft.agent)
        if own is not None:  # it hears them before it says anything else
            draft.hand_on(draft.peer, new_id(), rules, house_rules.stated(own, draft.now))
    else:
        standing_offers.hand_over(draft, draft.relationship.invitation)
    if not draft.relationship.met:
        tally.mark(draft, "met")
    draft.learn(met=True)
