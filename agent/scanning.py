"""What a code says that was scanned or pasted, before anything is done about it: nobody is asked, nothing is fetched.

A code of ours is told apart from one that was used, is too old, is our own, or is for another kind of wallet or agent;
what is none of these is still called what it is. Source: DIDComm v2.1, "Out Of Band Messages"; GS1 Digital Link 1.3;
OpenID for Verifiable Presentations 1.0; security UI-12.
"""

import re
from typing import Final, Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import msgspec

from agent import giving, identity, invitations, mediation, one_off
from agent.agent import CHANGEABLE, Agent
from agent.didcomm import plaintext
from agent.didcomm.plaintext import Plaintext
from agent.errors import Dropped
from agent.relationship import Relationship, fingerprint
from protocols.problems import Problem
from protocols.standard.out_of_band import from_url
from wallet import dids, words

LONGEST: Final = 20_000  # characters of a code that is read at all

Kind = Literal[
    "invitation", "more", "more-known", "mediator", "thing-on-offer", "knock",  # what may be taken up
    "own", "own-over", "known", "waiting", "ended", "expired", "broken", "no-invitation", "another-agent", "short",
    "sign-in", "organisation", "did", "domain", "web", "pool", "thing",
    "another-wallet", "payment", "secret", "contact", "network", "address", "record", "long", "text",
]  # fmt: skip


class Scanned(msgspec.Struct, frozen=True, omit_defaults=True):
    """kind: see `agent/web/pages/scan_words.py` for each in words. goal: what for, in the words of whoever made it.

    who: a relationship's name, or the domain that a code names; letters: of the key it names; until: when an invitation
    ends or has ended, Unix seconds; found: what else can be read out of it.
    """

    kind: Kind
    goal: str = ""
    who: str = ""
    letters: str = ""
    until: int = 0
    found: dict[str, str] = {}


def read(agent: Agent, text: str) -> Scanned:
    """What it is. text: of a code, as it was read or pasted."""
    text = text.strip()
    if len(text) > LONGEST:
        return Scanned("long")
    if is_secret(text):
        return Scanned("secret")
    parts = address(text)
    if parts is not None and "_oob=" in parts.query:
        return invited(agent, text)
    for recognise in (in_a_link, of_a_thing, by_its_beginning):
        if (found := recognise(text, parts)) is not None:
            return found
    if text.startswith("did:"):
        return of_a_did(agent, text)
    if (domain := domain_of(text, parts)) is not None:
        return Scanned("web" if parts is not None else "domain", who=domain)
    return Scanned("text")


def address(text: str) -> SplitResult | None:
    """An address with a scheme; None for anything else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return parts if parts.scheme and not re.search(r"\s", text) else None


def is_secret(text: str) -> bool:
    """Whether this is something that is never to be shown to anybody: recovery words, or what makes log-in codes."""
    return text.lower().startswith(("otpauth:", "otpauth-migration:", "age-secret-key-")) or words.are_words(text)


# -- invitations --------------------------------------------------------------------------------------------------


def invited(agent: Agent, url: str) -> Scanned:
    """An invitation, by what it says and by whom we know."""
    try:
        message = plaintext.read(from_url(url))
    except (Problem, Dropped):
        return Scanned("broken")
    their_did = message.from_
    if message.type.rpartition("/")[2] != "invitation" or their_did is None:
        return Scanned("no-invitation")
    accept = message.body.get("accept", ["didcomm/v2"])
    if isinstance(accept, list) and accept and "didcomm/v2" not in accept:
        return Scanned("another-agent")
    goal = message.body.get("goal")
    said = Scanned(
        "invitation",
        goal=goal[:500] if isinstance(goal, str) else "",
        who=one_off.domain_of(their_did) if is_public(their_did) else "",
        letters=fingerprint(dids.canonical(their_did)),
        until=message.expires_time or 0,
    )
    return msgspec.structs.replace(said, **standing(agent, message, their_did))


def is_public(did: str) -> bool:
    """Whether a DID lives at a domain."""
    return did.startswith(CHANGEABLE) and len(did.split(":")) > 2


def standing(agent: Agent, message: Plaintext, their_did: str) -> dict[str, str]:
    """Of which kind an invitation is here and now, and the name of who made it, if we know that."""
    me = identity.own(agent)
    if invitations.standing(agent, message.id) or (me and dids.same(me.did, their_did)):
        return {"kind": "own"}
    if agent.keys.holds(f"{their_did}#key-1"):
        return {"kind": "own-over"}
    if message.expires_time is not None and message.expires_time <= agent.now():
        return {"kind": "expired"}
    peer = agent.peer_of(dids.canonical(their_did))
    code = message.body.get("goal_code")
    kinds = {
        invitations.GOAL: "invitation",
        invitations.GOAL_AND_MORE: "more",
        mediation.GOAL: "mediator",
        giving.GOAL: "thing-on-offer",
    }
    kind = kinds.get(str(code), "knock")
    if peer is None or kind == "mediator":
        return {"kind": kind}
    who = agent.relationship(peer)[0]
    return {"kind": "more-known" if kind == "more" and who.met and not who.ended else stands(who), "who": who.called}


def stands(who: Relationship) -> str:
    """How it stands with somebody whose invitation we have in hand again."""
    return "ended" if who.ended else "known" if who.met else "waiting"


# -- addresses ----------------------------------------------------------------------------------------------------


def in_a_link(text: str, parts: SplitResult | None) -> Scanned | None:
    """What an address is for, by its parts."""
    if parts is None:
        return None
    named = parse_qs(parts.query)
    if parts.scheme in WALLETS or {"credential_offer", "credential_offer_uri", "request_uri"} & set(named):
        return Scanned("another-wallet", found={"scheme": parts.scheme})
    if "_oobid" in named:
        return Scanned("short", who=parts.netloc)
    if {"c_i", "d_m", "oob"} & set(named):
        return Scanned("another-agent")
    web = parts.scheme in ("https", "http") and bool(parts.netloc)
    if web and parts.path.endswith("/sign-in") and "code" in named:
        return Scanned("sign-in", who=parts.netloc)
    if web and len(named.get("pool", [])) == 1:
        return Scanned("pool", who=parts.netloc, found={"pool": named["pool"][0][:200]})
    return None


def domain_of(text: str, parts: SplitResult | None) -> str | None:
    """The domain of an ordinary web address, or a domain by itself."""
    if parts is not None:
        return parts.netloc.rpartition("@")[2] if parts.scheme in ("https", "http") and parts.netloc else None
    return text.lower() if DOMAIN.fullmatch(text) else None


def of_a_did(agent: Agent, did: str) -> Scanned:
    """A DID by itself: of an organisation, of somebody we know, or of nobody that can be greeted by it alone."""
    named = did.partition("#")[0].partition("?")[0]
    canonical = dids.canonical(named)
    peer = agent.peer_of(canonical)
    letters = fingerprint(canonical)
    if peer is not None:
        who = agent.relationship(peer)[0]
        return Scanned("ended" if who.ended else "known", who=who.called, letters=letters)
    if is_public(named):
        return Scanned("organisation", who=one_off.domain_of(named), letters=letters)
    return Scanned("did", letters=letters)


# -- other things -------------------------------------------------------------------------------------------------


def of_a_thing(text: str, parts: SplitResult | None) -> Scanned | None:
    """The code on an article: its number, and that of the one piece if it is in there. Source: GS1 Digital Link 1.3."""
    if parts is not None and parts.scheme in ("https", "http"):
        found = LINKED.search(parts.path)
        gtin, serial = (found[1], unquote(found[2] or "")) if found else ("", "")
    elif (element := ELEMENTS.fullmatch(text)) is not None:
        gtin, serial = element[1], element[2] or ""
    else:
        gtin, serial = text if text.isascii() and text.isdigit() else "", ""
    if not is_gtin(gtin):
        return None
    said = {"gtin": gtin, "serial": serial[:100], "url": text if parts is not None else ""}
    return Scanned("thing", found={name: each for name, each in said.items() if each})


def is_gtin(digits: str) -> bool:
    """Whether these are the digits of an article number, the last of which checks the others."""
    if len(digits) not in (8, 12, 13, 14):
        return False
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits[:-1])))
    return (10 - weighed % 10) % 10 == int(digits[-1])


def by_its_beginning(text: str, parts: SplitResult | None) -> Scanned | None:
    """What other codes are, by how they begin."""
    small = text[:200].lower()
    for kind, beginnings in BEGINNINGS:
        if small.startswith(beginnings):
            return Scanned(kind)
    return Scanned("record") if small.startswith(("{", "[{")) and '"proof"' in text else None


LINKED: Final = re.compile(r"/01/(\d{8}|\d{12,14})(?:/22/[^/]+)?(?:/10/[^/]+)?(?:/21/([^/]+))?/?$")
ELEMENTS: Final = re.compile(r"\(01\)(\d{14})(?:\((?:1[0-7])\)[^()]+)*(?:\(21\)([^()]+))?(?:\(\d+\)[^()]+)*")
DOMAIN: Final = re.compile(r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.){1,20}[a-zA-Z]{2,63}(?::\d{1,5})?")
WALLETS: Final = frozenset(
    {
        *("openid4vp", "openid-credential-offer", "openid-initiate-issuance", "openid-vc", "openid", "siopv2"),
        *("haip", "haip-vp", "haip-vci", "eudi-openid4vp", "eudi-openid4ci", "eudi-wallet", "mdoc-openid4vp", "mdoc"),
        *("iden3comm", "vcapi", "interact", "wc"),
    }
)
"""Schemes of codes that other kinds of wallet answer."""
BEGINNINGS: Final[tuple[tuple[Kind, tuple[str, ...]], ...]] = (
    ("payment", ("bcd\n", "bcd\r\n", "spc\n", "spc\r\n", "bitcoin:", "lightning:", "ethereum:", "upi:", "payto:")),
    ("contact", ("begin:vcard", "mecard:", "begin:vevent", "begin:vcalendar")),
    ("network", ("wifi:",)),
    ("address", ("mailto:", "tel:", "sms:", "smsto:", "geo:")),
)
