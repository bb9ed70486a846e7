"""What a peer writes is data: shown on its line, never obeyed by a terminal, never followed, never run.

Every view of the command line is given a hostile text wherever a text can stand; and a peer that fills its messages
with links finds that nobody looks them up. Source: vrm-protocols, section 7, line 3.
"""

import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pytest

import agent.cli
from agent.cli.words import BOLD, PLAIN, tell
from agent.web import api
from protocols.vrm import experience, experience_words, relationship
from tests.agent.puppet import Puppet
from tests.agent.world import World, public_did
from tests.invariants.test_silence import say

HOSTILE = "\x1b]8;;https://evil.example\x07\x1b[2J\u202eevil\r\n\u200b\x9b31m$(reboot)`reboot`<script>\x00"
LINK = "https://evil.example/pixel.png?who=1"
View = Callable[..., Iterable[str]]


def views() -> list[View]:
    """Every function of the command line that makes lines out of what the agent said."""
    found: dict[str, View] = {}
    for place in pkgutil.iter_modules(agent.cli.__path__):
        module = importlib.import_module(f"agent.cli.{place.name}")
        for name, made in inspect.getmembers(module, inspect.isfunction):
            if made.__module__ == module.__name__ and takes(made) is not None:
                found[f"{place.name}.{name}"] = made
    return list(found.values())


def takes(view: View) -> object:
    """The one shape a view takes; None if it is no view."""
    try:
        hints = typing.get_type_hints(view)
    except (NameError, TypeError):
        return None
    needed = [each for each in inspect.signature(view).parameters.values() if each.default is inspect.Parameter.empty]
    lines = get_args(hints.get("return")) == (str,)
    if len(needed) != 1 or not lines:
        return None
    shape = hints.get(needed[0].name)
    return shape if holds_struct(shape) else None


def holds_struct(shape: object) -> bool:
    """Whether a shape is one of what the agent says, or several of them."""
    inside = get_args(shape) or (shape,)
    return any(isinstance(each, type) and issubclass(each, msgspec.Struct) for each in inside)


class Whatever(dict[str, object]):
    """An object that has whatever is looked for."""

    def __init__(self, value: object) -> None:
        super().__init__({HOSTILE: value})
        self.value = value

    def __missing__(self, name: str) -> object:
        return self.value


def hostile(shape: Any) -> object:  # one line for each kind of shape
    """A value of a shape that is as hostile as the shape allows."""
    origin, inside = get_origin(shape), get_args(shape)
    if origin is typing.Annotated:
        return hostile(inside[0])
    if origin in (Union, types.UnionType):
        return hostile(next(each for each in inside if each is not type(None)))
    if origin is Literal:
        return inside[0]
    if origin is tuple:
        return (hostile(inside[0]),) if inside[-1] is ... else tuple(hostile(each) for each in inside)
    if origin in (list, set, frozenset):
        return [hostile(inside[0])]
    if origin is dict or shape is dict:
        return Whatever(hostile(inside[1]) if inside else HOSTILE)
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        hints = typing.get_type_hints(shape, include_extras=True)
        return shape(**{name: hostile(hints[name]) for name in shape.__struct_fields__})
    plain: dict[object, object] = {int: 1, float: 1.0, bool: True, bytes: b"x"}
    return plain.get(shape, HOSTILE)


def test_there_are_views_to_look_at() -> None:
    """The control: the search finds them."""
    assert len(views()) > 40


@pytest.mark.parametrize("view", views(), ids=lambda view: f"{view.__module__.rpartition('.')[2]}.{view.__name__}")
def test_no_view_lets_a_terminal_obey(view: View, capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(KeyError):  # a word of our own that it does not know
        tell(view(hostile(takes(view))))

    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if not all(letter.isprintable() for letter in line)] == []


def test_our_own_colours_are_all_that_passes(capsys: pytest.CaptureFixture[str]) -> None:
    tell([f"{BOLD}Town{PLAIN} {HOSTILE}"])

    shown = capsys.readouterr().out
    assert shown.startswith(f"{BOLD}Town{PLAIN} ?]8;;https://evil.example??[2J?evil")
    assert shown.count("\x1b") == 2
    assert len(shown.splitlines()) == 1


async def test_no_link_in_what_a_peer_says_is_followed(world: World) -> None:
    """Whatever it writes, and wherever: a link stays a text (a fetch of it would fail this world)."""
    org, puppet = await world.add("org", "org"), Puppet.make(world)
    to = public_did(org)
    await puppet.meet_org(org, to)
    before = len(world.fetched)
    share = experience_words.Share("idea", experience_words.About(), LINK, "org", False, want=LINK)

    await say(puppet, org, experience.experience, share, to)
    await say(puppet, org, relationship.rules, relationship.Rules(1, {"agent": "any"}, "none"), to)
    await puppet.say(org, "https://didcomm.org/basicmessage/2.0/message", {"content": LINK}, to=to)
    await world.settle()
    await world.pass_time(86400)
    for path in ("/v1/questions", "/v1/threads", "/v1/experiences"):
        status, _ = await api.answer(org, "GET", path)
        assert status == 200

    assert [each for each in world.fetched[before:] if "evil" in each] == []
    assert LINK in str(await world.ask(org, "GET", "/v1/experiences"))
