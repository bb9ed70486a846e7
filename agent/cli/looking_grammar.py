"""Arguments of `look`: finding an organisation's agent."""

from agent.cli.grammar import Command, Parser, waits


def look(parser: Parser) -> None:
    """Arguments of `look`."""
    parser.add_argument(
        "place", metavar="DOMAIN", help="or a web address, a link, the text of a QR code, a DID, a name"
    )
    parser.add_argument(
        "--meet", action="store_true", help="say hello under a fresh DID, so that it says what it accepts"
    )
    waits(parser, 30)


LOOK = (
    Command(
        "look",
        "find an organisation's agent, and the agreements it accepts",
        """
        freerange look library.example
        freerange look library.example --meet
        freerange look 'https://library.example?_oob=eyJ0eXA...'
        """,
        look,
    ),
)
