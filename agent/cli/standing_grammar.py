"""Arguments of `rules`, `roster` and `notice`: what stands for everybody."""

from agent.cli.grammar import Command, Parser, actions, options

KINDS = ("recall", "breach", "order", "service", "terms-change", "ownership-change", "closure", "promotion")
SETTINGS = (
    "otherwise", "retention", "sharing", "recipients", "storage", "channels", "promotion", "topics_allowed",
    "topics_denied", "max_per_week", "quiet", "paused",
)  # fmt: skip

FIELD = "like address, or /addresses for all of them; default: everything"


def rules(parser: Parser) -> None:
    """Arguments of `rules`."""
    ways = actions(parser, "show")
    show = ways.add_parser("show", help="your rules, your register, and who has which version")
    setting = ways.add_parser("set", help="change one rule")
    setting.add_argument("key", choices=SETTINGS, metavar="RULE", help=", ".join(SETTINGS))
    note = "a word; several, with commas between; agent=any,phone=never; 22:00-07:00@Europe/Lisbon; none for none"
    setting.add_argument("value", metavar="VALUE", help=note)
    allow = ways.add_parser("allow", help="add a line to the register: who may use what, and why")
    deny = ways.add_parser("deny", help="add a line against it")
    forget = ways.add_parser("forget", help="take a line out of the register")
    for each in (allow, deny, forget):
        each.add_argument("--who", default="any", metavar="WHO", help="a name, a domain, kind:vendor; default: any")
        each.add_argument("--what", default="", metavar="FIELD", help=FIELD)
        each.add_argument("--why", required=True, metavar="PURPOSE", help="like dpv:DeliveryOfGoods")
        each.add_argument("--until", default="", metavar="DATE", help="the last day, YYYY-MM-DD; default: no end")
    send = ways.add_parser("send", help="tell organisations how you may be reached, and with what")
    send.add_argument("peers", nargs="*", metavar="PEER", help="default: everybody you have met")
    for each in (show, setting, allow, deny, forget, send):
        options(each, reads=True, unlocks=True)


def roster(parser: Parser) -> None:
    """Arguments of `roster`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="the rosters that are here")
    load = ways.add_parser("load", help="take another roster, from a file or a URL")
    load.add_argument("place", metavar="FILE-OR-URL", help="- for standard input")
    load.add_argument("--digest", default="", metavar="DIGEST", help="the one it must have (uEi...)")
    use = ways.add_parser("use", help="deal in the agreements of this roster from now on")
    drop = ways.add_parser("drop", help="forget a roster; agreements in force keep their texts")
    for each in (use, drop):
        each.add_argument("roster", metavar="ROSTER", help="its name, or the first letters of its digest")
    for each in (listed, load, use, drop):
        options(each, reads=True, unlocks=True)


def notice(parser: Parser) -> None:
    """Arguments of `notice`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="what was told, and how much was blocked")
    send = ways.add_parser("send", help="tell one thing to all whose rules allow it (organisations)")
    send.add_argument("text", metavar="TEXT")
    send.add_argument("--kind", choices=KINDS, required=True, metavar="KIND", help=", ".join(KINDS))
    send.add_argument("--topic", metavar="WORD", help="like sale, or new-opening-hours")
    send.add_argument(
        "--action-by", metavar="TIME", help="until when they must do something, like 2027-03-01T00:00:00Z"
    )
    send.add_argument("--to", action="append", default=[], metavar="PEER", help="only to these (repeatable)")
    send.add_argument("--preview", action="store_true", help="only count; nothing is said")
    for each in (listed, send):
        options(each, reads=True, unlocks=True)


def pause(parser: Parser) -> None:
    """Arguments of `pause`."""
    parser.add_argument("peer", metavar="PEER", help="a name, or its letters")
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--until", metavar="DATE", help="the day on which it is over, YYYY-MM-DD")
    when.add_argument("--end", action="store_true", help="go on with them now")


STANDING = (
    Command(
        "rules",
        "your house rules: what answers requests for you; who may use what",
        """
        freerange rules
        freerange rules allow --who kind:vendor --what /addresses --why dpv:DeliveryOfGoods
        freerange rules deny --why dpv:Marketing
        freerange rules set retention P1Y
        freerange rules set promotion none
        freerange rules send
        """,
        rules,
    ),
    Command(
        "roster",
        "the agreements you deal in: load others, swap them",
        """
        freerange roster list
        freerange roster load https://terms.example/roster.json --digest uEiAxhGqvBEYXZ8ybrDBhE6Yj6GHL6TL0ZtTxRht_1F8nfw
        freerange roster use "consumer terms"
        freerange roster drop "consumer terms"
        """,
        roster,
    ),
    Command(
        "pause",
        "hear nothing new from one of them until a day",
        """
        freerange pause "Town Library" --until 2030-12-31
        freerange pause "Town Library" --end
        """,
        pause,
    ),
    Command(
        "notice",
        "notices: what you were told; tell all whose rules allow it",
        """
        freerange notice
        freerange notice send --kind recall "Stop using the charger." --action-by 2027-03-01T00:00:00Z
        freerange notice send --kind promotion --topic sale "Everything is cheaper today." --preview
        """,
        notice,
    ),
)
