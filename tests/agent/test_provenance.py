"""Whose a thing is, by what was signed as it changed hands: good chains hold, and no other does."""

import random
from copy import deepcopy
from typing import cast

import pytest

from agent import things
from agent.agent import Agent
from agent.provenance import holder_of
from tests.agent.world import World
from tests.scenarios.shop import bought, open_shop
from tests.scenarios.test_features_handing_on import hand_over
from wallet import dids
from wallet.errors import WalletError
from wallet.needs import offline
from wallet.strict_json import Json, JsonObject

Chain = list[JsonObject]


@pytest.fixture
async def handed_on(world: World) -> tuple[JsonObject, Chain, Agent]:
    """A machine that went through three hands, and its last holder."""
    sale = await open_shop(world)
    await bought(sale)
    second, third = await world.add("Second"), await world.add("Third")
    await hand_over(world, sale.her, second)
    await hand_over(world, second, third)
    [owned] = things.every(third)
    assert owned.proof
    return owned.proof.json, cast(Chain, things.gated(owned.chain)), third


def holder(credential: JsonObject, chain: Chain) -> str:
    """The DID of who has it."""
    return offline(holder_of(credential, cast(list[Json], chain))).did


def test_the_chain_leads_from_the_key_of_the_first_to_the_did_of_the_last(
    handed_on: tuple[JsonObject, Chain, Agent],
) -> None:
    credential, chain, last = handed_on
    [owned] = things.every(last)

    assert holder(credential, []) == ""
    assert len(chain) == 6
    assert dids.same(holder(credential, chain), owned.did)
    assert not dids.same(holder(credential, chain[:3]), owned.did)


def test_nothing_may_be_missing_twice_or_in_another_order(handed_on: tuple[JsonObject, Chain, Agent]) -> None:
    credential, chain, _ = handed_on
    first, second = chain[:3], chain[3:]
    broken = [
        [*second],
        [*second, *first],
        [*first, *first],
        [*first, *second, *second],
        [first[0], first[2], first[1]],
        [first[0], second[1], first[2]],
        [first[0], first[1], second[2]],
        chain[:5],
        chain[:4],
        chain[1:],
    ]

    for each in broken:
        with pytest.raises(WalletError):
            holder(credential, each)


def test_another_credential_has_another_chain(handed_on: tuple[JsonObject, Chain, Agent]) -> None:
    credential, chain, _ = handed_on
    other: JsonObject = {**credential, "name": "another"}
    unbound: JsonObject = {**credential, "credentialSubject": {"id": "did:web:shop.example"}}

    for each in (other, unbound):
        with pytest.raises(WalletError):
            holder(each, chain)


def test_whatever_is_changed_in_it_is_noticed(handed_on: tuple[JsonObject, Chain, Agent]) -> None:
    """Every value of every object, changed one at a time; nothing but a refusal in words comes of it."""
    credential, chain, _ = handed_on
    draw, count = random.Random(7), 0

    for place, object in enumerate(chain):
        for path in paths(object):
            count += 1
            changed = deepcopy(chain)
            spoil(changed[place], path, draw)
            with pytest.raises(WalletError):
                holder(credential, changed)

    assert count > 100


def paths(value: Json, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a JSON value that holds no others."""
    if isinstance(value, dict):
        return [each for name, inner in value.items() for each in paths(inner, (*at, name))]
    if isinstance(value, list):
        return [each for place, inner in enumerate(value) for each in paths(inner, (*at, place))]
    return [at]


def spoil(object: JsonObject, path: tuple[str | int, ...], draw: random.Random) -> None:
    """Change one value: another of its kind, or of another kind."""
    inner = cast(dict[str | int, Json], object)
    for step in path[:-1]:
        inner = cast(dict[str | int, Json], inner[step])
    was = inner[path[-1]]
    choices: list[Json] = [None, "", 0, [], {}, f"{was}x", "did:key:z6Mkx", True]
    inner[path[-1]] = draw.choice([each for each in choices if each != was])
