"""What a message says, in words for people; `freerange log --whole` shows it as it was sent."""

from collections.abc import Iterator
from typing import Final

from agent import wording
from agent.cli.plain import plain
from agent.cli.views import Fields, Line
from agent.speech import spoken

NOT_FOR_PEOPLE: Final = frozenset({"@context", "linkage", "proof", "goal_code", "will_confirm", "salt", "nonce"})
FOR_PROGRAMS: Final = frozenset(
    {"iss", "vct", "iat", "nbf", "exp", "cnf", "status", "sub"}
)  # of a card, not its claims
SAID: Final = {"demand": wording.demand, "offer": wording.offer}
POINTERS: Final = frozenset({"stopped", "deleted", "applied", "done", "scope", "fields", "kept", "data_needed"})
DURATIONS: Final = frozenset({"retention", "lasts", "report_every", "delivery", "warranty"})
ATTACHED: Final = {
    "freerange/credential-offer@v1": "an offer: what the card would say",
    "openid4vci-proof+jwt": "a proof of a key made for this card",
    "dcql": "a question about cards",
    "vc+di": "a card, shown whole",
}


def content(line: Line) -> Iterator[tuple[str, object]]:
    """Name and value of what says something to a person, what is signed and what is attached among it."""
    body = line.message.get("body")
    fields: Fields = body if isinstance(body, dict) else {}
    yield from readable({name: value for name, value in fields.items() if name != "signed"})
    if (signed := signed_content(fields.get("signed"))) is not None:
        yield from readable(signed)
        yield "signed", "yes, and kept by both sides"
    attachments = line.message.get("attachments")
    for each in attachments if isinstance(attachments, list) else []:
        if isinstance(each, dict):
            yield "attached", attached(each)


def readable(body: Fields) -> Iterator[tuple[str, object]]:
    """Fields with a value, as words."""
    for name, value in body.items():
        if name in NOT_FOR_PEOPLE or value in (None, "", [], {}):
            continue
        yield plain(name).replace("_", " "), by_name(name, value)


def by_name(name: str, value: object) -> str:
    """A value in the words that fit the field it stands in."""
    if name == "data" and isinstance(value, dict):
        return ", ".join(f"{wording.field(ptr)}: {wording.value(each)}" for ptr, each in value.items())
    if name in SAID and isinstance(value, dict):
        return SAID[name](value)
    if name in POINTERS and isinstance(value, list):
        return ", ".join(wording.field(each) if isinstance(each, str) else wording.value(each) for each in value)
    if isinstance(value, str) and name in DURATIONS:
        return wording.lasting(value)
    return named(value)


def named(value: object) -> str:
    """A value in words: an agreement by its name and version, a protocol by its last two words."""
    match value:
        case list():
            return "; ".join(map(named, value)) if isinstance(value[0], dict) else ", ".join(map(named, value))
        case {"id": str() as id, "version": str() as version}:
            return f"{id} {version}"
        case {"feature-type": _, "match": str() as wanted}:
            return f"whatever matches {wanted}"
        case {"feature-type": _, "id": str() as id}:
            return named(id)
        case str() if value.startswith("https://") and value.count("/") > 3:
            return "/".join(value.split("/")[-2:])
        case str():
            return wording.moment(value)
    return wording.value(value)


def signed_content(signed: object) -> Fields | None:
    """What a signed object says (vrm-protocols 3.4), or None if it is none."""
    subject = signed.get("credentialSubject") if isinstance(signed, dict) else None
    body = subject.get("body") if isinstance(subject, dict) else None
    return body if isinstance(body, dict) else None


def attached(attachment: Fields) -> str:
    """What is attached; of an SD-JWT, the claims that it shows."""
    kind = attachment.get("format") or attachment.get("media_type")
    carried = attachment.get("data")
    text = carried.get("base64") if isinstance(carried, dict) else None
    if kind == "dc+sd-jwt" and isinstance(text, str):
        return f"a card that shows {', '.join(claims(text)) or 'nothing that can be read'}"
    return ATTACHED.get(str(kind), str(kind or "something"))


def claims(carried: str) -> list[str]:
    """The claims that an SD-JWT shows, in words; none if it cannot be read."""
    from wallet.credentials import sd_jwt  # 80 ms, for logs with cards in them
    from wallet.encoding import unb64u
    from wallet.errors import WalletError

    try:
        shown = sd_jwt.read(unb64u(carried)).claims
    except WalletError:
        return []
    return sorted(f"{plain(name)}: {spoken(value)}" for name, value in shown.items() if name not in FOR_PROGRAMS)
