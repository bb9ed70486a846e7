"""A JSON value as a person would write it."""

from collections.abc import Callable


def spoken(value: object, words: Callable[[str], str] = str) -> str:
    """A value on one line; what is empty is `nothing`. words: how a word or a number in it is put."""
    if value is None or value in ("", [], (), {}):
        return "nothing"
    match value:
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(spoken(each, words) for each in value)
        case dict():
            return ", ".join(f"{name}: {spoken(each, words)}" for name, each in value.items())
    return words(str(value))
