"""Arguments of `experience`."""

from agent.cli.grammar import Command, Parser, actions, options

KINDS = ("praise", "complaint", "idea", "question", "regret", "why-i-left")
SIGNALS = ("not-now", "too-dear", "only-this-brand", "why-i-left", "found-elsewhere", "poor-service")


def experience(parser: Parser) -> None:
    """Arguments of `experience`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="what you wrote and told, or what your organisation was told")
    draft = ways.add_parser("draft", help="write one down, for yourself alone")
    share = ways.add_parser("share", help="tell one: to an organisation, or to everybody in a file")
    for each in (draft, share):
        words(each)
    share.add_argument("--to", default="", metavar="ORG", help="a name, domain or DID; none with --public: a file")
    share.add_argument("--draft", default="", metavar="ID", help="a draft of yours, instead of words")
    share.add_argument("--now", action="store_true", help="at once, not at some moment within 3 days")
    share.add_argument("--as-myself", action="store_true", help="as the person it knows, not from a DID made for this")
    share.add_argument("--proof", default="", metavar="CARD", help="show that you hold this card; once only")
    see = ways.add_parser("show", help="one, with all that was answered")
    retract = ways.add_parser("retract", help="take one back")
    file = ways.add_parser("file", help="print the signed file of what is public; its withdrawal with --retraction")
    file.add_argument("--retraction", action="store_true", help="the withdrawal instead")
    add = ways.add_parser("add", help="answer what the organisation answered")
    respond = ways.add_parser("respond", help="answer what you were told (organisations)")
    resolve = ways.add_parser("resolve", help="commit to a remedy (organisations)")
    for each in (see, retract, file, add, respond, resolve):
        each.add_argument("id", metavar="ID", help="the first letters of its id")
    for each in (add, respond):
        each.add_argument("text", metavar="TEXT")
    resolve.add_argument("remedy", metavar="TEXT", help="what you will do")
    resolve.add_argument("--pays", default="", metavar="AMOUNT", help='like "12.50 EUR"')
    resolve.add_argument("--by", default="", metavar="DATE", help="YYYY-MM-DD")
    verify = ways.add_parser("verify", help="check a published file: no network, no wallet, no passphrase")
    verify.add_argument("file", metavar="FILE", help="- for standard input")
    verify.add_argument("retraction", nargs="?", default="", metavar="RETRACTION", help="the file that takes it back")
    for each in (listed, draft, share, see, retract, file, add, respond, resolve):
        options(each, reads=True, unlocks=True)
    options(verify, reads=True, unlocks=False)


def words(parser: Parser) -> None:
    """What one says, and for whom it is."""
    parser.add_argument("text", nargs="?", default="", metavar="TEXT", help="in your words")
    parser.add_argument("--kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--from", dest="regret", default="", metavar="WISH", help="from a private wish or regret")
    parser.add_argument("--signal", default="", choices=SIGNALS, metavar="WORD", help=", ".join(SIGNALS))
    parser.add_argument("--rating", default="", metavar="N/M", help="so many of so many, like 2/5")
    parser.add_argument("--order", default="", metavar="RECORD", help="the record of the order it is about")
    parser.add_argument("--want", default="", metavar="TEXT", help="what would put it right")
    parser.add_argument("--contact-ok", action="store_true", help="they may write to you about it")
    parser.add_argument("--public", action="store_true", help="anybody may see it, in a file that anybody can check")
    parser.add_argument("--intermediary", action="store_true", help="for somebody who passes it on")
    parser.add_argument("--named", action="store_true", help="your name stands beneath it")


EXPERIENCE = (
    Command(
        "experience",
        "say what it was like, to exactly whom you choose; take it back",
        """
        freerange experience draft "I should not have bought the big one" --kind regret
        freerange experience share "Arrived broken, twice." --kind complaint --rating 2/5 --to shop.example
        freerange experience share --signal too-dear --to shop.example
        freerange experience share "Good bread." --kind praise --public
        freerange experience file 3f2a91bc > praise.json
        freerange experience verify praise.json
        freerange experience retract 3f2a91bc
        freerange experience resolve 5fad2513 "A new one, sent today." --by 2027-03-01
        """,
        experience,
    ),
)
