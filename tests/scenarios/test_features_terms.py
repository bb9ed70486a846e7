"""Her terms and her rules: agreements of a roster, what answers for her, and what is told to her. vrm-protocols 2."""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from agent import agreements, contact, rosters, rules_known
from agent.agent import Agent
from agent.needs import Needs
from tests.agent.world import World, known, public_did, state, the_only, threads
from wallet.encoding import digest
from wallet.needs import Fetch

ADVERTISING = {"kind": "promotion", "text": "Everything is cheaper today.", "topic": "sale"}
SERVICE = {"kind": "service", "text": "We move to another street."}
RECALL = {"kind": "recall", "text": "Stop using the charger."}


def accepting(agent: Agent, *ids: str) -> None:
    """What its settings name as acceptable, or as preferred."""
    agent.config = msgspec.structs.replace(agent.config, accepts=ids)


def outcome(agent: Agent, thid: str) -> str:
    """How a thread of terms ended here, with the agreement that is in force by it."""
    governing = the_only(agent).governing(agent.now())
    return f"{state(agent, thid)} {governing.id if governing else ''}".strip()


async def test_f10_she_proffers_first_and_each_outcome_is_recorded(world: World) -> None:
    """A user proffers an agreement first; the vendor accepts, offers one alternative, or declines; each outcome is
    recorded on both sides."""
    found = {}
    for name in ("Accepts", "Counters", "Declines"):
        org, her = await world.add(name, "org"), await world.add(f"her {name}")
        accepting(org, *(["freerange-service-only"] if name == "Accepts" else []))
        accepting(her, "freerange-service-only")
        await world.introduce(her, org)
        thid = await world.agree(her, org)
        if name == "Counters":
            text = agreements.shipped()["freerange-service-and-purpose"]
            ref = {"id": text.id, "version": text.version, "digest": text.digest}
            await world.do(org, f"/v1/threads/{thid}/say", message="alternative", body={"agreement": ref})
            await world.settle()
            assert "service-and-purpose" in str(await world.listed(her, "/v1/questions"))  # looser: she is asked
            await world.answer(her)
        if name == "Declines":
            await world.answer(org, "no")
        found[name] = [outcome(each, thid) for each in (her, org)]
        ledgers: Any = [await world.ask(each, "GET", f"/v1/ledgers/{the_only(each).called}") for each in (her, org)]
        objects = [[(row["digest"], row["type"]) for row in each["objects"]] for each in ledgers]
        assert sorted(objects[0]) == sorted(objects[1])
        assert len({type for _, type in objects[0]}) == len(objects[0])

    assert found == {
        "Accepts": ["in-force freerange-service-only"] * 2,
        "Counters": ["in-force freerange-service-and-purpose"] * 2,
        "Declines": ["declined"] * 2,
    }


async def test_f38_her_wish_not_to_be_tracked_is_recorded_as_agreed_or_as_declined(world: World) -> None:
    """A user has a no-track wish sent, and recorded as agreed or as declined: the record is the no-track agreement."""
    recorded = {}
    for name in ("Agrees", "Declines"):
        org, her = await world.add(name, "org"), await world.add(f"her {name}")
        accepting(org, *(["freerange-service-only"] if name == "Agrees" else []))
        await world.introduce(her, org)
        begun = await world.do(her, "/v1/terms", peer=name, agreement="freerange-service-only")
        await world.settle()
        if name == "Declines":
            await world.answer(org, "no")
        said = await world.ask(her, "GET", f"/v1/threads/{begun['thread']}/log")
        assert isinstance(said, dict)
        recorded[name] = (said["state"], [line["says"] for line in said["log"]])

    words = str(await world.ask(world.agents["her Agrees"], "GET", "/v1/terms/freerange-service-only"))
    assert "does not track" in words
    assert recorded["Agrees"] == ("in-force", ["proffer", "accept", "confirm"])
    assert recorded["Declines"] == ("declined", ["proffer", "decline"])


def other_roster(**changes: object) -> bytes:
    """A roster of somebody else's making, with one agreement."""
    text = "NOTHING AT ALL, version 1\n\nThe second party keeps nothing.\n"
    agreement = {
        "id": "nothing-at-all",
        "version": "1",
        "title": "Nothing at all",
        "text": text,
        "digest": digest(text.encode()),
        "policy": {"prohibit": [{"action": "dpv:Use"}]},
    }
    return json.dumps({"name": "another", "version": "2", "agreements": [agreement | changes]}).encode()


async def test_f45_she_loads_a_roster_pinned_by_its_digest_and_swaps_it(world: World) -> None:
    """A user loads an agreement roster from a file or URI pinned by digest, and can swap it."""
    raw = other_roster()
    org, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, org)
    for agent in (her, org):
        await world.do(agent, "/v1/rosters", file=raw.decode(), digest=digest(raw), name="another.json")
        await world.do(agent, "/v1/rosters/change", roster="another", do="use")
        accepting(agent, "nothing-at-all", "freerange-service-only")

    thid = await world.agree(her, org)
    assert outcome(her, thid) == outcome(org, thid) == "in-force nothing-at-all"

    await world.do(her, "/v1/rosters/change", roster="freerange", do="use")
    thid = await world.agree(her, org)
    assert state(her, thid) == "proffered"  # the shop still deals in the other roster, and is asked
    await world.do(org, "/v1/rosters/change", roster="freerange", do="use")
    await world.answer(org)
    assert outcome(her, thid) == "in-force freerange-service-only"
    await world.do(her, "/v1/rosters/change", roster="another", do="drop")
    [first, _] = the_only(her).agreements
    assert rosters.text_of(her, first.digest) is not None  # what is in force keeps its words


async def test_f45_a_roster_that_is_another_or_whose_texts_are_not_as_listed_is_not_taken(world: World) -> None:
    her, raw = await world.add("her"), other_roster()
    altered = other_roster(text="NOTHING AT ALL, version 1\n\nThe second party keeps everything.\n")

    other = await world.refused(her, "/v1/rosters", file=raw.decode(), digest=digest(altered))
    unlike = await world.refused(her, "/v1/rosters", file=altered.decode(), digest=digest(altered))
    unpinned = await world.refused(her, "/v1/rosters", file=raw.decode(), digest="")

    assert "not the one you named" in other
    assert "is not the one it is listed under" in unlike
    assert "pinned by its digest" in unpinned
    assert [each["roster"] for each in await world.listed(her, "/v1/rosters")] == ["freerange"]


async def stating(world: World, org: Agent, name: str, **rules: object) -> Agent:
    """Somebody who met this organisation and stated these house rules to it."""
    her = await world.add(name)
    await world.introduce(her, org)
    if rules:
        await world.do(her, "/v1/rules", rules=rules)
        await world.do(her, "/v1/rules/send")
        await world.settle()
    return her


async def test_f15_one_notice_goes_to_all_whose_rules_allow_it_and_to_none_whose_rules_do_not(world: World) -> None:
    """A vendor sends one notice to all relationships whose rules allow it, and to none whose rules do not."""
    org = await world.add("Shop", "org")
    people = {
        "said nothing": await stating(world, org, "said nothing"),
        "wants all": await stating(world, org, "wants all", promotion="any"),
        "wants sales": await stating(world, org, "wants sales", promotion="asked", topics_allowed=["sale"]),
        "wants none": await stating(world, org, "wants none", promotion="none"),
        "services": await stating(world, org, "services", promotion="any", channels={"agent": "service-only"}),
        "nothing": await stating(world, org, "nothing", promotion="any", channels={"agent": "never"}),
        "paused": await stating(world, org, "paused", promotion="any", paused=True),
        "no sales": await stating(world, org, "no sales", promotion="any", topics_denied=["sale"]),
        "once": await stating(world, org, "once", promotion="any", max_per_week=1),
    }
    told: dict[str, set[str]] = {}
    counts = []
    for kind, notice in (("recall", RECALL), ("service", SERVICE), ("sale", ADVERTISING)):
        counts.append(await world.do(org, "/v1/notices", notice=notice))
        await world.settle()
        for name, her in people.items():
            said = await world.ask(her, "GET", "/v1/notices")
            assert isinstance(said, dict)
            if notice["text"] in str(said["notices"]):
                told.setdefault(kind, set()).add(name)
            assert not said["blocked"]  # nothing had to be refused: it was never said

    assert told["recall"] == set(people)
    assert told["service"] == set(people) - {"nothing", "paused"}
    assert told["sale"] == {"wants all", "wants sales"}
    assert [(each["allowed"], each["suppressed"]) for each in counts] == [(9, 0), (7, 2), (2, 7)]


async def test_f37_advertising_against_her_rules_is_refused_never_shown_and_counted(world: World) -> None:
    """A user blocks unsolicited promotion by rule; blocked messages never notify and are counted."""
    org = await world.add("Shop", "org")
    her = await stating(world, org, "her", promotion="none")
    called = known(org)[0].peer
    before = set(threads(her))

    type_ = "https://freerange.example/vrm/relationship/1.0/notice"
    for _ in range(3):  # an organisation whose agent does not keep to them
        await world.do(org, "/v1/threads", peer=called, type=type_, body=ADVERTISING)
        await world.settle()

    said = await world.ask(her, "GET", "/v1/notices")
    assert said == {"notices": [], "blocked": {"Shop": 3}}
    assert await world.listed(her, "/v1/questions") == []
    assert set(threads(her)) == before
    refusals = [each for each in threads(org).values() if each.thread.state == "abandoned"]
    assert len(refusals) == 3
    log = str([await world.ask(org, "GET", f"/v1/threads/{each.thread.thid}/log") for each in refusals])
    assert log.count("e.p.legal.house-rules") == 3
    assert her.metrics.counts["notices_blocked", ()] == 3


async def test_f49_she_finds_an_agent_and_what_it_accepts_from_a_domain_a_qr_code_or_a_link(world: World) -> None:
    """A user finds a vendor's agent and the agreements it accepts from its domain, a QR code or a link."""
    shop = await world.add("Shop", "org")
    accepting(shop, "freerange-service-only")
    link = str((await world.do(shop, "/v1/invitations", goal="Meet"))["url"])
    ways = {"domain": shop.config.domain, "page": f"{shop.config.url}/hours?week=3", "link or QR code": f" {link}\n"}
    for way, named in ways.items():
        her = await world.add(f"her by {way}")

        found = await world.do(her, "/v1/look", named=named)
        assert found["did"] == public_did(shop)
        assert found["accepts"] is None
        assert known(her) == []  # to look tells it nothing

        await world.do(her, "/v1/look/greet", named=named)
        await world.settle()
        met: Any = await world.do(her, "/v1/look", named=named)
        assert (met["name"], met["domain"], met["met"]) == ("Shop", shop.config.domain, True)
        assert [(each["id"], each["title"]) for each in met["accepts"]] == [("freerange-service-only", "Service only")]

    assert len({each.peer for each in known(shop)}) == len(ways)


async def asking(world: World, shop: Agent, **changes: object) -> str:
    """The vendor asks for her address, to deliver, for thirty days. Returns the thread."""
    asked: dict[str, object] = {
        "peer": known(shop)[0].peer,
        "items": [{"ptr": "/addresses/home", "purpose": "dpv:DeliveryOfGoods", "necessary": True}],
        "until": "2027-02-10T00:00:00Z",
        "effect": "No delivery to your door.",
        "recipients": ["carrier"],
        "storage": ["PT"],
    }
    said = await world.do(shop, "/v1/consents/ask", **(asked | changes))
    await world.settle()
    return str(said["thread"])


async def test_f11_her_standing_rules_answer_every_request_of_a_vendor(world: World) -> None:
    """A user sets standing rules (purposes, retention, sharing, channels) that answer every vendor request
    automatically: granted, refused with the clause named, or, where they are looser than she prefers, asked."""
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    await world.agree(her, shop)
    await contact.edit(her, {"/addresses/home": {"full": "1 New Street, Lisboa"}})
    line = {"who": "kind:vendor", "what": "/addresses", "why": "dpv:DeliveryOfGoods"}
    limits = {"retention": "P90D", "recipients": ["carrier"], "storage": ["PT", "ES"], "promotion": "none"}
    await world.do(her, "/v1/rules", rules={**limits, "register": [line]})

    granted = await asking(world, shop)
    refused = {
        "outside the register": await asking(world, shop, items=[{"ptr": "/phones", "purpose": "dpv:DeliveryOfGoods"}]),
        "kept too long": await asking(world, shop, retention="P2Y"),
        "used too long": await asking(world, shop, until="2028-01-01T00:00:00Z"),
        "passed on": await asking(world, shop, recipients=["broker"]),
        "stored elsewhere": await asking(world, shop, storage=["US"]),
        "beyond the agreement": await asking(
            world, shop, items=[{"ptr": "/addresses/home", "purpose": "dpv:TargetedAdvertising"}]
        ),
    }

    assert await world.listed(her, "/v1/questions") == []  # she was asked nothing
    assert state(her, granted) == state(shop, granted) == "given"
    clauses = {}
    for why, thid in refused.items():
        assert state(her, thid) == state(shop, thid) == "declined", why
        said: Any = await world.ask(shop, "GET", f"/v1/threads/{thid}/log")
        body = said["log"][-1]["message"]["body"]["signed"]["credentialSubject"]["body"]
        clauses[why] = f"{body['reason']}: {body['text']}"
    assert "no line by which it may use phone" in clauses["outside the register"]
    assert "nothing is kept longer than P90D" in clauses["kept too long"]
    assert "nothing is used longer than P90D" in clauses["used too long"]
    assert "passed on to carrier only, not to broker" in clauses["passed on"]
    assert "stored in PT, ES only, not in US" in clauses["stored elsewhere"]
    assert clauses["beyond the agreement"].startswith("beyond-agreement: the agreement freerange-service-only")


async def test_f11_what_is_looser_than_she_prefers_asks_her(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    accepting(shop, "freerange-service-and-purpose")
    await world.introduce(her, shop)
    await world.agree(her, shop)
    await world.answer(her)  # to the looser of her two agreements she says yes herself
    assert "freerange-service-and-purpose" in str(the_only(her).governing(her.now()))
    line = {"who": "any", "what": "/addresses", "why": "dpv:ServicePersonalisation"}
    await world.do(her, "/v1/rules", rules={"register": [line]})

    thid = await asking(world, shop, items=[{"ptr": "/addresses/home", "purpose": "dpv:ServicePersonalisation"}])

    assert state(her, thid) == "requested"
    [question] = await world.listed(her, "/v1/questions")
    assert question["thread"] == thid


async def test_f11_an_organisation_hears_her_rules_as_soon_as_they_meet(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.do(her, "/v1/rules", rules={"promotion": "asked", "topics_allowed": ["sale"], "max_per_week": 1})

    await world.introduce(her, shop)
    await world.tick(1)

    rules = rules_known.in_force(shop, known(shop)[0].peer)
    assert rules is not None
    assert (rules.version, rules.promotion, rules.max_per_week) == (1, "asked", 1)


async def test_f11_an_alternative_that_permits_what_her_rules_forbid_is_turned_down(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    raw = json.loads(other_roster())
    tracking = raw["agreements"][0] | {"id": "all-we-like", "policy": {"permit": [{"action": "dpv:Use"}]}}
    tracking["text"] = "ALL WE LIKE\n"
    tracking["digest"] = digest(tracking["text"].encode())
    both = json.dumps({**raw, "agreements": [*raw["agreements"], tracking]})
    for agent in (shop, her):
        await world.do(agent, "/v1/rosters", file=both, digest=digest(both.encode()))
        await world.do(agent, "/v1/rosters/change", roster="another", do="use")
    accepting(shop)
    await world.introduce(her, shop)
    await world.do(her, "/v1/rules/register", entry={"who": "any", "what": "", "why": "dpv:Marketing", "allow": False})
    thid = await world.agree(her, shop)
    ref = {"id": "all-we-like", "version": "1", "digest": tracking["digest"]}

    await world.do(shop, f"/v1/threads/{thid}/say", message="alternative", body={"agreement": ref})
    await world.settle()

    assert state(her, thid) == state(shop, thid) == "declined"
    assert await world.listed(her, "/v1/questions") == []
    said: Any = await world.ask(shop, "GET", f"/v1/threads/{thid}/log")
    assert "anybody may not use anything to advertise" in str(said["log"][-1])


class Publisher(Needs):
    """A world in which one file is published, beside what its agents publish."""

    def __init__(self, near: Needs, url: str, raw: bytes) -> None:
        super().__init__(development=True)
        self.near, self.url, self.raw = near, url, raw

    async def fetch(self, need: Fetch, charge: Callable[[], None] | None = None) -> bytes:
        """That file, or what else there is."""
        return self.raw if need.url == self.url else await self.near.fetch(need, charge)


async def test_f45_a_roster_is_fetched_from_a_uri_and_named_with_it_when_it_is_proffered(world: World) -> None:
    org, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, org)
    url, raw = "https://terms.example/roster.json", other_roster()
    her.needs = Publisher(her.needs, url, raw)

    refused = await world.refused(her, "/v1/rosters", url=url, digest=digest(raw + b" "))
    await world.do(her, "/v1/rosters", url=url, digest=digest(raw))
    await world.do(her, "/v1/rosters/change", roster="another", do="use")
    thid = await world.agree(her, org)

    assert "not the one you named" in refused
    said: Any = await world.ask(org, "GET", f"/v1/threads/{thid}/log")
    body = said["log"][0]["message"]["body"]["signed"]["credentialSubject"]["body"]
    assert body["roster"] == {"uri": url, "digest": digest(raw)}
    assert body["agreement"]["id"] == "nothing-at-all"
    assert state(org, thid) == "proffered"  # the shop has no such text: its clerk is asked, and cannot say yes
    [question] = await world.listed(org, "/v1/questions")
    assert question["choices"] == ["no"]
