"""A person without an address, with real processes: reached through a mediator while she is there and while she is not,
and then through another. What each vendor sees of it is compared with what the others see.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from agent import home
from agent import relationship as relationships
from agent.delivery import place
from agent.relationship import Relationship
from tests.agent.cli.conftest import Outcome, Owner, _cheap, free_port
from wallet.dids.services import Endpoint
from wallet.needs import offline

__all__ = ["_cheap"]
PATIENCE = 60.0


@pytest.fixture
def owners(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Owner]]:
    """Makes agents: an org that runs, or a person who has not begun."""
    made: list[Owner] = []

    def make(name: str, *, org: bool = True, mediates: bool = False) -> Owner:
        owner = Owner(
            tmp_path / name, f"127.0.0.1:{free_port()}", ("--key-file", str(tmp_path / f"{name}.key")), capsys
        )
        made.append(owner)
        if org:
            assert owner.init("--kind", "org", "--name", name).status == 0
            assert owner.types("config", "set", "mediates", "true" if mediates else "false").status == 0
            assert owner.serve()
        return owner

    yield make
    for each in made:
        if each.serving:
            each.stop(signal.SIGKILL)


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that other processes bring about."""
    end = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < end, "it did not come about"
        sleep(0.05)


def link(owner: Owner, *words: str) -> str:
    """An invitation of a running agent."""
    return str(owner.types("invite", "--json", *words).said["url"])


def heard(her: Owner) -> int:
    """How many notes she has been written."""
    return sum(each["about"] == "basicmessage" for each in her.types("threads", "--all", "--json").rows)


def write(vendor: Owner) -> Outcome:
    """A vendor writes to the one person it knows."""
    [person] = vendor.types("peers", "--json").rows
    return vendor.types("say", str(person["fingerprint"]), "Something came for you")


def test_a_person_behind_a_mediator_is_reached_there_or_not_and_moves_to_another(owners: Callable[..., Owner]) -> None:
    post, other = owners("post", mediates=True), owners("other", mediates=True)
    vendors = [owners("library"), owners("shop")]
    her = owners("her", org=False)

    api = f"127.0.0.1:{free_port()}"
    made = her.unlocks("init", "--development", "--mediator", link(post, "--mediation"), "--api", api)
    assert made.status == 0, made.err
    assert her.serve()
    for vendor in vendors:
        met = her.types("accept", link(vendor))
        assert met.status == 0, met.err
        assert "Met " in met.out
    [write(vendor) for vendor in vendors]
    until(lambda: heard(her) == 2)

    her.stop(signal.SIGKILL)
    [write(vendor) for vendor in vendors for _ in range(3)]
    assert her.serve()
    until(lambda: heard(her) == 8)

    said = her.types("mediator", "move", link(other, "--mediation"), "--json")
    assert said.status == 0, said.err
    assert [each["state"] for each in told(said)] == ["confirmed", "confirmed"]
    post.stop()  # nobody needs it any more
    [write(vendor) for vendor in vendors]
    until(lambda: heard(her) == 10)

    her.stop()
    seen = [sight(vendor) for vendor in vendors]
    assert {at.uri for _, at in seen} == {f"http://{other.listen}"}
    assert len({who.their_did for who, _ in seen}) == len({at.routing_keys for _, at in seen}) == len(vendors)
    assert not set.intersection(*({*who.their_dids} for who, _ in seen))


def told(said: Outcome) -> list[dict[str, object]]:
    """The relationships in what `freerange mediator` says."""
    found = said.said["relationships"]
    assert isinstance(found, list)
    return found


def sight(vendor: Owner) -> tuple[Relationship, Endpoint]:
    """All that a vendor knows of her, and where it writes to her."""
    vendor.stop()
    secret = Path(vendor.opens[1]).read_bytes()

    async def read() -> tuple[Relationship, Endpoint]:
        agent = await home.open_agent(vendor.home, secret)
        [row] = agent.store.peers()
        who = relationships.read(row)
        at = place(offline(agent.resolve(who.their_did)))
        assert at is not None
        await agent.needs.close()
        agent.store.close()
        return who, at

    return asyncio.run(read())
