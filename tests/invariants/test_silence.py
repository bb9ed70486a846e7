"""Nothing leaves that neither the owner nor a standing policy caused.

Whatever is said to a silent owner, however long she is silent: what goes out are acknowledgements, receipts that say
"received", refusals, and the no of the hold date. Source: vrm-protocols, section 7, line 2.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec
import pytest

from agent.agent import Agent
from agent.didcomm.attachments import Attachment
from agent.json_values import as_json
from agent.ledger import family
from protocols import tables
from protocols.machine import Message, Protocol, Signed
from protocols.messages import encode, label, values_of
from protocols.vrm.base import VRM
from tests.agent.puppet import Puppet
from tests.agent.world import World, public_did
from tests.protocols.samples import samples
from wallet import signed
from wallet.keys import new_id

UNASKED = ("empty", "receipt", "problem-report", "decline", "release")
YEAR = 365 * 86400
Kind = Literal["person", "org"]


def openings(by: str) -> Iterator[tuple[Protocol, Message]]:
    """Every message by which that side may begin a thread of a VRM family."""
    for table in tables():
        if table.uri.startswith(VRM):
            begins = [row for row in table.rows if table.start in row.when and row.by == by]
            yield from ((table, next(samples(row.says))) for row in begins)


def named(case: tuple[Protocol, Message]) -> str:
    """What a test of this message is called."""
    return f"{case[0].id.removeprefix(VRM + '/')} {label(type(case[1]))}"


async def say(puppet: Puppet, agent: Agent, table: Protocol, message: Message, to: str) -> None:
    """Say a message as its author's agent would: signed, with what travels beside it."""
    body, attachments = encode(message)
    thid, carried, headers = new_id(), as_json(body), dict[str, object]()
    if attachments:
        headers["attachments"] = tuple(msgspec.convert(attachments, list[Attachment]))
    if isinstance(message, Signed):
        values, salt = values_of(message), signed.new_salt()
        data = {"data_digest": signed.digest_of_data(as_json(values), salt)} if values else {}
        carried = puppet.sign(signed.type_name(family(table), message.name), as_json(body), thid=thid, to=to, **data)
        carried |= {"data": as_json(values), "salt": salt} if values else {}
    more = {"thid": thid, "sender_order": 1, "please_ack": ("",), **headers}
    await puppet.say(agent, table.type_of(message), carried, to=to, **more)


async def told_by(world: World, kind: Kind, case: tuple[Protocol, Message]) -> Puppet:
    """Somebody who has said this to an owner who never answers, a year ago."""
    agent, puppet = await world.add("silent", kind), Puppet.make(world)
    if kind == "org":
        to = public_did(agent)
        await puppet.meet_org(agent, to)
        await puppet.acknowledge(agent, to)
    else:
        to = (await puppet.befriend(agent)).our_did
    agent.config = msgspec.structs.replace(agent.config, accepts=(), welcomes=False)
    puppet.heard.clear()
    await say(puppet, agent, *case, to)
    await world.settle()
    for _ in range(12):
        await world.pass_time(YEAR // 12)
    assert puppet.heard, "it was not even acknowledged or refused"
    return puppet


def left(puppet: Puppet) -> set[str]:
    """Names of the messages that went out."""
    return {each.type.rpartition("/")[2] for each in puppet.heard}


@pytest.mark.parametrize("case", [*openings("org")], ids=named)
async def test_a_silent_person_says_nothing_that_binds(world: World, case: tuple[Protocol, Message]) -> None:
    assert left(await told_by(world, "person", case)) <= set(UNASKED)


@pytest.mark.parametrize("case", [*openings("person")], ids=named)
async def test_a_silent_org_says_nothing_that_binds(world: World, case: tuple[Protocol, Message]) -> None:
    assert left(await told_by(world, "org", case)) <= set(UNASKED)


async def test_an_org_with_a_standing_policy_is_heard(world: World) -> None:
    """The control: where somebody has said before what is answered, more than that goes out, and is seen here."""
    agent, puppet = await world.add("ready", "org"), Puppet.make(world)

    await puppet.meet_org(agent, public_did(agent))

    assert "welcome" in left(puppet)
