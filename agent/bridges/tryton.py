"""The bridge to Tryton (module `party`): people who deal with this org become parties, under what they have agreed to.

A party is named by the relationship until she says her name. Her values stand in addresses and contact mechanisms, each
beside its Label; a value for a purpose that these fields do not serve is not put there. What she orders, reports or
asks for is a note. What a clerk changes is not simply believed: she is asked whether it is right, and what she answers
stands. A deletion clears the record, or, when nothing is left, erases the party by Tryton's own wizard; only then is it
said to be done. Source: vrm-protocols, section 6.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from agent.agent import Agent
from agent.agreements import purposes
from agent.bridges import CloudEvent, Inbound, Kept, Unreachable, state, tryton_card
from agent.bridges.tryton_card import ADDRESS, MECHANISM, PARTY, Fields
from agent.bridges.tryton_clerks import changes
from agent.bridges.tryton_map import Label, Memory, Owed, Party, Place
from agent.bridges.tryton_rpc import Login, Refusal, Server
from agent.errors import Misconfigured
from agent.reach import may_post

SERVED: Final = (
    "dpv:ServiceProvision",
    "dpv:CustomerManagement",
    "dpv:EstablishAgreement",
    "dpv:FulfilmentOfObligation",
)
"""The purposes that the fields of a party serve: any clerk sees them, and uses them to serve a customer."""

NOTED: Final = {
    "vrm.intent.ordered.v1": "She has ordered.",
    "vrm.things.reported.v1": "She reports a problem with a thing.",
    "vrm.experience.shared.v1": "She tells of an experience.",
    "vrm.audit.challenged.v1": "She asks by what right something was done.",
    "vrm.data_rights.asked.v1": "She exercises a right over her data.",
}
VALUES: Final = ("vrm.consent.disclosed.v1", "vrm.profile.updated.v1", "vrm.intent.ordered.v1")
GONE: Final = frozenset({"ended", "erasure"})
"""Reasons for which the party goes as a whole, when nothing is kept of her any more."""
AT_ONCE: Final = 64  # things told back in one look


class Access(Login, frozen=True, forbid_unknown_fields=True):
    """What the bridge was given. backup_days: for how long back-ups of the Tryton database hold what was deleted."""

    backup_days: int = 0


class Tryton:
    """The bridge to one database. name: its setting."""

    poll_every = 2.0

    def __init__(self, agent: Agent, name: str, url: str) -> None:
        self.agent, self.name, self.url = agent, name, url
        self.memory = Memory(agent, name)
        self._server: Server | None = None
        self._turn = asyncio.Lock()  # on SQLite, transactions of Tryton that cross number their parties alike

    async def deliver(self, event: CloudEvent) -> None:
        """See `Bridge`."""
        kind, data = event.type, event.data
        async with self._turn:
            if kind == "vrm.relationship.met.v1":
                await self.party(event.subject)
            elif kind == "vrm.relationship.rules.v1":
                await self.rules(event.subject, data)
            elif kind == "vrm.relationship.ended.v1":
                await self.archive(event.subject)
            elif kind == "vrm.profile.unchanged.v1":
                await self.put_back(event.subject, data)
            elif kind == "vrm.label.delete.v1":
                await self.delete(event)
            if kind in VALUES:
                await self.put(event.subject, data)
            if kind in NOTED:
                await self.note(event, NOTED[kind])

    async def poll(self) -> Sequence[Inbound]:
        """See `Bridge`."""
        await changes(self.server(), self.memory)
        return [each.inbound() for each in self.memory.owed(AT_ONCE)]

    async def settle(self, key: str, refused: str = "") -> None:
        """See `Bridge`."""
        await self.memory.settle(key)

    async def close(self) -> None:
        """See `Bridge`."""
        server, self._server = self._server, None
        if server is not None:
            await server.close()

    def server(self) -> Server:
        """The server, with the login it was given. Raises Unreachable if there is none yet."""
        if self._server is None:
            self._server = Server(self.url, self.access())
        return self._server

    def access(self) -> Access:
        """What the bridge was given. Raises Unreachable."""
        return read_access(state.secret(self.agent, self.name) or b"")

    # -- parties --------------------------------------------------------------------------------------------------

    async def party(self, subject: str) -> Party:
        """The party of a relationship; made, or found again, if there is none yet."""
        known = self.memory.party(subject)
        if known is not None:
            return known
        server = self.server()
        found = await server.search(PARTY, [["name", "=", subject]])  # we made it, and died before we knew
        made = Party(found[0] if found else await server.create(PARTY, {"name": subject}))
        await self.memory.keep(subject, made)
        return made

    async def archive(self, subject: str) -> None:
        """The relationship has ended: nobody is to use the party any more."""
        known = self.memory.party(subject)
        if known is not None:
            await self.server().write(PARTY, [known.party], {"active": False})

    async def rules(self, subject: str, data: Mapping[str, Any]) -> None:
        """Her house rules, as categories of the party: `email: never`."""
        known = await self.party(subject)
        channels = data.get("channels")
        wanted = {f"{name}: {value}" for name, value in (channels or {}).items()}
        wanted.add(f"promotion: {data.get('promotion', 'none')}")
        numbers = tuple([await self.category(name) for name in sorted(wanted)])
        old = [each for each in known.rules if each not in numbers]
        await self.server().write(PARTY, [known.party], {"categories": [["remove", old], ["add", list(numbers)]]})
        await self.memory.keep(subject, replace(known, rules=numbers))

    async def category(self, name: str) -> int:
        """The category of that name."""
        found = await self.server().search("party.category", [["name", "=", name], ["parent", "=", None]])
        return found[0] if found else await self.server().create("party.category", {"name": name})

    # -- values ---------------------------------------------------------------------------------------------------

    async def put(self, subject: str, data: Mapping[str, Any]) -> None:
        """Put values where they belong, each with its Label."""
        known = await self.party(subject)
        for item in data.get("items") or ():
            label = item.get("label") or {}
            named = Label(*(str(label.get(name, "")) for name in ("purpose", "expires", "record")))
            if not named.purpose or not named.expires or not served(named.purpose):
                continue
            held = {ptr: place.value for ptr, place in known.places.items()}
            for ptr, value in tryton_card.records(str(item["ptr"]), item.get("value"), held):
                known = await self.put_one(subject, known, ptr, value, named)
        await self.list_labels(subject, known)

    async def put_one(self, subject: str, known: Party, ptr: str, value: object, label: Label) -> Party:
        """Put one value in its place; None takes it away."""
        model, fields = tryton_card.model_of(ptr), tryton_card.fields_of(ptr, value)
        if model is None or fields is None:
            return await self.take_away(subject, known, ptr) if value is None else known
        wrote = await self.with_country(fields)
        id = await self.write(model, known, known.places.get(ptr), wrote, label)
        known = replace(known, places={**known.places, ptr: Place(model, id, value, wrote, label)})
        await self.memory.keep(subject, known)
        return known

    async def write(self, model: str, known: Party, there: Place | None, fields: Fields, label: Label) -> int:
        """Change the record of a value, or make one. Returns its number."""
        server = self.server()
        if model == PARTY:
            await server.write(PARTY, [known.party], fields)
            return known.party
        if model == MECHANISM:
            fields = {**fields, "comment": f"May be used for {label}."}
        mine = [place.id for place in known.places.values() if place.model == model]
        if there is not None:
            found = await server.search(model, [["id", "=", there.id], ["party", "=", known.party]])
        else:  # one we made, and died before we knew
            await server.enter(stale="")
            ours = [["party", "=", known.party], ["create_uid", "=", server.user], ["id", "not in", mine]]
            found = await server.search(model, ours)
        if found:
            await server.write(model, found[:1], {**fields, "active": True})
            return found[0]
        return await server.create(model, {"party": known.party, **fields})

    async def with_country(self, fields: Fields) -> Fields:
        """A country by its record instead of its two letters, if the database knows it."""
        if not fields.get("country"):
            return fields
        found = await self.server().search("country.country", [["code", "=", fields["country"]]])
        return {**fields, "country": found[0] if found else None}

    async def list_labels(self, subject: str, known: Party) -> None:
        """A note that says what may be done with what; a contact mechanism says it beside itself, too."""
        lines = [f"{ptr}: {place.label}" for ptr, place in sorted(known.places.items())]
        said = "\n".join(["What she has told us may be used only so:", *lines]) if lines else ""
        server, old = self.server(), await self.notes_of(known.party, ["id", "=", known.labels])
        if old and said in [each["message"] for each in await server.call("model.ir.note.read", old, ["message"])]:
            return
        await server.delete("ir.note", old)  # a note is never rewritten there
        made = await server.create("ir.note", {"resource": f"{PARTY},{known.party}", "message": said}) if said else 0
        await self.memory.keep(subject, replace(known, labels=made))

    async def put_back(self, subject: str, data: Mapping[str, Any]) -> None:
        """She says that what she had told is right: it stands again, whatever a clerk wrote."""
        known = self.memory.party(subject)
        named = frozenset(str(each) for each in data.get("fields") or ())
        for ptr, place in (known.places if known else {}).items():
            if known and tryton_card.under(ptr, named):
                known = await self.put_one(subject, known, ptr, place.value, place.label)

    # -- notes ----------------------------------------------------------------------------------------------------

    async def note(self, event: CloudEvent, title: str) -> None:
        """A note on the party. Its last line names the event, so that one that comes again is known."""
        known, server = await self.party(event.subject), self.server()
        resource, mark = f"{PARTY},{known.party}", f"(freerange {event.id})"
        told = {name: value for name, value in event.data.items() if name != "items"}
        lines = [f"{name}: {value if isinstance(value, str) else plain(value)}" for name, value in told.items()]
        if not await self.notes_of(known.party, ["message", "like", f"%{mark}"]):
            message = "\n".join([title, *lines, mark])
            made = await server.create("ir.note", {"resource": resource, "message": message})
            thread = event.vrmthread if isinstance(event.vrmthread, str) else ""
            await self.memory.keep(event.subject, replace(known, notes=(*known.notes, (thread, made))))

    async def notes_of(self, party: int, *which: Sequence[object]) -> list[int]:
        """Notes of a party; the server wants to be told of which."""
        return await self.server().search("ir.note", [["resource", "=", f"{PARTY},{party}"], *which])

    # -- deletions ------------------------------------------------------------------------------------------------

    async def delete(self, event: CloudEvent) -> None:
        """Delete what a Label has ended for, and put down that it was done."""
        data: Mapping[str, Any] = event.data
        known = self.memory.party(event.subject)
        ptrs = tuple(str(each) for each in data.get("ptrs") or ())
        deletion, reason = str(data.get("deletion") or event.id), str(data.get("reason"))
        without = ""
        if known is not None:
            record = str(data.get("record") or "")
            named = {ptr for ptr, each in known.places.items() if ends(ptr, each, frozenset(ptrs), record)}
            if reason in GONE and named == known.places.keys():
                await self.erase(known.party)
                without = event.subject
            else:
                known = await self.delete_values(event.subject, known, named)
                await self.delete_notes(event, known, everything=reason in GONE)
        owed = Owed(f"deleted {deletion}", deletion, deleted=ptrs, kept=self.in_backups(ptrs))
        await self.memory.owe(owed, without=without)

    async def delete_values(self, subject: str, known: Party, ptrs: Collection[str]) -> Party:
        """Delete values; a party that is archived is taken out for that, for Tryton changes none that is."""
        server = self.server()
        if not ptrs:
            return known
        archived = await server.search(PARTY, [["id", "=", known.party], ["active", "=", False]])
        await server.write(PARTY, archived, {"active": True})
        for ptr in ptrs:
            known = await self.take_away(subject, known, ptr)
        await self.list_labels(subject, known)
        await server.write(PARTY, archived, {"active": False})
        return self.memory.party(subject) or known

    async def take_away(self, subject: str, known: Party, ptr: str) -> Party:
        """Delete one value; a record that other documents refer to stays, empty."""
        place = known.places.get(ptr)
        if place is None:
            return known
        server = self.server()
        if place.model == PARTY:
            await server.write(PARTY, [known.party], {"name": subject})
        elif await server.search(place.model, [["id", "=", place.id]]):
            blank: Fields = {"street": None, "city": None, "postal_code": None, "country": None}
            empty = blank if place.model == ADDRESS else {"type": "other", "value": "-", "comment": None}
            await server.write(place.model, [place.id], {**empty, "active": False})
            with suppress(Refusal):
                await server.delete(place.model, [place.id])
        known = replace(known, places={name: each for name, each in known.places.items() if name != ptr})
        await self.memory.keep(subject, known)
        return known

    async def delete_notes(self, event: CloudEvent, known: Party, *, everything: bool) -> None:
        """Delete the notes of the thread that ends with this, or all."""
        gone = [number for thread, number in known.notes if everything or (thread and thread == event.vrmthread)]
        if gone:
            await self.server().delete("ir.note", await self.notes_of(known.party, ["id", "in", gone]))
        known = replace(known, notes=tuple(each for each in known.notes if each[1] not in gone))
        await self.memory.keep(event.subject, known)

    async def erase(self, party: int) -> None:
        """Erase a party by Tryton's own wizard, which reaches its history tables, notes and attachments, too."""
        server = self.server()
        if not await server.search(PARTY, [["id", "=", party]]):
            return
        await server.write(PARTY, [party], {"active": False, "categories": [["remove", await self.categories(party)]]})
        session = (await server.call("wizard.party.erase.create"))[0]
        context = {"active_id": party, "active_ids": [party], "active_model": PARTY}
        asked = {"ask": {"party": party}}
        await server.call("wizard.party.erase.execute", session, asked, "erase", context=context)
        await server.call("wizard.party.erase.delete", session)

    async def categories(self, party: int) -> list[int]:
        """The categories a party is in."""
        [found] = await self.server().call(f"model.{PARTY}.read", [party], ["categories"])
        return [int(each) for each in found["categories"]]

    def in_backups(self, ptrs: Sequence[str]) -> tuple[Kept, ...]:
        """What back-ups of the database hold for a while."""
        days = self.access().backup_days
        until = datetime.fromtimestamp(self.agent.now(), UTC) + timedelta(days=days)
        return tuple(Kept(ptr, "other", f"{until:%Y-%m-%d}") for ptr in ptrs) if days else ()


def ends(ptr: str, place: Place, ptrs: frozenset[str], record: str) -> bool:
    """Whether a value is among those named. record: under which; "" for any."""
    return tryton_card.under(ptr, ptrs) and record in ("", place.label.record)


def read_access(secret: bytes) -> Access:
    """The login in a file: `USER:PASSWORD`, or JSON as `Access` has it. Raises Unreachable."""
    text = secret.decode(errors="replace").strip()
    try:
        if text.startswith("{"):
            return msgspec.json.decode(text, type=Access)
    except msgspec.DecodeError as fault:
        raise Unreachable(f"its login cannot be read ({fault}); see docs/how-to/tryton.md") from fault
    user, colon, password = text.partition(":")
    if not colon:
        raise Unreachable("it has no login yet: freerange bridge add BRIDGE --secret-file FILE")
    return Access(user, password)


def served(purpose: str) -> bool:
    """Whether the fields of a party serve a purpose."""
    return any(purposes.contains(each, purpose) for each in SERVED)


def plain(value: object) -> str:
    """A value that is no text, for a note."""
    return msgspec.json.encode(value).decode()


def make(agent: Agent, setting: str) -> Tryton:
    """The bridge of a setting, `tryton:http://127.0.0.1:8000/shop`. Raises Misconfigured."""
    url = setting.partition(":")[2]
    if not may_post(url) or not url.rstrip("/").partition("://")[2].partition("/")[2]:
        raise Misconfigured(
            f'"{setting[:200]}" is not the address of a Tryton database, like tryton:https://tryton.example/shop:'
            " https, or http on this computer, and the name of the database last"
        )
    return Tryton(agent, setting, url)
