"""What a verification found: every check by its name, never a bare yes or no.

A verification is total. Whatever bytes come in, a Verdict comes out, after bounded work. A check that could not be
made, because an earlier one failed, is not listed; a verdict is good if its list is not empty and nothing in it failed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from wallet.names import same
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


class Check(NamedTuple):
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


@lru_cache(maxsize=512)
def _held(name: str, good: str) -> Check:
    return Check(name, True, good)  # the same few, over and over


class Findings:
    """The checks of one verification while it is under way. good: nothing has failed so far."""

    def __init__(self) -> None:
        self.good = True
        self.checks: list[Check] = []
        self.notes: list[str] = []
        self.status = Status.NONE

    def say(self, name: str, good: str, fault: str | None) -> bool:
        """Write down one check: it holds, and `good` says so, unless there is a fault. Returns whether it holds."""
        if fault is not None:
            self.fail(name, fault)
            return False
        self.checks.append(_held(name, good))
        return True

    def fail(self, name: str, detail: object) -> None:
        """Write down one check that failed."""
        self.good = False
        self.checks.append(Check(name, False, str(detail)))

    def verdict(
        self, format: str, *, issuer: Json = None, claims: JsonObject, parts: Sequence[Verdict] = ()
    ) -> Verdict:
        """What was found, with the claims only if all of it held."""
        return Verdict(
            format=format,
            checks=tuple(self.checks),
            issuer=issuer if isinstance(issuer, str) else None,
            claims=claims if self.checks and self.good else {},
            status=self.status,
            notes=tuple(self.notes),
            parts=tuple(parts),
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

    @property
    def spent(self) -> str | None:
        """What is wrong with the question itself, or None."""
        return "our question was answered before, or is too old" if self.used else None


def trust(trusted: Collection[str] | None) -> str:
    """What to say of an issuer that is accepted: whether it was chosen, or any would do."""
    return "any issuer was asked for" if trusted is None else "the issuer is one this verifier trusts"


def distrust(issuer: str, trusted: Collection[str] | None) -> str | None:
    """Why an issuer is not accepted, or None. trusted: None for any issuer."""
    if trusted is None or any(same(issuer, name) for name in trusted):
        return None
    return f"the issuer {issuer[:200]!r} is not one this verifier trusts"


def bounded_leeway(leeway: int) -> int:
    """Seconds of clock difference that are forgiven: never more than MAX_LEEWAY, never less than none."""
    return max(0, min(leeway, MAX_LEEWAY))
