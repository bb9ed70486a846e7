"""`name=value` as it is typed for claims and message fields."""

import msgspec

from agent import wording
from agent.cli.exits import MISUSED, Stopped
from agent.cli.views import Fields


def fields(typed: list[str]) -> Fields:
    """Names with their values. `n=5`, `ok=true` and `list=["a"]` are read as JSON; `n="5"` is text. Raises Stopped."""
    found: Fields = {}
    for text in typed:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise Stopped(f"{text!r} is not NAME=VALUE; nothing was done", "Write it like member_number=7731", MISUSED)
        if name in found:
            raise Stopped(f"{name} stands there twice; nothing was done", "Name each once.", MISUSED)
        found[name] = literal(value)
    return found


def pointers(typed: list[str]) -> list[str]:
    """Fields as the agent takes them: `address` and `email.work` are words for JSON Pointers."""
    return [pointer(each) for each in typed]


def pointer(typed: str) -> str:
    """One field as the agent takes it. Raises Stopped for what is neither a word that is known nor a pointer."""
    found = wording.pointer(typed)
    if not found.startswith("/"):
        known = ", ".join(wording.WORDS)
        raise Stopped(
            f'no field "{typed}" is known; nothing was done',
            f"Known are {known}, with a label after a dot (email.work). Any other begins with a slash: /shoes",
            MISUSED,
        )
    return found


def by_pointer(typed: list[str]) -> Fields:
    """Values by JSON Pointer, which may be typed as words. Raises Stopped."""
    return {pointer(name): value for name, value in fields(typed).items()}


def literal(text: str) -> object:
    """A value as JSON if it is any, else the text itself."""
    try:
        value: object = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return text if value is None else value
