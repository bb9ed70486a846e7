"""The JSON Schema of one line of an export: what stands around it (wallet/records.py), and what its content is."""

import json
from typing import Any, Final, TypeAlias, get_args

import msgspec

from agent import backup, binding, cards, events, identity, invitations, many, mediation
from agent.asking import Asked
from agent.config import Config
from agent.conversation import Conversation
from agent.draft import Line as LogLine
from agent.parcel import Parcel
from agent.relationship import Relationship
from wallet import records
from wallet.backup import Manifest, Trailer
from wallet.records import Content, Line

Json: TypeAlias = dict[str, Any]

CONTENTS: Final[dict[type[Content], type[msgspec.Struct] | None]] = {
    records.Settings: Config,
    records.Relationship: Relationship,
    records.Thread: Conversation,
    records.Message: LogLine,
    records.SignedObject: None,
    records.Question: Asked,
    records.Outgoing: Parcel,
    records.DeadLetter: Parcel,
    records.Event: events.CloudEvent,
    records.Campaign: many.Plan,
    records.Recipient: many.To,
    records.Did: identity.Self,
    records.Credential: cards.Card,
    records.Agreement: binding.Bound,
    records.Invitation: invitations.Standing,
    records.Verdict: None,
    records.Mediator: mediation.Mediator,
    records.MediatedDid: mediation.Recipient,
    records.Recovery: backup.Recovery,
    records.Item: None,
}
"""What the content of each kind is; None: any JSON."""

URI: Final = "https://json-schema.org/draft/2020-12/schema"


def schema() -> Json:
    """The schema of a line. A file's first line is a manifest, its last a trailer; the rest are the other kinds."""
    kinds: tuple[type[Line], ...] = (Manifest, *get_args(records.Record), Trailer)
    inside = tuple({each: None for each in CONTENTS.values() if each is not None})
    refs, made = msgspec.json.schema_components((*kinds, *inside), schema_hook=anything)
    named = {ref["$ref"].rpartition("/")[2]: called(kind) for ref, kind in zip(refs, (*kinds, *inside), strict=True)}
    defs = {named.get(name, name): renamed(each, named) for name, each in made.items()}
    for each in defs.values():
        each["additionalProperties"] = False
        each["description"] = " ".join(each.get("description", "").split())
    for kind in kinds:
        if issubclass(kind, Content):
            with_content(defs[called(kind)], CONTENTS[kind])
    return {
        "$schema": URI,
        "title": "One line of an export",
        "description": "Made by scripts/export_schema from the types that write it; docs/export-format.md explains it.",
        "oneOf": [{"$ref": f"#/$defs/{called(kind)}"} for kind in kinds],
        "$defs": dict(sorted(defs.items())),
    }


def called(shape: type[msgspec.Struct]) -> str:
    """A line goes by its kind, what is inside by its type."""
    return str(shape.__struct_config__.tag or f"content.{shape.__name__}")


def anything(shape: type) -> Json:
    """What msgspec has no schema for is any JSON."""
    return {"description": "any JSON"}


def renamed(found: Json, named: dict[str, str]) -> Json:
    """A schema whose references go by our names."""
    text = json.dumps(found)
    for name, ours in named.items():
        text = text.replace(f'"#/$defs/{name}"', f'"#/$defs/{ours}"')
    parsed: Json = json.loads(text)
    return parsed


def with_content(line: Json, shape: type[msgspec.Struct] | None) -> None:
    """Say what stands in a line's content: JSON of this shape, or bytes, and never both."""
    line["properties"]["content"] = {} if shape is None else {"$ref": f"#/$defs/{called(shape)}"}
    line["oneOf"] = [{"required": ["content"]}, {"required": ["content_base64"]}]
