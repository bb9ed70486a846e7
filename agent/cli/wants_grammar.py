"""Arguments of `want`, `bids`, `select`, `order` and `close`, and of `demand` and `bid` for organisations."""

from agent.cli.grammar import Command, Parser, actions, options

REASONS = ("chose-another", "too-dear", "too-late", "changed-mind", "cancelled", "expired", "other")


def want(parser: Parser) -> None:
    """Arguments of `want`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="what you want and what you regret; nobody else sees it")
    add = ways.add_parser("add", help="keep one, for yourself alone")
    edit = ways.add_parser("edit", help="change one that is not cast")
    see = ways.add_parser("show", help="one, with all that came of it")
    drop = ways.add_parser("drop", help="forget one")
    cast = ways.add_parser("cast", help="ask organisations for offers")
    answer = ways.add_parser("answer", help="answer what they ask about it")
    join = ways.add_parser("join", help="join a pool with it, through a broker")
    leave = ways.add_parser("leave", help="leave the pools it is in")
    add.add_argument("words", metavar="WORDS", help="what it is, in words for yourself")
    for each in (edit, see, drop, cast, answer, join, leave):
        each.add_argument("want", metavar="WANT", help="the first letters of its id, or its first words")
    edit.add_argument("--words", default=None, help="what it is, in words for yourself")
    add.add_argument("--regret", action="store_true", help="something you regret, not something you want")
    for each in (add, edit):
        told(each)
    asking(cast)
    answer.add_argument("text", metavar="TEXT")
    answer.add_argument("--to", default="", metavar="WHO", help="whom; default: everybody who asked")
    join.add_argument("broker", metavar="BROKER", help="a name, domain, link or DID")
    join.add_argument("pool", metavar="POOL", help="its name there")
    for each in (listed, add, edit, see, drop, cast, answer, join, leave):
        options(each, reads=True, unlocks=True)


def told(parser: Parser) -> None:
    """What can be said of a want."""
    parser.add_argument("--what", default=None, metavar="CATEGORY", help='what kind of thing, like "twin stroller"')
    parser.add_argument("--brand", default=None, help="only this brand")
    parser.add_argument("--model", default=None, help="only this model")
    parser.add_argument("--amount", type=int, default=None, help="how many")
    parser.add_argument("--where", default=None, metavar="REGION", help="as coarse as you like, like GB-GLG")
    parser.add_argument("--by", default=None, metavar="DATE", help="by when, YYYY-MM-DD")
    parser.add_argument("--most", default=None, metavar="AMOUNT", help='the ceiling, like "350.00 GBP"')
    parser.add_argument("--must", action="append", default=None, metavar="TEXT", help="what it must have (repeatable)")
    level = (
        "what they may learn before you order: 0 nothing, 1 that you are entitled, 2 a coarse profile, 3 who you are"
    )
    parser.add_argument("--level", type=int, choices=(0, 1, 2, 3), default=None, help=level)
    parser.add_argument("--sealed", action="store_true", help="nobody's bid is seen before all are in")
    parser.add_argument("--questions", type=int, default=None, metavar="N", help="how many each may ask; default: 2")
    parser.add_argument("--bids", type=int, default=None, metavar="N", help="how many reach you; default: 25")


def asking(parser: Parser) -> None:
    """Whom to ask, and how long."""
    who = "names, domains, links or groups of yours (see: freerange group)"
    parser.add_argument("--to", nargs="+", required=True, metavar="WHO", help=who)
    parser.add_argument("--bid-within", default="1d", metavar="TIME", help="like 12h or 2d; default: 1d")
    parser.add_argument("--choose-within", default="2d", metavar="TIME", help="like 12h or 2d; default: 2d")
    parser.add_argument("--terms", default="", metavar="ID", help="an agreement of the roster; default: offers only")
    parser.add_argument("--spread", type=float, default=10, metavar="MINUTES", help="over how long it goes out")
    parser.add_argument("--preview", action="store_true", help="show what would be said to whom, and say nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask whether to go on")


def one(parser: Parser) -> None:
    """Arguments of `bids`."""
    parser.add_argument("want", metavar="WANT", help="the first letters of its id, or its first words")


def select(parser: Parser) -> None:
    """Arguments of `select`."""
    one(parser)
    parser.add_argument("bid", metavar="BID", help="its number in the table, or who made it")


def order(parser: Parser) -> None:
    """Arguments of `order`."""
    one(parser)
    told = "what to tell, like name='New Name'; default: name, home address and email of your card"
    parser.add_argument("--tell", nargs="+", default=[], metavar="FIELD=VALUE", help=told)
    parser.add_argument("--keep-for", default="P90D", metavar="DURATION", help="how long they may keep it")
    parser.add_argument("--yes", action="store_true", help="do not ask whether to go on")


def close(parser: Parser) -> None:
    """Arguments of `close`."""
    one(parser)
    parser.add_argument("--reason", choices=REASONS, default="changed-mind", metavar="WORD", help=", ".join(REASONS))
    parser.add_argument("--to", default="", metavar="BID", help="one of them only; default: all who still wait")
    parser.add_argument("--band", action="store_true", help="say between which prices the offer was that you chose")


def demand(parser: Parser) -> None:
    """Arguments of `demand`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="what is asked for now, and by nobody you know")
    counted = ways.add_parser("counters", help="how many asked, how many bought, and why others did not")
    prices = ways.add_parser("prices", help="what is bid by itself: show, or read a file of rules")
    prices.add_argument("file", nargs="?", default="", metavar="FILE", help="JSON; - for standard input")
    outcome = ways.add_parser("outcome", help="say under which number an order is carried out")
    outcome.add_argument("thread", metavar="THREAD")
    outcome.add_argument("order", metavar="NUMBER")
    outcome.add_argument("--delivery", default="", metavar="DATE", help="YYYY-MM-DD")
    pools = ways.add_parser("pools", help="your pools, and what is wanted in them by how many (brokers)")
    keep = ways.add_parser("pool", help="keep a pool (brokers)")
    keep.add_argument("name", metavar="NAME")
    keep.add_argument("--about", default="", metavar="TEXT")
    keep.add_argument("--until", default="", metavar="DATE", help="YYYY-MM-DD")
    match = ways.add_parser("match", help="give everybody in a pool the bids it drew (brokers)")
    match.add_argument("name", metavar="NAME")
    match.add_argument("file", metavar="FILE", help="a JSON list of signed bids; - for standard input")
    for each in (listed, counted, prices, outcome, pools, keep, match):
        options(each, reads=True, unlocks=True)


def bid(parser: Parser) -> None:
    """Arguments of `bid`."""
    parser.add_argument("thread", metavar="THREAD", help="as freerange demand lists it")
    parser.add_argument("price", metavar="AMOUNT", help="like 319.00")
    parser.add_argument("currency", metavar="CURRENCY", help="like GBP")
    parser.add_argument("--delivery", default="", metavar="DURATION", help="P2D is two days")
    parser.add_argument("--warranty", default="", metavar="DURATION", help="P2Y is two years")
    parser.add_argument("--describe", default="", metavar="TEXT")
    parser.add_argument("--conditions", default="", metavar="TEXT")
    parser.add_argument("--hold", default="0", metavar="TIME", help="hold it for so long when it is picked, unasked")


WANT = (
    Command(
        "want",
        "keep what you want, and ask many for it at once without saying who you are",
        """
        freerange want add "Stroller for spring" --what "twin stroller" --where GB-GLG --most "350 GBP" --must folds
        freerange want add "I should have bought the small one" --regret
        freerange want cast stroller --to shop.example other.example --preview
        freerange want cast stroller --to strollers --bid-within 12h
        freerange want answer stroller "It has to fit through a door of 70 cm."
        """,
        want,
    ),
    Command(
        "bids",
        "compare the offers for what you want",
        """
        freerange bids stroller
        """,
        one,
    ),
    Command(
        "select",
        "pick an offer, and ask whether it still stands",
        """
        freerange select stroller 1
        """,
        select,
    ),
    Command(
        "order",
        "order what is held for you, and say who you are",
        """
        freerange order stroller
        freerange order stroller --tell name="New Name" address="1 New Street, 1100 Lisboa, PT"
        """,
        order,
    ),
    Command(
        "close",
        "tell those who still wait that it is over, and why",
        """
        freerange close stroller --reason too-dear --to 2
        freerange close stroller
        """,
        close,
    ),
)
SUPPLY = (
    Command(
        "demand",
        "see what is asked for, bid by rules, count what was won (organisations)",
        """
        freerange demand
        freerange demand prices prices.json
        freerange demand outcome 3f2a91bc A-118 --delivery 2026-12-01
        freerange demand counters
        """,
        demand,
    ),
    Command(
        "bid",
        "make an offer (organisations)",
        """
        freerange bid 3f2a91bc 319.00 GBP --delivery P2D
        """,
        bid,
    ),
)
