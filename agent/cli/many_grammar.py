"""Arguments of `contact`, `address`, `campaign`, `group` and `tag`: one act towards many."""

from agent.cli.grammar import Command, Parser, actions, options, waits

REASONS = ("moved", "renamed", "corrected", "other")


def contact(parser: Parser) -> None:
    """Arguments of `contact`."""
    ways = actions(parser, "show")
    show = ways.add_parser("show", help="your contact card")
    held = ways.add_parser("held", help="who holds what of it, what for and until when")
    setting = ways.add_parser("set", help="change fields, and tell everybody who holds them")
    note = "like email you@example.org, address.work '1 New Street, 1100 Lisboa, PT'"
    setting.add_argument("changes", nargs="+", metavar="FIELD VALUE", help=note)
    remove = ways.add_parser("remove", help="remove fields, and tell everybody who holds them")
    remove.add_argument("fields", nargs="+", metavar="FIELD", help="name, email, phone, address, or a JSON Pointer")
    ask = ways.add_parser("ask", help="ask a person whether what you hold is still right (organisations)")
    ask.add_argument("peer", metavar="PEER", help="a name, or its letters")
    ask.add_argument("fields", nargs="+", metavar="FIELD")
    policy = ways.add_parser("policy", help="which changes you take at once (organisations)")
    policy.add_argument("--sign-in-for", dest="step_up", action="append", default=None, metavar="FIELD",
                        help="take a change of this only shortly after a sign-in (repeatable)")  # fmt: skip
    policy.add_argument("--never-delete", dest="legal_hold", action="append", default=None, metavar="FIELD",
                        help="the law has you keep this (repeatable)")  # fmt: skip
    policy.add_argument("--none", action="store_true", help="take every change")
    for each in (setting, remove):
        told(each)
    for each in (show, held, setting, remove, ask, policy):
        options(each, reads=True, unlocks=True)


def address(parser: Parser) -> None:
    """Arguments of `address`."""
    ways = actions(parser, "show")
    show = ways.add_parser("show", help="your addresses")
    change = ways.add_parser("change", help="change one, and tell everybody who holds it")
    change.add_argument("value", metavar="ADDRESS", help="as on an envelope, with commas; a country code at the end")
    change.add_argument(
        "--label", default="home", metavar="LABEL", help="which address: home, work, ...; default: home"
    )
    told(change)
    for each in (show, change):
        options(each, reads=True, unlocks=True)


def told(parser: Parser) -> None:
    """The arguments of what is told to many."""
    parser.add_argument(
        "--from", dest="effective", metavar="DATE", help="from which day on, YYYY-MM-DD; default: today"
    )
    parser.add_argument("--reason", choices=REASONS, help="why, if you wish to say it")
    parser.add_argument(
        "--group", dest="among", default="", metavar="RULE", help="only to these; see: freerange group --help"
    )
    spread(parser)
    parser.add_argument("--preview", action="store_true", help="only show what would be said to whom")
    parser.add_argument("--yes", action="store_true", help="do not ask; say it")
    waits(parser, 30)


def spread(parser: Parser) -> None:
    """The argument that says how quickly many are told."""
    note = "tell them in any order over so many minutes, so that times cannot be compared; default: 10"
    parser.add_argument("--spread", type=float, default=10, metavar="MINUTES", help=note)


def campaign(parser: Parser) -> None:
    """Arguments of `campaign`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="everything you have said to many")
    show = ways.add_parser("show", help="how far one has come, and with whom")
    watch = ways.add_parser("watch", help="watch one until everybody has been told and has answered")
    pause = ways.add_parser("pause", help="say nothing more for now")
    resume = ways.add_parser("resume", help="go on with those who have not been told")
    cancel = ways.add_parser("cancel", help="say it to nobody else; what was said stays said")
    for each in (show, watch, pause, resume, cancel):
        each.add_argument("campaign", metavar="CAMPAIGN", help="the first letters of its id")
    for each in (listed, show, watch, pause, resume, cancel):
        options(each, reads=True, unlocks=True)


def group(parser: Parser) -> None:
    """Arguments of `group`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="the groups that have a name")
    show = ways.add_parser("show", help="who belongs to a group, or to what a rule says")
    show.add_argument("rule", metavar="RULE", help="like insurers, tag:insurer, or 'kind:vendor and unused:1y'")
    define = ways.add_parser("define", help="give a rule a name")
    define.add_argument("name", metavar="NAME")
    define.add_argument("rule", metavar="RULE")
    remove = ways.add_parser("remove", help="forget a name; nobody in the group is touched")
    remove.add_argument("name", metavar="NAME")
    for each in (listed, show, define, remove):
        options(each, reads=True, unlocks=True)


def tag(parser: Parser) -> None:
    """Arguments of `tag`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="your tags, and how many bear each")
    add = ways.add_parser("add", help="give a tag to some")
    remove = ways.add_parser("remove", help="take it away")
    for each in (add, remove):
        each.add_argument("tag", metavar="TAG")
        each.add_argument("peers", nargs="+", metavar="PEER", help="names, or their letters")
    for each in (listed, add, remove):
        options(each, reads=True, unlocks=True)


DETAILS = (
    Command(
        "contact",
        "your contact card; change a field once, and everybody who holds it is told",
        """
        freerange contact
        freerange contact held
        freerange contact set email you@example.org phone '+351 210 000 000'
        freerange contact set name 'New Name' --reason renamed --from 2027-01-01 --preview
        freerange contact policy --sign-in-for /addresses --never-delete name
        """,
        contact,
    ),
    Command(
        "address",
        "change your address everywhere at once",
        """
        freerange address change '1 New Street, 1100 Lisboa, PT' --reason moved
        freerange address change '2 Work Road, Porto, PT' --label work --group 'kind:vendor' --preview
        """,
        address,
    ),
)

MANY = (
    Command(
        "campaign",
        "what you said to many: how far it has come; pause, resume, cancel",
        """
        freerange campaign
        freerange campaign show 4f0c
        freerange campaign pause 4f0c
        """,
        campaign,
    ),
    Command(
        "group",
        "groups of organisations by rule; nobody else sees them",
        """
        freerange group define insurers tag:insurer
        freerange group show 'kind:vendor and unused:1y'
        freerange group show 'holds:address and not terms:any'
        freerange leave --group 'kind:vendor and unused:1y'
        """,
        group,
    ),
    Command(
        "tag",
        "tags of your own; nobody else sees them",
        """
        freerange tag add insurer "Green Insurance" "Blue Insurance"
        freerange tag
        """,
        tag,
    ),
)
