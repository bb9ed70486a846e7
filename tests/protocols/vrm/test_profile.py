"""Profile 1.0."""

import pytest

from protocols.machine import Ask, Misuse, Publish, Turn, step
from protocols.problems import InvalidMessage
from protocols.vrm.profile import (
    AskFields,
    Decline,
    Result,
    Role,
    State,
    Unchanged,
    Update,
    UpdateReceipt,
    profile,
)
from tests.protocols.peers import NOON, Peers
from tests.protocols.specified import assert_rows

HOME, MAIL = "/addresses/home", "/emails/main"
MOVED = Update(
    7,
    "jscontact",
    (HOME, MAIL),
    "2026-12-01",
    "moved",
    values={"addresses/home": {"full": "1 New St"}, "emails/main": None},
)
APPLIED = UpdateReceipt(
    "done", results=(Result(HOME, "applied", old_deleted=True), Result(MAIL, "refused", "not-held"))
)
LATER = UpdateReceipt(
    "partial", results=(Result(HOME, "pending", by="2026-12-01", old_deleted=False), Result(MAIL, "applied"))
)
SAMPLES = (MOVED, APPLIED, LATER, AskFields((HOME, MAIL)), Unchanged((HOME, MAIL)), Decline("no-longer"))


def test_the_table_is_as_specified() -> None:
    """vrm-protocols, section 5.5."""
    assert_rows(
        profile,
        """
        start person update ● sent
        sent,pending org receipt(update) ● done
        sent,pending org receipt(update) ● pending
        start org ask - asked
        asked person update ● sent
        asked person unchanged ● unchanged
        asked person decline - declined
        """,
    )
    assert profile.lapses == {}
    assert profile.committed == {"sent": "person"}
    assert profile.final == {"done", "unchanged", "declined"}
    assert profile.binding == {"pending", "done"}


def test_the_org_answers_field_by_field_and_both_are_bound() -> None:
    peers = Peers(profile)
    peers.say(Role.PERSON, MOVED)
    asked = peers.effects[Role.ORG]

    peers.say(Role.ORG, APPLIED)

    assert Ask() in asked
    assert peers.states == {State.DONE}
    assert len({record for _, record in peers.bound}) == 1
    assert Publish("updated") in peers.effects[Role.ORG]


def test_what_comes_later_binds_at_once_and_the_first_answer_is_the_record() -> None:
    peers = Peers(profile)
    peers.say(Role.PERSON, MOVED)

    first = peers.say(Role.ORG, LATER)
    peers.say(Role.ORG, LATER)
    peers.say(Role.ORG, APPLIED)

    assert peers.states == {State.DONE}
    assert {record for _, record in peers.bound} == {f"digest of {first}"}


@pytest.mark.parametrize("answer", [MOVED, Unchanged((MAIL, HOME)), Decline("other")])
def test_an_org_may_ask_whether_it_is_still_right(answer: Update | Unchanged | Decline) -> None:
    peers = Peers(profile)
    peers.say(Role.ORG, AskFields((HOME, MAIL)))
    asked = peers.effects[Role.PERSON]

    peers.say(Role.PERSON, answer)

    assert Ask() in asked
    assert peers.states <= {State.SENT, State.UNCHANGED, State.DECLINED}
    assert peers.bound == []


@pytest.mark.parametrize(
    "wrong",
    [
        UpdateReceipt("done", results=(Result(HOME, "applied"),)),
        UpdateReceipt("done", results=(Result(HOME, "applied"), Result(HOME, "applied"))),
        UpdateReceipt("done", results=(Result(HOME, "applied"), Result("/phones", "applied"))),
        UpdateReceipt("done", results=LATER.results),
        UpdateReceipt("partial", results=APPLIED.results),
    ],
    ids=["one short", "one twice", "another", "done though pending", "partial though done"],
)
def test_an_answer_names_every_field_once_and_says_whether_more_follows(wrong: UpdateReceipt) -> None:
    peers = Peers(profile)
    peers.say(Role.PERSON, MOVED)

    with pytest.raises(InvalidMessage):
        step(profile, peers.threads[Role.PERSON], Turn(Role.ORG, wrong, "2", NOON, "digest"))


@pytest.mark.parametrize("values", [{}, {"addresses/home": {}}, {"addresses/home": {}, "emails/main": {}, "phones": 1}])
def test_a_patch_is_of_the_fields_it_names(values: dict[str, object]) -> None:
    with pytest.raises(Misuse, match="every field that was named"):
        Peers(profile).say(Role.PERSON, Update(8, "jscontact", (HOME, MAIL), "2026-12-01", values=values))
