"""Where the pages are: the menu of a person, and that of an organisation."""

from typing import Final, NamedTuple


class Entry(NamedTuple):
    """One line of the menu. path: of the page."""

    path: str
    name: str


Menu = tuple[tuple[str, tuple[Entry, ...]], ...]

HERS: Final[Menu] = (
    ("Today", (Entry("/", "Home"), Entry("/scan", "Scan or paste"), Entry("/questions", "Questions"))),
    (
        "Mine",
        (
            Entry("/cards", "Cards"),
            Entry("/me", "About me"),
            Entry("/things", "Things"),
            Entry("/loyalties", "Loyalties"),
            Entry("/experiences", "Experiences"),
        ),
    ),
    (
        "Others",
        (
            Entry("/relationships", "Relationships"),
            Entry("/groups", "Groups"),
            Entry("/wants", "Wants"),
            Entry("/changes", "One change to many"),
            Entry("/helpers", "Helpers"),
        ),
    ),
    (
        "My rights",
        (
            Entry("/rules", "My rules"),
            Entry("/rights", "Rights and requests"),
            Entry("/history", "History"),
            Entry("/given", "What I gave"),
            Entry("/audit", "Audit"),
        ),
    ),
    ("Upkeep", (Entry("/backup", "Back-up"), Entry("/mediator", "Mediator"), Entry("/settings", "Settings"))),
)

ITS: Final[Menu] = (
    ("Today", (Entry("/", "Overview"), Entry("/questions", "Questions"), Entry("/cases", "Cases"))),
    (
        "Customers",
        (
            Entry("/customers", "Customers"),
            Entry("/demand", "Demand"),
            Entry("/programme", "Programme"),
            Entry("/assets", "Things sold"),
            Entry("/helpers", "Acting for others"),
            Entry("/notices", "Notices"),
            Entry("/terms", "Terms we accept"),
        ),
    ),
    (
        "Cards",
        (
            Entry("/card-types", "Cards we issue"),
            Entry("/requests", "Requests"),
            Entry("/results", "Results"),
        ),
    ),
    (
        "Systems",
        (
            Entry("/bridges", "Bridges"),
            Entry("/developers", "Developers"),
            Entry("/keys", "Keys and trust"),
            Entry("/log", "Team log"),
        ),
    ),
    ("Upkeep", (Entry("/invite", "Invite"), Entry("/backup", "Back-up"), Entry("/settings", "Settings"))),
)


def menu(kind: str) -> Menu:
    """The menu of a person's agent, or of an organisation's."""
    return ITS if kind == "org" else HERS
