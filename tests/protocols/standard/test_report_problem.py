"""Report Problem 2.0."""

from protocols.problems import Problem, WrongAgreement
from protocols.standard.report_problem import ProblemReport, Role, State, report_of, report_problem
from tests.protocols.peers import Peers

SAMPLES = (ProblemReport("e.p.me", "Not today, {1}.", ("sorry",)),)


def test_a_problem_becomes_a_report_with_constant_code_and_comment() -> None:
    report = report_of(WrongAgreement("this", "that"))

    assert report.code == "e.p.trust.crypto.agreement-digest"
    assert report.comment == WrongAgreement.comment
    assert report.text == "The agreement is this, but that was expected."


def test_missing_arguments_are_question_marks_and_spare_ones_follow() -> None:
    """DIDComm Messaging v2.1, "Problem Reports": interpolation."""
    assert ProblemReport("e.p.me", "{1} of {2}", (None,)).text == "? of ?"
    assert ProblemReport("e.p.me", "Only {1}", ("one", "two")).text == "Only one, two"


def test_a_report_without_comment_shows_its_code() -> None:
    assert ProblemReport("e.p.me").text == "e.p.me"


def test_every_problem_follows_the_grammar_of_codes_and_mentions_its_arguments_in_order() -> None:
    for kind in Problem.__subclasses__():
        sorter, scope, *words = kind.code.split(".")

        assert (sorter in "ew", scope in "pm", bool(words)) == (True, True, True)
        assert kind.comment.endswith(".")


def test_a_report_opens_and_ends_a_thread_of_its_own() -> None:
    peers = Peers(report_problem)

    peers.say(Role.NOTIFIER, SAMPLES[0])

    assert peers.states == {State.REPORTED}
