"""The machine-readable side of an agreement: what it permits, prohibits and obliges. Source: vrm-protocols 5.2.

A policy is `{permit, prohibit, oblige}`, each a list of `{action, purpose?}` in terms of ODRL 2.2 and DPV. Requests are
judged by it alone: what is not permitted is prohibited, and prohibition wins.
"""

from typing import Annotated

import msgspec

from agent.agreements.purposes import contains, meet

Term = Annotated[str, msgspec.Meta(pattern=r"^(dpv|odrl):[A-Za-z]{1,64}\Z")]

USE, SHARE, OBTAIN_CONSENT = "dpv:Use", "dpv:Share", "odrl:obtainConsent"


class Rule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One action, for one purpose with all it contains; without a purpose, for any."""

    action: Term
    purpose: Term | None = None

    def __str__(self) -> str:
        return f"{self.action} for {self.purpose}" if self.purpose else f"{self.action} for any purpose"


class Policy(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """See the module. No policy at all permits nothing."""

    permit: tuple[Rule, ...] = ()
    prohibit: tuple[Rule, ...] = ()
    oblige: tuple[Rule, ...] = ()


def permits(rule: Rule, action: str, purpose: str) -> bool:
    """Whether a permission covers this."""
    return rule.action == action and (rule.purpose is None or contains(rule.purpose, purpose))


def prohibits(rule: Rule, action: str, purpose: str) -> bool:
    """Whether a prohibition touches this, in part or in whole."""
    return rule.action == action and (rule.purpose is None or meet(rule.purpose, purpose))


def against(policy: Policy, action: str, purpose: str) -> str:
    """What in the policy speaks against this, to be shown; empty if it is permitted."""
    for rule in policy.prohibit:
        if prohibits(rule, action, purpose):
            return f"it prohibits {rule}"
    if any(permits(rule, action, purpose) for rule in policy.permit):
        return ""
    return f"it does not permit {action} for {purpose}"


def obliges(policy: Policy, action: str) -> bool:
    """Whether whoever accepts this policy must do that."""
    return any(rule.action == action for rule in policy.oblige)
