"""The API for an org's own systems: who may call, what is answered, and that nothing happens twice."""

import asyncio

import msgspec

from agent.rest import once
from agent.rest.desk import Desk
from protocols.vrm.relationship import Rules, rules
from tests.agent.rest.conftest import Caller, Shop, caller
from tests.agent.world import state, threads

NOTICE = {"message": "relationship/1.0/notice", "body": {"kind": "recall", "text": "Stop using the charger."}}


async def test_a_system_reads_the_address_book_without_learning_a_did(shop: Shop) -> None:
    [listed] = (await shop.crm.get("/v1/relationships"))["relationships"]

    assert listed["relationship"].startswith("rel_")
    assert (listed["state"], listed["rules"], listed["agreements"]) == ("met", None, [])
    assert await shop.crm.get(f"/v1/relationships/{shop.id}") == listed
    assert (await shop.crm.get("/v1/relationships?state=ended"))["relationships"] == []
    for path in ("/v1/relationships", "/v1/threads"):
        assert "did:" not in str(await shop.crm.get(path))


async def test_relationships_are_found_by_the_rules_she_states(shop: Shop) -> None:
    stated = {"version": 1, "channels": {"email": "never"}, "promotion": "none"}
    await shop.world.do(shop.her, "/v1/threads", peer="Town Shop", type=rules.type_of(Rules), body=stated)
    await shop.world.settle()

    [listed] = (await shop.crm.get("/v1/relationships?rule=promotion:none"))["relationships"]

    assert (listed["relationship"], listed["rules"]["channels"]) == (shop.id, {"email": "never"})
    assert len((await shop.crm.get("/v1/relationships?rule=email:never"))["relationships"]) == 1
    assert (await shop.crm.get("/v1/relationships?rule=email:any"))["relationships"] == []


async def test_agreements_in_force_are_listed_with_their_records(shop: Shop) -> None:
    thid = await shop.world.agree(shop.her, shop.shop)

    listed = await shop.crm.get(f"/v1/relationships/{shop.id}")

    [agreement] = listed["agreements"]
    assert agreement["agreement"] == "freerange-service-only"
    assert agreement["record"] == threads(shop.shop)[thid].thread.record


async def test_a_system_begins_a_thread_and_sees_what_she_answers(shop: Shop) -> None:
    said = await shop.crm.post("/v1/threads", {"relationship": shop.id, **NOTICE})
    await shop.world.settle()

    thread = await shop.crm.get(f"/v1/threads/{said['thread']}")
    assert (thread["family"], thread["state"], thread["over"]) == ("relationship/notice", "seen", True)
    assert thread["bound"] is True
    assert thread["relationship"] == shop.id
    assert [(each["by"], each["says"]) for each in thread["log"]] == [("us", "notice"), ("them", "receipt")]
    assert thread["log"][0]["body"]["text"] == "Stop using the charger."
    assert thread["log"][0]["digest"].startswith("uEi")
    assert "did:" not in str(thread)
    assert state(shop.her, said["thread"]) == "seen"


async def test_threads_are_listed_by_family_state_and_page(shop: Shop) -> None:
    begun = [await shop.crm.post("/v1/threads", {"relationship": shop.id, **NOTICE}) for _ in range(3)]

    told = await shop.crm.get("/v1/threads?family=relationship/notice&state=told&limit=2")
    rest = await shop.crm.get(f"/v1/threads?family=relationship/notice&state=told&after={told['next']}")

    found = [each["thread"] for page in (told, rest) for each in page["threads"]]
    assert sorted(found) == sorted(each["thread"] for each in begun)
    assert rest["next"] is None
    assert (await shop.crm.get("/v1/threads?family=terms"))["threads"] == []
    await shop.world.settle()
    assert (await shop.crm.get("/v1/threads?state=told"))["threads"] == []
    assert len((await shop.crm.get("/v1/threads?family=relationship&state=over"))["threads"]) == 4


async def test_what_the_table_does_not_allow_is_refused_naming_what_it_does(shop: Shop) -> None:
    thid = await shop.world.agree(shop.her, shop.shop)

    status, said = await shop.crm.call("POST", f"/v1/threads/{thid}/say", {"message": "accept", "body": {}})

    assert status == 409
    assert said == {
        "error": "accept cannot be said now, and was not: the thread is in-force",
        "do": "Say one of can_say.",
        "state": "in-force",
        "can_say": ["withdraw"],
    }
    assert state(shop.shop, thid) == "in-force"


async def test_a_system_says_what_the_table_allows(shop: Shop) -> None:
    thid = await shop.world.agree(shop.her, shop.shop)

    body = {"from": "2030-01-01T00:00:00Z", "reason": "moving-on"}
    said = await shop.crm.post(f"/v1/threads/{thid}/say", {"message": "withdraw", "body": body})

    assert said == {"thread": thid, "state": "ending-by-org"}
    await shop.world.settle()
    assert (await shop.crm.get(f"/v1/threads/{thid}"))["state"] == "withdrawn"


async def test_a_receipt_is_said_by_the_name_that_can_say_gives_it(shop: Shop) -> None:
    thid = await shop.world.agree(shop.her, shop.shop)
    body = {"from": "2030-01-01T00:00:00Z", "reason": "moving-on"}
    await shop.world.do(shop.her, f"/v1/threads/{thid}/say", message="withdraw", body=body)
    await shop.world.settle()
    assert (await shop.crm.get(f"/v1/threads/{thid}"))["can_say"] == ["receipt(withdraw)"]

    receipt = {"result": "done", "ended": "2030-01-01T00:00:00Z", "survives": [], "data": "erase"}
    said = await shop.crm.post(f"/v1/threads/{thid}/say", {"message": "receipt(withdraw)", "body": receipt})

    assert said["state"] == "withdrawn"


async def test_fields_that_are_missing_or_unknown_are_named(shop: Shop) -> None:
    wrong = {"relationship": shop.id, "message": "relationship/1.0/notice", "body": {"kind": "recall"}}
    unknown = {"relationship": shop.id, **NOTICE, "colour": "red"}

    missing, extra = (
        await shop.crm.call("POST", "/v1/threads", wrong),
        await shop.crm.call("POST", "/v1/threads", unknown),
    )

    assert missing[0] == 422
    assert "text" in missing[1]["error"]
    assert extra[0] == 400
    assert "colour" in extra[1]["error"]
    assert len((await shop.crm.get("/v1/threads"))["threads"]) == 1


async def test_only_an_org_s_own_openings_begin_a_thread(shop: Shop) -> None:
    for message in ("terms/1.0/proffer", "nothing/1.0/such"):
        body = {"agreement": {"id": "a", "version": "1", "digest": "uEiAPvcqXnXKf8cnHTt33IuvJfGDjYAMu6FoPgfphil8Wbg"}}
        asked = {"relationship": shop.id, "message": message, "body": {**body, "scope": "relationship"}}
        status, said = await shop.crm.call("POST", "/v1/threads", asked)

        assert status == 409
        assert "relationship/1.0/notice" in said["can_say"]
        assert "terms/1.0/proffer" not in said["can_say"]


# -- once ---------------------------------------------------------------------------------------------------------


async def test_a_repeat_gets_the_first_answer_and_does_nothing_more(shop: Shop) -> None:
    asked = {"relationship": shop.id, **NOTICE}

    first = await shop.crm.call("POST", "/v1/threads", asked, once="order 7")
    later = Caller(Desk(shop.shop), shop.crm.key)  # as after a restart
    again = await later.call("POST", "/v1/threads", dict(reversed(asked.items())), once="order 7")

    assert first == again
    assert first[0] == 200
    assert len((await shop.crm.get("/v1/threads?family=relationship/notice"))["threads"]) == 1


async def test_an_answer_that_was_lost_with_the_process_is_given_again(shop: Shop) -> None:
    asked = {"relationship": shop.id, **NOTICE}
    first = await shop.crm.post("/v1/threads", asked, once="order 7")
    await shop.world.settle()

    started_again = await shop.world.restart(shop.shop)
    again = await Caller(Desk(started_again), shop.crm.key).post("/v1/threads", asked, once="order 7")

    assert again == first
    assert list(threads(started_again)).count(first["thread"]) == 1
    assert len([each for each in threads(started_again).values() if each.thread.table.endswith("#notice")]) == 1


async def test_repeats_that_cross_are_one(shop: Shop) -> None:
    asked = {"relationship": shop.id, **NOTICE}

    answers = await asyncio.gather(*(shop.crm.call("POST", "/v1/threads", asked, once="k") for _ in range(5)))

    assert all(each == answers[0] for each in answers)
    assert len((await shop.crm.get("/v1/threads?family=relationship/notice"))["threads"]) == 1


async def test_a_key_that_comes_with_another_request_is_refused(shop: Shop) -> None:
    asked = {"relationship": shop.id, **NOTICE}
    await shop.crm.post("/v1/threads", asked, once="k")

    other = {**asked, "body": {"kind": "service", "text": "Open on Sunday."}}
    status, said = await shop.crm.call("POST", "/v1/threads", other, once="k")

    assert (status, said["do"]) == (422, "Use a new key.")
    assert len((await shop.crm.get("/v1/threads?family=relationship/notice"))["threads"]) == 1


async def test_two_systems_may_choose_the_same_key(shop: Shop) -> None:
    other = await caller(shop.world, shop.shop, name="till")
    asked = {"relationship": shop.id, **NOTICE}

    mine, theirs = await shop.crm.post("/v1/threads", asked, once="1"), await other.post("/v1/threads", asked, once="1")

    assert mine["thread"] != theirs["thread"]


async def test_a_refusal_is_the_answer_to_a_repeat_too(shop: Shop) -> None:
    thid = await shop.world.agree(shop.her, shop.shop)
    asked = {"message": "receipt(withdraw)", "body": {}}

    first = await shop.crm.call("POST", f"/v1/threads/{thid}/say", asked, once="k")
    again = await shop.crm.call("POST", f"/v1/threads/{thid}/say", asked, once="k")

    assert first == again
    assert first[0] == 409


async def test_what_was_interrupted_is_not_done_again_by_itself(shop: Shop) -> None:
    path, asked = "/v1/threads", {"relationship": shop.id, **NOTICE}
    first = await shop.crm.call("POST", path, asked, once="k")
    key = next(iter(shop.shop.store.items("api-key"))).id
    same = msgspec.json.encode(asked, order="sorted")
    await once.Once(shop.shop, key, "k", f"POST {path}  ".encode() + same).begin()

    status, said = await shop.crm.call("POST", path, asked, once="k")

    assert first[0] == 200
    assert status == 409
    assert "interrupted" in said["error"]


async def test_a_day_later_a_key_is_forgotten(shop: Shop) -> None:
    asked = {"relationship": shop.id, **NOTICE}
    first = await shop.crm.post("/v1/threads", asked, once="k")
    await shop.world.settle()

    shop.world.jump(once.LASTS - 1)
    assert await once.forget(shop.shop) == 0
    assert await shop.crm.post("/v1/threads", asked, once="k") == first
    shop.world.jump(1)
    second = await shop.crm.post("/v1/threads", asked, once="k")
    shop.world.jump(once.LASTS)

    assert second != first
    assert await once.forget(shop.shop) == 1
    assert not list(shop.shop.store.items(once.KIND))


async def test_a_request_that_acts_needs_a_key_of_its_own(shop: Shop) -> None:
    asked = {"relationship": shop.id, **NOTICE}

    for words in ("", "x" * 256, "a\nb", "ü"):
        status, said = await shop.crm.call("POST", "/v1/threads", asked, once=words)
        assert status == 400
        assert "Idempotency-Key" in said["error"]


# -- who may call -------------------------------------------------------------------------------------------------


async def test_without_a_key_nothing_is_answered(shop: Shop) -> None:
    short = shop.crm.key[:-1]
    for key in ("", "x", "fr_", "fr__", short, shop.crm.key + "x", shop.crm.key.replace("fr_", "xx_"), "fr_ä_ö"):
        status, said = await Caller(shop.crm.desk, key).call("GET", "/v1/relationships")
        assert status == 401
        assert shop.id not in str(said)


async def test_a_key_does_what_its_scopes_say_and_no_more(shop: Shop) -> None:
    reader = await caller(shop.world, shop.shop, "threads", name="reader")

    assert (await reader.call("GET", "/v1/threads"))[0] == 200
    status, said = await reader.call("POST", "/v1/threads", {"relationship": shop.id, **NOTICE})

    assert status == 403
    assert said["error"] == 'this needs the scope "speak"; the key "reader" has threads'
    assert (await reader.call("GET", "/v1/relationships"))[0] == 403


async def test_a_key_that_is_taken_back_opens_nothing(shop: Shop) -> None:
    await shop.world.do(shop.shop, "/v1/integrations/revoke", name="crm")

    assert (await shop.crm.call("GET", "/v1/threads"))[0] == 401
    assert "no key" in await shop.world.refused(shop.shop, "/v1/integrations/revoke", name="crm")


async def test_keys_are_kept_as_hashes_and_listed_without_what_opens(shop: Shop) -> None:
    listed = await shop.world.ask(shop.shop, "GET", "/v1/integrations")

    assert "crm" in str(listed)
    secret = shop.crm.key.split("_", 2)[2]
    assert secret not in str(listed)
    assert secret.encode() not in b"".join(each.record for each in shop.shop.store.items("api-key"))
    assert "crm" in await shop.world.refused(shop.shop, "/v1/integrations", name="crm")
    assert "scopes are" in await shop.world.refused(shop.shop, "/v1/integrations", name="x", scopes=["everything"])
    assert "organisation" in await shop.world.refused(shop.her, "/v1/integrations", name="x")


async def test_a_locked_wallet_answers_nothing_and_remembers_nothing(shop: Shop) -> None:
    shop.shop.store.lock()

    status, said = await shop.crm.call("GET", "/v1/threads")

    assert (status, "locked" in said["error"]) == (423, True)


async def test_what_is_not_there_is_said_to_be(shop: Shop) -> None:
    assert (await shop.crm.call("GET", "/v1/nothing"))[0] == 404
    assert (await shop.crm.call("GET", "/v1/threads/0123"))[0] == 404
    assert (await shop.crm.call("GET", "/v1/relationships/rel_0123"))[0] == 404
    assert (await shop.crm.call("DELETE", "/v1/threads"))[0] == 405
    assert (await shop.crm.call("GET", "/v1/threads?limit=0"))[0] == 400
    assert (await shop.crm.call("GET", "/v1/threads?colour=red"))[0] == 400
    assert (await shop.crm.call("GET", "/v1/threads?state=a&state=b"))[0] == 400
