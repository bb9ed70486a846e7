"""Arguments of `vendor`, `bridge` and `crm`: an org's own systems, and the one that it gets with its agent."""

from agent.cli.grammar import Command, Parser, actions, options, stored


def vendor(parser: Parser) -> None:
    """Arguments of `vendor`."""
    ways = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    init = ways.add_parser("init", help="make an agent for an organisation, with a small CRM beside it")
    options(init, reads=False, unlocks=True)
    init.add_argument("--name", required=True, help="what customers know you by")
    init.add_argument("--url", help="the address customers reach you at: https, unless --development")
    init.add_argument("--listen", metavar="HOST:PORT", help="where messages come in; default: 127.0.0.1:8080")
    init.add_argument("--api", metavar="HOST:PORT", help="the API for you, on this computer only; default: next port")
    stored(init)
    init.add_argument("--development", action="store_true", help="plain http, for trying out on this computer only")
    init.set_defaults(kind="org", mediator=None)


def bridge(parser: Parser) -> None:
    """Arguments of `bridge`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="which there are, and how they stand")
    add = ways.add_parser("add", help="have one more")
    add.add_argument("bridge", metavar="BRIDGE", help="minicrm, a URL that takes webhooks, or tryton:URL")
    note = "a file with what it needs to log in, or the key of a webhook (whsk_ or whsec_)"
    add.add_argument("--secret-file", metavar="FILE", help=note)
    log = ways.add_parser("log", help="what became of the newest events")
    replay = ways.add_parser("replay", help="try what was not taken, or tell everything again since a day")
    replay.add_argument("--since", metavar="TIME", help="like 2027-01-15 or 2027-01-15T08:00:00Z")
    pause = ways.add_parser("pause", help="hand nothing over for now")
    resume = ways.add_parser("resume", help="hand over again")
    rotate = ways.add_parser("rotate", help="change the key of a webhook; the old one signs, too, for a week")
    remove = ways.add_parser("remove", help="have it no more")
    for each in (add, rotate):
        each.add_argument("--shared", action="store_true", help="sign by a secret that both sides hold (HMAC)")
    for each in (log, replay, pause, resume, rotate, remove):
        each.add_argument("bridge", metavar="BRIDGE", help="as it is listed, or how that begins")
    for each in (listed, add, log, replay, pause, resume, rotate, remove):
        options(each, reads=True, unlocks=True)


def crm(parser: Parser) -> None:
    """Arguments of `crm`."""
    ways = actions(parser, "overview")
    show = ways.add_parser("show", help="one customer: what you may use, for what and until when")
    show.add_argument("party", metavar="CUSTOMER", help="rel_..., as it is listed, or how that begins")
    show.add_argument("--for", dest="purpose", metavar="PURPOSE", help="show values, for this use (a DPV purpose)")
    find = ways.add_parser("find", help="customers by a word of what they told you")
    find.add_argument("word", metavar="WORD")
    find.add_argument("--for", dest="purpose", metavar="PURPOSE", required=True, help="what you want it for")
    export = ways.add_parser("export", help="write every table as CSV, each value with what it is for")
    export.add_argument("folder", metavar="FOLDER", help="a folder; made if it is not there")
    page = ways.add_parser("page", help="write a page for a browser")
    page.add_argument("file", metavar="FILE", help="a new file, like customers.html")
    page.add_argument("--for", dest="purpose", metavar="PURPOSE", required=True, help="the use whose values are shown")
    counters = ways.add_parser("counters", help="demand and gain: counts, which are about nobody")
    leads = ways.add_parser("leads", help="what is wanted, by people you need not know")
    cases = ways.add_parser("cases", help="what is to be seen to, the first due first")
    say = ways.add_parser("say", help="say something to a customer; the running agent sends it within seconds")
    say.add_argument("party", metavar="CUSTOMER")
    say.add_argument("--message", required=True, help="its name, like notice; freerange threads lists what may be said")
    say.add_argument("--thread", default="", help="the thread it answers; left out: it begins one")
    say.add_argument("--family", default="relationship", help="if it begins one: of which family")
    say.add_argument("--field", action="append", default=[], metavar="NAME=VALUE", help="a field of it (repeatable)")
    for each in (show, find, export, page, counters, leads, cases, say):
        options(each, reads=each not in (export, page), unlocks=False)


SYSTEMS = (
    Command(
        "vendor",
        "make an agent for an organisation, with a small CRM, and say what to do next",
        """
        freerange vendor init --name "Corner Shop" --development
        freerange vendor init --name "Corner Shop" --url https://shop.example --key-file /etc/freerange/key
        """,
        vendor,
        reads=False,
        unlocks=False,
    ),
    Command(
        "bridge",
        "the systems of yours that hear what customers say, and act on it",
        """
        freerange bridge
        freerange bridge add https://crm.example/freerange
        freerange bridge log minicrm
        freerange bridge replay minicrm --since 2027-01-15
        freerange bridge pause https://crm.example
        """,
        bridge,
    ),
    Command(
        "crm",
        "the small CRM that comes with an organisation's agent",
        """
        freerange crm
        freerange crm show rel_7f3a --for dpv:DeliveryOfGoods
        freerange crm say rel_7f3a --message notice --field kind=recall --field text="Stop using it."
        freerange crm export crm-2027-01-15
        freerange crm counters
        """,
        crm,
        unlocks=False,
    ),
)
