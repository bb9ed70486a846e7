"""Tables for people and programs outside: a state diagram, a table of rows, JSON. Drawn from the rows alone."""

import inspect
from collections.abc import Iterable, Iterator
from types import ModuleType

from protocols.machine import LAPSED, Protocol, Row, Signed
from protocols.messages import label

Json = dict[str, object]


def diagram(protocol: Protocol) -> str:
    """A mermaid state diagram. Rows that are only heard are dotted in words: `(crossed)`."""
    lines = ["stateDiagram-v2", f"    [*] --> {_id(protocol.start)}"]
    lines += [f'    state "{state}" as {_id(state)}' for state in states(protocol) if _id(state) != state]
    for row in protocol.rows:
        for state in row.when:
            lines.append(f"    {_id(state)} --> {_id(row.then or state)}: {row.by} {_said(row)}")
    for state, (role, seconds) in protocol.lapses.items():
        lines.append(f"    {_id(state)} --> {_id(LAPSED)}: {role} waits no longer ({span(seconds)})")
    lines += [f"    {_id(state)} --> [*]" for state in states(protocol) if state in (*protocol.final, LAPSED)]
    return "\n".join(lines)


def table(protocol: Protocol) -> str:
    """The rows as a markdown table. ● signed, ⏱ may say until when it can be answered, binding states in bold."""
    lines = ["| while | who | says | then | meaning |", "|---|---|---|---|---|"]
    for row in protocol.rows:
        when = ", ".join(_state(protocol, state) for state in row.when)
        marks = " ●" * issubclass(row.says, Signed) + " ⏱" * row.expires
        then = _state(protocol, row.then) if row.then else "same"
        says = f"`{label(row.says)}`{_only(row)}{marks}{' (crossed)' * row.crossed}"
        lines.append(f"| {when} | {row.by} | {says} | {then} | {meaning(row)} |")
    return "\n".join(lines)


def notes(protocol: Protocol) -> str:
    """Who is committed where, who may lapse when, and how it ends."""
    committed = (f"{_state(protocol, state)} ({role})" for state, role in protocol.committed.items())
    lapses = (f"{state} ({role}, {span(seconds)})" for state, (role, seconds) in protocol.lapses.items())
    ends = (_state(protocol, state) for state in states(protocol) if state in (*protocol.final, LAPSED))
    said = (("Committed", committed), ("Lapses", lapses), ("Ends", ends))
    return " ".join(f"{name}: {text}." for name, values in said if (text := ", ".join(values)))


def page(modules: Iterable[ModuleType]) -> str:
    """All protocols on one markdown page."""
    return "\n\n".join(part for module in modules for part in _family(module)) + "\n"


def _family(module: ModuleType) -> Iterator[str]:
    first, _, story = inspect.cleandoc(module.__doc__ or "").partition("\n")
    title, _, source = first.partition(" Source: ")
    yield f"## {title.rstrip('.')}"
    yield from (part for part in (story.strip(), f"Source: {source}" if source else "") if part)
    for protocol in module.TABLES:
        yield f"### `{protocol.id}`"
        yield f"Roles: {', '.join(protocol.roles)}. {notes(protocol)}".strip()
        yield table(protocol)
        yield f"```mermaid\n{diagram(protocol)}\n```"


def as_json(protocol: Protocol) -> Json:
    """Everything the table says, as JSON values. lapses: state: [role, seconds]."""
    family = protocol.uri.rstrip("/").split("/")[-2]
    return {
        "family": family,
        "uri": protocol.uri,
        "table": protocol.table or family,
        "roles": list(protocol.roles),
        "start": protocol.start,
        "rows": [_row_as_json(row) for row in protocol.rows],
        "binding": sorted(protocol.binding),
        "committed": dict(protocol.committed),
        "lapses": {state: list(lapse) for state, lapse in protocol.lapses.items()},
        "ends": [state for state in states(protocol) if state in (*protocol.final, LAPSED)],
        "reliable": protocol.reliable,
    }


def _row_as_json(row: Row) -> Json:
    return {
        "when": list(row.when),
        "by": row.by,
        "says": label(row.says),
        "only": row.only.__name__ if row.only else None,
        "then": row.then,
        "signed": issubclass(row.says, Signed),
        "crossed": row.crossed,
        "expires": row.expires,
        "meaning": meaning(row),
    }


def states(protocol: Protocol) -> tuple[str, ...]:
    """The states of the table, `lapsed` included if somebody may lapse."""
    return tuple(dict.fromkeys((*protocol.states, *([LAPSED] if protocol.lapses else []))))


def meaning(row: Row) -> str:
    """What the row means, in a sentence."""
    return " ".join(inspect.cleandoc(row.rule.__doc__ or "").split())


def span(seconds: int) -> str:
    """A number of seconds for people: 30 d, 5 min."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _id(state: str) -> str:
    """Mermaid takes a hyphen for an arrow."""
    return state.replace("-", "_")


def _state(protocol: Protocol, state: str) -> str:
    return f"**{state}**" if state in protocol.binding else str(state)


def _only(row: Row) -> str:
    return f" [{row.only.__name__.replace('_', ' ')}]" if row.only else ""


def _said(row: Row) -> str:
    return f"{label(row.says)}{_only(row)}{' (crossed)' * row.crossed}"
