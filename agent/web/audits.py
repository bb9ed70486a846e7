"""Routes: what the other side knows, under which terms and until when; both timelines; comparisons and questions."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import msgspec

from agent import audits, evidence, families, held, names, rules_known, shown, told
from agent.agent import Agent
from agent.relationship import Relationship, fingerprint
from agent.vrm import audit as side
from agent.web import agreements, deeds, parts
from agent.web.relationships import known
from agent.web.relationships import shown as as_listed
from agent.web.routes import Route
from agent.web.threads import one
from protocols.machine import Thread
from protocols.vrm import audit
from protocols.vrm.audit import About, Attest, Challenge, Dispute
from wallet import chain
from wallet.credentials.vcdm import timestamp
from wallet.store import ledger

PART = 50  # statements of one part of a timeline


class OfPeer(msgspec.Struct, frozen=True):
    """peer: by name."""

    peer: str


class Challenging(msgspec.Struct, frozen=True):
    """question: in plain words; about: a message, a record or a use; answer_by: a Time."""

    peer: str
    question: str
    answer_by: str
    about: About = About()


class Disputing(msgspec.Struct, frozen=True):
    """evidence: Digests of what was signed. want: what would settle it."""

    peer: str
    text: str
    evidence: tuple[str, ...] = ()
    want: str | None = None


class Attesting(msgspec.Struct, frozen=True):
    """statement: as in the protocol."""

    peer: str
    statement: Attest


class Answering(msgspec.Struct, frozen=True):
    """thread: of a challenge or a dispute. records: what it rests on; none: for a challenge, all that binds."""

    thread: str
    records: tuple[str, ...] = ()
    text: str = ""
    want: str = ""


def knows(agent: Agent, who: Relationship) -> list[dict[str, object]]:
    """Every value that was told, or, on an organisation's side, that is held: what for, until when, by what."""
    if agent.config.kind == "org":
        return [
            {
                "what": each.ptr,
                "value": each.value,
                "purpose": each.label.purpose,
                "until": each.label.expires,
                "record": each.label.record,
            }
            for each in held.of(agent, who.peer)
        ]
    return [
        {
            "what": each.ptr,
            "value": each.value,
            "purpose": each.label.purpose,
            "until": each.label.expires,
            "record": each.label.record,
            "told": timestamp(each.at),
            "terms": each.agreement or None,
            "standing": told.standing(agent, who.peer, each),
        }
        for each in told.of(agent, who.peer)
    ]


def cards_shown(agent: Agent, who: Relationship) -> list[dict[str, object]]:
    """What it has seen of her cards, and what that was said to be for. Nothing was agreed on how long it keeps that."""
    found = shown.of(agent, who.peer)
    return [{"claims": e.claims, "why": e.why, "at": timestamp(e.at), "thread": e.thid} for e in found]


def question(agent: Agent, thread: Thread) -> dict[str, object]:
    """A challenge or a dispute, with its answer if there is one."""
    opening, *rest = thread.said
    return {
        "thread": thread.thid,
        "kind": opening.name,
        "ours": audits.ours(thread),
        "asked": timestamp(opening.at),
        "says": msgspec.json.decode(opening.body),
        "state": audits.label(agent, thread),
        "answer": msgspec.json.decode(rest[-1].body) if rest else None,
    }


def compared(found: side.Comparing) -> dict[str, object]:
    """How the comparison of both chains stands: a first difference is mended and not shown."""
    apart = found.apart >= side.TRIES
    state = "differs" if apart else "being mended" if found.apart else "same" if found.last else "never compared"
    return {
        "state": state,
        "last": timestamp(found.last) if found.last else None,
        "next": timestamp(found.at) if found.at else None,
        "missing": list(found.missing) if apart else [],
        "unseen": list(found.unseen) if apart else [],
    }


async def about(agent: Agent, name: str) -> object:
    """What this peer knows, under which terms, until when; from our own store."""
    who = names.find_peer(agent, name)
    stated = rules_known.in_force(agent, who.peer)
    return {
        "with": who.called,
        "knows": knows(agent, who),
        "shown": cards_shown(agent, who),
        "terms": [agreements.shown(who, each) for each in who.agreements],
        "rules": msgspec.to_builtins(stated) if stated else None,
        "signed": {"ours": who.ours.seq, "theirs": who.theirs.seq},
        "compared": compared(side.standing(agent, who.peer)),
        "questions": [question(agent, each) for each in audits.asked(agent, who.peer)],
    }


async def every(agent: Agent) -> object:
    """How comparisons and questions stand with everybody."""
    return await with_each(agent, [*known(agent)])


async def with_each(agent: Agent, everybody: Sequence[Relationship]) -> list[dict[str, object]]:
    """How they stand with some. Their threads are not looked through."""
    stands, asked = await standings(agent)
    return [row(agent, who, stands, asked) for who in everybody]


Stands = Mapping[str, side.Comparing]
Threads = Mapping[str, Sequence[Thread]]


async def standings(agent: Agent) -> tuple[Stands, Threads]:
    """How comparisons stand, and what was asked, by relationship; only of those where there is any."""
    await families.look_up(agent)
    stands = {row.id: side.read(row.record) for row in agent.store.items(side.COMPARING)}
    threads = [each for table in (audit.challenge, audit.dispute) for each in families.every(agent, table)]
    threads.sort(key=lambda each: each[1].thread.said[0].at)
    asked = {peer: [each.thread for with_, each in threads if with_ == peer] for peer in {peer for peer, _ in threads}}
    return stands, asked


def row(agent: Agent, who: Relationship, stands: Stands, asked: Threads) -> dict[str, object]:
    """How it stands with one."""
    return {
        "with": who.called,
        "fingerprint": fingerprint(who.peer),
        "compared": compared(stands.get(who.peer, side.Comparing())),
        "questions": [question(agent, each) for each in asked.get(who.peer, ())],
    }


async def part(agent: Agent, start: str) -> object:
    """How they stand with everybody who signs things, a part at a time, by name; and, apart, with whom something needs
    a look: the two sides do not hold the same, or a question is open, or was not answered in time. `who`: each of them
    as relationships are listed."""
    first = parts.start(start)
    going_on = (each for each in known(agent) if not (each.one_off and each.ended))
    signers = sorted(
        (each for each in going_on if each.ours.seq or each.theirs.seq), key=lambda each: each.called.casefold()
    )
    stands, asked = await standings(agent)
    listed = signers[first : first + PART]
    some = [each for each in signers if each.peer in stands or each.peer in asked]

    def rows(those: Sequence[Relationship]) -> list[dict[str, object]]:
        return [{**row(agent, each, stands, asked), "who": as_listed(agent, each)} for each in those]

    look = [each for each in rows(some) if needs_a_look(each)]
    return {"total": len(signers), "start": first, "look": look, "items": rows(listed)}


def needs_a_look(found: dict[str, Any]) -> bool:
    """Whether somebody should look at how it stands with one."""
    open_ = any(each["state"] in ("challenged", "disputed", audits.UNANSWERED) for each in found["questions"])
    return open_ or found["compared"]["state"] == "differs"


async def timeline(agent: Agent, name: str) -> object:
    """Everything both sides signed, in one order that is the same on both."""
    who = names.find_peer(agent, name)
    mine = "org" if agent.config.kind == "org" else "person"
    other = "person" if mine == "org" else "org"
    entries = [
        {
            "digest": row["digest"],
            "type": row["type"],
            "by": mine if row["ours"] else other,
            "signed": row["signed"],
            "thread": row["thread"],
            "data": row["data"],
        }
        for row in evidence.listing(agent, who)
    ]
    return {"with": who.called, "we": mine, "entries": entries}


async def part_of_timeline(agent: Agent, name: str, number: str) -> object:
    """A part of it, the newest first, with what each statement says. number: from 1."""
    who = names.find_peer(agent, name)
    mine, other = ("org", "person") if agent.config.kind == "org" else ("person", "org")
    total = agent.store.read(partial(ledger.count, peer=who.peer))
    last = max(1, -(-total // PART))
    at = min(parts.number(number), last)
    rows = agent.store.read(partial(ledger.newest, peer=who.peer, start=(at - 1) * PART, most=PART))
    ours = {row.digest: row.ours for _, row in rows}
    titles = cache(partial(deeds.agreement, agent))
    entries = [
        {
            "digest": each.digest,
            "type": each.type,
            "title": deeds.title(each.type, each.body),
            "lines": msgspec.to_builtins(deeds.lines(each.body, titles)),
            "by": mine if ours[each.digest] else other,
            "signed": each.valid_from,
            "thread": each.thid,
            "data": each.data_digest is not None,
        }
        for each in reversed(chain.ordered(evidence.read(row) for _, row in rows))
    ]
    return {"with": who.called, "we": mine, "part": at, "parts": last, "total": total, "entries": entries}


async def compare(agent: Agent, asked: OfPeer) -> object:
    """Compare both chains now."""
    who = names.find_peer(agent, asked.peer)
    return {"to": who.called, "thread": await audits.compare(agent, who.peer) or None}


async def challenge(agent: Agent, asked: Challenging) -> object:
    """Ask by what right something was done."""
    who = names.find_peer(agent, asked.peer)
    message = msgspec.convert(
        {"about": msgspec.to_builtins(asked.about), "question": asked.question, "answer_by": asked.answer_by}, Challenge
    )
    return {"to": who.called, "thread": await audits.challenge(agent, who.peer, message)}


async def dispute(agent: Agent, asked: Disputing) -> object:
    """State a position."""
    who = names.find_peer(agent, asked.peer)
    message = Dispute(text=asked.text, evidence=asked.evidence, want=asked.want)
    return {"to": who.called, "thread": await audits.dispute(agent, who.peer, message)}


async def attest(agent: Agent, asked: Attesting) -> object:
    """State that we comply with something."""
    who = names.find_peer(agent, asked.peer)
    return {"to": who.called, "thread": await audits.attest(agent, who.peer, asked.statement)}


async def answer(agent: Agent, asked: Answering) -> object:
    """Answer a challenge or a dispute."""
    who, conversation = one(agent, asked.thread)
    thid = conversation.thread.thid
    said = await audits.answer(agent, who.peer, thid, asked.records, asked.text, asked.want)
    return {"to": who.called, "thread": thid, "said": said}


ROUTES = (
    Route("GET", "/v1/audits", every),
    Route("GET", "/v1/audits/{name}", about),
    Route("GET", "/v1/audits/part/{start}", part),
    Route("GET", "/v1/timelines/{name}", timeline),
    Route("GET", "/v1/timelines/{name}/{number}", part_of_timeline),
    Route("POST", "/v1/audits/compare", compare, OfPeer),
    Route("POST", "/v1/audits/challenge", challenge, Challenging),
    Route("POST", "/v1/audits/dispute", dispute, Disputing),
    Route("POST", "/v1/audits/attest", attest, Attesting),
    Route("POST", "/v1/audits/answer", answer, Answering),
)
