"""Arguments of `consent`, `told`, `held`, `deletions`, `usage` and `rights`."""

from agent.cli import grammar
from agent.cli.grammar import Command, Parser, actions, options

FIELD = "what: address, email.work, or a JSON Pointer like /addresses/home"
PURPOSE = "what for, as a term of DPV (the Data Privacy Vocabulary) like dpv:DeliveryOfGoods"
RIGHTS = (
    "access", "categories", "recipients", "rectification", "erasure", "restriction", "portability", "objection",
    "no-automated-decision", "withdraw-all", "sale-opt-out",
)  # fmt: skip
REGIMES = ("gdpr", "ccpa", "agreement", "voluntary")
DENIALS = (
    "no-match", "insufficient-verification", "not-covered", "outside-jurisdiction", "too-many-requests",
    "suspected-fraud", "other",
)  # fmt: skip
STEPS = ("sent", "received", "progress", "delivered", "fulfilled", "denied", "cancelled", "closed")


def consent(parser: Parser) -> None:
    """Arguments of `consent`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="who may use what, what for, until when")
    ask = ways.add_parser("ask", help="ask somebody for data (organisations)")
    offer = ways.add_parser("volunteer", help="offer data unasked; it travels once they have taken the offer")
    for each in (ask, offer):
        grammar.peer(each)
        asked_for(each)
    ask.add_argument("--effect", required=True, metavar="TEXT", help="what a no means for her, in your words")
    ask.add_argument("--necessary", action="append", default=[], metavar="FIELD", help="it cannot be done without")
    ask.add_argument("--storage", action="append", default=[], metavar="COUNTRY", help="where it is kept, like PT")
    ask.add_argument("--basis", default="dpv:Consent", metavar="TERM", help="default: dpv:Consent")
    ask.add_argument("--renews", default="", metavar="THREAD", help="an earlier consent that this goes on with")
    disclose = ways.add_parser("disclose", help="send values, or what your contact card says now")
    withdraw = ways.add_parser("withdraw", help="take it back, or some of it")
    renew = ways.add_parser("renew", help="give the same until a later day")
    stop = ways.add_parser("stop", help="you need it no more: delete it and say so (organisations)")
    for each in (disclose, withdraw, renew, stop):
        each.add_argument("thread", metavar="THREAD", help="the first letters of its id will do")
    for each in (offer, disclose):
        each.add_argument("--value", action="append", default=[], metavar="FIELD=VALUE", help="what to send")
    renew.add_argument("--until", required=True, metavar="DATE", help="the last day, like 2028-12-31")
    withdraw.add_argument("--only", action="append", default=[], metavar="FIELD", help="only this (repeatable)")
    for each in (listed, ask, offer, disclose, withdraw, renew, stop):
        options(each, reads=True, unlocks=True)


def asked_for(parser: Parser) -> None:
    """What is asked for or offered."""
    parser.add_argument("--field", action="extend", nargs="+", required=True, metavar="FIELD", help=FIELD)
    parser.add_argument("--purpose", required=True, metavar="TERM", help=PURPOSE)
    parser.add_argument("--until", required=True, metavar="DATE", help="the last day, like 2027-12-31")
    parser.add_argument("--recipient", action="append", default=[], metavar="NAME", help="whom it is passed on to")
    parser.add_argument("--retention", default="P30D", metavar="PERIOD", help="how long it is kept; default: P30D")
    parser.add_argument("--schema", default="jscontact", metavar="WORD", help="default: jscontact, the contact card")


def deletions(parser: Parser) -> None:
    """Arguments of `deletions`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="what your systems have yet to delete")
    done = ways.add_parser("done", help="say that one has been carried out")
    done.add_argument("deletion", metavar="DELETION")
    done.add_argument("--kept", action="append", default=[], metavar="FIELD=WHY,DATE", help="legal-duty, claim, other")
    done.add_argument("--told", action="append", default=[], metavar="NAME", help="who was told to delete it, too")
    for each in (listed, done):
        options(each, reads=True, unlocks=True)


def usage(parser: Parser) -> None:
    """Arguments of `usage`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="what you have recorded of your things")
    note = ways.add_parser("note", help="record a fact of a thing; it goes to whom you share such facts with")
    note.add_argument("thing", metavar="THING", help="a short word for it, like washer")
    note.add_argument("fact", metavar="FACT", help="what was measured, like runs")
    note.add_argument("value", metavar="VALUE")
    note.add_argument("--at", default="", metavar="TIME", help="when it was, like 2027-02-01T12:00:00Z; default: now")
    for each in (listed, note):
        options(each, reads=True, unlocks=True)


def rights(parser: Parser) -> None:
    """Arguments of `rights`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="every case, and when it is due")
    show = ways.add_parser("show", help="one case, with the data that came; or a letter")
    exercise = ways.add_parser("exercise", help="exercise a right with one or many")
    exercise.add_argument("right", choices=RIGHTS, metavar="RIGHT", help=", ".join(RIGHTS))
    exercise.add_argument("peers", nargs="*", metavar="PEER")
    meant(exercise)
    exercise.add_argument("--scope", action="append", default=[], metavar="FIELD", help="default: everything")
    exercise.add_argument("--correct", action="append", default=[], metavar="FIELD=VALUE", help="for a rectification")
    letter = ways.add_parser("letter", help="write to an organisation that has no agent")
    letter.add_argument("right", choices=RIGHTS, metavar="RIGHT", help=", ".join(RIGHTS))
    letter.add_argument("--to", required=True, metavar="NAME")
    letter.add_argument("--address", default="", metavar="TEXT", help="its post or e-mail address")
    letter.add_argument(
        "--me", required=True, metavar="TEXT", help="your name and address, as they stand on the letter"
    )
    letter.add_argument("--about", default="", metavar="TEXT", help="what it concerns, like an account number")
    letter.add_argument("--pdf", metavar="FILE", help="write it there, to be printed")
    for each in (exercise, letter):
        each.add_argument("--regime", choices=REGIMES, default="gdpr", help="the law you refer to; default: gdpr")
    enter = ways.add_parser("enter", help="enter what has happened to a letter")
    progress = ways.add_parser("progress", help="say where a case stands (organisations)")
    deny = ways.add_parser("deny", help="deny it, with a reason (organisations)")
    fulfil = ways.add_parser("fulfil", help="do it and say so (organisations)")
    deliver = ways.add_parser("deliver", help="send what you hold (organisations)")
    cancel = ways.add_parser("cancel", help="take a request back")
    appeal = ways.add_parser("appeal", help="appeal against a denial")
    cases = (show, enter, progress, deny, fulfil, deliver, cancel, appeal)
    for each in cases:
        each.add_argument("case", metavar="CASE", help="the first letters of its id will do")
    answers(enter, progress, deny, fulfil)
    for each in (listed, exercise, letter, *cases):
        options(each, reads=True, unlocks=True)


def meant(exercise: Parser) -> None:
    """With whom a right is exercised, if not with those that are named."""
    exercise.add_argument("--all", action="store_true", help="with every organisation you have met")
    exercise.add_argument("--among", default="", metavar="GROUP", help="a group or rule, like holds:any")


def answers(enter: Parser, progress: Parser, deny: Parser, fulfil: Parser) -> None:
    """What is said of a case, besides which."""
    enter.add_argument("step", choices=STEPS, metavar="STEP", help=", ".join(STEPS))
    enter.add_argument("--on", default="", metavar="DATE", help="default: today")
    enter.add_argument("--note", default="", metavar="TEXT")
    progress.add_argument("--by", required=True, metavar="DATE", help="when you expect to be done")
    progress.add_argument("--details", required=True, metavar="TEXT")
    deny.add_argument("--reason", choices=DENIALS, required=True, metavar="REASON", help=", ".join(DENIALS))
    deny.add_argument("--appeal", required=True, metavar="ADDRESS", help="where to appeal: an e-mail address or a URL")
    deny.add_argument("--text", metavar="TEXT")
    fulfil.add_argument("--told", action="append", default=[], metavar="NAME", help="who was told of it")


DATA = (
    Command(
        "consent",
        "who may use what of yours, what for, until when; ask, give, take back",
        """
        freerange consent
        freerange consent ask 1870-39b0 --field address --purpose dpv:DeliveryOfGoods --until 2027-12-31 \\
            --effect "No delivery to your door."
        freerange consent volunteer "Shop" --field /shoes --schema sizes --purpose dpv:ServicePersonalisation \\
            --until 2027-12-31 --value /shoes=39
        freerange consent withdraw 5fad2513
        freerange consent withdraw 5fad2513 --only phone
        freerange consent renew 5fad2513 --until 2028-12-31
        """,
        consent,
    ),
    Command(
        "told",
        "what you have told somebody, under which terms, until when",
        """
        freerange told "Shop"
        """,
        grammar.peer,
    ),
    Command(
        "held",
        "what you hold about somebody, with its labels (organisations)",
        """
        freerange held 1870-39b0
        """,
        grammar.peer,
    ),
    Command(
        "deletions",
        "what your own systems have yet to delete (organisations)",
        """
        freerange deletions
        freerange deletions done 3f9c2d71 --kept /orders=legal-duty,2033-12-31
        """,
        deletions,
    ),
    Command(
        "usage",
        "facts of your things, shared with whom you let have them",
        """
        freerange usage note washer runs 3
        freerange usage
        """,
        usage,
    ),
)

RIGHT = (
    Command(
        "rights",
        "your rights over data: exercise them, with one or many, and follow the clock",
        """
        freerange rights
        freerange rights exercise access "Shop"
        freerange rights exercise sale-opt-out --all
        freerange rights exercise access --among holds:any
        freerange rights exercise rectification "Shop" --correct name='{"full": "New Name"}'
        freerange rights letter erasure --to "Old Bank" --me "New Name, 2 Low Street" --pdf letter.pdf
        freerange rights enter 5fad2513 sent --on 2027-01-31
        """,
        rights,
    ),
)
