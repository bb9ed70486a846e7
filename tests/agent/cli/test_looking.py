"""Finding an organisation's agent from the command line."""

from tests.agent.cli.conftest import Owner, invitation


def test_an_agent_is_found_by_its_domain_met_and_says_what_it_accepts(her: Owner, library: Owner) -> None:
    found = her.unlocks("look", library.listen)
    assert found.status == 0, found.err
    assert library.listen in found.out
    assert "--meet" in found.out
    assert her.unlocks("peers", "--json").rows == []

    met = her.unlocks("look", f"http://{library.listen}/opening-hours", "--meet")

    assert met.status == 0, met.err
    assert "Town Library has an agent" in met.out
    assert "freerange-service-only" in met.out
    assert her.unlocks("look", "Town Library", "--json").said["met"] is True


def test_a_link_leads_to_the_agent_that_made_it(her: Owner, library: Owner) -> None:
    found = her.unlocks("look", invitation(library), "--json")

    assert str(found.said["did"]).startswith("did:web:")
    assert her.unlocks("look", "not a place").status != 0
