"""A run beside an earlier one: what changed, and whether by more than either of them wavers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]  # a figure as `scripts/bench --json` writes it
ENOUGH = 3  # repetitions below which nobody knows how much a figure wavers


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure, before and now. percent: by how much it is larger now.

    beyond: the quartiles of the two do not overlap. None: one of them was measured too rarely to tell.
    """

    part: str
    name: str
    unit: str
    before: float
    now: float
    percent: float
    beyond: bool | None
    most: bool

    @property
    def worse(self) -> float:
        """By how many percent it is worse; negative if it is better."""
        return self.percent if self.most else -self.percent


def differences(before: Sequence[Row], now: Sequence[Row]) -> Iterator[Difference]:
    """Every figure that both runs have measured, in the order of the later one."""
    known = {(row["part"], row["name"]): row for row in before}
    for row in now:
        old = known.get((row["part"], row["name"]))
        if old is None or not old["median"] or row["median"] is None:
            continue
        percent = 100 * (row["median"] / old["median"] - 1)
        apart = bool(row["low"] > old["high"] or row["high"] < old["low"])
        beyond = apart if min(row["times"], old["times"]) >= ENOUGH else None
        yield Difference(
            row["part"], row["name"], row["unit"], old["median"], row["median"], percent, beyond, row["most"]
        )


def alone(before: Sequence[Row], now: Sequence[Row]) -> list[str]:
    """What one of two runs has measured and the other has not, of the parts that the later one took."""
    parts = {row["part"] for row in now}
    took, known = ({(row["part"], row["name"]): row["median"] for row in rows} for rows in (now, before))
    names = dict.fromkeys(each for each in (*took, *known) if each[0] in parts)
    return [
        f"{part}: {name}"
        for part, name in names
        if (took.get((part, name)) is None) != (known.get((part, name)) is None)
    ]


def failing(found: Sequence[Difference], percent: float) -> list[Difference]:
    """What is worse by more than so many percent, and beyond the spread of both runs."""
    return [each for each in found if each.beyond and each.worse > percent]


def line(each: Difference) -> str:
    """One line for people."""
    way = "worse" if each.worse > 0 else "better"
    said = {True: f"{way}, beyond the spread", False: "within the spread", None: "spread unknown"}[each.beyond]
    values = f"{each.before:>10.2f} -> {each.now:>10.2f} {each.unit}"
    return f"{each.part + ': ' + each.name:<72} {values:<30} {each.percent:+7.1f} %  {said}"


def other_machine(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between the two machines, besides how busy they were."""
    names = [name for name in now if name not in ("load", "Y") and before.get(name) != now[name]]
    return [f"{name}: {before.get(name, 'unknown')} -> {now[name]}" for name in names]
