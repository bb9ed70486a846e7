"""Arguments of `loyalty`, `membership` and `member`: statements of loyalty, and programmes."""

from agent.cli.grammar import Command, Parser, actions, options

STRENGTHS = ("first-choice", "regular", "occasional")
WHY = ("quality", "service", "ethics", "price", "habit", "people", "place", "other")
CREDITS = ("purchase", "bonus", "correction", "expiry", "other")
ENDS = ("not-needed", "changed-mind", "moving-on", "breach", "expired", "other")


def peer(parser: Parser) -> None:
    """The argument that names somebody."""
    parser.add_argument("peer", metavar="PEER", help="a name, or its letters: freerange peers lists them")


def loyalty(parser: Parser) -> None:
    """Arguments of `loyalty`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="what you said of your loyalty, or what was said to you")
    declare = ways.add_parser("declare", help="say to whom you are loyal, and why")
    peer(declare)
    declare.add_argument("category", metavar="WHAT", help="in what, like groceries")
    declare.add_argument("--strength", choices=STRENGTHS, default="first-choice", help="default: first-choice")
    note = f"CODE, or CODE=WORDS; a code is one of {', '.join(WHY)} (repeatable)"
    declare.add_argument("--because", action="append", default=[], metavar="REASON", help=note)
    declare.add_argument("--if", dest="conditions", action="append", default=[], metavar="TEXT", help="(repeatable)")
    declare.add_argument("--since", metavar="YEAR", help="since when")
    declare.add_argument("--until", required=True, metavar="DATE", help="when it ends by itself, like 2028-01-01")
    declare.add_argument("--may-quote", action="store_true", help="they may repeat your words to others")
    retire = ways.add_parser("retire", help="take a statement back")
    retire.add_argument("statement", metavar="STATEMENT", help="its letters: freerange loyalty list")
    retire.add_argument("--reason", choices=WHY, required=True, metavar="REASON", help=", ".join(WHY))
    retire.add_argument("--text", metavar="TEXT", help="in your words")
    for each in (listed, declare, retire):
        options(each, reads=True, unlocks=True)


def membership(parser: Parser) -> None:
    """Arguments of `membership`."""
    ways = actions(parser, "show")
    show = ways.add_parser("show", help="your memberships, with every balance there was")
    join = ways.add_parser("join", help="ask for the rules of a programme; you read them before you say yes")
    peer(join)
    join.add_argument("--programme", metavar="NAME", help="if it has several")
    redeem = ways.add_parser("redeem", help="spend from your balance")
    leave = ways.add_parser("leave", help="leave a programme, in one step; your history stays with you")
    for each in (redeem, leave):
        each.add_argument("membership", metavar="MEMBERSHIP", help="your number, the programme, or whose it is")
    redeem.add_argument("amount", type=int, metavar="POINTS")
    redeem.add_argument("reward", metavar="REWARD")
    leave.add_argument("--reason", choices=ENDS, metavar="REASON", help=", ".join(ENDS))
    for each in (show, join, redeem, leave):
        options(each, reads=True, unlocks=True)


def member(parser: Parser) -> None:
    """Arguments of `member`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="your members, and their balances")
    programme = ways.add_parser("programme", help="show your programme, or set it from a file of JSON")
    programme.add_argument("file", nargs="?", metavar="FILE", help="- for standard input")
    invite = ways.add_parser("invite", help="invite somebody to your programme")
    peer(invite)
    credit = ways.add_parser("credit", help="add points to a balance, or take some off (-- -50)")
    close = ways.add_parser("close", help="end the programme for a member, by its exit terms")
    for each in (credit, close):
        each.add_argument("member", metavar="MEMBER", help="the member number: freerange member")
    credit.add_argument("points", type=int, metavar="POINTS")
    credit.add_argument("--reason", choices=CREDITS, default="purchase", help="default: purchase")
    close.add_argument("--reason", choices=ENDS, required=True, metavar="REASON", help=", ".join(ENDS))
    close.add_argument("--by", required=True, metavar="DATE", help="when it is over, like 2030-12-31")
    for each in (listed, programme, invite, credit, close):
        options(each, reads=True, unlocks=True)


LOYAL = (
    Command(
        "loyalty",
        "to whom you are loyal, and why, in your words",
        """
        freerange loyalty
        freerange loyalty declare "Corner Bakery" groceries --because people --because quality="the bread" \\
            --until 2028-01-01
        freerange loyalty retire 5fad2513 --reason price
        """,
        loyalty,
    ),
    Command(
        "membership",
        "programmes you are in: join, spend, leave",
        """
        freerange membership
        freerange membership join "Corner Bakery"
        freerange membership redeem "Bread Club" 100 coffee
        freerange membership leave "Bread Club" --reason moving-on
        """,
        membership,
    ),
    Command(
        "member",
        "your own programme and its members (organisations)",
        """
        freerange member
        freerange member programme club.json
        freerange member credit M-3F2A91BC00 50
        freerange member close M-3F2A91BC00 --reason not-needed --by 2030-12-31
        """,
        member,
    ),
)
