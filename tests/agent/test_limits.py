"""How much of us one source may use, and which source a request is counted for."""

import pytest

from agent.agent import Agent
from agent.config import Config
from agent.errors import TooMany
from agent.limits import Buckets, Limits, networks, of, source_of
from tests.agent.puppet import Puppet
from tests.agent.world import World, public_did

PING = "https://didcomm.org/trust-ping/2.0/ping"


class Watch:
    """A clock that a test moves. time: seconds."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def taken(buckets: Buckets, source: str, tries: int) -> int:
    """How many of so many tries, at one moment, are let through."""
    return sum(buckets.take(source) == 0 for _ in range(tries))


def test_a_burst_is_let_through_and_then_so_many_a_second() -> None:
    """HT-18."""
    watch = Watch()
    buckets = Buckets(20, 100, watch)

    counts = [taken(buckets, "peer", 1000)]
    for watch.time in (1.0, 2.0, 2.5, 100.0):
        counts.append(taken(buckets, "peer", 1000))

    assert counts == [100, 20, 20, 10, 100]


def test_who_comes_too_often_is_told_when_to_come_again() -> None:
    watch = Watch()
    buckets = Buckets(0.5, 1, watch)
    buckets.take("peer")

    with pytest.raises(TooMany) as refused:
        buckets.spend("peer", "too many")
    watch.time = float(refused.value.retry_after)

    assert refused.value.retry_after == 2
    assert buckets.take("peer") == 0


def test_what_is_refused_costs_nothing() -> None:
    watch = Watch()
    buckets = Buckets(10, 1, watch)
    taken(buckets, "peer", 1000)

    watch.time = 0.1

    assert buckets.take("peer") == 0


def test_one_source_does_not_use_up_what_is_anothers() -> None:
    buckets = Buckets(1, 5, Watch())
    taken(buckets, "loud", 100)

    assert taken(buckets, "quiet", 100) == 5


def test_a_hundred_thousand_sources_are_remembered_and_the_longest_unheard_of_is_forgotten_first() -> None:
    """HT-18."""
    buckets = Buckets(1, 1, Watch())
    buckets.take("regular")
    for number in range(50_000):
        buckets.take(f"guest {number}")
    buckets.take("regular")

    for number in range(50_000, 150_000 - 1):
        buckets.take(f"guest {number}")

    assert len(buckets) == 100_000
    assert buckets.take("regular") > 0
    assert buckets.take("guest 0") == 0


def test_no_limit_remembers_nobody() -> None:
    buckets = Buckets(0, 100)

    assert taken(buckets, "peer", 10_000) == 10_000
    assert len(buckets) == 0


PROXY = networks(["10.0.0.1", "192.168.7.0/24", "fd00::/8"])


@pytest.mark.parametrize(
    ("address", "forwarded", "counted"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "1.1.1.1", "203.0.113.9"),  # it is no proxy of ours, whatever it says
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),  # the client wrote the rest
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 192.168.7.1", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "unknown"),
        ("10.0.0.1", "203.0.113.9, ", "unknown"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
        ("fe80::1%eth0", "", "fe80::/64"),
        ("", "", "unknown"),
    ],
)
def test_a_request_is_counted_for_whoever_made_it(address: str, forwarded: str, counted: str) -> None:
    """HT-11, HT-18."""
    assert source_of(address, forwarded, PROXY) == counted


def test_nobody_is_believed_by_default() -> None:
    """HT-11."""
    assert (
        source_of("127.0.0.1", "203.0.113.9", networks(Config(kind="org", name="Shop").trusted_proxies)) == "127.0.0.1"
    )


def test_in_development_this_computer_is_not_limited_but_each_sender_is() -> None:
    limits = of(Config(kind="org", name="Shop", development=True))

    for _ in range(1000):
        limits.message_from("127.0.0.1")
    for _ in range(100):
        limits.message_of("did:example:her")
    with pytest.raises(TooMany):
        limits.message_of("did:example:her")


async def pings(puppet: Puppet, org: Agent, tries: int) -> int:
    """How many of so many pings are taken."""
    taken = 0
    for _ in range(tries):
        try:
            await puppet.say(org, PING, {"response_requested": False}, to=public_did(org))
        except TooMany:
            continue
        taken += 1
    return taken


async def test_a_sender_that_says_too_much_is_refused_once_it_is_known_and_nobody_else_is(world: World) -> None:
    """HT-18: counted for the relationship, from whatever address it comes."""
    library, watch = await world.add("Town Library", "org"), Watch()
    library.limits = Limits(peers=Buckets(20, 30, watch))
    loud, quiet = Puppet.make(world, 1), Puppet.make(world, 2)

    counts = [await pings(loud, library, 50), await pings(quiet, library, 5)]
    watch.time = 1.0
    counts.append(await pings(loud, library, 25))

    assert counts == [30, 5, 20]
    assert library.limits.metrics.counts["refused", (("reason", "sender"),)] == 25
