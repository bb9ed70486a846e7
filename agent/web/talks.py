"""Routes: what two sides write to each other, all chats as one conversation, a part at a time."""

from functools import partial
from heapq import merge
from itertools import islice

import msgspec

from agent import conversation as conversations
from agent import effects, names, owner
from agent.agent import Agent
from agent.didcomm import plaintext
from agent.draft import Draft, Line
from agent.relationship import fingerprint
from agent.web.routes import Route
from protocols.machine import Thread
from protocols.messages import label
from protocols.problems import Misuse
from protocols.standard.basic_message import MOST_CHARACTERS, BasicMessage, basic_message
from wallet.credentials.vcdm import timestamp
from wallet.needs import Lookup
from wallet.store import log
from wallet.store.change import Entry

PART = 50  # messages


class Writing(msgspec.Struct, frozen=True):
    """peer: by name; text: what is written, in the chat that is the newest or, if there is none, a new one."""

    peer: str
    text: str


def chats(agent: Agent, peer: str) -> list[Thread]:
    """The threads in which the two write to each other, the newest first."""
    found = (conversations.read(row).thread for _, row in agent.store.threads(peer))
    chosen = [each for each in found if each.table == basic_message.id and each.said]
    return sorted(chosen, key=lambda each: each.said[-1].at, reverse=True)


async def talk(agent: Agent, name: str, start: str) -> object:
    """A part of what was written, the newest first. start: how many messages are left out before it."""
    if not (start.isascii() and start.isdecimal() and len(start) < 9):
        raise Misuse(f'"{start[:40]}" is no number of messages; nothing was looked up')
    who, first = names.find_peer(agent, name), int(start)
    threads = [each.thid for each in chats(agent, who.peer)]
    total = sum(agent.store.read(partial(log.count, peer=who.peer, thid=each)) for each in threads)
    read = [agent.store.read(partial(log.newest, peer=who.peer, thid=each, most=first + PART)) for each in threads]
    newest = merge(*read, key=lambda each: each[0], reverse=True)
    chosen = [entry for _, entry in islice(newest, first, first + PART)]
    return {
        "with": who.called,
        "fingerprint": fingerprint(who.peer),
        "total": total,
        "start": first,
        "items": [shown(each) for each in chosen],
    }


def shown(entry: Entry) -> dict[str, object]:
    """One message."""
    line = msgspec.json.decode(entry.record, type=Line)
    said = plaintext.read(bytes(line.message))
    text = said.body.get("content") if said.type.endswith(f"/{label(BasicMessage)}") else None
    return {
        "ours": entry.ours,
        "at": timestamp(entry.at),
        "text": text if isinstance(text, str) else None,
        "refused": line.refused or None,
        "thread": entry.thid,
    }


async def write(agent: Agent, asked: Writing) -> object:
    """Write to somebody."""
    who = names.find_peer(agent, asked.peer)
    text = asked.text.strip()
    if not text or len(text) > MOST_CHARACTERS:
        raise Misuse(f"a message has 1 to {MOST_CHARACTERS} characters; nothing was sent")
    message, known = BasicMessage(text), chats(agent, who.peer)
    if not known:
        return {"thread": await owner.open_thread(agent, who.peer, basic_message, message), "to": who.called}

    def speak(draft: Draft) -> Lookup[None]:
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, who.peer, known[0].thid, speak)
    return {"thread": known[0].thid, "to": who.called}


ROUTES = (
    Route("GET", "/v1/talks/{name}/{start}", talk),
    Route("POST", "/v1/talks", write, Writing),
)
