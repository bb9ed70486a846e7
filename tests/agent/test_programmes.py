"""Balances by their numbers, rules by their text, pay-outs by the exit terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agent.programmes import Balance, Membership, Programme, payout, rules_in
from protocols.machine import Attachment, Content
from protocols.problems import BadProof
from protocols.vrm.base import AgreementRef, Money
from protocols.vrm.loyalty_words import Exit, Invite
from wallet.encoding import b64u, digest

RULES = "One point a loaf."
EXIT = Exit("paid-out", "P30D")
FIRST = Balance(0, 0, 0, "welcome", 0)
HELD = Membership("t", "p", "Club", digest(RULES.encode()), "M-1", EXIT, 0, (FIRST,))
REF = AgreementRef("TEST", "1", digest(b"terms"))


@given(some.permutations(range(1, 8)), some.lists(some.integers(1, 7)))
def test_the_highest_number_governs_in_whatever_order_balances_arrive(order: list[int], again: list[int]) -> None:
    held = HELD
    for number in (*order, *again):
        held = held.credited(Balance(number, 10, number * 10, "purchase", 0))

    assert (held.balance, held.next_number) == (70, 8)
    assert [each.number for each in held.balances] == [*range(8)]


def test_a_number_that_was_used_keeps_its_balance() -> None:
    held = HELD.credited(Balance(1, 10, 10, "purchase", 0)).credited(Balance(1, -10, -10, "correction", 0))

    assert held.balance == 10


@pytest.mark.parametrize(
    ("balance", "exit", "point", "paid"),
    [
        (310, "paid-out", Money("0.01", "EUR"), Money("3.10", "EUR")),
        (1, "paid-out", Money("0.005", "EUR"), Money("0.005", "EUR")),
        (310, "forfeited", Money("0.01", "EUR"), None),
        (310, "paid-out", None, None),
        (-5, "paid-out", Money("0.01", "EUR"), None),
    ],
)
def test_what_is_paid_out_is_exact_and_by_the_exit_terms(
    balance: int, exit: str, point: Money | None, paid: Money | None
) -> None:
    terms = Exit("paid-out" if exit == "paid-out" else "forfeited", "P30D")
    held = Membership("t", "p", "Club", "d", "M-1", terms, 0, (Balance(1, 0, balance, "bonus", 0),))

    assert payout(held, point) == paid


@pytest.mark.parametrize(
    "attached",
    [
        (),
        (Attachment(id="rules", data=Content(base64=b64u(b"Ten points a loaf."))),),
        (Attachment(id="rules", data=Content(base64="*")),),
        (Attachment(id="rules", data=Content(base64=b64u(b"\\xff"))),),
        (Attachment(id="other", data=Content(base64=b64u(RULES.encode()))),),
    ],
)
def test_rules_that_are_not_those_that_were_signed_are_refused(attached: tuple[Attachment, ...]) -> None:
    with pytest.raises(BadProof):
        rules_in(Invite({"name": "Club"}, digest(RULES.encode()), (), EXIT, REF, attachments=attached))


def test_rules_are_their_text() -> None:
    attached = Attachment(id="rules", data=Content(base64=b64u(RULES.encode())))
    offered = Programme("Club", RULES, EXIT)

    assert rules_in(Invite({"name": "Club"}, offered.digest, (), EXIT, REF, attachments=(attached,))) == RULES
