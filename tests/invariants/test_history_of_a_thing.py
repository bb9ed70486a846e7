"""A thing's history names no earlier holder beyond the DID made for it (vrm-protocols, section 7, line 12).

A machine goes through three hands, with a problem solved at the first. Everything that the next holders and the maker
have is searched for whatever the earlier holders are called, wrote, paid, or are known by elsewhere.
"""

import re
from collections.abc import Iterator

from agent import things
from agent.agent import Agent
from tests.agent.world import World, known, threads
from tests.scenarios.shop import Sale, bought, open_shop
from tests.scenarios.test_features_handing_on import hand_over, settle
from wallet import dids

WROTE = "It hums, says Mr Neighbour in 12 Old Road."


def everything(agent: Agent) -> Iterator[bytes]:
    """All that an agent has: what is kept, what was said, what was signed, whom it knows."""
    store = agent.store
    kinds = ("thing", "handing", "credential", "asset", "title", "record", "statement", "verdict", "value")
    for kind in kinds:
        yield from (row.record for row in store.items(kind))
    for peer in store.peers():
        yield peer.record
        yield from (row.record for row in store.ledger(peer.peer))
        for _, thread in store.threads(peer.peer):
            yield thread.record
            yield from (entry.record for entry in store.log(peer.peer, thread.thid))


def spellings(did: str) -> set[bytes]:
    """A DID in both its forms."""
    return {did.encode(), dids.canonical(did).encode()}


async def through_three_hands(world: World) -> tuple[Sale, list[Agent]]:
    """The machine is bought, repaired, and handed on twice."""
    sale = await open_shop(world)
    await bought(sale)
    her = sale.her
    await world.do(her, "/v1/things/register", thing="Washing machine")
    await world.do(her, "/v1/things/problem", thing="Washing machine", text=WROTE, want="repair")
    await settle(world)
    [case] = await world.listed(sale.vendor, "/v1/cases")
    for asked in ({"act": "answer", "number": "C-1"}, {"act": "resolve", "remedy": "repaired", "text": "New pump."}):
        await world.do(sale.vendor, f"/v1/cases/{case['thread']}", **asked)
        await settle(world)
    await world.answer(her)
    second, third = await world.add("Second Hand"), await world.add("Third Hand")
    await hand_over(world, her, second)
    await hand_over(world, second, third)
    return sale, [her, second, third]


async def test_the_next_holders_learn_nothing_of_those_before(world: World) -> None:
    _, (her, second, third) = await through_three_hands(world)
    [made] = [each.did for each in known_things(her)]
    elsewhere = {each.our_did for each in known(her)} - {made}
    secrets = [b"Augusta", b"Lovelace", b"Neighbour", b"399.00"]
    secrets += [spelling for did in elsewhere for spelling in spellings(did)]

    for holder in (second, third):
        found = b"\n".join(everything(holder))
        assert b"New pump." in found  # the history itself came along
        assert not [secret for secret in secrets if secret in found]

    found = b"\n".join(everything(third))
    for each in known(second):
        if each.our_did != next(thing.did for thing in known_things(second)):
            assert not [spelling for spelling in spellings(each.our_did) if spelling in found]
    assert b"Second Hand" not in found


async def test_every_did_in_the_history_was_made_for_the_thing_or_is_the_makers(world: World) -> None:
    sale, hands = await through_three_hands(world)
    made = {dids.canonical(thing.did) for holder in hands for thing in known_things(holder)}
    [thing] = known_things(hands[-1])
    kept = "\n".join(str(each) for each in (*thing.chain, *thing.history, *(paper.text for paper in thing.papers)))

    named = {dids.canonical(did) for did in re.findall(r"did:(?:peer|web):[A-Za-z0-9._:%-]+", kept)}

    assert named
    assert named <= made | {did for did in named if did.startswith("did:web:")}
    assert {did for did in named if did.startswith("did:web:")} == {"did:web:127.0.0.1%3A9000"}
    assert sale.vendor.config.url.endswith(":9000")


async def test_the_search_would_find_a_name(world: World) -> None:
    """The control: what the first holder has herself holds all of it."""
    sale, (her, *_) = await through_three_hands(world)
    found = b"\n".join(everything(her))

    assert all(word in found for word in (WROTE.encode(), b"399.00"))
    assert any(each in found for each in spellings(next(each.our_did for each in known(her) if each.met)))
    assert threads(sale.vendor)


def known_things(agent: Agent) -> list[things.Owned]:
    """What somebody owns, or owned."""
    return list(things.every(agent))
