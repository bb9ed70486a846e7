"""What it was like, told to exactly the audience she picks (vrm-protocols, section 2: F04, F07, F26)."""

import msgspec

from agent import clock
from agent.agent import Agent
from agent.experiences import verified
from agent.web import api
from protocols.vrm.experience_words import Share
from tests.agent.world import Said, World, known, state, towards
from wallet.errors import WalletError

DAY = 86400
COMPLAINT = {"text": "Arrived broken, twice.", "kind": "complaint", "rating": {"value": 2, "best": 5}, "delay": 0}


async def cast_of(world: World) -> tuple[Agent, Agent]:
    """She and a vendor that she has met."""
    her, vendor = await world.add("her"), await world.add("Vendor", "org")
    await world.introduce(her, vendor)
    return her, vendor


async def shared(world: World, her: Agent, **what: object) -> Said:
    """What she told, once it has arrived."""
    said = await world.do(her, "/v1/experiences/share", **{**COMPLAINT, "to": "Vendor", **what})
    await world.tick(0)
    return said


async def told(world: World, vendor: Agent) -> Said:
    """The one experience that the vendor was told."""
    [found] = await world.listed(vendor, "/v1/experiences")
    return found


async def hers(world: World, her: Agent) -> Said:
    """Her one experience."""
    [found] = await world.listed(her, "/v1/experiences")
    return found


async def test_f04_a_private_regret_becomes_an_experience_in_one_act(world: World) -> None:
    """A user keeps private wishes and regrets and turns one into an experience with one command."""
    her, vendor = await cast_of(world)
    await world.do(her, "/v1/wants", words="I should not have bought the big one", kind="regret")
    assert await world.listed(vendor, "/v1/experiences") == []

    await world.do(her, "/v1/experiences/share", regret="I should not", to="Vendor", delay=0)
    await world.tick(0)

    found = await told(world, vendor)
    assert (found["kind"], found["text"]) == ("regret", "I should not have bought the big one")


async def test_f07_one_experience_to_the_audience_she_picks_and_taken_back(world: World) -> None:
    """A user sends one experience to exactly the audience she picks and retracts it."""
    her, vendor = await cast_of(world)
    other = await world.add("Other", "org")
    await world.introduce(her, other)
    await shared(world, her)
    await world.do(vendor, f"/v1/experiences/{(await told(world, vendor))['experience']}/respond", text="We are sorry.")
    await world.settle()
    assert (await hers(world, her))["answer"] == "We are sorry."
    assert await world.listed(other, "/v1/experiences") == []

    await world.do(her, f"/v1/experiences/{(await hers(world, her))['experience']}/retract")
    await world.settle()

    assert (await hers(world, her))["state"] == "retracted"
    found = await told(world, vendor)
    assert (found["state"], found["text"]) == ("retracted", None)
    assert found["digest"]
    assert b"broken" not in b"".join(_everything(vendor))


def _everything(agent: Agent) -> list[bytes]:
    """All that an agent keeps of its threads."""
    found = [row.record for _, row in agent.store.threads()]
    for row in agent.store.peers():
        found += [each.record for each in agent.store.ledger(row.peer)]
        for peer, thread in agent.store.threads(row.peer):
            found += [each.record for each in agent.store.log(peer, thread.thid)]
    return found


async def test_f07_it_comes_from_a_did_made_for_it_at_a_time_nobody_can_guess(world: World) -> None:
    """By default the vendor cannot tell which of its customers it is, nor when she wrote it."""
    her, vendor = await cast_of(world)
    known_as = {each.peer for each in known(vendor)}

    said = await shared(world, her, delay=3 * DAY)
    before = await world.listed(vendor, "/v1/experiences")
    await world.pass_time(3 * DAY)

    assert (before, said["state"]) == ([], "waiting")
    assert (await told(world, vendor))["state"] == "received"
    assert len({each.peer for each in known(vendor)} - known_as) == 1


async def test_f07_what_is_taken_back_in_time_is_never_said(world: World) -> None:
    """Between deciding and telling she may think better of it."""
    her, vendor = await cast_of(world)
    said = await shared(world, her, delay=3 * DAY)

    await world.do(her, f"/v1/experiences/{said['experience']}/retract")
    await world.pass_time(4 * DAY)

    assert await world.listed(vendor, "/v1/experiences") == []
    assert (await hers(world, her))["state"] == "taken back unsaid"


async def test_f07_taken_back_before_the_vendor_has_said_that_it_has_it(world: World) -> None:
    """The withdrawal waits in the wallet for the receipt, and then goes."""
    her, vendor = await cast_of(world)
    said = await world.do(her, "/v1/experiences/share", **{**COMPLAINT, "to": "Vendor"})

    await clock.tick(her)
    await world.do(her, f"/v1/experiences/{said['experience']}/retract")
    assert (await hers(world, her))["state"] == "retracting"

    await world.tick(0)
    await world.tick(0)

    assert (await hers(world, her))["state"] == "retracted"
    assert (await told(world, vendor))["state"] == "retracted"


async def test_f07_public_is_a_file_that_anybody_verifies_and_a_second_one_takes_it_back(world: World) -> None:
    """What is public needs nobody's site, nobody's network and nobody's leave."""
    her = await world.add("her")
    said = await world.do(her, "/v1/experiences/share", text="Good bread.", kind="praise", audience="public")
    files = await world.ask(her, "GET", f"/v1/experiences/{said['experience']}/file")
    assert isinstance(files, dict)
    raw = msgspec.json.encode(files["share"])

    signed, message = verified(raw)
    assert isinstance(message, Share)
    assert (message.text, message.audience, files["retraction"]) == ("Good bread.", "public", None)
    for wrong in (raw.replace(b"Good", b"Bad!"), raw.replace(b'"praise"', b'"regret"')):
        try:
            verified(wrong)
        except WalletError:
            continue
        raise AssertionError("what was altered was taken for hers")

    await world.do(her, f"/v1/experiences/{said['experience']}/retract")
    files = await world.ask(her, "GET", f"/v1/experiences/{said['experience']}/file")
    assert isinstance(files, dict)
    texts = {name: msgspec.json.encode(each).decode() for name, each in files.items()}
    checked = await world.do(her, "/v1/experiences/verify", **texts)
    assert (checked["text"], checked["author"]) == ("Good bread.", signed.issuer)
    assert checked["retracted"]


async def test_f07_public_and_told_to_the_vendor_is_the_same_signed_object(world: World) -> None:
    """What the vendor was told and what any site shows have one Digest, so neither can alter it."""
    her, vendor = await cast_of(world)
    said = await shared(world, her, audience="public")

    files = await world.ask(her, "GET", f"/v1/experiences/{said['experience']}/file")

    assert isinstance(files, dict)
    signed, _ = verified(msgspec.json.encode(files["share"]))
    theirs = [row.digest for peer in known(vendor) for row in vendor.store.ledger(peer.peer)]
    assert signed.digest in theirs


async def test_f07_a_private_one_has_no_file(world: World) -> None:
    """Exactly the audience she picks: what was told to an org is for that org."""
    her, _ = await cast_of(world)
    said = await shared(world, her)

    status, refused = await api.answer(her, "GET", f"/v1/experiences/{said['experience']}/file")

    assert (status, "not public" in str(refused)) == (409, True)


async def test_f07_a_remedy_is_taken_or_it_goes_on(world: World) -> None:
    """The vendor commits to a remedy; she decides whether that settles it."""
    her, vendor = await cast_of(world)
    await shared(world, her)
    id = str((await told(world, vendor))["experience"])
    await world.do(vendor, f"/v1/experiences/{id}/resolve", remedy="A new one.", amount="5.00 EUR")
    await world.settle()

    await world.answer(her, "no")
    assert state(vendor, id) == "received"
    await world.do(vendor, f"/v1/experiences/{id}/resolve", remedy="Your money back.", amount="25.00 EUR")
    await world.settle()
    await world.answer(her)

    assert (state(her, id), state(vendor, id)) == ("settled", "settled")


async def test_f07_a_proof_of_purchase_is_shown_once_and_names_nobody(world: World) -> None:
    """The vendor sees that its customer speaks, not which one; the same copy is never shown a second time."""
    her, vendor = await cast_of(world)
    claims = {"order": "A-7731"}
    peer = towards(vendor, next(each.their_did for each in known(vendor))).peer
    await world.do(
        vendor, "/v1/offers", peer=peer, type="https://vendor.example/receipt", name="Receipt", claims=claims
    )
    await world.settle()
    await world.answer(her)
    [card] = await world.listed(her, "/v1/credentials")

    await shared(world, her, proof=card["card"])

    found = await told(world, vendor)
    assert (found["proved"], found["state"]) == (True, "received")
    [proof] = vendor.store.items("experience-proof")
    assert set(msgspec.json.decode(proof.record)["claims"]) == {"iss", "vct", "iat", "cnf"}
    again = {**COMPLAINT, "to": "Vendor", "proof": card["card"]}
    assert "shown before" in await world.refused(her, "/v1/experiences/share", **again)


async def test_a_draft_is_written_anew_looked_at_and_forgotten(world: World) -> None:
    """Nothing of it is said; what was told is neither changed nor forgotten."""
    her, vendor = await cast_of(world)
    kept = await world.do(her, "/v1/experiences", text="Too loud.", kind="complaint", rating={"value": 2, "best": 5})

    await world.do(her, f"/v1/experiences/{kept['experience']}/edit", text="A bit loud.", kind="idea")

    said = await world.ask(her, "GET", f"/v1/experiences/{kept['experience']}/preview")
    assert isinstance(said, dict)
    assert (said["text"], said["kind"], said["audience"], "rating" in said) == ("A bit loud.", "idea", "org", False)
    assert (await hers(world, her))["experience"] == kept["experience"]
    await world.do(her, f"/v1/experiences/{kept['experience']}/drop")
    assert await world.listed(her, "/v1/experiences") == await world.listed(vendor, "/v1/experiences") == []
    told_one = await shared(world, her)
    for act in ({"path": "edit", "text": "Other words."}, {"path": "drop"}):
        path = f"/v1/experiences/{told_one['experience']}/{act.pop('path')}"
        assert "stands" in await world.refused(her, path, **act)


async def test_f26_small_signals_reach_the_vendor_as_what_they_are(world: World) -> None:
    """A user sends small signals (not now, too dear, only this brand, why I left); the vendor gets them typed."""
    her, vendor = await cast_of(world)

    for word in ("not-now", "too-dear", "only-this-brand", "why-i-left"):
        await world.do(her, "/v1/experiences/share", signal=word, to="Vendor", delay=0)
        await world.tick(0)

    found = await world.listed(vendor, "/v1/experiences")
    assert {each["signal"] for each in found} == {"not-now", "too-dear", "only-this-brand", "why-i-left"}
    assert len({each["from"] for each in found}) == 4
