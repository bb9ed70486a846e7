"""What so many customers need: a product of a few measured figures and of what they do. Pure: numbers in, numbers out.

Everything grows with the number of customers and with nothing else of theirs, so the same lines serve for ten thousand
and for a hundred million; what does not grow so, like the depth of an index, the simulation shows to be flat.
"""

from math import ceil
from typing import Final

import msgspec

DAY: Final = 86_400
MONTH: Final = 730  # hours
GB: Final = 1e9


class Figures(msgspec.Struct, frozen=True):
    """What was measured. yard: seconds of CPU of one Y; http, socket, answered: Y of a worker for a message that comes
    over HTTP, over a WebSocket, and for one over HTTP that is answered by a message; the rest in bytes.

    relationship: a met relationship with all that belongs to it; keys: two private keys, for a DID of its own;
    message: what a stored message adds; log: what it writes to the log of the database; open_socket, worker: memory.
    shown: how many relationships one store was shown to hold with look-ups as quick as with few.
    """

    yard: float
    http: float
    socket: float
    answered: float
    relationship: float
    keys: float
    message: float
    log: float
    open_socket: float
    worker: float
    shown: int


class Demand(msgspec.Struct, frozen=True):
    """What customers do, and what is bought. messages: that one sends in a day; answered: the share of them that is
    answered by a message; peak: how much busier the busiest hour is than the mean; online: the share of customers with
    an open WebSocket; retention: days for which messages are kept; busy: the share of a core that is used at peak;
    pairwise: a DID of its own for each customer; core_hour, gb_month: prices, None if not known.
    """

    customers: int
    messages: float = 1.0
    answered: float = 0.5
    peak: float = 4.0
    online: float = 0.1
    retention: float = 365.0
    busy: float = 0.5
    pairwise: bool = False
    core_hour: float | None = None
    gb_month: float | None = None


class Line(msgspec.Struct, frozen=True):
    """One result. unit: its own; formula: in words; numbers: the same with the numbers put in."""

    name: str
    value: float
    unit: str
    formula: str
    numbers: str


class Need(msgspec.Struct, frozen=True):
    """What is needed, line by line; each builds on those before it."""

    lines: tuple[Line, ...]

    def __getitem__(self, name: str) -> float:
        return next(line.value for line in self.lines if line.name == name)


def amount(value: float) -> str:
    """A number as people read it: three digits, or all of a large one."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def fault(demand: Demand) -> str:
    """What is wrong with a demand, in words; empty if nothing is."""
    shares = {"answered": demand.answered, "online": demand.online, "busy": demand.busy}
    wrong = [f"{name} is a share, from 0 to 1" for name, value in shares.items() if not 0 <= value <= 1]
    if demand.busy == 0:
        wrong.append("busy may not be 0: then no number of cores is enough")
    amounts = (demand.customers, demand.messages, demand.retention, demand.core_hour or 0, demand.gb_month or 0)
    if min(amounts) < 0:
        wrong.append("numbers of customers, messages, days and prices may not be below 0")
    if demand.peak < 1:
        wrong.append("peak is at least 1: the busiest hour is no quieter than the mean")
    return "; ".join(wrong)


def need(demand: Demand, figures: Figures) -> Need:
    """What such customers need, by these figures."""
    lines = (*_work(demand, figures), *_room(demand, figures))
    return Need((*lines, *_cost(demand, {line.name: line.value for line in lines})))


def _work(demand: Demand, by: Figures) -> tuple[Line, ...]:
    a_day = demand.customers * demand.messages
    rate = a_day / DAY * demand.peak
    one = demand.online * by.socket + (1 - demand.online) * by.http + demand.answered * (by.answered - by.http)
    cores = rate * one * by.yard / demand.busy
    sockets = demand.customers * demand.online
    workers = max(1, ceil(cores))
    memory = sockets * by.open_socket + workers * by.worker
    return (
        Line("messages", a_day, "/day", "customers x messages", f"{demand.customers:,} x {demand.messages:g}"),
        Line("rate", rate, "/s", "messages / 86,400 s x peak", f"{a_day:,.0f} / 86,400 x {demand.peak:g}"),
        Line(
            "work",
            one,
            "Y",
            "online x socket + (1 - online) x http + answered x (answer - http)",
            f"{demand.online:g} x {by.socket:.2f} + {1 - demand.online:g} x {by.http:.2f}"
            f" + {demand.answered:g} x ({by.answered:.2f} - {by.http:.2f})",
        ),
        Line(
            "cores",
            cores,
            "cores",
            "rate x work x Y / busy",
            f"{rate:,.1f} x {one:.2f} x {by.yard * 1e6:.1f} us / {demand.busy:g}",
        ),
        Line("sockets", sockets, "sockets", "customers x online", f"{demand.customers:,} x {demand.online:g}"),
        Line(
            "memory",
            memory / GB,
            "GB",
            "sockets x memory of one + workers x memory of one, a worker a core",
            f"{sockets:,.0f} x {by.open_socket / 1024:.1f} KiB + {workers:,} x {by.worker / 2**20:.0f} MiB",
        ),
    )


def _room(demand: Demand, by: Figures) -> tuple[Line, ...]:
    a_day = demand.customers * demand.messages * (1 + demand.answered)
    each = by.relationship + (by.keys if demand.pairwise else 0)
    kept = a_day * demand.retention
    known, said = demand.customers * each, kept * by.message
    shards = max(1, ceil(demand.customers / by.shown))
    return (
        Line(
            "relationships",
            known / GB,
            "GB",
            "customers x bytes of a relationship",
            f"{demand.customers:,} x {each:,.0f} B",
        ),
        Line(
            "said",
            said / GB,
            "GB",
            "messages x (1 + answered) x retention x bytes of a message",
            f"{a_day:,.0f} x {demand.retention:g} x {by.message:,.0f} B",
        ),
        Line("storage", (known + said) / GB, "GB", "relationships + said", f"{known / GB:,.1f} + {said / GB:,.1f}"),
        Line(
            "log",
            a_day * by.log / GB,
            "GB/day",
            "messages x (1 + answered) x bytes of log",
            f"{a_day:,.0f} x {by.log:,.0f} B",
        ),
        Line(
            "shards",
            shards,
            "shards",
            "customers / relationships that one store was shown to hold",
            f"{demand.customers:,} / {by.shown:,}",
        ),
    )


def _cost(demand: Demand, found: dict[str, float]) -> tuple[Line, ...]:
    if demand.core_hour is None or demand.gb_month is None:
        return ()
    cores = max(1, ceil(found["cores"]))
    cost = cores * MONTH * demand.core_hour + found["storage"] * demand.gb_month
    formula = "cores, rounded up, x 730 h x price of a core-hour + storage x price of a GB-month"
    numbers = f"{cores:,} x 730 x {demand.core_hour:g} + {found['storage']:,.1f} x {demand.gb_month:g}"
    return (Line("cost", cost, "/month", formula, numbers),)
