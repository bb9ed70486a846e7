"""Her house rules: what answers a request without her, and the clause that is named."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from agent import house_rules, rosters
from agent.agent import Agent
from agent.agreements.policy import Policy, Rule, against
from agent.house_rules import Entry, HouseRules
from agent.relationship import Agreement, Relationship
from tests.agent.world import START, World

SHOP = Relationship("did:web:shop.example", "did:peer:4z", "did:web:shop.example", 0, name="Shop", kind="vendor")
DELIVERY, ADVERTISING = "dpv:DeliveryOfGoods", "dpv:DirectMarketing"
HOME = Entry("kind:vendor", "/addresses", DELIVERY)


@dataclass(frozen=True)
class Wanted:
    ptr: str
    purpose: str


@dataclass(frozen=True)
class Request:
    items: tuple[Wanted, ...]
    recipients: tuple[str, ...] = ()
    retention: str = "P30D"
    storage: tuple[str, ...] = ("PT",)
    until: str = "2027-02-01T00:00:00Z"


@dataclass
class Case:
    world: World
    her: Agent
    request: Request = field(default_factory=lambda: Request((Wanted("/addresses/home", DELIVERY),)))


@pytest.fixture
async def case(tmp_path: Path) -> Case:
    world = World(tmp_path)
    return Case(world, await world.add("her"))


def under(id: str, case: Case) -> Relationship:
    """The shop, with one of the shipped agreements in force."""
    text = rosters.in_use(case.her).by_id(id)
    assert text is not None
    bound = Agreement("uEi", text.id, text.version, text.digest, "t", START)
    return msgspec.structs.replace(SHOP, agreements=(bound,))


async def test_without_rules_she_is_asked(case: Case) -> None:
    assert house_rules.judge(case.her, SHOP, case.request).answer == "ask"


async def test_what_stands_in_her_register_is_granted_and_what_does_not_is_refused_by_default(case: Case) -> None:
    await house_rules.keep(case.her, HouseRules(register=(HOME,)))
    more = Request((*case.request.items, Wanted("/phones", DELIVERY)))

    assert house_rules.judge(case.her, SHOP, case.request).answer == "allow"
    verdict = house_rules.judge(case.her, SHOP, more)
    assert (verdict.answer, [*verdict.refused]) == ("allow", ["/phones"])
    assert "no line by which it may use phone" in verdict.refused["/phones"]
    assert house_rules.judge(case.her, SHOP, Request(more.items[1:])).answer == "refuse"


async def test_she_may_want_to_be_asked_about_what_is_outside_it(case: Case) -> None:
    await house_rules.keep(case.her, HouseRules(register=(HOME,), otherwise="ask"))

    assert house_rules.judge(case.her, SHOP, Request((Wanted("/phones", DELIVERY),))).answer == "ask"


async def test_a_line_against_wins_over_a_line_for_and_touches_the_whole_that_contains_it(case: Case) -> None:
    never = Entry("any", "/addresses/home/street", "dpv:ServiceProvision", allow=False)
    await house_rules.keep(case.her, HouseRules(register=(HOME, never)))

    verdict = house_rules.judge(case.her, SHOP, case.request)

    assert (verdict.answer, verdict.by) == ("refuse", "rules")
    assert "may not use address (home), street" in verdict.clause


@pytest.mark.parametrize(
    ("rules", "request_", "clause"),
    [
        (HouseRules(retention="P1M"), Request((), retention="P2M"), "kept longer than P1M"),
        (HouseRules(retention="P1M"), Request((), until="2030-01-01T00:00:00Z"), "used longer than P1M"),
        (HouseRules(sharing="none"), Request((), recipients=("carrier",)), "nothing is passed on"),
        (HouseRules(recipients=("post",)), Request((), recipients=("carrier",)), "only, not to carrier"),
        (HouseRules(storage=("PT", "DE")), Request((), storage=("PT", "US")), "only, not in US"),
        (HouseRules(storage=("PT",)), Request((), storage=()), "places unnamed"),
    ],
)
async def test_a_limit_that_is_crossed_is_named(case: Case, rules: HouseRules, request_: Request, clause: str) -> None:
    await house_rules.keep(case.her, msgspec.structs.replace(rules, register=(HOME,)))
    asked = Request(case.request.items, request_.recipients, request_.retention, request_.storage, request_.until)

    verdict = house_rules.judge(case.her, SHOP, asked)

    assert (verdict.answer, verdict.by) == ("refuse", "rules")
    assert clause in verdict.clause


async def test_the_agreement_in_force_comes_before_her_rules(case: Case) -> None:
    await house_rules.keep(case.her, HouseRules(register=(Entry("Shop", "", "dpv:Marketing"), HOME)))
    bound = under("freerange-service-only", case)

    both = house_rules.judge(case.her, bound, Request((Wanted("/phones", ADVERTISING), *case.request.items)))
    alone = house_rules.judge(case.her, bound, Request((Wanted("/phones", ADVERTISING),)))

    assert (both.answer, [*both.refused]) == ("allow", ["/phones"])
    assert (alone.answer, alone.by) == ("refuse", "agreement")
    assert "it prohibits dpv:Use for dpv:Marketing" in alone.clause


async def test_what_is_looser_than_the_agreement_she_prefers_asks_her_unless_she_named_the_organisation(
    case: Case,
) -> None:
    bound = under("freerange-service-and-purpose", case)
    asked = Request((Wanted("/phones", ADVERTISING),))

    await house_rules.keep(case.her, HouseRules(register=(Entry("any", "/phones", ADVERTISING),)))
    assert house_rules.judge(case.her, bound, asked).answer == "ask"
    await house_rules.keep(case.her, HouseRules(register=(Entry("Shop", "/phones", ADVERTISING),)))
    assert house_rules.judge(case.her, bound, asked).answer == "allow"


async def test_a_line_ends_at_its_date(case: Case) -> None:
    await house_rules.keep(case.her, HouseRules(register=(Entry("Shop", "", DELIVERY, until="2027-01-20"),)))

    assert house_rules.judge(case.her, SHOP, case.request).answer == "allow"
    case.world.time += 10 * 86400
    assert house_rules.judge(case.her, SHOP, case.request).answer == "refuse"


async def test_only_the_agreement_she_prefers_binds_her_unasked(case: Case) -> None:
    only, purpose, _ = rosters.in_use(case.her).agreements
    await house_rules.keep(case.her, HouseRules(register=(Entry("any", "", "dpv:Marketing", allow=False),)))

    assert house_rules.judge_agreement(case.her, only).answer == "allow"
    assert house_rules.judge_agreement(case.her, purpose).answer == "ask"  # for it obliges to ask before any use


def test_what_is_not_permitted_is_prohibited_and_prohibition_wins() -> None:
    policy = Policy(permit=(Rule("dpv:Use"),), prohibit=(Rule("dpv:Use", "dpv:Advertising"),))

    assert against(policy, "dpv:Use", DELIVERY) == ""
    assert "prohibits" in against(policy, "dpv:Use", "dpv:TargetedAdvertising")  # part of what is prohibited
    assert "prohibits" in against(policy, "dpv:Use", "dpv:Marketing")  # of which a part is prohibited
    assert "does not permit" in against(policy, "dpv:Share", DELIVERY)
    assert "does not permit" in against(Policy(), "dpv:Use", DELIVERY)
