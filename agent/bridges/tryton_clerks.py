"""What clerks have changed in Tryton of what people have said of themselves: each of them is asked whether it is right.

Changes are found by when and by whom a record was written. A transaction that took long shows an earlier moment than
others that were read before, so each look begins a little before where the last one ended.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final

from agent.bridges.tryton_card import ADDRESS, MECHANISM, PARTY
from agent.bridges.tryton_map import Cursor, Memory, Owed, Party
from agent.bridges.tryton_rpc import Row, Server, moment, text_of

OVERLAP: Final = timedelta(seconds=60)
AT_ONCE: Final = 200  # changes of a kind in one look
FIRST: Final = "1970-01-01T00:00:00.000000"
FIELDS: Final = {PARTY: ("name",), ADDRESS: ("street", "city", "postal_code"), MECHANISM: ("type", "value")}
OF: Final = {PARTY: "id", ADDRESS: "party", MECHANISM: "party"}
COLLECTION: Final = {ADDRESS: "/addresses", "email": "/emails", "phone": "/phones", "mobile": "/phones"}


async def changes(server: Server, memory: Memory) -> None:
    """Read what clerks have changed since the last look, and put down what people are to be asked."""
    await server.enter(stale="")
    cursor = memory.cursor()
    if cursor is None:  # what was there before us is nobody's change
        await memory.move_on(Cursor(await newest(server)), ())
        return
    since = (datetime.fromisoformat(cursor.since) - OVERLAP).isoformat(timespec="microseconds")
    found = [(model, row) for model in FIELDS for row in await changed(server, model, since)]
    fresh = [(model, row) for model, row in found if mark(model, row) not in cursor.seen]
    if not fresh:
        return
    parties = {party.party: (subject, party) for subject, party in memory.parties().items()}
    asked, last = defaultdict[str, set[str]](set), defaultdict[str, str](str)
    for model, row in fresh:
        subject, party = parties.get(int(row[OF[model]] or 0), ("", None))
        if party is not None and (ptr := pointer(party, model, row)):
            asked[subject].add(ptr)
            last[subject] = max(last[subject], written(row))
    owed = [Owed(f"ask {who} {last[who]}", subject=who, fields=tuple(sorted(ptrs))) for who, ptrs in asked.items()]
    until = max((cursor.since, *(written(row) for _, row in found)))
    recent = (datetime.fromisoformat(until) - OVERLAP).isoformat(timespec="microseconds")
    seen = tuple(mark(model, row) for model, row in found if written(row) >= recent)
    await memory.move_on(Cursor(until, seen), owed)


async def changed(server: Server, model: str, since: str) -> list[Row]:
    """The records that somebody else has written since then, oldest first."""
    then = moment(since)
    written_to = [["write_date", ">", then], ["write_uid", "!=", server.user]]
    made = [["write_date", "=", None], ["create_date", ">", then], ["create_uid", "!=", server.user]]
    names = [*FIELDS[model], "write_date", "create_date", *(["party"] if OF[model] == "party" else [])]
    return await server.find(model, ["OR", written_to, made], names, order=("write_date", "ASC"), limit=AT_ONCE)


async def newest(server: Server) -> str:
    """The moment of the newest change there is."""
    moments = [FIRST]
    for model in FIELDS:
        for name in ("write_date", "create_date"):
            found = await server.find(model, [[name, "!=", None]], [name], order=(name, "DESC"), limit=1)
            moments += [text_of(row[name]) for row in found]
    return max(moments)


def pointer(party: Party, model: str, row: Row) -> str:
    """Of which value a record is, if that is not as she said it; "" if it is, or is none of hers."""
    for ptr, place in party.places.items():
        if (place.model, place.id) == (model, int(row["id"])):
            return "" if said(place.wrote, row) else ptr
    if model == PARTY:
        return ""
    return COLLECTION.get(model) or COLLECTION.get(str(row.get("type")), "")


def said(wrote: dict[str, Any], row: Row) -> bool:
    """Whether a record is as we wrote it."""
    return all((row.get(name) or None) == (value or None) for name, value in wrote.items() if name in row)


def written(row: Row) -> str:
    """When a record was last written."""
    return text_of(row.get("write_date") or row["create_date"])


def mark(model: str, row: Row) -> str:
    """One change."""
    return f"{model} {row['id']} {written(row)}"
