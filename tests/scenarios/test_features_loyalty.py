"""To whom she is loyal, in her words; and a programme she joins, spends in, and leaves in one step."""

from dataclasses import dataclass

import msgspec
import pytest

from agent import evidence
from agent.agent import Agent
from tests.agent.world import Said, World, known, ledger, state, the_only
from tests.scenarios.shop import rows

CLUB: Said = {
    "name": "Bread Club",
    "rules": "One point a loaf.\nA coffee costs 100.\n",
    "tiers": ["silver"],
    "exit": {"balance": "paid-out", "notice": "P30D"},
    "rewards": {"coffee": 100},
    "point": {"amount": "0.01", "currency": "EUR"},
    "admit": "all",
    "redeem": "auto",
}
STATEMENT: Said = {
    "strength": "first-choice",
    "category": "groceries",
    "since": "2019",
    "reasons": [{"code": "people"}, {"code": "quality", "text": "the bread"}],
    "conditions": ["the shop stays on the high street"],
    "until": "2099-01-01",
}


@dataclass
class Town:
    """She has met a baker."""

    world: World
    her: Agent
    baker: Agent
    called: str

    async def run(self) -> None:
        for _ in range(3):
            await self.world.settle()
            await self.world.tick(1)

    async def membership(self, agent: Agent) -> Said:
        [found] = await self.world.listed(agent, "/v1/memberships")
        return found

    async def redeem(self, amount: int, reward: str = "coffee") -> None:
        body: Said = {"membership": "Bread Club", "amount": amount, "reward": reward}
        await self.world.do(self.her, "/v1/memberships/redeem", **body)

    async def join(self) -> str:
        """She asks, reads the rules and joins; returns her number."""
        await self.world.do(self.her, "/v1/memberships", peer="Baker")
        await self.run()
        await self.world.answer(self.her)
        await self.run()
        return str((await self.membership(self.her))["member"])


@pytest.fixture
async def town(world: World) -> Town:
    baker, her = await world.add("Baker", "org"), await world.add("Ada Lovelace")
    made = Town(world, her, baker, await world.introduce(her, baker))
    await world.do(baker, "/v1/programme", **CLUB)
    await world.agree(her, baker)
    return made


async def test_f05_she_says_why_she_is_loyal_and_takes_it_back(town: Town) -> None:
    """A user signs a loyalty statement with reasons in her words; the vendor verifies it, cannot alter it; she retires
    it."""
    world, her, baker = town.world, town.her, town.baker
    said = await world.do(her, "/v1/statements", peer="Baker", **STATEMENT)
    await town.run()

    [mine], [theirs] = await world.listed(her, "/v1/statements"), await world.listed(baker, "/v1/statements")
    assert mine["state"] == theirs["state"] == "acknowledged"
    assert await world.ask(her, "GET", f"/v1/statements/{said['thread']}") == mine
    assert [*rows(theirs["reasons"])] == STATEMENT["reasons"]
    assert mine["signed"] == theirs["signed"]
    [kept] = baker.store.items("statement")
    assert kept.peer == the_only(baker).peer
    threads = await world.listed(baker, "/v1/threads")
    [record] = [each["record"] for each in threads if each["about"] == "loyalty/statement"]
    bundle = await world.ask(baker, "GET", f"/v1/records/{record}/evidence")
    raw = msgspec.json.encode(bundle)
    assert evidence.verify(raw).verified
    assert not evidence.verify(raw.replace(b"the bread", b"the price")).verified

    await world.do(her, f"/v1/statements/{said['thread']}/retire", reason="service", text="The queue is long now.")
    await town.run()

    [mine], [theirs] = await world.listed(her, "/v1/statements"), await world.listed(baker, "/v1/statements")
    assert mine["state"] == theirs["state"] == "retired"
    assert theirs["why_retired"] == "service"
    assert not list(baker.store.items("statement"))
    assert list(her.store.items("statement"))


async def test_a_statement_taken_back_before_it_arrived_waits_and_is_taken_back_then(town: Town) -> None:
    world, her = town.world, town.her
    said = await world.do(her, "/v1/statements", peer="Baker", **STATEMENT)

    back = await world.do(her, f"/v1/statements/{said['thread']}/retire", reason="price")
    assert back["state"] == "waiting"
    await town.run()

    [theirs] = await world.listed(town.baker, "/v1/statements")
    assert theirs["state"] == "retired"


async def test_f06_she_joins_presents_redeems_and_leaves_with_her_history(town: Town) -> None:
    """A user holds a membership as a credential, presents it, redeems against it, and leaves in one step keeping her
    history."""
    world, her, baker = town.world, town.her, town.baker
    member = await town.join()
    [card] = await world.listed(her, "/v1/credentials")
    assert card["claims"] == {"programName": "Bread Club", "membershipNumber": member}
    await world.do(baker, "/v1/memberships/credit", member=member, change=310)
    await town.run()

    other = await world.add("Cinema", "org")
    called = await world.introduce(her, other)
    asked = {"type": "ProgramMembership", "claims": ["programName"], "purpose": "A cheaper seat"}
    proof = await world.do(other, "/v1/requests", peer=called, **asked)
    await world.settle()
    await world.answer(her)
    verdict = await world.ask(other, "GET", f"/v1/verdicts/{proof['thread']}")
    assert isinstance(verdict, dict)
    assert verdict["verified"] is True
    assert member not in str(verdict)

    await town.redeem(100)
    await town.run()
    mine, theirs = await town.membership(her), await town.membership(baker)
    assert (mine["balance"], mine["number"], theirs["balance"]) == (210, 2, 210)
    assert str(rows(mine["history"])[-1]["voucher"]).startswith("V-")

    await world.do(her, "/v1/memberships/leave", membership=member, reason="moving-on")
    await town.run()
    mine, theirs = await town.membership(her), await town.membership(baker)
    assert await world.ask(her, "GET", f"/v1/memberships/{mine['membership']}") == mine
    assert mine["state"] == theirs["state"] == "left"
    assert mine["payout"] == {"amount": "2.10", "currency": "EUR"}
    assert [each["balance"] for each in rows(mine["history"])] == [0, 310, 210]
    assert mine["rules"] == CLUB["rules"]
    assert ledger(her, the_peer(her, "Baker")) == ledger(baker, the_only(baker).peer)


def the_peer(agent: Agent, name: str) -> str:
    return next(each.peer for each in known(agent) if each.name == name)


async def test_more_than_there_is_is_not_redeemed(town: Town) -> None:
    await town.join()

    await town.redeem(100)
    await town.run()

    mine = await town.membership(town.her)
    assert (mine["balance"], mine["thread_state"]) == (0, "member")


async def test_what_the_settings_leave_open_is_a_question(town: Town) -> None:
    member = await town.join()
    await town.world.do(town.baker, "/v1/memberships/credit", member=member, change=500)
    await town.run()

    await town.redeem(300, "a cake")
    await town.run()
    await town.world.answer(town.baker)
    await town.run()

    assert (await town.membership(town.her))["balance"] == 200


async def test_leaving_beats_a_reward_that_is_not_decided(town: Town) -> None:
    member = await town.join()
    await town.world.do(town.baker, "/v1/memberships/credit", member=member, change=500)
    await town.run()
    await town.redeem(300, "a cake")
    await town.run()

    await town.world.do(town.her, "/v1/memberships/leave", membership=member)
    await town.run()

    mine = await town.membership(town.her)
    assert (mine["state"], mine["balance"], mine["payout"]) == ("left", 500, {"amount": "5.00", "currency": "EUR"})
    assert await town.world.listed(town.baker, "/v1/questions") == []


async def test_a_programme_that_ends_pays_out_by_its_exit_terms(town: Town) -> None:
    member = await town.join()
    await town.world.do(town.baker, "/v1/memberships/credit", member=member, change=50)
    await town.run()

    await town.world.do(town.baker, "/v1/memberships/close", member=member, reason="not-needed", by="2030-01-01")
    await town.run()

    mine, theirs = await town.membership(town.her), await town.membership(town.baker)
    assert mine["state"] == theirs["state"] == "left"
    assert mine["payout"] == theirs["payout"] == {"amount": "0.50", "currency": "EUR"}


async def test_joining_needs_terms_in_force(world: World) -> None:
    baker, her = await world.add("Baker", "org"), await world.add("Ada Lovelace")
    town = Town(world, her, baker, await world.introduce(her, baker))
    await world.do(baker, "/v1/programme", **CLUB)
    await world.do(her, "/v1/memberships", peer="Baker")
    await town.run()
    [question] = await world.listed(her, "/v1/questions")

    refusal = await world.refused(her, f"/v1/questions/{question['question']}/answer", answer="yes")

    assert "terms in force" in refusal
    assert "One point a loaf." in str(question["what"])


async def test_an_org_refuses_whoever_joins_with_no_terms_in_force(world: World) -> None:
    """Also if her software does not ask for them: nobody is bound."""
    baker, her = await world.add("Baker", "org"), await world.add("Ada Lovelace")
    town = Town(world, her, baker, await world.introduce(her, baker))
    await world.do(baker, "/v1/programme", **CLUB)
    asked = await world.do(her, "/v1/memberships", peer="Baker")
    await town.run()
    invited = await world.ask(her, "GET", f"/v1/threads/{asked['thread']}/log")
    assert isinstance(invited, dict)
    said = [line["message"]["body"] for line in invited["log"] if line["says"] == "invite"]
    rules = said[0]["signed"]["credentialSubject"]["body"]["rules"]

    await world.do(her, f"/v1/threads/{asked['thread']}/say", message="join", body={"rules": rules})
    await town.run()

    assert state(her, str(asked["thread"])) == "abandoned"
    assert state(baker, str(asked["thread"])) == "invited"
    assert await world.listed(baker, "/v1/memberships") == []


async def test_an_org_invites_by_itself_and_she_says_no_in_a_word(town: Town) -> None:
    begun = await town.world.do(town.baker, "/v1/memberships", peer=town.called)
    await town.run()

    await town.world.answer(town.her, "no")
    await town.run()

    assert state(town.baker, str(begun["thread"])) == "declined"
