"""What a message says, in words for people; `freerange log --whole` shows it as it was sent."""

from collections.abc import Iterator
from typing import Final

from agent.cli.plain import plain, spoken
from agent.cli.views import Fields, Line

NOT_FOR_PEOPLE: Final = frozenset({"@context", "linkage", "proof", "goal_code", "will_confirm"})
FOR_PROGRAMS: Final = frozenset(
    {"iss", "vct", "iat", "nbf", "exp", "cnf", "status", "sub"}
)  # of a card, not its claims
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
        if name not in NOT_FOR_PEOPLE and value not in (None, "", [], {}):
            yield plain(name), named(value)


def named(value: object) -> str:
    """A value in words: an agreement by its name and version, a protocol by its last two words."""
    match value:
        case list():
            return ", ".join(named(each) for each in value)
        case {"id": str() as id, "version": str() as version}:
            return f"{id} {version}"
        case {"feature-type": _, "match": str() as wanted}:
            return f"whatever matches {wanted}"
        case {"feature-type": _, "id": str() as id}:
            return named(id)
        case str() if value.startswith("https://") and value.count("/") > 3:
            return "/".join(value.split("/")[-2:])
    return spoken(value)


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
