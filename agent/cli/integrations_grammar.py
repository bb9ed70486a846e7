"""Arguments of `api`: the keys of an org's own systems, and the document of the API they call."""

from agent.cli.grammar import Command, Parser, actions, options


def api(parser: Parser) -> None:
    """Arguments of `api`."""
    ways = actions(parser, "document")
    document = ways.add_parser("document", help="print the OpenAPI document (no wallet is opened)")
    options(document, reads=False, unlocks=False)
    key = ways.add_parser("key", help="the keys by which systems call")
    doings = key.add_subparsers(dest="doing", metavar="ACTION", required=True)
    add = doings.add_parser("add", help="make a key; it is shown this once")
    add.add_argument("name", metavar="NAME", help="what you call the system")
    note = "what it may do: relationships, threads, speak, notices, deletions, counters (repeatable; default: all)"
    add.add_argument("--scope", action="append", default=[], metavar="SCOPE", help=note)
    listed = doings.add_parser("list", help="which there are")
    revoke = doings.add_parser("revoke", help="take one back: nothing is answered to it any more")
    revoke.add_argument("name", metavar="NAME", help="as it is listed")
    for each in (add, listed, revoke):
        options(each, reads=True, unlocks=True)


INTEGRATE = (
    Command(
        "api",
        "the API for your own systems, a CRM say: keys, and its document",
        """
        freerange api key add crm --scope relationships --scope threads --scope speak
        freerange api key list
        freerange api key revoke crm
        freerange api document > freerange.openapi.json
        """,
        api,
        reads=False,
    ),
)
