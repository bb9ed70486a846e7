"""The commands, by subject, with their arguments and examples."""

import argparse
from collections.abc import Callable

Parser = argparse.ArgumentParser
Add = Callable[..., Parser]


def home(add: Add) -> None:
    """One agent's folder."""
    init = add(
        "init",
        "make a wallet, for a person or an organisation",
        """freerange init --development
        freerange init --kind org --name "Town Library" --development --listen 127.0.0.1:8090 --key-file library.key
        freerange init --kind org --name "Town Library" --url https://library.example --key-file /etc/freerange/key""",
    )
    init.add_argument("--name", default="me", help="what you call yourself; a person's name is never sent")
    init.add_argument("--kind", choices=("person", "org"), default="person", help="default: person")
    init.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:8080", help="where messages come in")
    init.add_argument("--url", help="how others reach that address; https, unless --development")
    init.add_argument("--api", metavar="HOST:PORT", help="the owner's API, on this computer only; default: next port")
    init.add_argument("--development", action="store_true", help="plain http, for trying out on this computer only")
    serve = add(
        "serve",
        "run the agent until it is stopped (Ctrl-C, or SIGTERM)",
        """freerange serve
        freerange serve --home library --key-file library.key""",
    )
    serve.add_argument("--quiet", action="store_true", help="write no log to standard error")
    config = add(
        "config",
        "show the settings, or change one",
        """freerange config
        freerange config set name "Town Library"
        freerange config set accepts freerange-service-only""",
        reads=True,
        unlocks=False,
    )
    setting = actions(config, "show").add_parser("set", help="change a setting")
    options(setting, reads=True, unlocks=False)
    setting.add_argument("key", metavar="KEY")
    setting.add_argument("value", metavar="VALUE", help="true or false; several, with commas between them")
    doctor = add(
        "doctor",
        "say what is wrong with this set-up, and how to mend it",
        """freerange doctor
        freerange doctor --json""",
        reads=True,
    )
    doctor.add_argument("--forget", action="store_true", help="throw away messages that were given up")


def meeting(add: Add) -> None:
    """Inviting, being invited, and who is known."""
    invite = add(
        "invite",
        "make an invitation: a link, and a QR code to show",
        """freerange invite
        freerange invite --goal "Join the library" --once --lasts 2d
        freerange invite --qr invitation.svg""",
        reads=True,
    )
    invite.add_argument("--goal", default="Meet, as equals", help="what for, in words others will read")
    invite.add_argument("--once", action="store_true", help="the first who answers uses it up")
    invite.add_argument("--lasts", metavar="TIME", default="0", help="like 30m, 12h or 7d; default: for good")
    invite.add_argument("--qr", metavar="FILE", help="also save the QR code (.svg or .png)")
    accept = add(
        "accept",
        "take up an invitation, and meet whoever made it",
        """freerange accept 'http://127.0.0.1:8090?_oob=eyJ0eXA...'
        freerange accept --no-wait 'http://127.0.0.1:8090?_oob=eyJ0eXA...'""",
        reads=True,
    )
    accept.add_argument("url", metavar="URL", help="the link of the invitation; put it in quotes")
    waits(accept, 30)
    peers = add(
        "peers",
        "whom you know, and what they proved",
        """freerange peers
        freerange peers "Town Library\"""",
        reads=True,
    )
    peers.add_argument("peer", nargs="?", metavar="PEER", help="one of them, with everything")
    ping = add("ping", "knock, and see how long the answer takes", 'freerange ping "Town Library"', reads=True)
    peer(ping)
    waits(ping, 10)
    discover = add(
        "discover",
        "ask what somebody's agent can talk about",
        """freerange discover "Town Library"
        freerange discover "Town Library" --match 'https://didcomm.org/*'""",
        reads=True,
    )
    peer(discover)
    discover.add_argument("--match", default="*", help="which protocols; * stands for anything")
    waits(discover, 10)


def talking(add: Add) -> None:
    """Threads, and speaking in them."""
    threads = add(
        "threads",
        "what is going on, and what you can say next",
        """freerange threads
        freerange threads --all""",
        reads=True,
    )
    threads.add_argument("--all", action="store_true", help="those that are over too")
    say = add(
        "say",
        "write to somebody, or say the next thing in a thread",
        """freerange say "Town Library" "Is the reading room open on Sunday?"
        freerange say 5fad2513 --message withdraw --field reason=other
        freerange say "Town Library" --message https://didcomm.org/trust-ping/2.0/ping""",
        reads=True,
    )
    say.add_argument("to", metavar="PEER|THREAD", help="a peer, or the first letters of a thread")
    say.add_argument("text", nargs="?", metavar="TEXT", help="what to write")
    say.add_argument(
        "--message", metavar="NAME|TYPE", help="another message: its name in a thread, or a type to begin one"
    )
    fields(say, "--field", "a field of the message")
    log = add("log", "what was said in a thread, line by line", "freerange log 5fad2513", reads=True)
    log.add_argument("thread", metavar="THREAD", help="the first letters of its id will do")
    log.add_argument("--whole", action="store_true", help="every message as it was sent, in full")


def deciding(add: Add) -> None:
    """What waits for the owner."""
    add("questions", "what waits for you: who asks what, why, and under which terms", "freerange questions", reads=True)
    answer = add(
        "answer",
        "answer a question",
        """freerange answer df6023 yes
        freerange answer df6023 yes --refuse birth_date
        freerange answer df6023 no""",
        reads=True,
    )
    answer.add_argument("question", metavar="QUESTION", help="the first letters of its id will do")
    answer.add_argument("word", choices=("yes", "no"))
    answer.add_argument("--refuse", metavar="CLAIM", action="append", default=[], help="keep this back (repeatable)")


def cards(add: Add) -> None:
    """Credentials, shown as cards."""
    held = add(
        "credentials",
        "the cards in this wallet",
        """freerange credentials
        freerange credentials 39b9766""",
        reads=True,
    )
    held.add_argument("card", nargs="?", metavar="CARD", help="one of them, with everything")
    issue = add(
        "issue",
        "offer somebody a card; it is issued when they take it",
        """freerange issue 1870-39b0 --type https://library.example/member --name "Library card"
            --claim member=true --claim card_number=7731 --claim over_18=true""",
        reads=True,
    )
    peer(issue)
    issue.add_argument("--type", required=True, help="what it is, for programs: a URI")
    issue.add_argument("--name", default="", help="what it is, for people; default: the type")
    fields(issue, "--claim", "what it says")
    issue.add_argument("--format", choices=("dc+sd-jwt", "vc+di"), default="dc+sd-jwt", help="default: dc+sd-jwt")
    request = add(
        "request",
        "ask somebody for proof, and see every check of it",
        """freerange request 1870-39b0 --type https://library.example/member --claim over_18=true
            --purpose "Films for adults are for adults\"""",
        reads=True,
    )
    peer(request)
    request.add_argument("--type", default="", help="the type of card you will take")
    request.add_argument(
        "--claim", action="append", default=[], metavar="NAME[=VALUE]", help="what it must show (repeatable)"
    )
    request.add_argument("--query", metavar="FILE", help="a whole DCQL query in a JSON file instead")
    request.add_argument("--purpose", required=True, help="why, in words for the person who decides")
    waits(request, 60)


def terms(add: Add) -> None:
    """Agreements, and the evidence of them."""
    agreed = add(
        "terms",
        "the agreements in force; read, proffer and prove them",
        """freerange terms
        freerange terms show freerange-service-only
        freerange terms proffer "Town Library"
        freerange terms evidence uEiBx4v7A > record.json""",
        reads=True,
    )
    ways = actions(agreed, "list")
    words = ways.add_parser("show", help="the words of an agreement")
    words.add_argument("subject", metavar="ID")
    proffer = ways.add_parser("proffer", help="put your own terms on the table")
    peer(proffer)
    proffer.add_argument("--agreement", default="", metavar="ID", help="this one; default: your setting `accepts`")
    proffer.add_argument("--also", action="append", default=[], metavar="ID", help="this one would do too (repeatable)")
    proffer.add_argument("--lasts", default="P1Y", metavar="PERIOD", help="P1Y is a year, P30D thirty days")
    waits(proffer, 30)
    evidence = ways.add_parser("evidence", help="all that a third party needs to check a record, as a file")
    evidence.add_argument("subject", metavar="RECORD", help="the first letters of its id will do")
    for each in (words, proffer, evidence):
        options(each, reads=True, unlocks=True)
    ledger = add(
        "ledger", "everything you and a peer have signed, in order", 'freerange ledger "Town Library"', reads=True
    )
    peer(ledger)
    verify = add(
        "verify",
        "check a file of evidence: no network, no wallet, no passphrase",
        """freerange verify record.json
        freerange verify - < record.json""",
        reads=True,
        unlocks=False,
    )
    verify.add_argument("file", metavar="FILE", help="made by: freerange terms evidence RECORD")


def peer(parser: Parser) -> None:
    """The argument that names somebody."""
    parser.add_argument("peer", metavar="PEER", help="a name, or the letters in brackets: freerange peers lists them")


def actions(parser: Parser, usual: str) -> "argparse._SubParsersAction[Parser]":
    """What else a command can do. usual: what it does when nothing is named."""
    parser.set_defaults(action=usual)
    return parser.add_subparsers(dest="action", metavar="[ACTION]", title="actions")


def options(parser: Parser, *, reads: bool, unlocks: bool) -> None:
    """The options that many commands share. Left out, they are what the command above them says."""
    left_out = argparse.SUPPRESS
    parser.add_argument("--home", metavar="DIR", default=left_out, help="the agent's folder")
    if reads:
        parser.add_argument("--json", action="store_true", default=left_out, help="print JSON, for programs")
    if unlocks:
        named = parser.add_argument_group("unlocking, when no agent is running (else you are asked)")
        one = named.add_mutually_exclusive_group()
        one.add_argument("--passphrase-file", metavar="FILE", default=left_out, help="its first line is the passphrase")
        one.add_argument(
            "--passphrase-fd", metavar="N", type=int, default=left_out, help="read it from this descriptor"
        )
        one.add_argument(
            "--key-file", metavar="FILE", default=left_out, help="a file of random bytes instead (vendors)"
        )


def waits(parser: Parser, seconds: int) -> None:
    """The options of a command that waits for an answer."""
    parser.add_argument("--no-wait", action="store_true", help="do not wait for the answer")
    parser.add_argument(
        "--timeout", type=float, default=seconds, metavar="SECONDS", help=f"how long to wait; default: {seconds}"
    )


def fields(parser: Parser, name: str, meaning: str) -> None:
    """A repeatable name=value option."""
    shown = "NAME=VALUE"
    parser.add_argument(
        name,
        action="append",
        default=[],
        metavar=shown,
        help=f"{meaning}; true, false and numbers are read as such (repeatable)",
    )


GROUPS: tuple[tuple[str, str, Callable[[Add], None]], ...] = (
    ("home", "set up", home),
    ("meeting", "meet", meeting),
    ("talking", "talk", talking),
    ("deciding", "decide", deciding),
    ("cards", "cards", cards),
    ("terms", "agree", terms),
)
