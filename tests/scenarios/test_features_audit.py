"""What both sides hold, and what can be asked and proved of it. vrm-protocols 2."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from agent import owner, rules_known
from agent.agent import Agent
from agent.draft import Draft
from agent.needs import Needs
from agent.vrm.audit import SOON, WEEK
from tests.agent.world import World, known, state, the_only
from wallet.errors import Unresolved
from wallet.needs import Fetch, Lookup
from wallet.store import ledger
from wallet.verify import check

DAY = 86400
ROOT = Path(__file__).parents[2]
OFFLINE = """
import socket, sys
def refuse(*_, **__): raise AssertionError("the verifier wants the network")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
from wallet.verify import main
sys.exit(main([sys.argv[1], "--json"]))
"""


class Gone(Needs):
    """A world in which no place answers any more."""

    async def fetch(self, need: Fetch, charge: Callable[[], None] | None = None) -> bytes:
        """Nothing comes."""
        raise Unresolved(f"{need.url} could not be had")


def checked(file: Path) -> "subprocess.CompletedProcess[str]":
    """What the verifier says of a file, in a process that has no network."""
    return subprocess.run(
        (sys.executable, "-c", OFFLINE, str(file)), cwd=ROOT, capture_output=True, text=True, check=False
    )


async def agreed(world: World) -> tuple[Agent, Agent]:
    """Somebody and a shop that have met and agreed on terms."""
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    await world.agree(her, shop)
    return her, shop


async def timeline(world: World, agent: Agent) -> list[Any]:
    """What an owner sees of everything that was signed."""
    said: Any = await world.ask(agent, "GET", f"/v1/timelines/{the_only(agent).called}")
    return list(said["entries"])


async def audit(world: World, agent: Agent) -> Any:
    """What an owner sees of what the other side knows, and of what is asked."""
    return await world.ask(agent, "GET", f"/v1/audits/{the_only(agent).called}")


async def test_f22_both_sides_find_the_same_entries(world: World) -> None:
    """A user and an org open the timeline of their relationship and find the same entries."""
    her, shop = await agreed(world)
    await world.do(shop, "/v1/notices", notice={"kind": "service", "text": "We move."})
    await world.do(her, "/v1/rules", rules={"promotion": "none"})
    await world.do(her, "/v1/rules/send")
    await world.settle()
    await world.tick(5)  # until everything is acknowledged
    await world.do(her, "/v1/audits/compare", peer="Shop")
    await world.settle()

    hers, theirs = await timeline(world, her), await timeline(world, shop)

    assert hers == theirs
    assert [each["type"] for each in hers].count("RelationshipNotice") == 1
    assert {each["by"] for each in hers} == {"person", "org"}
    assert len(hers) == 10
    assert (await audit(world, her))["compared"]["state"] == "same"


async def test_f22_advertising_that_was_refused_stands_in_both_timelines(world: World) -> None:
    her, shop = await agreed(world)
    await world.do(her, "/v1/rules", rules={"promotion": "none"})
    type_ = "https://freerange.example/vrm/relationship/1.0/notice"
    await world.do(
        shop, "/v1/threads", peer=known(shop)[0].peer, type=type_, body={"kind": "promotion", "text": "Sale"}
    )
    await world.settle()

    await world.tick(5)  # until everything is acknowledged
    await world.do(her, "/v1/audits/compare", peer="Shop")
    await world.settle()

    assert await timeline(world, her) == await timeline(world, shop)
    assert (await audit(world, her))["compared"]["state"] == "same"


async def test_f22_chains_are_compared_every_week_and_what_was_lost_is_sent_again(world: World) -> None:
    """Once a message is lost for good (the transport took it, and the row is gone), a comparison finds it, both sides
    mend it by themselves, and nothing is shown."""
    her, shop = await agreed(world)
    world.network.loss = 1.0
    sent = await world.do(shop, "/v1/notices", notice={"kind": "recall", "text": "Stop using the charger."})
    await world.settle()
    for peer, row in list(shop.store.outgoing()):
        await shop.store.discard(peer, row.id)
        await shop.store.finish_outgoing([(peer, row.id)])
    world.network.loss = 0.0
    assert sent["allowed"] == 1
    assert len(await timeline(world, her)) < len(await timeline(world, shop))

    await world.pass_time(WEEK + 2 * DAY)
    await world.pass_time(2 * SOON + 700)

    assert await timeline(world, her) == await timeline(world, shop)
    assert (await audit(world, her))["compared"]["state"] == "same"
    assert "Stop using the charger" in str(await world.ask(her, "GET", "/v1/notices"))


async def test_f12_a_challenge_runs_against_a_clock_and_silence_is_kept_as_unanswered(world: World) -> None:
    her, shop = await agreed(world)
    by = "2027-01-20T00:00:00Z"
    asked = {"question": "Which record permits this?", "answer_by": by, "about": {"use": "dpv:DirectMarketing"}}
    first = await world.do(her, "/v1/audits/challenge", peer="Shop", **asked)
    second = await world.do(her, "/v1/audits/challenge", peer="Shop", **asked)
    await world.settle()
    assert len(await world.listed(shop, "/v1/questions")) == 2

    await world.do(shop, "/v1/audits/answer", thread=first["thread"], text="You agreed to it.")
    await world.settle()
    await world.pass_time(10 * DAY)

    states = {each["thread"]: each["state"] for each in (await audit(world, her))["questions"]}
    assert states == {first["thread"]: "answered", second["thread"]: "unanswered"}
    [answer] = [each["answer"] for each in (await audit(world, her))["questions"] if each["answer"]]
    assert answer["records"] == [the_only(her).agreements[0].record]
    await world.pass_time(7 * DAY)
    assert state(her, str(second["thread"])) == state(shop, str(second["thread"])) == "declined"
    assert "a date to come" in await world.refused(her, "/v1/audits/challenge", peer="Shop", **asked)


async def test_f12_two_positions_stand_side_by_side_and_an_attestation_is_noted(world: World) -> None:
    her, shop = await agreed(world)
    record = the_only(her).agreements[0].record
    begun = await world.do(
        her, "/v1/audits/dispute", peer="Shop", text="It was broken.", evidence=[record], want="Mend it"
    )
    await world.settle()
    await world.do(shop, "/v1/audits/answer", thread=begun["thread"], text="It was whole.")
    statement = {"scope": "All shops", "standard": "ISO/IEC 27701", "from": "2026-01-01", "to": "2026-12-31"}
    noted = await world.do(shop, "/v1/audits/attest", peer=known(shop)[0].peer, statement=statement)
    await world.settle()

    [found] = (await audit(world, her))["questions"]
    assert (found["says"]["text"], found["answer"]["text"], found["state"]) == (
        "It was broken.",
        "It was whole.",
        "stated",
    )
    assert state(her, str(noted["thread"])) == state(shop, str(noted["thread"])) == "noted"
    unknown = await world.refused(her, "/v1/audits/dispute", peer="Shop", text="No.", evidence=["uEi" + "A" * 43 + "A"])
    assert "not among what you two signed" in unknown


async def test_f12_a_third_party_checks_her_bundle_with_no_network_and_without_either_agent(
    world: World, tmp_path: Path
) -> None:
    """A user exports an evidence bundle that a third party verifies with no network and no access to either agent."""
    her, _ = await agreed(world)
    other = await world.add("Baker", "org")
    await world.introduce(her, other)
    await world.agree(her, other)
    by = "2027-01-20T00:00:00Z"
    asked = {"question": "Which record permits this?", "answer_by": by, "about": {"use": "dpv:DirectMarketing"}}
    begun = await world.do(her, "/v1/audits/challenge", peer="Shop", **asked)
    await world.settle()
    await world.pass_time(6 * DAY)
    records = [each.agreements[0].record for each in known(her) if each.called == "Shop"]

    made = await world.do(her, "/v1/evidence", peers=["Shop"], records=records, threads=[begun["thread"]])
    file = tmp_path / "evidence.json"
    file.write_text(str(made["file"]))
    await world.close()
    run = checked(file)

    assert run.returncode == 0, run.stdout + run.stderr
    found = msgspec.json.decode(run.stdout)
    assert found["verified"]
    assert [each["type"] for each in found["objects"]] == [
        "TermsProffer",
        "TermsAccept",
        "TermsConfirm",
        "AuditChallenge",
    ]
    assert any("it is the presenter's word" in note for note in found["notes"])
    assert any(f"unanswered since {by}" in note for note in found["notes"])
    bundle = msgspec.json.decode(file.read_bytes())
    assert bundle["labels"] == [{"label": "unanswered", "object": found["objects"][3]["digest"], "since": by}]
    assert "does not track" in bundle["texts"][0]
    assert "Baker" not in run.stdout

    file.write_text(str(made["file"]).replace("TermsAccept", "TermsAccord"))
    run = checked(file)
    assert run.returncode == 1
    assert "TermsAccord" in run.stdout


async def test_f12_an_organisation_that_is_gone_does_not_take_the_evidence_with_it(world: World) -> None:
    her, _ = await agreed(world)
    her.needs = Gone()

    made = await world.do(her, "/v1/evidence")

    verdict = check(str(made["file"]).encode())
    assert verdict.verified, verdict.why()


async def test_f47_what_was_shown_of_cards_is_a_part_of_what_somebody_knows(world: World) -> None:
    her, shop = await agreed(world)
    called = known(shop)[0].peer
    claims = {"given_name": "Her Name", "over_18": True}
    await world.do(shop, "/v1/offers", peer=called, type="urn:card:member", name="Member card", claims=claims)
    await world.settle()
    await world.answer(her)

    await world.do(
        shop, "/v1/requests", peer=called, type="urn:card:member", claims=["over_18"], purpose="To let you in"
    )
    await world.settle()
    await world.answer(her)

    [shown] = (await audit(world, her))["shown"]
    assert shown["claims"] == {"over_18": True}
    assert shown["why"] == "To let you in"


async def test_f22_what_the_one_who_compares_has_lost_on_the_way_is_sent_again_too(world: World) -> None:
    her, shop = await agreed(world)
    await world.tick(5)
    await world.do(her, "/v1/rules", rules={"promotion": "any"})
    world.network.loss = 1.0
    await world.do(her, "/v1/rules/send")
    await world.settle()
    for peer, row in list(her.store.outgoing()):
        await her.store.finish_outgoing([(peer, row.id)])
    world.network.loss = 0.0

    await world.do(her, "/v1/audits/compare", peer="Shop")
    await world.settle()
    await world.pass_time(2 * SOON + 700)

    assert await timeline(world, her) == await timeline(world, shop)
    assert (await audit(world, her))["compared"]["state"] == "same"
    assert rules_known.in_force(shop, known(shop)[0].peer) is not None


async def test_f22_what_cannot_be_mended_is_shown_after_it_was_tried(world: World) -> None:
    """An organisation that goes back to an older copy of its wallet has heard the message, and lost what it signed."""
    her, shop = await agreed(world)
    await world.tick(5)
    [lost] = [row for row in shop.store.ledger(known(shop)[0].peer, ours=False) if row.seq == 1]
    peer = known(shop)[0].peer
    await shop.store.write(lambda tx: ledger.purge(tx, peer=tx.blind("peer", peer), digest=lost.digest))

    await world.do(her, "/v1/audits/compare", peer="Shop")
    await world.settle()
    assert (await audit(world, her))["compared"] | {"last": 0, "next": 0} == {
        "state": "being mended", "last": 0, "next": 0, "missing": [], "unseen": [],
    }  # fmt: skip
    await world.pass_time(4 * SOON)

    found = (await audit(world, her))["compared"]
    assert (found["state"], found["missing"]) == ("differs", [1])
    assert len(await timeline(world, her)) == len(await timeline(world, shop)) + 1


async def test_f22_what_had_to_be_deleted_is_not_missing(world: World) -> None:
    """An organisation that deletes what it was told goes on from its place in the chain."""
    her, shop = await agreed(world)
    await world.tick(5)
    peer = known(shop)[0].peer
    [object] = [row for row in shop.store.ledger(peer, ours=False) if row.seq == 1]

    def purge(draft: Draft) -> Lookup[None]:
        draft.purge += ((object.thid, object.digest),)
        yield from ()

    await owner.act(shop, peer, object.thid, purge)
    assert shop.store.signed(peer, object.digest) is None
    await world.do(her, "/v1/audits/compare", peer="Shop")
    await world.settle()

    assert (await audit(world, her))["compared"]["state"] == "same"
