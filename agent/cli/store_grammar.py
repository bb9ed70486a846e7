"""Arguments of `store`."""

from agent.cli.grammar import Command, Parser, options


def store(parser: Parser) -> None:
    """Arguments of `store`."""
    ways = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    migrate = ways.add_parser("migrate", help="move the wallet, whole; run it again if it was interrupted")
    migrate.add_argument(
        "--to", required=True, metavar="PLACE", help="postgresql://USER@HOST/NAME, or wallet.db in DIR"
    )
    migrate.add_argument("--tenant", metavar="NAME", default="", help="the wallet's name there; default: your domain")
    keep = ways.add_parser("keep", help="give up a move, or go on with the copy that was left")
    keep.add_argument("--at", metavar="URL", default="", help="the copy in this database; default: the one in the file")
    keep.add_argument("--tenant", metavar="NAME", default="", help="the wallet's name there; default: your domain")
    keep.add_argument("--yes", action="store_true", help="also if it went on elsewhere; never use the one there again")
    drop = ways.add_parser("drop", help="remove the wallet from its database for good, and its keys with it")
    drop.add_argument("--at", metavar="URL", default="", help="the one in this database; default: as the settings say")
    drop.add_argument("--tenant", metavar="NAME", default="", help="the wallet's name there; default: your domain")
    drop.add_argument("--yes", action="store_true", help="do not ask; remove it")
    for each in (migrate, keep, drop):
        options(each, reads=False, unlocks=False)


STORE = (
    Command(
        "store",
        "move the wallet from its file to a PostgreSQL database, and back; or remove it there",
        """
        freerange store migrate --to postgresql://freerange@db.example/freerange
        freerange store migrate --to ~/.freerange/wallet.db
        freerange store keep
        freerange store drop
        """,
        store,
        reads=False,
        unlocks=False,
    ),
)
