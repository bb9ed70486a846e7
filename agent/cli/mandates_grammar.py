"""Arguments of `helper` and `mandate`: somebody acts for her."""

from agent.cli.grammar import Command, Parser, actions, fields, options

MAY = ("ask-for-offers", "buy", "share-experiences", "exercise-rights", "report-problems")
"""The names in agent/wording.py, which help does not load."""
KINDS = ("device", "assistant", "family", "guardian", "fourth-party", "authorized-agent", "recovery")


def helper(parser: Parser) -> None:
    """Arguments of `helper`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="who acts for you, and how far")
    appoint = ways.add_parser("appoint", help="ask somebody you know to act for you")
    appoint.add_argument("peer", metavar="PEER", help="who: a name, or the letters that stand for one")
    note = f"what it may do: {', '.join(MAY)}; or a message like intent/1.0/cast (repeatable)"
    appoint.add_argument("--may", action="append", required=True, metavar="WHAT", help=note)
    appoint.add_argument("--duty", required=True, metavar="TEXT", help="what it undertakes, in your words")
    appoint.add_argument("--org", action="append", default=[], metavar="ORG", help="with whom (repeatable)")
    appoint.add_argument("--kind", choices=KINDS, default="fourth-party", metavar="KIND", help=", ".join(KINDS))
    appoint.add_argument("--level", type=int, default=0, metavar="0-3", help="how much of you it may tell; default: 0")
    appoint.add_argument("--casts", type=int, metavar="N", help="at most so many requests for offers to each")
    appoint.add_argument("--spend", default="", metavar="AMOUNT", help='at most so much, like "350.00 GBP"')
    appoint.add_argument("--tell", action="append", metavar="FIELD", help="only these details, like name")
    appoint.add_argument("--may-pass-on", action="store_true", help="it may let others act in its place")
    appoint.add_argument("--lasts", default="P90D", metavar="DURATION", help="default: P90D")
    appoint.add_argument("--reports", default="P7D", metavar="DURATION", help="how often it reports; default: P7D")
    see = ways.add_parser("show", help="one, with all it did")
    report = ways.add_parser("report", help="only what it did")
    revoke = ways.add_parser("revoke", help="end it now: every organisation it was shown to refuses it from then on")
    for each in (see, report, revoke):
        each.add_argument("id", metavar="ID", help="the first letters of its id")
    for each in (listed, appoint, see, report, revoke):
        options(each, reads=True, unlocks=True)


def mandate(parser: Parser) -> None:
    """Arguments of `mandate`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="for whom you act, and how far")
    accept = ways.add_parser("accept", help="take on what somebody asked you to do for her")
    ask = ways.add_parser("ask", help="ask her for a copy for one organisation")
    introduce = ways.add_parser("introduce", help="show her mandate to an organisation")
    act = ways.add_parser("act", help="say something to an organisation for her")
    report = ways.add_parser("report", help="tell her now what you did")
    resign = ways.add_parser("resign", help="give it back; what you did is told her first")
    for each in (accept, ask, introduce, act, report, resign):
        each.add_argument("id", metavar="ID", help="the first letters of its id")
    for each in (ask, introduce, act):
        each.add_argument("org", metavar="ORG", help="a name, or a DID")
    act.add_argument("message", metavar="MESSAGE", help="like experience/1.0/share")
    fields(act, "--field", "a part of it")
    for each in (listed, accept, ask, introduce, act, report, resign):
        options(each, reads=True, unlocks=True)


ACT_FOR = (
    Command(
        "helper",
        "let somebody act for you: so far, so long, and no further",
        """
        freerange helper appoint "Broker" --may ask-for-offers --org shop.example --duty "Find me a stroller." --level 1
        freerange helper list
        freerange helper report 3f2a91bc
        freerange helper revoke 3f2a91bc
        """,
        helper,
    ),
    Command(
        "mandate",
        "act for somebody who asked you to",
        """
        freerange mandate list
        freerange mandate accept 3f2a91bc
        freerange mandate introduce 3f2a91bc did:web:shop.example
        freerange mandate act 3f2a91bc did:web:shop.example experience/1.0/share --field kind=idea --field text="..."
        freerange mandate resign 3f2a91bc
        """,
        mandate,
    ),
)
