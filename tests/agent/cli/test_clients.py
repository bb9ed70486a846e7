"""`freerange clients`: what a mediator holds, in words."""

from agent.cli.clients import listed, size
from agent.cli.views import Client, Clients
from tests.agent.cli.conftest import Owner

NOBODY = Clients(mediates=True, count=0, messages=0, bytes=0, clients=())


def test_an_agent_that_is_no_mediator_says_how_to_become_one(her: Owner) -> None:
    outcome = her.unlocks("clients")

    assert outcome.status == 0
    assert "takes no messages for others" in outcome.out
    assert "freerange config set mediates true" in outcome.out


def test_a_client_that_does_not_exist_cannot_be_closed(her: Owner) -> None:
    outcome = her.unlocks("clients", "close", "3f2a-91bc")

    assert outcome.status == 1
    assert "nothing was done" in outcome.err


def test_a_person_cannot_be_a_mediator(her: Owner) -> None:
    outcome = her.types("config", "set", "mediates", "true")

    assert outcome.status != 0
    assert "organisation" in outcome.err


def test_those_for_whom_most_is_held_are_shown_and_the_others_counted() -> None:
    full = Client("3f2a-91bc", "2030-01-02T03:04:05Z", False, 2, 1000, 64 * 1024**2, "2030-01-02T03:04:05Z")
    lines = list(listed(Clients(True, 501, 1000, 64 * 1024**2, (full,))))

    assert lines[0] == "501 clients, 1000 messages held (64 MiB)."
    assert "1000 messages (64 MiB), the oldest from" in lines[3]
    assert lines[-1] == "and 500 more, for whom less is held"
    assert list(listed(NOBODY)) == ["It has no clients."]


def test_sizes_are_said_in_units_people_know() -> None:
    assert [size(number) for number in (5, 20 * 1024, 64 * 1024**2, 20 * 1024**3)] == [
        "5 bytes",
        "20 KiB",
        "64 MiB",
        "20 GiB",
    ]
