"""Relationship 1.0: meet, rules, notice, end."""

import pytest

from protocols.machine import Ask, Protocol
from protocols.vrm.base import DAY, VRM, AgreementRef
from protocols.vrm.relationship import (
    Decline,
    End,
    EndReceipt,
    Hello,
    Kept,
    Notice,
    NoticeReceipt,
    Org,
    RightsContact,
    Role,
    Rules,
    RulesReceipt,
    SignedDecline,
    State,
    Welcome,
    end,
    meet,
    notice,
    rules,
)
from tests.protocols.peers import Peers
from tests.protocols.specified import assert_rows

AGREEMENT = AgreementRef(id="TEST-BASE", version="1", digest="uEiAPE7bSKEWSPSLRnE-cJW7oxh2pGao9G3LXiREVa_qOIQ")
HELLO = Hello((VRM + "/terms/1.0",), languages=("pt", "en"), called="Ana")
WELCOME = Welcome(
    Org("Shop", "https://shop.example", "vendor"),
    "shop.example",
    linkage={"type": "DomainLinkageCredential"},
    agreements=(AGREEMENT,),
    protocols=(VRM + "/terms/1.0",),
    rights_contact=RightsContact(email="rights@shop.example"),
)
RULES = Rules(3, channels={"agent": "any", "phone": "never"}, promotion="none", quiet={"from": "22:00", "to": "07:00"})
NOTICE = Notice("recall", "Stop using the charger.", topic="recall", action_by="2026-12-01T00:00:00Z")
END = End("erase", "2026-12-02", "moving-on")
ERASED = EndReceipt("done", kept=(Kept("invoices", "legal-duty", "2033-12-31"),), erased_at="2026-12-01T00:00:00Z")
SAMPLES = (
    HELLO,
    WELCOME,
    Decline("not-now"),
    SignedDecline("cannot-keep", "Not yet"),
    RULES,
    RulesReceipt("done"),
    NOTICE,
    NoticeReceipt("done"),
    END,
    ERASED,
)


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        (
            meet,
            """
            start person hello ⏱ greeted
            greeted org welcome ● met
            greeted org decline - declined
            start org welcome ●⏱ invited
            invited person hello - met
            invited person decline - declined
            """,
        ),
        (
            rules,
            """
            start person rules ● stated
            stated org receipt(rules) ● in-force
            stated org decline ● declined
            """,
        ),
        (
            notice,
            """
            start org notice ● told
            told person receipt(notice) ● seen
            """,
        ),
        (
            end,
            """
            start person end ● leaving
            leaving org receipt(end) ● ended
            start org end ● dismissing
            dismissing person receipt(end) ● ended
            """,
        ),
    ],
    ids=["meet", "rules", "notice", "end"],
)
def test_the_tables_are_as_specified(table: Protocol, rows: str) -> None:
    """vrm-protocols, section 5.1."""
    assert_rows(table, rows)


def test_who_is_committed_and_who_may_lapse_is_as_specified() -> None:
    committed = {state: role for table in (meet, rules, notice, end) for state, role in table.committed.items()}

    assert committed == {"stated": "person", "told": "org", "leaving": "person", "dismissing": "org"}
    assert meet.lapses == {"greeted": ("person", 14 * DAY), "invited": ("org", 14 * DAY)}
    assert [table.lapses for table in (rules, notice, end)] == [{}, {}, {}]
    assert [table.binding for table in (meet, rules, notice, end)] == [set(), {"in-force"}, {"seen"}, {"ended"}]


@pytest.mark.parametrize("first", [(Role.PERSON, HELLO, Role.ORG, WELCOME), (Role.ORG, WELCOME, Role.PERSON, HELLO)])
def test_they_meet_whoever_speaks_first(first: tuple[Role, Hello | Welcome, Role, Hello | Welcome]) -> None:
    opener, opening, other, answer = first
    peers = Peers(meet)

    peers.say(opener, opening)
    assert Ask() in peers.effects[other]
    peers.say(other, answer)

    assert peers.states == {State.MET}
    assert (Role.PERSON, WELCOME) in peers.kept


def test_house_rules_bind_once_the_org_has_them() -> None:
    peers = Peers(rules)
    peers.say(Role.PERSON, RULES)
    assert peers.bound == []

    peers.say(Role.ORG, RulesReceipt("done"))

    assert peers.states == {State.IN_FORCE}
    assert peers.kept == [(Role.ORG, RULES), (Role.PERSON, RULES)]


def test_a_notice_is_receipted_at_once() -> None:
    peers = Peers(notice)

    peers.say(Role.ORG, NOTICE)

    assert peers.states == {State.SEEN}


def test_leaving_waits_for_the_org_to_say_what_it_keeps() -> None:
    peers = Peers(end)
    peers.say(Role.PERSON, END)
    assert peers.states == {State.LEAVING}

    peers.say(Role.ORG, ERASED)

    assert peers.states == {State.ENDED}


def test_a_dismissal_is_merely_noted() -> None:
    peers = Peers(end)

    peers.say(Role.ORG, END)

    assert peers.states == {State.ENDED}
    assert peers.threads[Role.ORG].latest(EndReceipt).kept == ()
