"""The desk: one request in, a status and an answer out, without HTTP. Who asks is known by a key, and what the key may
do by its scopes; a request that acts is carried out once."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

import msgspec

from agent import acts
from agent.agent import Agent
from agent.rest import book, counters, erasing, keys, notices, saying, threads
from agent.rest.calls import Asked, Call
from agent.rest.faults import FAILURES, Fault, Refusal, fault_of, unlocked
from agent.rest.keys import Key
from agent.rest.once import LONGEST, Once

CALLS: Final[tuple[Call, ...]] = tuple(
    each for subject in (book, threads, saying, notices, erasing, counters) for each in subject.CALLS
)
DOCUMENT: Final = "/v1/openapi.json"


class Desk:
    """See the module. Requests of one Idempotency-Key wait for each other."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, object]:
        """Do what is asked. target: path and query as they stand in the request. headers: names in lower case."""
        try:
            path, _, query = target.partition("?")
            if (method, path) == ("GET", DOCUMENT):
                from agent.rest.document import document  # only developers ask for it

                return 200, document(CALLS)
            unlocked(self.agent)
            key = self.holder(headers.get("authorization", ""))
            call, named = self.call(method, path)
            assistant = key.name if call.scope == "speak" and call.scope not in key.scopes else ""
            if call.scope not in key.scopes and not (assistant and "propose" in key.scopes):
                scopes = ", ".join(key.scopes)
                do = "Have a key made with that scope: freerange api key add"
                raise Fault(403, f'this needs the scope "{call.scope}"; the key "{key.name}" has {scopes}', do)
            asked = Asked(self.agent, named, call.read_query(query), call.read_body(body), assistant=assistant)
            if method == "GET":
                return 200, await call.act(asked)
            return await self.once(call, asked, key, headers.get("idempotency-key", ""), body)
        except (*FAILURES, OSError) as failure:
            fault = fault_of(failure, self.agent.config)
            return fault.status, fault.shown

    def holder(self, authorization: str) -> Key:
        """Who asks. Raises Fault."""
        scheme, _, token = authorization.partition(" ")
        key = keys.holder(self.agent, token) if scheme.lower() == "bearer" else None
        if key is None:
            raise Fault(401, "a key is needed, as `Authorization: Bearer KEY`", "Make one: freerange api key add NAME")
        return key

    def call(self, method: str, path: str) -> tuple[Call, Mapping[str, str]]:
        """What is asked for. Raises Fault."""
        there = [(each, named) for each in CALLS if (named := each.matches(path)) is not None]
        for each, named in there:
            if each.method == method:
                return each, named
        if there:
            may = ", ".join(each.method for each, _ in there)
            raise Fault(405, f"{method} is not for {path[:200]}", f"Send {may}.")
        raise Fault(404, f"there is no {path[:200]} here", f"See GET {DOCUMENT}")

    async def once(self, call: Call, asked: Asked, key: Key, words: str, body: bytes) -> tuple[int, object]:
        """Act, unless this was done before: then the first answer. Raises Fault."""
        if not words or len(words) > LONGEST or not words.isascii() or not words.isprintable():
            what = f"a POST needs an Idempotency-Key of 1 to {LONGEST} characters; nothing was done"
            raise Fault(400, what, "Send a random one with each request, and the same one when you repeat it.")
        same = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
        path = "/".join(asked.path.values())
        once = Once(self.agent, key.id, words, f"{call.method} {call.path} {path} ".encode() + same)
        turn = self._turns.setdefault(once.id, asyncio.Lock())
        async with turn:
            if (earlier := once.earlier()) is not None:
                return earlier.status, earlier.answer
            if not call.whole:
                await once.begin()
            with acts.sitting(f"key {key.name}"):
                return await self.act(call, asked, once)

    async def act(self, call: Call, asked: Asked, once: Once) -> tuple[int, object]:
        """Act, and remember what came of it."""
        status, said = 200, object()
        try:
            on, meant = (
                acts.named(asked.path, msgspec.to_builtins(asked.body)),
                msgspec.structs.replace(asked, once=once),
            )
            status, said = await acts.witnessed(self.agent, f"api {call.path}", on, partial(done, call, meant))
        except (*FAILURES, OSError) as failure:
            fault = fault_of(failure, self.agent.config)
            status, said = fault.status, fault.shown
            if not fault.lasts:
                await once.drop()
                return status, said
        await once.end(status, said)
        return status, said


async def done(call: Call, asked: Asked) -> tuple[int, object]:
    """What a call answers."""
    return 200, await call.act(asked)


__all__ = ["CALLS", "DOCUMENT", "Desk", "Refusal"]
