"""The machine, by the tables it was made for."""

import pytest

from protocols.machine import (
    ABANDONED,
    LAPSED,
    Ask,
    Misuse,
    Reply,
    Thread,
    Turn,
    Wake,
    can_say,
    deadline,
    decode_thread,
    encode_thread,
    hold_date,
    lapse,
    refuse,
    report,
    start,
    step,
)
from protocols.messages import label
from protocols.problems import OfferExpired, OutOfTurn, ThreadLapsed
from protocols.standard.basic_message import basic_message
from protocols.standard.trust_ping import Ping, PingResponse, trust_ping
from protocols.vrm.base import DAY
from protocols.vrm.terms import Accept, Alternative, Confirm, Decline, Proffer, Role, State, Withdraw, terms
from tests.protocols.peers import NOON, Peers
from tests.protocols.vrm.test_terms import OTHER, PREFERRED

PROFFER = Proffer(PREFERRED, "relationship", also=(OTHER,))


def proffered() -> Peers:
    peers = Peers(terms)
    peers.say(Role.PERSON, PROFFER)
    return peers


def test_a_message_moves_both_sides_and_is_remembered_by_both() -> None:
    peers = proffered()

    assert peers.states == {State.PROFFERED}
    assert {thread.latest(Proffer) for thread in peers.threads.values()} == {PROFFER}
    assert {thread.entered for thread in peers.threads.values()} == {"message-1"}


def test_only_the_hearer_is_asked() -> None:
    peers = proffered()

    assert Ask() in peers.effects[Role.ORG]
    assert Ask() not in peers.effects[Role.PERSON]


def test_step_changes_nothing_but_what_it_returns() -> None:
    before = start(terms, Role.ORG, "a-thread")
    copy = decode_thread(encode_thread(before))

    step(terms, before, Turn(Role.PERSON, PROFFER, "1", NOON, "digest"))

    assert before == copy


def test_a_thread_survives_the_store() -> None:
    for thread in proffered().threads.values():
        assert decode_thread(encode_thread(thread)) == thread


def test_a_thread_goes_on_after_the_store() -> None:
    peers = proffered()
    peers.threads = {role: decode_thread(encode_thread(thread)) for role, thread in peers.threads.items()}

    peers.say(Role.ORG, Accept(PREFERRED))

    assert peers.states == {State.IN_FORCE}


def test_the_peer_out_of_turn_is_a_problem() -> None:
    peers = proffered()

    with pytest.raises(OutOfTurn, match="confirm cannot be said by the person while the thread is proffered"):
        step(terms, peers.threads[Role.ORG], Turn(Role.PERSON, Confirm(PREFERRED.digest), "2", NOON, "digest"))


def test_we_out_of_turn_are_told_what_we_may_say() -> None:
    peers = proffered()

    with pytest.raises(Misuse, match="may say accept, alternative, decline"):
        step(terms, peers.threads[Role.ORG], Turn(Role.ORG, Confirm(PREFERRED.digest), "2", NOON, "digest"))


def test_a_rule_that_objects_to_us_is_our_misuse() -> None:
    peers = proffered()

    with pytest.raises(Misuse, match="alternative was not said"):
        step(terms, peers.threads[Role.ORG], Turn(Role.ORG, Alternative(OTHER), "2", NOON, "digest"))


def test_a_crossed_row_is_heard_and_never_said() -> None:
    peers = proffered()
    peers.say(Role.ORG, Accept(PREFERRED))
    late = Withdraw("2026-12-15T00:00:00Z", "moving-on")
    after, _ = step(terms, peers.threads[Role.PERSON], Turn(Role.PERSON, late, "hers", NOON, "digest"))

    crossed, _ = step(terms, after, Turn(Role.ORG, late, "theirs", NOON, "digest"))

    assert crossed.state == State.WITHDRAWN
    assert [label(row.says) for row in can_say(terms, after)] == []
    with pytest.raises(Misuse, match="may say receipt"):
        step(terms, peers_ending(peers), Turn(Role.PERSON, late, "again", NOON, "digest"))


def peers_ending(peers: Peers) -> Thread:
    """The person's thread after the org's withdrawal."""
    withdrawal = Turn(Role.ORG, Withdraw("2026-12-15T00:00:00Z", "breach"), "theirs", NOON, "digest")
    return step(terms, peers.threads[Role.PERSON], withdrawal)[0]


def test_only_the_one_who_waits_is_woken() -> None:
    peers = proffered()

    assert Wake(NOON + 30 * DAY) in peers.effects[Role.PERSON]
    assert deadline(terms, peers.threads[Role.ORG]) is None


def test_an_offer_may_name_its_own_date() -> None:
    peers = Peers(terms)
    peers.say(Role.PERSON, Proffer(PREFERRED, "relationship", answer_by="2026-11-02T13:00:00Z"))

    assert deadline(terms, peers.threads[Role.PERSON]) == NOON + 3600


def test_a_day_that_does_not_exist_is_refused() -> None:
    offer = Proffer(PREFERRED, "relationship", answer_by="2026-02-30T13:00:00Z")

    with pytest.raises(Misuse, match="does not exist"):
        Peers(terms).say(Role.PERSON, offer)


def test_an_offer_heard_too_late_is_refused() -> None:
    offer = Proffer(PREFERRED, "relationship", answer_by="2026-11-02T11:00:00Z")

    with pytest.raises(OfferExpired):
        step(terms, start(terms, Role.ORG, "a-thread"), Turn(Role.PERSON, offer, "1", NOON, "digest"))


def test_nobody_lapses_before_its_time() -> None:
    mine = proffered().threads[Role.PERSON]

    lapsed = lapse(terms, mine, NOON + 30 * DAY)

    assert lapse(terms, mine, NOON + 30 * DAY - 1) is None
    assert lapsed is not None
    assert lapsed.state == LAPSED


def test_after_a_lapse_an_answer_is_refused_and_a_decline_is_dropped() -> None:
    lapsed = lapse(terms, proffered().threads[Role.PERSON], NOON + 30 * DAY)
    assert lapsed is not None

    with pytest.raises(ThreadLapsed):
        step(terms, lapsed, Turn(Role.ORG, Accept(PREFERRED), "2", NOON, "digest"))
    assert step(terms, lapsed, Turn(Role.ORG, Decline("no-answer"), "2", NOON, "digest")) == (lapsed, ())


def test_whoever_holds_a_commitment_has_to_answer_it_by_a_date() -> None:
    peers = proffered()
    peers.say(Role.ORG, Accept(OTHER))

    assert hold_date(terms, peers.threads[Role.PERSON]) == NOON + 7 * DAY
    assert Wake(NOON + 7 * DAY) in peers.effects[Role.PERSON]
    assert hold_date(terms, peers.threads[Role.ORG]) is None


def test_binding_is_told_once_with_the_same_record_on_both_sides() -> None:
    peers = proffered()
    peers.say(Role.ORG, Accept(PREFERRED))

    peers.say(Role.PERSON, Withdraw("2026-12-15T00:00:00Z", "moving-on"))

    assert peers.bound == [(Role.PERSON, "digest of message-3"), (Role.ORG, "digest of message-3")]
    assert {thread.record for thread in peers.threads.values()} == {"digest of message-3"}


def test_a_complaint_of_what_brought_us_here_ends_an_unbound_thread() -> None:
    mine = proffered().threads[Role.PERSON]

    assert report(terms, mine, "message-1").state == ABANDONED


@pytest.mark.parametrize("refused", ["message-2", "", "another"])
def test_a_complaint_of_anything_else_changes_nothing(refused: str) -> None:
    peers = proffered()
    peers.say(Role.ORG, Accept(OTHER))
    mine = peers.threads[Role.PERSON]

    assert report(terms, mine, refused) == mine


def test_a_complaint_never_undoes_an_agreement() -> None:
    peers = proffered()
    peers.say(Role.ORG, Accept(PREFERRED))

    for thread in peers.threads.values():
        assert report(terms, thread, thread.entered) == thread


def test_whoever_refuses_stays_where_it_is_or_gives_up_where_it_could_only_wait() -> None:
    peers = Peers(trust_ping)
    peers.say("sender", Ping())
    waiting = proffered().threads[Role.PERSON]
    ping = step(trust_ping, start(trust_ping, "sender", "a"), Turn("sender", Ping(), "1", NOON))[0]
    chat = start(basic_message, "receiver", "a")

    assert refuse(terms, waiting) == waiting
    assert refuse(trust_ping, ping).state == ABANDONED
    assert refuse(basic_message, chat) == chat


def test_a_reply_is_for_the_one_who_hears() -> None:
    hearer = step(trust_ping, start(trust_ping, "receiver", "a"), Turn("sender", Ping(), "1", NOON))[1]
    sayer = step(trust_ping, start(trust_ping, "sender", "a"), Turn("sender", Ping(), "1", NOON))[1]

    assert hearer == (Reply(PingResponse()),)
    assert sayer == ()
