"""Programmes of an org, and memberships in them, on both sides: a balance is what was signed with the highest number.

An org's programme is a small file of settings. A membership is kept with every balance there was, also after it ended.
Source: vrm-protocols, section 5.8.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import msgspec

from agent import meeting, rosters
from agent.agent import Agent
from agent.draft import Draft
from protocols.machine import Attachment, Content
from protocols.problems import BadProof, Misuse
from protocols.vrm.base import AgreementRef, Money, Ptr
from protocols.vrm.loyalty_words import Exit, Invite
from wallet.encoding import b64u, digest, unb64u
from wallet.errors import NotFound, WalletError
from wallet.keys import new_id
from wallet.store.change import Item

PROGRAMME, MEMBERSHIP, RULES = "programme", "membership", "programme-rules"
MEMBER, LEFT = "member", "left"


class Programme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an org sets. rules: the text, which she joins by its Digest; data_needed: JSON Pointers into a contact card;
    rewards: what each costs; point: what one is worth when it is paid out; admit, redeem: by itself, or by a human.
    """

    name: str
    rules: str
    exit: Exit
    tiers: tuple[str, ...] = ()
    data_needed: tuple[Ptr, ...] = ()
    rewards: dict[str, int] = {}
    point: Money | None = None
    welcome: int = 0
    admit: Literal["all", "ask"] = "ask"
    redeem: Literal["auto", "ask"] = "ask"

    @property
    def digest(self) -> str:
        """What fixes its rules."""
        return digest(self.rules.encode())


class Balance(msgspec.Struct, frozen=True, omit_defaults=True):
    """One signed balance. reason: of a credit, or what was redeemed."""

    number: int
    change: int
    balance: int
    reason: str
    at: int
    voucher: str = ""


class Membership(msgspec.Struct, frozen=True, omit_defaults=True):
    """One membership. payout: what was paid out when it ended. state: member, or left."""

    thid: str
    peer: str
    programme: str
    rules: str
    member: str
    exit: Exit
    since: int
    balances: tuple[Balance, ...] = ()
    payout: Money | None = None
    state: str = MEMBER
    ended: int = 0

    @property
    def governing(self) -> Balance:
        """The balance that holds: of all that were signed, the one with the highest number."""
        return max(self.balances, key=lambda each: each.number)

    @property
    def balance(self) -> int:
        """Points, whole."""
        return self.governing.balance

    @property
    def next_number(self) -> int:
        """The number of the next balance."""
        return self.governing.number + 1

    def credited(self, entry: Balance) -> "Membership":
        """With one more signed balance, in the order of their numbers; one that is here already changes nothing."""
        if any(each.number == entry.number for each in self.balances):
            return self
        balances = sorted((*self.balances, entry), key=lambda each: each.number)
        return msgspec.structs.replace(self, balances=tuple(balances))


# -- the programme ------------------------------------------------------------------------------------------------


def programme(agent: Agent) -> Programme | None:
    """What this org offers."""
    row = agent.store.item(PROGRAMME, "")
    return msgspec.json.decode(row.record, type=Programme) if row else None


def item(offered: Programme) -> Item:
    """What is kept of it."""
    return Item(PROGRAMME, "", msgspec.json.encode(offered))


def invitation(draft: Draft, offered: Programme) -> Invite:
    """The programme as it is put to somebody: under the terms in force between the two, else the ones we prefer."""
    tiers = [{"@type": "MemberProgramTier", "name": each} for each in offered.tiers]
    content = Content(base64=b64u(offered.rules.encode()))
    return Invite(
        {"@type": "MemberProgram", "name": offered.name} | ({"hasTiers": tiers} if tiers else {}),
        offered.digest,
        offered.data_needed,
        offered.exit,
        terms(draft),
        attachments=(Attachment(id="rules", media_type="text/plain", data=content),),
    )


def terms(draft: Draft) -> AgreementRef:
    """The agreement a membership would be under. Raises Misuse if we accept none."""
    governing = draft.relationship.governing(draft.now)
    if governing is not None:
        return AgreementRef(governing.id, governing.version, governing.digest)
    preferred = next(iter(rosters.preferred(draft.agent)), None)
    if preferred is None:
        raise Misuse(
            "no terms are accepted here, and a membership needs some. Nothing was said."
            " Run: freerange config set accepts ID"
        )
    return meeting.reference(preferred)


def rules_in(message: Invite) -> str:
    """The text of the rules that came along, which is the one that was signed. Raises BadProof."""
    found = next((each for each in message.attachments if each.id == "rules"), None)
    try:
        raw = unb64u(found.data.base64 or "") if found else b""
        text = raw.decode()
    except (WalletError, UnicodeDecodeError) as fault:
        raise BadProof("the rules cannot be read") from fault
    if not raw or digest(raw) != message.rules:
        raise BadProof("the rules that came along are not those that were signed")
    return text


def keep_rules(draft: Draft, message: Invite) -> None:
    """Both sides keep the text, by what fixes it."""
    draft.keep += (Item(RULES, message.rules, rules_in(message).encode()),)


def rules_of(agent: Agent, pinned: str) -> str:
    """The text of rules that were shown or seen once."""
    row = agent.store.item(RULES, pinned)
    return row.record.decode() if row else ""


def payout(membership: Membership, point: Money | None) -> Money | None:
    """What a balance is worth by the exit terms; None if nothing is paid."""
    if membership.exit.balance != "paid-out" or point is None or membership.balance <= 0:
        return None
    return Money(f"{Decimal(point.amount) * membership.balance:f}", point.currency)


def voucher() -> str:
    """A word that opens one reward, once."""
    return f"V-{new_id()[:12].upper()}"


# -- memberships --------------------------------------------------------------------------------------------------


def put(draft: Draft, membership: Membership) -> None:
    """Keep a membership as it is now."""
    id = f"{draft.peer} {membership.thid}"
    draft.keep = tuple(each for each in draft.keep if (each.kind, each.id) != (MEMBERSHIP, id))
    draft.add_item(MEMBERSHIP, id, msgspec.json.encode(membership))


def of(draft: Draft) -> Membership | None:
    """The membership of this thread, as it is now in this draft."""
    id = f"{draft.peer} {draft.thid}"
    fresh = next((each for each in reversed(draft.keep) if (each.kind, each.id) == (MEMBERSHIP, id)), None)
    row = fresh or draft.agent.store.item(MEMBERSHIP, id)
    return msgspec.json.decode(row.record, type=Membership) if row else None


def every(agent: Agent) -> Iterator[Membership]:
    """All memberships, those that ended too."""
    return (msgspec.json.decode(each.record, type=Membership) for each in agent.store.items(MEMBERSHIP))


def newest(agent: Agent, start: int, most: int) -> Iterator[Membership]:
    """Some memberships, the newest first. start: how many are left out before them."""
    return (
        msgspec.json.decode(each.record, type=Membership) for each in agent.store.newest_items(MEMBERSHIP, start, most)
    )


def find(agent: Agent, named: str) -> Membership:
    """The one meant by its thread, a member number, the name of the programme, or what the other side is called.
    Raises NotFound, Misuse."""
    wanted = named.casefold()

    def names(each: Membership) -> tuple[str, ...]:
        return each.member.casefold(), each.programme.casefold(), agent.relationship(each.peer)[0].called.casefold()

    rows = (agent.store.item(MEMBERSHIP, f"{peer} {named}") for peer, _ in agent.store.threads_with_thid(named))
    exact = [msgspec.json.decode(row.record, type=Membership) for row in rows if row is not None]
    found = exact or [each for each in every(agent) if wanted in names(each)]
    found = [each for each in found if each.state == MEMBER] or found
    if not found:
        raise NotFound(f'there is no membership "{named[:100]}"; freerange membership show lists them')
    if len(found) > 1:
        raise Misuse(f'"{named[:100]}" could be {len(found)} memberships; give the member number')
    return found[0]
