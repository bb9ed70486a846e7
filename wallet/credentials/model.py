"""What a verification found: every check by its name, never a bare yes or no.

A verification is total. Whatever bytes come in, a Verdict comes out, after bounded work. A check that could not be
made, because an earlier one failed, is not listed; a verdict is good if its list is not empty and nothing in it failed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wallet.strict_json import Json, JsonObject

LEEWAY = 60
MAX_LEEWAY = 300


class Status(StrEnum):
    """What an issuer's list says of a credential. UNKNOWN is never shown as valid. NONE: it has no status at all."""

    NONE = "none"
    VALID = "valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One question that was asked. name: a word for programs. detail: one plain sentence for people."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of one verification.

    issuer: who the credential says issued it (for a presentation: who presents it). claims: what was shown, empty
    unless everything held, so that nobody reads what nobody signed. notes: what a careful reader should also know.
    parts: the verdicts of what was inside.
    """

    format: str
    checks: tuple[Check, ...]
    issuer: str | None = None
    claims: JsonObject = field(default_factory=dict)
    status: Status = Status.NONE
    notes: tuple[str, ...] = ()
    parts: tuple["Verdict", ...] = ()

    @property
    def verified(self) -> bool:
        """True if at least one check was made and none failed."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the checks that failed, in the order they were made."""
        return tuple(check.name for check in self.checks if not check.ok)

    def why(self) -> str:
        """The failed checks as sentences, for the owner; empty if all held."""
        return " ".join(f"{check.detail}." for check in self.checks if not check.ok)


class Findings:
    """The checks of one verification while it is under way."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.notes: list[str] = []
        self.status = Status.NONE

    def say(self, name: str, ok: bool, good: str, bad: str) -> bool:
        """Write down one check; returns `ok`."""
        self.checks.append(Check(name, ok, good if ok else bad))
        return ok

    def fail(self, name: str, detail: object) -> None:
        """Write down one check that failed."""
        self.checks.append(Check(name, False, str(detail)))

    def verdict(
        self, format: str, *, issuer: Json = None, claims: JsonObject, parts: Sequence[Verdict] = ()
    ) -> Verdict:
        """What was found, with the claims only if all of it held."""
        found = Verdict(
            format=format,
            checks=tuple(self.checks),
            issuer=issuer if isinstance(issuer, str) else None,
            status=self.status,
            notes=tuple(self.notes),
            parts=tuple(parts),
        )
        if not found.verified:
            return found
        return Verdict(
            format=format,
            checks=found.checks,
            issuer=found.issuer,
            claims=claims,
            status=found.status,
            notes=found.notes,
            parts=found.parts,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The holder's answer a verifier waits for.

    audience: who asks (`aud`, `domain`). nonce: the question's nonce (`nonce`, `challenge`). used: whether the verifier
    has had an answer to this nonce before, or forgotten it: nonces are single-use. max_age: seconds an answer is good.
    """

    audience: str
    nonce: str
    used: bool = False
    max_age: int = 600


def bounded_leeway(leeway: int) -> int:
    """Seconds of clock difference that are forgiven: never more than MAX_LEEWAY, never less than none."""
    return max(0, min(leeway, MAX_LEEWAY))
