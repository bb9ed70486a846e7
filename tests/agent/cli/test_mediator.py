"""`freerange mediator`, and the invitation of a mediator, in words for somebody who has never heard of one."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.cli.conftest import Owner, free_port, invitation


@pytest.fixture
def post(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Owner]:
    """A mediator that is running."""
    owner = Owner(tmp_path / "post", f"127.0.0.1:{free_port()}", ("--key-file", str(tmp_path / "post.key")), capsys)
    assert owner.init("--kind", "org", "--name", "Post").status == 0
    assert owner.types("config", "set", "mediates", "true").status == 0
    assert owner.serve()
    yield owner
    if owner.serving:
        owner.stop(signal.SIGKILL)


def mediation(owner: Owner) -> str:
    """A mediator's invitation."""
    return str(owner.types("invite", "--mediation", "--json").said["url"])


def test_a_mediators_invitation_is_taken_up_after_saying_what_it_means(her: Owner, post: Owner) -> None:
    link = mediation(post)

    asked = her.unlocks("accept", link)
    done = her.unlocks("accept", link, "--yes")

    assert asked.status == 2
    assert "letter box" in asked.out
    assert "nothing was done" in asked.err
    assert done.status == 0, done.err
    assert f"Others reach you through {post.listen}." in done.out
    assert "did:" not in done.out


def test_a_second_mediator_is_had_by_moving_only(her: Owner, post: Owner) -> None:
    assert her.unlocks("mediator", "move", mediation(post)).status == 2
    assert her.unlocks("mediator", "add", mediation(post)).status == 0

    again = her.unlocks("mediator", "add", mediation(post))
    same = her.unlocks("mediator", "move", mediation(post))

    assert again.status == 2
    assert "freerange mediator move LINK" in again.err
    assert same.status == 2
    assert "already" in same.err


def test_somebody_with_an_address_goes_behind_a_mediator_and_back(met: Owner, post: Owner) -> None:
    behind = met.types("mediator", "add", mediation(post), "--json")
    back = met.types("mediator", "remove", "--json")

    for said, through in ((behind, post.listen), (back, "")):
        assert said.status == 0, said.err
        found = said.said["relationships"]
        assert isinstance(found, list)
        [library] = found
        assert (library["with"], library["through"], library["state"]) == ("Town Library", through, "confirmed")
    assert "You have no mediator. Others reach you at your own address" in met.types("mediator").out


def test_without_an_address_nobody_goes_without_a_mediator_while_she_knows_anybody(
    she: Owner, post: Owner, library: Owner
) -> None:
    api = f"127.0.0.1:{free_port()}"
    assert she.unlocks("init", "--development", "--mediator", mediation(post), "--api", api).status == 0
    assert she.unlocks("accept", invitation(library)).status == 0

    refused = she.unlocks("mediator", "remove")

    assert refused.status == 2
    assert "nobody could reach you" in refused.err


def test_an_org_that_is_none_makes_no_invitation_to_mediation_and_is_not_taken_on(her: Owner, library: Owner) -> None:
    assert library.types("invite", "--mediation").status == 2

    refused = her.unlocks("mediator", "add", invitation(library))

    assert refused.status == 2
    assert "is no mediator for you" in refused.err
    assert library.types("mediator", "add", invitation(library)).status == 2


def test_an_init_whose_mediator_does_not_answer_says_what_was_made_and_how_to_go_on(she: Owner, post: Owner) -> None:
    link = mediation(post)
    post.stop()

    made = she.unlocks("init", "--development", "--mediator", link, "--api", f"127.0.0.1:{free_port()}")

    assert made.status == 1
    assert "the wallet was made" in made.err
    assert "freerange mediator add LINK" in made.err
