"""Arguments of `sign-in`."""

from agent.cli.grammar import Command, Parser, actions, options


def sign_in(parser: Parser) -> None:
    """Arguments of `sign-in`."""
    ways = actions(parser, "list")
    listed = ways.add_parser("list", help="links by which you get in, for the minute in which they work")
    ask = ways.add_parser("ask", help="ask somebody whether a browser session is hers (organisations)")
    ask.add_argument("peer", metavar="PEER", help="a name, or the letters that stand for one")
    ask.add_argument("origin", metavar="ORIGIN", help="of the page, like https://shop.example")
    redeem = ways.add_parser("redeem", help="who a browser session belongs to, by the code it came with; once")
    redeem.add_argument("code", metavar="CODE", help="from the link")
    for each in (ask, redeem):
        each.add_argument("session", metavar="SESSION", help="the browser's session id; it is not sent to anybody")
    for each in (listed, ask, redeem):
        options(each, reads=True, unlocks=True)


SIGN_IN = (
    Command(
        "sign-in",
        "sign in to pages of those you know, with no password",
        """
        freerange sign-in
        freerange sign-in ask 1870-39b0 https://shop.example 4f0c2f6d1b7e4a0c9d3e5b8a
        freerange sign-in redeem q83vEjRWeJCrze8SNFZ4kA 4f0c2f6d1b7e4a0c9d3e5b8a
        """,
        sign_in,
    ),
)
