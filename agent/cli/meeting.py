"""Commands: invite, accept, peers, ping, discover."""

import io
import re
import shutil
from argparse import Namespace
from collections.abc import Iterator
from time import perf_counter
from typing import Final

import msgspec

from agent.cli.exits import MISUSED, NO_ANSWER, Command, Stopped
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.views import Begun, Fields, Invitation, Invited, Log, Peer
from agent.cli.waiting import over
from agent.cli.words import count, pairs, quoted, show, table, when
from agent.lookalikes import warned

UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
QUERIES: Final = "https://didcomm.org/discover-features/2.0/queries"


# -- inviting -----------------------------------------------------------------------------------------------------


async def invite(options: Namespace) -> int:
    """Make an invitation, and show it."""
    lasts = seconds(options.lasts)
    async with reach(options) as talk:
        wish = {"goal": options.goal, "once": options.once, "lasts": lasts, "mediation": options.mediation}
        said = await talk.post("invitations", **wish)
    invited = msgspec.json.decode(said, type=Invited)
    if options.qr:
        save_qr(invited.url, options.qr)
    return show(options, said, Invited, invitation)


def seconds(text: str) -> int:
    """How long `30m` or `7d` is. Raises Stopped."""
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", text)
    if not found:
        raise Stopped(
            f"--lasts is {text!r}; nothing was done", "Write a number and m, h or d, like 30m, 12h or 7d.", MISUSED
        )
    return int(found[1]) * UNITS[found[2]]


def invitation(invited: Invited) -> Iterator[str]:
    """An invitation as it is shown: the code to scan, if it fits, and the link."""
    code = qr(invited.url)
    columns = max(len(line) for line in code)
    if columns <= shutil.get_terminal_size().columns:
        yield from code
    else:
        yield f"(Its QR code is {columns} columns wide: make the window wider, or use freerange invite --qr FILE.svg)"
    yield ""
    yield invited.url
    yield ""
    once = "The first who answers uses it up." if invited.once else "Whoever has it may answer, as often as they like."
    until_when = f"It is good until {when(invited.until)}." if invited.until else "It does not expire."
    yield f'"{plain(invited.goal)}". {once} {until_when}'
    yield "Show the code or give the link to whom you want to meet; they take it up with: freerange accept 'LINK'"


def qr(text: str) -> list[str]:
    """A QR code in half-block characters."""
    import segno  # 30 ms, for this alone

    drawn = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(drawn, border=2, compact=True)
    return drawn.getvalue().splitlines()


def save_qr(text: str, file: str) -> None:
    """Save a QR code as a picture. Raises Stopped."""
    import segno

    if not file.endswith((".svg", ".png")):
        raise Stopped(
            f"{file} is neither .svg nor .png", "The invitation was made; make another with --qr FILE.svg", MISUSED
        )
    segno.make(text, error="l", micro=False).save(file, scale=4)


# -- being invited ------------------------------------------------------------------------------------------------


async def accept(options: Namespace) -> int:
    """Take up an invitation; wait until the two have met."""
    async with reach(options, listen=not options.no_wait) as talk:
        read = msgspec.json.decode(await talk.post("invitations", "read", url=options.url), type=Invitation)
        if not read.mediation:
            return await meet(options, talk)
    from agent.cli import mediator

    return await mediator.taken_up(options)


async def meet(options: Namespace, talk: Talk) -> int:
    """Say hello to whoever made an invitation."""
    begun = msgspec.json.decode(await talk.post("invitations", "accept", url=options.url), type=Begun)
    if options.no_wait or begun.thread is None:
        said = await talk.get("peers", begun.peer)
        return show(options, said, Peer, knocked)
    thread = await over(talk, begun.thread, seconds=options.timeout, waiting_for="a welcome")
    said = await talk.get("peers", begun.peer)
    if msgspec.json.decode(said, type=Peer).state == "met":
        return show(options, said, Peer, met)
    if thread is not None and (thread.about, thread.state) == ("trust-ping", "done"):
        return show(options, said, Peer, reached)
    if thread is not None:
        raise Stopped(
            f"you have not met: the thread ended as {thread.state}", f"See: freerange log {thread.thread[:8]}"
        )
    raise no_answer("whoever invited you has not answered yet", "freerange peers")


def reached(peer: Peer) -> Iterator[str]:
    """Somebody whose invitation is of another kind of agent, and who answered a knock."""
    yield f"Reached {who(peer)}. It is another kind of agent: it did not say who it is, and knows no terms."
    yield f"  {proved(peer)}"
    yield f'  To write to it: freerange say {peer.fingerprint} "Good morning"'


def knocked(peer: Peer) -> Iterator[str]:
    """Somebody who was greeted and has not answered."""
    yield f"Said hello to {plain(peer.name)}. Whether they answer: freerange peers"


def met(peer: Peer) -> Iterator[str]:
    """Somebody we have met: who it is, what was proved, and what it knows of us."""
    yield f"Met {who(peer)}."
    yield f"  {proved(peer)}"
    yield "  It knows you by a DID that nobody else was shown." if peer.our_did.startswith("did:peer:") else ""
    yield f"  {governed(peer)}"


def who(peer: Peer) -> str:
    """A relationship's name, with the letters nobody can choose."""
    name = plain(peer.name)
    kind = f", {article(peer.kind)}" if peer.kind else ""
    return f"{name}{kind}" if peer.name == peer.fingerprint else f"{name} ({plain(peer.fingerprint)}){kind}"


def article(kind: str) -> str:
    """`a vendor`, `an agency`."""
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {plain(kind)}"


def proved(peer: Peer) -> str:
    """What the other side proved of itself."""
    if peer.domain:
        return f"It proved that it speaks for {warned(plain(peer.domain))}."
    return "It has proved nothing but its key; what it says of itself is its own word."


def governed(peer: Peer) -> str:
    """The terms between us."""
    if peer.terms:
        return f"Between you: {plain(peer.terms)}, record {plain(peer.record)}."
    return f"No terms are agreed yet. To proffer yours: freerange terms proffer {quoted(peer.name)}"


async def peers(options: Namespace) -> int:
    """Whom we know."""
    async with reach(options) as talk:
        if options.peer:
            return show(options, await talk.get("peers", options.peer), Peer, whole)
        return show(options, await talk.get("peers"), list[Peer], listed)


def listed(found: list[Peer]) -> Iterator[str]:
    """All relationships, a line each."""
    if not found:
        yield "You know nobody yet. Take up an invitation (freerange accept 'LINK'), or make one (freerange invite)."
    rows = [("NAME", "LETTERS", "KIND", "PROVED DOMAIN", "STATE", "SINCE", "TERMS")] if found else []
    rows += [
        (
            each.name,
            each.fingerprint,
            each.kind or "person",
            each.domain,
            each.state,
            when(each.since),
            each.terms or "none",
        )
        for each in found
    ]
    yield from table(rows)


def whole(peer: Peer) -> Iterator[str]:
    """One relationship, with everything."""
    yield f"{who(peer)}: {plain(peer.state)} since {when(peer.since)}"
    yield f"  {proved(peer)}"
    yield f"  {governed(peer)}"
    yield from pairs([("their DID", peer.peer), ("your DID", peer.our_did)])
    signed = f"{count(peer.signed.get('ours', 0), 'object')} by you, {peer.signed.get('theirs', 0)} by them"
    yield from pairs([("signed", signed)])


# -- knocking -----------------------------------------------------------------------------------------------------


async def ping(options: Namespace) -> int:
    """Knock, and wait for the answer."""
    async with reach(options, listen=not options.no_wait) as talk:
        began = perf_counter()
        begun = msgspec.json.decode(await talk.post("pings", peer=options.peer), type=Begun)
        if options.no_wait:
            print(f"Knocked at {plain(begun.peer)}.")
            return 0
        thread = await over(
            talk, begun.thread or "", seconds=options.timeout, waiting_for=f"{plain(begun.peer)} to answer"
        )
        passed = (perf_counter() - began) * 1000
    if thread is None:
        raise no_answer(f"{plain(begun.peer)} has not answered in {options.timeout:g} s", "freerange doctor")
    if thread.state != "done":
        raise Stopped(f"{plain(begun.peer)} did not answer: {thread.state}", f"See: freerange log {thread.thread[:8]}")
    said = msgspec.json.encode({"peer": begun.peer, "thread": thread.thread, "ms": round(passed, 1)})
    return show(options, said, object, lambda _: [f"{plain(begun.peer)} answered in {passed:.0f} ms."])


async def discover(options: Namespace) -> int:
    """Ask what the other side speaks."""
    body = {"queries": [{"feature-type": "protocol", "match": options.match}]}
    async with reach(options, listen=not options.no_wait) as talk:
        begun = msgspec.json.decode(await talk.post("threads", peer=options.peer, type=QUERIES, body=body), type=Begun)
        thread = begun.thread or ""
        if options.no_wait:
            print(f"Asked. The answer will be in: freerange log {thread[:8]}")
            return 0
        if await over(talk, thread, seconds=options.timeout, waiting_for="the answer") is None:
            raise no_answer("there is no answer yet", f"freerange log {thread[:8]}")
        log = msgspec.json.decode(await talk.get("threads", thread, "log"), type=Log)
    answer = log.log[-1].message.get("body")
    found = answer.get("disclosures", []) if isinstance(answer, dict) else []
    return show(options, msgspec.json.encode(found), list[Fields], features)


def features(found: list[Fields]) -> Iterator[str]:
    """What was disclosed."""
    if not found:
        yield "It disclosed nothing that matches."
    yield from (plain(each.get("id")) for each in found)


# -- shared -------------------------------------------------------------------------------------------------------


def no_answer(what: str, look: str) -> Stopped:
    """Time is up, and nothing is lost."""
    return Stopped(
        f"{what[:1].upper()}{what[1:]}.",
        f"It was sent, or will be sent again until it arrives. Look later: {look}",
        NO_ANSWER,
    )


COMMANDS: dict[str, Command] = {
    "invite": invite,
    "accept": accept,
    "peers": peers,
    "ping": ping,
    "discover": discover,
}
