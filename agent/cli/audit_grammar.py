"""Arguments of `audit`, `timeline` and `evidence`: what both sides hold, and what can be asked and proved of it."""

from agent.cli.grammar import Command, Parser, actions, options, peer

DATE = "a day, YYYY-MM-DD, or a time, like 2027-03-01T00:00:00Z"


def audit(parser: Parser) -> None:
    """Arguments of `audit`."""
    ways = actions(parser, "about")
    about = ways.add_parser("about", help="what somebody knows of you, under which terms, until when")
    compare = ways.add_parser("compare", help="compare all you two signed with what they hold")
    challenge = ways.add_parser("challenge", help="ask by what right something was done")
    dispute = ways.add_parser("dispute", help="state your position against theirs")
    answer = ways.add_parser("answer", help="answer a challenge or a dispute")
    attest = ways.add_parser("attest", help="state, signed, that you comply with something")
    for each in (about, compare, challenge, dispute, attest):
        peer(each)
    challenge.add_argument("question", metavar="QUESTION", help="in plain words")
    challenge.add_argument("--use", metavar="PURPOSE", help="about a use, like dpv:DirectMarketing")
    challenge.add_argument("--record", metavar="DIGEST", help="about a record")
    challenge.add_argument("--message", metavar="ID", help="about a message")
    challenge.add_argument("--by", required=True, metavar="DATE", help=f"until when they should answer: {DATE}")
    dispute.add_argument("text", metavar="TEXT", help="your position, in plain words")
    dispute.add_argument("--want", metavar="TEXT", help="what would settle it")
    answer.add_argument("thread", metavar="THREAD", help="the first letters of its id will do")
    answer.add_argument("text", nargs="?", default="", metavar="TEXT", help="in plain words")
    answer.add_argument("--want", default="", metavar="TEXT", help="what would settle a dispute")
    for each in (dispute, answer):
        note = "a record or object it rests on (repeatable; a challenge: default: all that binds you two)"
        each.add_argument("--record", action="append", default=[], metavar="DIGEST", help=note)
    attest.add_argument("--scope", required=True, metavar="TEXT", help="what is covered")
    attest.add_argument("--standard", required=True, metavar="TEXT", help="what is complied with")
    attest.add_argument("--from", required=True, dest="since", metavar="DATE")
    attest.add_argument("--to", required=True, dest="until", metavar="DATE")
    attest.add_argument("--auditor", metavar="DID", help="who examined it")
    for each in (about, compare, challenge, dispute, answer, attest):
        options(each, reads=True, unlocks=True)


def evidence(parser: Parser) -> None:
    """Arguments of `evidence`."""
    doings = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    bundle = doings.add_parser("bundle", help="put a file together, for somebody who was not there")
    bundle.add_argument("file", metavar="FILE", help="where to write it; - for standard output")
    bundle.add_argument("--peer", action="append", default=[], metavar="PEER", help="with these only (repeatable)")
    kinds = (("record", "a record"), ("thread", "a thread"), ("object", "one signed object"))
    for name, what in kinds:
        bundle.add_argument(f"--{name}", action="append", default=[], metavar="ID", help=f"{what} (repeatable)")
    note = "show the personal data of this object too; of others it is left out (repeatable)"
    bundle.add_argument("--data", action="append", default=[], metavar="DIGEST", help=note)
    options(bundle, reads=False, unlocks=True)
    verify = doings.add_parser("verify", help="check such a file: no network, no wallet, no passphrase")
    verify.add_argument("file", metavar="FILE")
    options(verify, reads=True, unlocks=False)


AUDIT = (
    Command(
        "audit",
        "what somebody knows of you; compare, challenge, dispute",
        """
        freerange audit "Town Library"
        freerange audit compare "Town Library"
        freerange audit challenge "Town Library" "Which record permits this?" --use dpv:DirectMarketing --by 2027-03-01
        freerange audit dispute "Town Library" "I gave the book back." --want "Strike the fine."
        freerange audit answer 5fad2513 "By these terms." --record uEiBx4v7A
        """,
        audit,
        actions=("about", "compare", "challenge", "dispute", "answer", "attest"),
    ),
    Command(
        "timeline",
        "everything you and a peer have signed, the same on both sides",
        """
        freerange timeline "Town Library"
        """,
        peer,
    ),
    Command(
        "evidence",
        "put together, and check, what a third party should see",
        """
        freerange evidence bundle evidence.json --peer "Town Library"
        freerange evidence bundle - --record uEiBx4v7A --data uEiAxhGqv > evidence.json
        freerange evidence verify evidence.json
        """,
        evidence,
        reads=False,
    ),
)
