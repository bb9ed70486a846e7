"""The bridge to Tryton, against a real server of it."""

import asyncio
from typing import Any

import msgspec
import pytest

from agent.bridges import Completion, Saying, Unreachable, state
from agent.bridges.tryton import Access, make
from agent.errors import Misconfigured
from tests.agent.bridges.conftest import Desk
from tests.agent.bridges.tryton_server import OURS

RECORD = "uEiBoNpBrZddOJyWv1JxZolE0hexsRMrC8X2ahdyrm5gQsw"
HOME = {"full": "1 New Street\n1000 Lisboa", "countryCode": "PT"}
PARTS = {
    "components": [
        {"kind": "number", "value": "1"},
        {"kind": "name", "value": "New Street"},
        {"kind": "locality", "value": "Lisboa"},
        {"kind": "postcode", "value": "1000"},
    ]
}


def item(ptr: str, value: object, purpose: str = "dpv:DeliveryOfGoods", record: str = RECORD) -> dict[str, Any]:
    """A value as an event carries it."""
    return {
        "ptr": ptr,
        "value": value,
        "label": {"purpose": purpose, "expires": "2027-11-02T00:00:00Z", "record": record},
    }


async def test_whoever_meets_the_org_is_a_party_named_by_the_relationship(desk: Desk) -> None:
    await desk.tell("relationship.met", since="2027-01-15T08:00:00Z")
    await desk.tell("relationship.met", since="2027-01-15T08:00:00Z")  # at least once

    party = await desk.clerk.party(desk.who)
    assert (party["addresses"], party["contact_mechanisms"], party["active"]) == ([], [], True)


async def test_a_party_that_was_made_and_not_put_down_is_found_again(desk: Desk) -> None:
    made = await desk.clerk.create("party.party", {"name": desk.who})

    await desk.tell("relationship.met")

    found = desk.bridge.memory.party(desk.who)
    assert found is not None
    assert found.party == made


async def test_her_rules_are_categories_and_follow_what_she_says(desk: Desk) -> None:
    await desk.tell("relationship.rules", version=1, channels={"email": "any", "phone": "never"}, promotion="asked")
    await desk.tell("relationship.rules", version=2, channels={"email": "never"}, promotion="none")

    party = await desk.clerk.party(desk.who)
    assert sorted(party["categories"]) == ["email: never", "promotion: none"]


async def test_what_she_tells_stands_in_its_place_beside_its_label(desk: Desk) -> None:
    items = [
        item("/name", {"full": "Ada Lovelace"}),
        item("/addresses/home", PARTS),
        item("/emails/private", {"address": "ada@mail.example"}, "dpv:CustomerCare"),
        item("/phones/mine", {"number": "+351911111111", "features": {"mobile": True}}),
    ]
    await desk.tell("consent.disclosed", items=items)

    party = await desk.clerk.whole(number(desk))
    [home] = party["addresses"]
    assert party["name"] == "Ada Lovelace"
    assert (home["street"], home["city"], home["postal_code"]) == ("1 New Street", "Lisboa", "1000")
    mechanisms = {each["type"]: each for each in party["contact_mechanisms"]}
    assert mechanisms["email"]["value"] == "ada@mail.example"
    assert mechanisms["mobile"]["value"] == "+351911111111"
    label = f"dpv:CustomerCare until 2027-11-02T00:00:00Z (record {RECORD})"
    assert mechanisms["email"]["comment"] == f"May be used for {label}."
    [labels] = party["notes"]
    assert f"/emails/private: {label}" in labels
    assert "/addresses/home: dpv:DeliveryOfGoods until" in labels


async def test_a_value_without_a_label_or_for_a_purpose_not_served_is_not_put_there(desk: Desk) -> None:
    bare = {"ptr": "/phones/mine", "value": {"number": "+351911111111"}}
    spam = item("/emails/private", {"address": "ada@mail.example"}, "dpv:DirectMarketing")
    await desk.tell("consent.disclosed", items=[bare, spam, item("/anniversaries/birth", {"date": "1815-12-10"})])

    party = await desk.clerk.party(desk.who)
    assert (party["contact_mechanisms"], party["notes"]) == ([], [])


async def test_a_change_replaces_what_stood_there_and_null_takes_it_away(desk: Desk) -> None:
    emails = {"a": {"address": "ada@mail.example"}, "b": {"address": "b@mail.example"}}
    await desk.tell("consent.disclosed", items=[item("/addresses/home", HOME), item("/emails", emails)])
    await desk.tell("profile.updated", items=[item("/addresses/home/full", "2 Old Street"), item("/emails/b", None)])
    await desk.tell("profile.updated", items=[item("/emails", {"a": {"address": "ada@post.example"}})])

    party = await desk.clerk.party(desk.who)
    assert [each["street"] for each in party["addresses"]] == ["2 Old Street"]
    assert [each["value"] for each in party["contact_mechanisms"]] == ["ada@post.example"]


async def test_the_same_event_again_changes_nothing(desk: Desk) -> None:
    for _ in range(2):
        await desk.tell("intent.ordered", id="a" * 32, thread="t1", bid="uEi", items=[item("/addresses/home", HOME)])

    party = await desk.clerk.party(desk.who)
    assert len(party["addresses"]) == 1
    assert sorted(each.partition("\n")[0] for each in party["notes"]) == [
        "She has ordered.",
        "What she has told us may be used only so:",
    ]


async def test_a_record_that_was_made_and_not_put_down_is_used(desk: Desk) -> None:
    await desk.tell("consent.disclosed", items=[item("/addresses/home", HOME)])
    known = desk.bridge.memory.party(desk.who)
    assert known is not None
    await desk.bridge.memory.keep(desk.who, msgspec.structs.replace(known, places={}))  # as before a crash

    await desk.tell("consent.disclosed", items=[item("/addresses/home", HOME)])

    assert len((await desk.clerk.party(desk.who))["addresses"]) == 1


async def test_wants_leave_no_trace_for_they_are_nobody_s_lead(desk: Desk) -> None:
    await desk.tell("intent.cast", demand={"itemOffered": "twin stroller"})
    await desk.tell("intent.closed", reason="too-dear")

    assert await desk.clerk.search("party.party", [["name", "=", desk.who]]) == []


async def test_problems_experiences_and_questions_are_notes(desk: Desk) -> None:
    await desk.tell("things.reported", problem={"text": "Water stays in the drum."}, want="repair")
    await desk.tell("experience.shared", kind="complaint", text="Arrived broken, twice.")
    await desk.tell("audit.challenged", question="Which record permits this?")
    await desk.tell("data_rights.asked", right="access", due="2027-02-15")

    notes = "\n".join((await desk.clerk.party(desk.who))["notes"])
    for words in ("Water stays in the drum.", "Arrived broken, twice.", "Which record permits", "due: 2027-02-15"):
        assert words in notes


# -- deletions ----------------------------------------------------------------------------------------------------


async def test_a_label_that_ends_clears_the_field_and_is_told_as_done(desk: Desk) -> None:
    await desk.tell("consent.disclosed", items=[item("/addresses/home", HOME), item("/name", {"full": "Ada"})])
    party = number(desk)

    await desk.tell("label.delete", deletion="d1", record=RECORD, ptrs=["/addresses/home"], reason="withdrawn")

    found = await desk.clerk.whole(party)
    assert (found["addresses"], found["name"]) == ([], "Ada")
    assert "/addresses" not in "".join(found["notes"])
    assert await desk.clerk.search("party.address", [["party", "=", party]]) == []
    done = [each for each in await desk.bridge.poll() if isinstance(each, Completion)]
    assert done == [Completion("deleted d1", "d1", ("/addresses/home",))]
    await desk.bridge.settle("deleted d1")
    assert list(await desk.bridge.poll()) == []


async def test_of_whom_tryton_knows_nothing_there_is_nothing_to_delete(desk: Desk) -> None:
    await desk.tell("label.delete", deletion="d0", record=RECORD, ptrs=[""], reason="closed")

    [done] = await desk.bridge.poll()
    assert done == Completion("deleted d0", "d0", ("",))
    assert await desk.clerk.search("party.party", [["name", "=", desk.who]]) == []


async def test_under_another_record_a_value_stands(desk: Desk) -> None:
    await desk.tell("consent.disclosed", items=[item("/addresses/home", HOME)])

    await desk.tell("label.delete", deletion="d1", record="uEiOther", ptrs=["/addresses/home"], reason="withdrawn")

    assert len((await desk.clerk.party(desk.who))["addresses"]) == 1


async def test_when_she_leaves_the_party_is_erased_by_tryton_s_own_wizard(desk: Desk) -> None:
    items = [
        item("/addresses/home", PARTS),
        item("/name", {"full": "Ada"}),
        item("/emails/a", {"address": "a@m.example"}),
    ]
    await desk.tell("relationship.rules", channels={"email": "never"}, promotion="none")
    await desk.tell("intent.ordered", thread="t1", bid="uEi", items=items)
    party = number(desk)
    await desk.clerk.create("ir.note", {"resource": f"party.party,{party}", "message": "She likes tea."})

    await desk.tell("relationship.ended", data="erase")
    ptrs = ["/addresses/home", "/name", "/emails/a"]
    await desk.tell("label.delete", deletion="d2", record="", ptrs=ptrs, reason="ended")

    found = await desk.clerk.whole(party)
    assert (found["name"], found["active"], found["notes"], found["categories"]) == (None, False, [], [])
    assert "Ada" not in str(found)
    assert "Lisboa" not in str(found)
    assert "a@m.example" not in str(found)
    assert desk.bridge.memory.party(desk.who) is None
    [done] = await desk.bridge.poll()
    assert isinstance(done, Completion)
    assert done.deleted == tuple(ptrs)
    await desk.bridge.settle(done.key)


async def test_a_thread_s_notes_go_when_she_takes_it_back(desk: Desk) -> None:
    await desk.tell("experience.shared", thread="t1", kind="complaint", text="Arrived broken.")
    await desk.tell("experience.shared", thread="t2", kind="praise", text="Kind people.")

    await desk.tell("label.delete", thread="t1", deletion="d3", ptrs=[], reason="retracted")

    notes = "\n".join((await desk.clerk.party(desk.who))["notes"])
    assert "Arrived broken." not in notes
    assert "Kind people." in notes


async def test_back_ups_are_named_with_their_end(desk: Desk) -> None:
    access = msgspec.json.encode(Access(OURS.user, OURS.password, backup_days=30))
    await state.keep_secret(desk.shop, desk.bridge.name, access)
    await desk.tell("consent.disclosed", items=[item("/addresses/home", HOME)])

    await desk.tell("label.delete", deletion="d4", record=RECORD, ptrs=["/addresses/home"], reason="withdrawn")

    [done] = await desk.bridge.poll()
    assert isinstance(done, Completion)
    assert [(each.ptr, each.why, each.until) for each in done.kept] == [("/addresses/home", "other", "2027-02-14")]


# -- what clerks do -----------------------------------------------------------------------------------------------


async def test_what_a_clerk_changes_becomes_a_question_to_her(desk: Desk) -> None:
    await desk.bridge.poll()
    await desk.tell(
        "consent.disclosed", items=[item("/addresses/home", HOME), item("/emails/a", {"address": "a@m.example"})]
    )
    [home] = (await desk.clerk.party(desk.who))["addresses"]
    assert list(await desk.bridge.poll()) == []

    await desk.clerk.write("party.address", [home["id"]], {"street": "9 Wrong Street"})

    [asked] = await desk.bridge.poll()
    assert isinstance(asked, Saying)
    assert (asked.subject, asked.family, asked.message) == (desk.who, "profile", "ask")
    assert asked.body == {"fields": ["/addresses/home"]}
    assert await desk.bridge.poll() == [asked]
    await desk.bridge.settle(asked.key)
    assert list(await desk.bridge.poll()) == []


async def test_what_she_says_is_right_stands_again(desk: Desk) -> None:
    await desk.tell("consent.disclosed", items=[item("/addresses/home", HOME)])
    [home] = (await desk.clerk.party(desk.who))["addresses"]
    await desk.clerk.write("party.address", [home["id"]], {"street": "9 Wrong Street"})

    await desk.tell("profile.unchanged", fields=["/addresses"])

    [found] = (await desk.clerk.party(desk.who))["addresses"]
    assert found["street"] == HOME["full"]


async def test_what_a_clerk_adds_to_her_is_asked_about_and_others_are_not(desk: Desk) -> None:
    await desk.tell("consent.disclosed", items=[item("/addresses/home", HOME)])
    await desk.bridge.poll()
    stranger = await desk.clerk.create("party.party", {"name": "A supplier"})

    for party in (number(desk), stranger):
        await desk.clerk.create("party.contact_mechanism", {"party": party, "type": "email", "value": "x@m.example"})

    [asked] = await desk.bridge.poll()
    assert isinstance(asked, Saying)
    assert asked.body == {"fields": ["/emails"]}
    await desk.bridge.settle(asked.key)


# -- the server ---------------------------------------------------------------------------------------------------


async def test_a_session_that_has_ended_is_opened_anew(desk: Desk) -> None:
    await desk.tell("relationship.met")
    desk.bridge.server()._session = "Session bm9ib2R5OjE6eA=="

    await desk.tell("relationship.rules", channels={"email": "never"}, promotion="none")

    assert "email: never" in (await desk.clerk.party(desk.who))["categories"]


async def test_without_a_login_or_with_a_wrong_one_everything_waits(desk: Desk) -> None:
    for access in (b"", b"{", msgspec.json.encode(Access(OURS.user, "wrong")), b"freerange:wrong"):
        await state.keep_secret(desk.shop, desk.bridge.name, access)
        with pytest.raises(Unreachable, match="login"):
            await desk.tell("relationship.met")


async def test_while_nobody_is_there_everything_waits(desk: Desk) -> None:
    name = "tryton:http://127.0.0.1:9/shop"
    await state.keep_secret(desk.shop, name, msgspec.json.encode(Access(OURS.user, OURS.password)))
    desk.bridge = make(desk.shop, name)

    with pytest.raises(Unreachable, match="nobody answers"):
        await desk.tell("relationship.met")


async def test_many_at_once_do_not_get_in_each_other_s_way(desk: Desk) -> None:
    people = [f"{desk.who}{number:02}" for number in range(8)]

    async def one(who: str) -> None:
        each = Desk(desk.world, desk.shop, desk.bridge, desk.clerk, who)
        await each.tell("relationship.rules", channels={"email": "never"}, promotion="none")
        await each.tell("consent.disclosed", items=[item("/addresses/home", HOME)])

    await asyncio.gather(*map(one, people))

    for who in people:
        found = await desk.clerk.party(who)
        assert len(found["addresses"]) == 1
        assert "email: never" in found["categories"]
    assert len(await desk.clerk.search("party.category", [["name", "=", "email: never"]])) == 1


def test_only_the_address_of_a_database_is_one(desk: Desk) -> None:
    for address in (
        "",
        "shop",
        "http://127.0.0.1:8000",
        "http://tryton.example/shop",
        "https://a:b@tryton.example/shop",
    ):
        with pytest.raises(Misconfigured):
            make(desk.shop, f"tryton:{address}")


def number(desk: Desk) -> int:
    """Her party's number."""
    known = desk.bridge.memory.party(desk.who)
    assert known is not None
    return known.party
