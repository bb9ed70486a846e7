"""Arguments of `things` and `cases`: what one owns, its papers, its problems, its next owner."""

from collections.abc import Callable

from agent.cli.grammar import Command, Parser, actions, options

Way = Callable[..., Parser]
PAPERS = ("receipt", "ownership", "warranty")
WANTS = ("repair", "replace", "refund", "advice")
REASONS = ("lost", "stolen", "scrapped", "returned", "passed-on")
ALERTS = ("recall", "safety", "security", "end-of-support")
STATUS = ("waiting-parts", "in-repair", "waiting-owner", "shipped")
REMEDIES = ("repaired", "replaced", "refunded", "advised", "denied")
REFUSALS = ("not-ours", "unknown-serial", "out-of-warranty", "changed-mind", "other")


def thing(parser: Parser) -> None:
    """The argument that names a thing."""
    parser.add_argument("thing", metavar="THING", help="its name, or its letters: freerange things lists them")


def known_by(parser: Parser) -> None:
    """What a thing is known by."""
    parser.add_argument("name", metavar="NAME", help="what it is, for people")
    numbers(parser)


def numbers(parser: Parser) -> None:
    """The numbers of a thing."""
    parser.add_argument("--gtin", metavar="NUMBER", help="the number under its barcode")
    parser.add_argument("--serial", metavar="NUMBER", help="the number of this one piece")


def shows(parser: Parser) -> None:
    """To whom, and what is not shown."""
    parser.add_argument("--with", dest="org", default="", metavar="ORG", help="default: who issued its papers")
    note = "a paper that stays here: receipt, ownership, warranty (repeatable)"
    parser.add_argument("--without", action="append", default=[], choices=PAPERS, metavar="PAPER", help=note)


def things(parser: Parser) -> None:
    """Arguments of `things`."""
    ways = actions(parser, "list")
    made: list[Parser] = []

    def way(name: str, says: str, *arguments: Callable[[Parser], None]) -> Parser:
        made.append(ways.add_parser(name, help=says))
        for each in arguments:
            each(made[-1])
        return made[-1]

    way("list", "everything you own, and what you owned")
    hers(way)
    theirs(way)
    for each in made:
        options(each, reads=True, unlocks=True)


def hers(way: Way) -> None:
    """What an owner does."""
    add = way("add", "enter a thing of which you have no papers; it is marked so", known_by)
    add.add_argument("--url", metavar="URL", help="where it is described, its product passport say")
    add.add_argument("--acquired", metavar="YYYY-MM", help="since when it is yours")
    add.add_argument("--note", default="", metavar="TEXT", help="for you; it never goes anywhere")
    way("show", "one thing, with all its papers say", thing)
    way("verify", "check its papers, and whether it is yours by them; no network is used", thing)
    way("register", "make it known to its maker, without your name, so that recalls arrive", thing, shows)
    problem = way("problem", "say what is wrong with it; thing and papers go along", thing, shows)
    problem.add_argument("text", metavar="TEXT", help="what is wrong")
    problem.add_argument("--want", choices=WANTS, default="repair", help="default: repair")
    problem.add_argument("--since", metavar="DATE", help="like 2027-03-01")
    problem.add_argument("--tried", action="append", default=[], metavar="TEXT", help="what you tried (repeatable)")
    transfer = way("transfer", "make a link by which one person can take it over", thing)
    transfer.add_argument("--price", metavar="AMOUNT", help="like 100.00 EUR")
    take = way("take", "take up such a link; you see what it is before you say yes")
    take.add_argument("url", metavar="LINK")
    way("claim", "have its maker issue its papers to you, after it was handed on to you", thing)
    release = way("release", "say that it is not yours any more", thing)
    release.add_argument("--reason", choices=REASONS, required=True, metavar="REASON", help=", ".join(REASONS))


def theirs(way: Way) -> None:
    """What an organisation does."""
    issue = way("issue", "offer somebody a paper of a thing (organisations)")
    issue.add_argument("peer", metavar="PEER", help="a name, or its letters: freerange peers lists them")
    issue.add_argument("kind", choices=PAPERS, metavar="PAPER", help=", ".join(PAPERS))
    known_by(issue)
    issue.add_argument("--on", metavar="DATE", help="the day it was bought")
    issue.add_argument("--until", metavar="DATE", help="the last day of a warranty")
    issue.add_argument("--price", metavar="AMOUNT", help="on a receipt, like 399.00 EUR")
    alert = way("alert", "warn everybody who registered such a thing (organisations)")
    alert.add_argument("text", metavar="TEXT")
    alert.add_argument("--kind", choices=ALERTS, default="recall", help="default: recall")
    alert.add_argument("--remedy", metavar="TEXT", help="what is done about it")
    numbers(alert)
    way("registered", "what is registered with you, and whom warnings reached (organisations)")


def cases(parser: Parser) -> None:
    """Arguments of `cases`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="every case, and whose turn it is")
    made = [listed]

    def way(name: str, says: str) -> Parser:
        made.append(ways.add_parser(name, help=says))
        made[-1].add_argument("case", metavar="CASE", help="its number, or its thread")
        return made[-1]

    answer = way("answer", "take a case, with a number (organisations)")
    answer.add_argument("--number", default="", metavar="NUMBER", help="default: one that is made up")
    answer.add_argument("--by", metavar="TIME", help="until when you will answer, like 2027-03-01T00:00:00Z")
    update = way("update", "say where it stands (organisations)")
    update.add_argument("status", choices=STATUS, metavar="STATUS", help=", ".join(STATUS))
    resolve = way("resolve", "say what was done (organisations)")
    resolve.add_argument("remedy", choices=REMEDIES, metavar="REMEDY", help=", ".join(REMEDIES))
    resolve.add_argument("--amount", metavar="AMOUNT", help="what is paid back, like 12.50 EUR")
    decline = way("decline", "refuse a case (organisations)")
    decline.add_argument("--reason", choices=REFUSALS, default="other", metavar="REASON", help=", ".join(REFUSALS))
    add, reopen = way("add", "say more, or answer"), way("reopen", "it is not solved")
    for each in (resolve, add, reopen):
        each.add_argument("text", metavar="TEXT")
    for each in (update, decline):
        each.add_argument("--text", default="", metavar="TEXT")
    close = way("close", "it is solved, or you drop it")
    close.add_argument("--not-solved", dest="solved", action="store_false", help="it is not, and you drop it")
    for each in made:
        options(each, reads=True, unlocks=True)


OWN = (
    Command(
        "things",
        "what you own: papers, recalls, problems, and handing it on",
        """
        freerange things
        freerange things verify "Washing machine"
        freerange things register "Washing machine"
        freerange things problem "Washing machine" "Water stays in the drum." --tried filter
        freerange things transfer "Washing machine" --price "100.00 EUR"
        freerange things take 'http://127.0.0.1:8080?_oob=eyJ0eXA...'
        freerange things issue 1870-39b0 warranty "Washing machine" --serial A1B2C3 --until 2028-10-02
        """,
        things,
    ),
)

SOLVE = (
    Command(
        "cases",
        "problems with things, until they are solved",
        """
        freerange cases
        freerange cases add C-12 "It is the long programme."
        freerange cases answer 5fad2513 --number C-12
        freerange cases resolve C-12 repaired "There is a new pump in it."
        """,
        cases,
    ),
)
