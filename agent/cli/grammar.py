"""The commands, by subject: what each does, examples, and its arguments."""

import argparse
from collections.abc import Callable

Parser = argparse.ArgumentParser


class Command:
    """One command. says: in a line; arguments: adds them to a parser; reads: it can print JSON; unlocks: it may have to
    open the wallet; actions: if words that name no action may follow it, all actions, the one then meant first."""

    def __init__(
        self,
        name: str,
        says: str,
        example: str,
        arguments: Callable[[Parser], None] | None = None,
        *,
        reads: bool = True,
        unlocks: bool = True,
        actions: tuple[str, ...] = (),
    ) -> None:
        self.name, self.says, self.example, self.arguments = name, says, example, arguments
        self.reads, self.unlocks, self.actions = reads, unlocks, actions

    def spell_out(self, words: list[str]) -> list[str]:
        """The words of a command line with the action that is meant, if this is the command and none is named."""
        place = 2 if words[:1] == ["--home"] else int(bool(words) and words[0].startswith("--home="))
        if not self.actions or words[place : place + 1] != [self.name]:
            return words
        after = words[place + 1 : place + 2]
        named = not after or after[0].startswith("-") or after[0] in self.actions
        return words if named else [*words[: place + 1], self.actions[0], *words[place + 1 :]]

    def fill(self, parser: Parser) -> None:
        """Give a parser all the arguments of this command."""
        options(parser, reads=self.reads, unlocks=self.unlocks)
        if self.arguments:
            self.arguments(parser)


# -- set up -------------------------------------------------------------------------------------------------------


def init(parser: Parser) -> None:
    """Arguments of `init`."""
    parser.add_argument("--name", default="me", help="what you call yourself; a person's name is never sent")
    parser.add_argument("--kind", choices=("person", "org"), default="person", help="default: person")
    parser.add_argument("--listen", metavar="HOST:PORT", help="where messages come in; default: 127.0.0.1:8080")
    parser.add_argument("--url", help="how others reach that address; https, unless --development")
    parser.add_argument(
        "--mediator", metavar="LINK", help="be reached through this mediator, with no address of your own"
    )
    parser.add_argument("--api", metavar="HOST:PORT", help="the owner's API, on this computer only; default: next port")
    stored(parser)
    parser.add_argument("--development", action="store_true", help="plain http, for trying out on this computer only")


def stored(parser: Parser) -> None:
    """Arguments that say where a new wallet is to be."""
    place = "not in a file, but in a PostgreSQL database: postgresql://USER@HOST/NAME"
    parser.add_argument("--store", metavar="URL", default="", help=place)
    parser.add_argument("--tenant", metavar="NAME", default="", help="the wallet's name there; default: your domain")


def serve(parser: Parser) -> None:
    """Arguments of `serve`."""
    parser.add_argument("--background", action="store_true", help="go on without this terminal; see: freerange stop")
    parser.add_argument("--quiet", action="store_true", help="write no log to standard error")
    parser.add_argument("--locked", action="store_true", help="wait until the wallet is opened on its page")
    many = "do the work with N processes; for an organisation's wallet that is in PostgreSQL"
    parser.add_argument("--workers", type=int, metavar="N", help=many)


def open_(parser: Parser) -> None:
    """Arguments of `open`."""
    parser.add_argument("--print", action="store_true", help="say where the page is, and open nothing")


def config(parser: Parser) -> None:
    """Arguments of `config`."""
    setting = actions(parser, "show").add_parser("set", help="change a setting")
    options(setting, reads=True, unlocks=False)
    setting.add_argument("key", metavar="KEY")
    setting.add_argument("value", metavar="VALUE", help="true or false; several, with commas between them")


def doctor(parser: Parser) -> None:
    """Arguments of `doctor`."""
    parser.add_argument("--forget", action="store_true", help="throw away messages that were given up")


# -- keep it safe -------------------------------------------------------------------------------------------------


def backup(parser: Parser) -> None:
    """Arguments of `backup`."""
    ways = actions(parser, "standing")
    create = ways.add_parser("create", help="write a back-up; the first time, make the recovery words")
    verify = ways.add_parser("verify", help="open a back-up, read all of it, try every key")
    restore = ways.add_parser("restore", help="make a wallet of a back-up, in a folder that has none")
    identity = ways.add_parser("identity", help="what the words are for the `age` tool")
    forget = ways.add_parser("forget", help="let the recovery words count no more: the next back-up makes new ones")
    options(forget, reads=False, unlocks=True)
    for each in (create, verify, restore):
        each.add_argument("file", metavar="FILE")
    for each in (create, verify, restore, identity):
        opens = each.add_mutually_exclusive_group()
        opens.add_argument("--words-file", metavar="FILE", help="the recovery words, for programs")
        if each in (verify, restore):
            opens.add_argument("--identity", metavar="FILE", help="with an AGE-SECRET-KEY-1 line, instead of words")
        if each is restore:
            stored(each)
        options(each, reads=False, unlocks=each in (create, restore))


def export(parser: Parser) -> None:
    """Arguments of `export`."""
    parser.add_argument("file", metavar="FILE", help="JSON Lines, described in docs/export-format.md")
    parser.add_argument("--to", metavar="RECIPIENT", help="encrypt it for this age recipient (age1...)")


def import_(parser: Parser) -> None:
    """Arguments of `import`."""
    parser.add_argument("file", metavar="FILE", help="a back-up or an export")
    opens = parser.add_mutually_exclusive_group()
    opens.add_argument("--words-file", metavar="FILE", help="the recovery words, for programs")
    opens.add_argument("--identity", metavar="FILE", help="with an AGE-SECRET-KEY-1 line, instead of words")


def passphrase(parser: Parser) -> None:
    """Arguments of `passphrase`."""
    parser.add_argument("--words", action="store_true", help="open the wallet with the recovery words")
    parser.add_argument("--words-file", metavar="FILE", help="the same, from a file")
    new = parser.add_argument_group("what opens it from now on (else you are asked)").add_mutually_exclusive_group()
    new.add_argument("--new-passphrase-file", metavar="FILE", help="its first line is the passphrase")
    new.add_argument("--new-key-file", metavar="FILE", help="a file of random bytes; made if it is not there")


# -- meet ---------------------------------------------------------------------------------------------------------


def invite(parser: Parser) -> None:
    """Arguments of `invite`."""
    parser.add_argument("--goal", default="Meet, as equals", help="what for, in words others will read")
    parser.add_argument("--once", action="store_true", help="the first who answers uses it up")
    parser.add_argument("--lasts", metavar="TIME", default="0", help="like 30m, 12h or 7d; default: for good")
    parser.add_argument("--mediation", action="store_true", help="a mediator: for those whose messages you are to take")
    parser.add_argument("--qr", metavar="FILE", help="also save the QR code (.svg or .png)")


def accept(parser: Parser) -> None:
    """Arguments of `accept`."""
    parser.add_argument("url", metavar="LINK", help="the link of the invitation; put it in quotes")
    parser.add_argument("--yes", action="store_true", help="do not ask, if it is a mediator's")
    waits(parser, 30)


def peers(parser: Parser) -> None:
    """Arguments of `peers`."""
    parser.add_argument("peer", nargs="?", metavar="PEER", help="one of them, with everything")


def ping(parser: Parser) -> None:
    """Arguments of `ping`."""
    peer(parser)
    waits(parser, 10)


def discover(parser: Parser) -> None:
    """Arguments of `discover`."""
    peer(parser)
    parser.add_argument("--match", default="*", help="which protocols; * stands for anything")
    waits(parser, 10)


# -- talk ---------------------------------------------------------------------------------------------------------


def threads(parser: Parser) -> None:
    """Arguments of `threads`."""
    parser.add_argument("--all", action="store_true", help="those that are over too")


def say(parser: Parser) -> None:
    """Arguments of `say`."""
    parser.add_argument("to", metavar="PEER|THREAD", help="a peer, or the first letters of a thread")
    parser.add_argument("text", nargs="?", metavar="TEXT", help="what to write")
    parser.add_argument(
        "--message", metavar="NAME|TYPE", help="the name of a message in a thread, or a type to begin one"
    )
    fields(parser, "--field", "a field of the message")


def log(parser: Parser) -> None:
    """Arguments of `log`."""
    parser.add_argument("thread", metavar="THREAD", help="the first letters of its id will do")
    parser.add_argument("--whole", action="store_true", help="every message as it was sent, in full")


# -- decide -------------------------------------------------------------------------------------------------------


def answer(parser: Parser) -> None:
    """Arguments of `answer`."""
    parser.add_argument("question", metavar="QUESTION", help="the first letters of its id will do")
    parser.add_argument("word", choices=("yes", "no"))
    parser.add_argument("--refuse", metavar="CLAIM", action="append", default=[], help="keep this back (repeatable)")


# -- cards --------------------------------------------------------------------------------------------------------


def credentials(parser: Parser) -> None:
    """Arguments of `credentials`."""
    parser.add_argument("card", nargs="?", metavar="CARD", help="one of them, with everything")


def issue(parser: Parser) -> None:
    """Arguments of `issue`."""
    peer(parser)
    parser.add_argument("--type", required=True, help="what it is, for programs: a URI")
    parser.add_argument("--name", default="", help="what it is, for people; default: the type")
    fields(parser, "--claim", "what it says")
    parser.add_argument("--format", choices=("dc+sd-jwt", "vc+di"), default="dc+sd-jwt", help="default: dc+sd-jwt")


def request(parser: Parser) -> None:
    """Arguments of `request`."""
    peer(parser)
    parser.add_argument("--type", default="", help="the type of card you will take")
    claim = "NAME[=VALUE]"
    parser.add_argument("--claim", action="append", default=[], metavar=claim, help="what it must show (repeatable)")
    parser.add_argument("--query", metavar="FILE", help="a whole DCQL query in a JSON file instead")
    issuer = "whose cards you trust: a domain or a DID (repeatable; default: anybody's)"
    parser.add_argument("--issuer", action="append", default=[], metavar="DOMAIN", help=issuer)
    parser.add_argument("--purpose", required=True, help="why, in words for the person who decides")
    waits(parser, 60)


def verdict(parser: Parser) -> None:
    """Arguments of `verdict`."""
    parser.add_argument("thread", metavar="THREAD", help="the first letters of its id will do")


# -- agree --------------------------------------------------------------------------------------------------------


def terms(parser: Parser) -> None:
    """Arguments of `terms`."""
    ways = actions(parser, "list")
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


def verify(parser: Parser) -> None:
    """Arguments of `verify`."""
    parser.add_argument("file", metavar="FILE", help="made by: freerange terms evidence RECORD")


# -- operate ------------------------------------------------------------------------------------------------------


def queue(parser: Parser) -> None:
    """Arguments of `queue`."""
    ways = actions(parser, "list")
    inspect = ways.add_parser("inspect", help="one message with everything, and what it says")
    retry = ways.add_parser("retry", help="try again now; what was given up has its whole time anew")
    discard = ways.add_parser("discard", help="throw a message away; whoever it was for never gets it")
    for each in (inspect, discard):
        each.add_argument("message", metavar="ID", help="the first letters of its id will do")
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument("message", metavar="ID", nargs="?", help="the first letters of its id will do")
    which.add_argument("--all", action="store_true", help="everything that failed")
    for each in (inspect, retry, discard):
        options(each, reads=True, unlocks=True)


# -- be reached ---------------------------------------------------------------------------------------------------


def mediator(parser: Parser) -> None:
    """Arguments of `mediator`."""
    ways = actions(parser, "show")
    seen = ways.add_parser("show", help="how it stands, and who knows of it")
    add = ways.add_parser("add", help="have your messages taken by a mediator from now on")
    move = ways.add_parser("move", help="go to another mediator, and tell everybody")
    remove = ways.add_parser("remove", help="go without one, and tell everybody your own address")
    for each in (add, move):
        each.add_argument("link", metavar="LINK", help="its invitation, or its DID; put it in quotes")
    for each in (seen, add, move, remove):
        options(each, reads=True, unlocks=True)
    for each in (add, move, remove):
        waits(each, 30)


def clients(parser: Parser) -> None:
    """Arguments of `clients`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="how much is held, and for whom")
    close = ways.add_parser("close", help="take nothing more for one of them")
    close.add_argument("client", metavar="LETTERS", help="as they are listed")
    for each in (listed, close):
        options(each, reads=True, unlocks=True)


# -- move on ------------------------------------------------------------------------------------------------------


def rotate(parser: Parser) -> None:
    """Arguments of `rotate`."""
    some_or_all(parser)
    at_once = "do not listen at the old one any longer than needed: its keys may be in other hands"
    parser.add_argument("--at-once", action="store_true", help=at_once)
    public = "an organisation: give up the public DID there, for one that nobody else knows"
    parser.add_argument("--from-public", action="store_true", help=public)
    waits(parser, 10)


def leave(parser: Parser) -> None:
    """Arguments of `leave`."""
    some_or_all(parser)
    parser.add_argument(
        "--group", dest="among", default="", metavar="RULE", help="all of a group; see: freerange group --help"
    )
    parser.add_argument("--spread", type=float, default=10, metavar="MINUTES", help="of a group: over how long")
    parser.add_argument(
        "--data",
        choices=("erase", "return-then-erase", "keep-legal-minimum"),
        default="erase",
        help="what must happen to your data; default: erase",
    )
    parser.add_argument("--by", metavar="DATE", help="until when, as YYYY-MM-DD; default: 30 days from now")
    reasons = ("not-needed", "changed-mind", "moving-on", "breach", "expired", "other")
    parser.add_argument("--reason", choices=reasons, help="why, if you wish to say it")
    parser.add_argument("--preview", action="store_true", help="only show what would be said to whom")
    parser.add_argument("--yes", action="store_true", help="do not ask; say it")


def some_or_all(parser: Parser) -> None:
    """The arguments that name relationships."""
    parser.add_argument("peers", nargs="*", metavar="PEER", help="names or letters; none: show how it stands")
    parser.add_argument("--all", action="store_true", help="every relationship that has not ended")


# -- shared -------------------------------------------------------------------------------------------------------


def peer(parser: Parser) -> None:
    """The argument that names somebody."""
    parser.add_argument("peer", metavar="PEER", help="a name, or its letters: freerange peers lists them")


def actions(parser: Parser, usual: str) -> "argparse._SubParsersAction[Parser]":
    """What else a command can do. usual: what it does when nothing is named."""
    named = parser.add_subparsers(dest="action", metavar="[ACTION]", title="actions")
    named.default = usual  # argparse asks what it adds for its own default first, and then it is None
    return named


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
    usual = f"how long to wait; default: {seconds}"
    parser.add_argument("--timeout", type=float, default=seconds, metavar="SECONDS", help=usual)


def fields(parser: Parser, name: str, meaning: str) -> None:
    """A repeatable name=value option."""
    note = f"{meaning}; true, false and numbers are read as such (repeatable)"
    parser.add_argument(name, action="append", default=[], metavar="NAME=VALUE", help=note)
