"""Routes: rights over personal data, exercised with one or many, by agent or by letter, and their clock."""

import base64
from collections.abc import Callable, Iterator

import msgspec

from agent import campaigns, effects, exercising, families, groups, letter_pdf, letters, names, owner, wording
from agent import conversation as conversations
from agent.agent import Agent
from agent.draft import Draft, Line
from agent.exercising import Claim
from agent.letters import Letter, Step
from agent.relationship import Relationship
from agent.vrm import data_rights as ours
from agent.web import parts
from agent.web.relationships import known
from agent.web.routes import Route
from protocols.machine import Message, Thread
from protocols.problems import Misuse
from protocols.vrm.base import Date, Ptr, Reason, Text
from protocols.vrm.data_rights import Role, data_rights
from protocols.vrm.data_rights_words import Cancel, Progress, Regime, Right
from protocols.vrm.data_rights_words import Decline as Denial
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.needs import Lookup

A_PART = 50  # cases that are listed at a time


class Exercising(msgspec.Struct, frozen=True):
    """peers: by name; all: everybody who speaks of data rights; among: a group or rule. corrections: by pointer, for a
    rectification.

    jitter: seconds over which many are told.
    """

    right: Right
    peers: tuple[str, ...] = ()
    all: bool = False
    among: str = ""
    regime: Regime = "gdpr"
    scope: tuple[Ptr, ...] = ()
    format: tuple[Text, ...] = ()
    corrections: dict[Ptr, object] = {}
    jitter: int = campaigns.JITTER


class Telling(msgspec.Struct, frozen=True):
    """Where a case stands."""

    by: Date
    details: Text


class Doing(msgspec.Struct, frozen=True):
    """told: recipients that were told of it."""

    told: tuple[Text, ...] = ()


class Denying(msgspec.Struct, frozen=True):
    """Why, and where to appeal: an e-mail address or a URL."""

    reason: str
    appeal: Text
    text: Text | None = None


class Cancelling(msgspec.Struct, frozen=True):
    """Why a request is taken back."""

    reason: Reason = "changed-mind"


class Writing(msgspec.Struct, frozen=True):
    """A letter to an organisation that has no agent. me: name and address as they stand on it."""

    to: Text
    me: Text
    right: Right
    address: Text = ""
    regime: Regime = "gdpr"
    about: Text = ""


class Entering(msgspec.Struct, frozen=True):
    """What has happened to a letter. on: a Date, today if it is left out."""

    step: Step
    on: str = ""
    note: Text = ""


def threads_of(agent: Agent) -> list[tuple[Relationship, Thread]]:
    """Every case that agents carry."""
    found = families.every(agent, data_rights)
    return [(agent.relationship(peer)[0], conversation.thread) for peer, conversation in found]


async def found(agent: Agent, id: str) -> tuple[Relationship, Thread]:
    """The case whose id is, or begins with, `id`. Raises NotFound, or Misuse if several do."""
    await families.look_up(agent)
    exact = [(peer, conversations.read(row).thread) for peer, row in agent.store.threads_with_thid(id)]
    fitting = [(agent.relationship(peer)[0], thread) for peer, thread in exact if thread.table == data_rights.id]
    if not fitting and agent.store.item(letters.LETTER, id) is None:
        fitting = [each for each in threads_of(agent) if id and each[1].thid.startswith(id)]
    if len(fitting) > 1:
        raise Misuse(f'"{id}" begins the id of {len(fitting)} cases; give more of it')
    if not fitting:
        raise NotFound(f'there is no case "{id[:64]}"; freerange rights lists them')
    return fitting[0]


async def listing(agent: Agent) -> object:
    """Every case, by agent or by letter; what is due first comes first."""
    await families.look_up(agent)
    cases = [exercising.case(agent, *each) for each in threads_of(agent)]
    cases += [letters.case(agent, each) for each in letters.of(agent)]
    return sorted(cases, key=lambda each: (str(each["due"] or "9999"), str(each["asked"])))


async def newest(agent: Agent, start: str) -> object:
    """A part of all cases, by agent or by letter, the last begun first. start: how many are left out before it."""
    await families.look_up(agent)
    await letters.look_up(agent)
    some = agent.store.newest_items(families.KIND, parts.start(start), A_PART, tag=data_rights.id)
    cases = [listed(agent, each.peer, each.record.decode()) for each in some]
    return {"total": families.count(agent, data_rights), "items": [each for each in cases if each]}


def listed(agent: Agent, peer: str, id: str) -> dict[str, object]:
    """A case as it is listed; of no relationship, it is a letter's. Nothing if it is not there any more."""
    if not peer:
        return letters.case(agent, letters.find(agent, id))
    conversation, _ = agent.conversation(peer, id)
    who = agent.relationship(peer)[0]
    return exercising.case(agent, who, conversation.thread) if conversation else {}


async def exercise(agent: Agent, asked: Exercising) -> object:
    """Exercise a right with one, at once, or with many, as a campaign."""
    claim = Claim(asked.right, asked.regime, asked.scope, asked.format, asked.corrections)
    message = exercising.message(claim)
    meant = [names.find_peer(agent, each) for each in asked.peers]
    if asked.among:
        meant += groups.members(agent, asked.among)
    if asked.all:
        meant = [each for each in known(agent) if each.met and each.kind and not each.one_off]
    if not meant:
        raise Misuse("name the organisations, or say all; nothing was said")
    if len(meant) == 1:
        return {"case": await owner.open_thread(agent, meant[0].peer, data_rights, message), "to": meant[0].called}
    content: dict[str, object] = msgspec.to_builtins(claim)
    to = [campaigns.To(each.peer) for each in meant]
    title = wording.RIGHTS[asked.right].capitalize()
    id = await campaigns.start(agent, "exercise", content, to, title=title, jitter=asked.jitter)
    return {"campaign": id, "to": f"{len(to)} organisations"}


async def show(agent: Agent, id: str) -> object:
    """One case, with all the data that was delivered in it; of a letter, its text."""
    try:
        who, thread = await found(agent, id)
    except NotFound:  # not among those that agents carry
        letter = letters.find(agent, id)
        return {**letters.case(agent, letter), "text": letters.text(agent, letter)}
    return {**exercising.case(agent, who, thread), "delivered": [*delivered(agent, who.peer, thread.thid)]}


def delivered(agent: Agent, peer: str, thid: str) -> Iterator[object]:
    """The contents that came with a case, the parts in order, the latest of each."""
    parts: dict[int, object] = {}
    for entry in agent.store.log(peer, thid):
        line = msgspec.json.decode(entry.record, type=Line)
        message: dict[str, object] = msgspec.json.decode(line.message)
        if entry.ours or line.refused or not str(message["type"]).endswith("/deliver"):
            continue
        attached = message.get("attachments")
        for each in attached if isinstance(attached, list) else []:
            parts[int(each.get("id") or len(parts) + 1)] = each.get("data", {}).get("json", each.get("data"))
    yield from (parts[part] for part in sorted(parts))


async def appeal(agent: Agent, id: str) -> object:
    """Begin a new case that appeals against the denial of this one."""
    who, thread = await found(agent, id)
    asked = thread.latest(exercising.Exercise)
    denial = exercising.denial_of(thread)
    again = exercising.Exercise(asked.right, asked.regime, asked.scope, asked.format, denial)
    return {"case": await owner.open_thread(agent, who.peer, data_rights, again, thread.thid), "to": who.called}


async def said(agent: Agent, id: str, decide: Callable[[Draft], Message | None]) -> object:
    """Say what `decide` makes in a case."""
    who, thread = await found(agent, id)

    def speak(draft: Draft) -> Lookup[str]:
        message = decide(draft)
        if message is not None:
            effects.say(draft, message)
        yield from ()
        return message.name if message else ""

    name = await owner.act(agent, who.peer, thread.thid, speak)
    return {"case": thread.thid, "said": name, "waits": "" if name else "for the deletion to be completed"}


async def cancel(agent: Agent, id: str, asked: Cancelling) -> object:
    """Take a case back."""
    return await said(agent, id, lambda draft: Cancel(asked.reason))


async def progress(agent: Agent, id: str, asked: Telling) -> object:
    """Say where it stands."""
    return await said(agent, id, lambda draft: Progress(asked.by, asked.details))


async def deliver(agent: Agent, id: str) -> object:
    """Send what is held of what was asked for."""
    return await said(agent, id, ours.delivery)


async def fulfil(agent: Agent, id: str, asked: Doing) -> object:
    """Do what was asked, and say so; access and portability are delivered first, if they have not been."""
    _, thread = await found(agent, id)
    sent = any(entry.name == "deliver" for entry in thread.said)
    if thread.role == Role.ORG and thread.latest(exercising.Exercise).right in ours.DELIVERS and not sent:
        await deliver(agent, id)
    return await said(agent, id, lambda draft: ours.fulfilment(draft, asked.told))


async def deny(agent: Agent, id: str, asked: Denying) -> object:
    """Deny it, with a reason and a place to appeal to."""
    place = {"email": asked.appeal} if "@" in asked.appeal else {"url": asked.appeal}
    body = {"reason": asked.reason, "appeal": place, **({"text": asked.text} if asked.text else {})}
    try:
        message = msgspec.convert(body, Denial)
    except msgspec.ValidationError as fault:
        raise Misuse(f"{fault}. Nothing was said.") from None
    return await said(agent, id, lambda draft: message)


# -- letters ------------------------------------------------------------------------------------------------------


async def write(agent: Agent, asked: Writing) -> object:
    """Write a letter, and keep its case."""
    letter = await letters.write(
        agent,
        to=asked.to,
        address=asked.address,
        me=asked.me,
        right=asked.right,
        regime=asked.regime,
        about=asked.about,
    )
    return shown(agent, letter)


def shown(agent: Agent, letter: Letter) -> dict[str, object]:
    """A letter with its words and its pages."""
    text = letters.text(agent, letter)
    pages = letter_pdf.pdf(text, f"{letter.right}: {letter.to}")
    return {**letters.case(agent, letter), "text": text, "pdf": base64.b64encode(pages).decode()}


async def reprint(agent: Agent, id: str) -> object:
    """A letter again."""
    return shown(agent, letters.find(agent, id))


async def enter(agent: Agent, id: str, asked: Entering) -> object:
    """Enter what has happened to a letter."""
    on = asked.on or timestamp(agent.now())[:10]
    try:
        day = msgspec.convert(on, Date)
    except msgspec.ValidationError:
        raise Misuse(f'"{on[:32]}" is no date like 2027-01-31; nothing was entered') from None
    return letters.case(agent, await letters.enter(agent, letters.find(agent, id), asked.step, day, asked.note))


ROUTES = (
    Route("GET", "/v1/rights", listing),
    Route("GET", "/v1/rights/{id}", show),
    Route("GET", "/v1/rights/newest/{start}", newest),
    Route("POST", "/v1/rights", exercise, Exercising),
    Route("POST", "/v1/rights/{id}/appeal", appeal),
    Route("POST", "/v1/rights/{id}/cancel", cancel, Cancelling),
    Route("POST", "/v1/rights/{id}/progress", progress, Telling),
    Route("POST", "/v1/rights/{id}/deliver", deliver),
    Route("POST", "/v1/rights/{id}/fulfil", fulfil, Doing),
    Route("POST", "/v1/rights/{id}/deny", deny, Denying),
    Route("GET", "/v1/letters/{id}", reprint),
    Route("POST", "/v1/letters", write, Writing),
    Route("POST", "/v1/letters/{id}/enter", enter, Entering),
)
