"""What a message says, in a few words, taken from the message itself."""

import base64
import json

from agent.cli.content import signed_content
from agent.cli.views import Fields, Line


def gist(line: Line) -> str:
    """A message in a few words."""
    body = line.message.get("body")
    fields: Fields = body if isinstance(body, dict) else {}
    signed = signed_content(fields.get("signed"))
    said = signed if signed is not None else fields
    words = [*agreements(said), *people(said), *subjects(said)]
    for name in ("goal", "comment", "content"):
        if said.get(name):
            words.append(f'"{said[name]}"')
            break
    if (shown := disclosed(line)) is not None:
        words.append(f"a card that shows {', '.join(sorted(shown)) or 'nothing'}")
    if signed is not None:
        words.append("(signed)")
    return " ".join(words)


def agreements(said: Fields) -> list[str]:
    """The agreement that is meant, and the others that would do."""
    named = said.get("agreement")
    if not isinstance(named, dict):
        return []
    others = said.get("also")
    also = [str(each.get("id")) for each in others if isinstance(each, dict)] if isinstance(others, list) else []
    return [" or ".join([str(named.get("id")), *also])]


def subjects(said: Fields) -> list[str]:
    """Which fields of hers it is about, what is wanted or offered, and why it ends; whatever of these it says."""
    words: list[str] = []
    for name, key in (("items", "ptr"), ("labels", "ptr"), ("results", "result")):
        listed = said.get(name)
        if isinstance(listed, list):
            words.append(", ".join(dict.fromkeys(str(each[key]) for each in listed if isinstance(each, dict))))
    for name in ("fields", "deleted"):
        listed = said.get(name)
        if isinstance(listed, list) and listed:
            words.append(f"{name}: {', '.join(map(str, listed))}" if name == "deleted" else ", ".join(map(str, listed)))
    demand, offer = said.get("demand"), said.get("offer")
    if isinstance(demand, dict) and isinstance(demand.get("itemOffered"), dict):
        words.append(str(demand["itemOffered"].get("category")))
    if isinstance(offer, dict):
        words.append(f"{offer.get('price')} {offer.get('priceCurrency')}")
    return [*words, *([str(said["reason"])] if "reason" in said else [])]


def people(said: Fields) -> list[str]:
    """Who it is, as far as it says."""
    org, protocols = said.get("org"), said.get("protocols")
    if isinstance(org, dict):
        return [f"I am {org.get('name')}, at {said.get('domain')}"]
    return [f"I speak {len(protocols)} protocols"] if isinstance(protocols, list) else []


def disclosed(line: Line) -> set[str] | None:
    """The names of the claims that an SD-JWT in this presentation shows; None if there is none."""
    if line.says != "presentation":
        return None
    names: set[str] = set()
    attachments = line.message.get("attachments")
    for each in attachments if isinstance(attachments, list) else []:
        names |= {str(json.loads(raw)[1]) for raw in disclosures(each["data"]["base64"])}
    return names


def disclosures(carried: str) -> list[bytes]:
    """The disclosures of an SD-JWT with key binding (RFC 9901, 4), decoded."""
    _, *shown, _ = decoded(carried).decode().split("~")
    return [decoded(each) for each in shown]


def decoded(text: str) -> bytes:
    """Base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
