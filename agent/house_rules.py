"""The owner's house rules: what answers the requests of others without her. One set, for everybody.

Her register says who may process what of hers, and why: what stands in it is granted, what is against it is refused,
and so is what is outside it, unless she wants to be asked. The rest are limits on every request: how long, to whom it
may be passed on, where it may be stored. The agreement in force comes before all of it, and what is looser than the one
she prefers asks her. Everything refused names the clause. Without house rules nothing is granted: she is asked.

Source: vrm-protocols 5.1 to 5.3.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, Protocol

import msgspec

from agent import notice_rules, rosters, wording
from agent.agent import Agent
from agent.agreements import Text, policy, purposes
from agent.agreements.policy import Policy
from agent.durations import end_of
from agent.relationship import Agreement, Relationship, fingerprint
from protocols.messages import unix
from protocols.vrm.base import Code, Duration
from protocols.vrm.relationship import Rules
from wallet.credentials.vcdm import timestamp
from wallet.store.change import Change, Item

KIND, STANDING = "house-rules", "standing"

Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")]
Answer = Literal["allow", "refuse", "ask"]
Channel = Literal["agent", "email", "phone", "post"]
Reach = Literal["any", "service-only", "never"]


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line of the register.

    who: a relationship's name, fingerprint or domain, or a kind as in "kind:vendor", or "any". what: a JSON Pointer
    with all below it; "" is everything. why: a purpose with all it contains. until: a date, "" for no end.
    """

    who: str
    what: str
    why: str
    allow: bool = True
    until: str = ""

    def __str__(self) -> str:
        verb, what = "may" if self.allow else "may not", wording.field(self.what) if self.what else "anything"
        return f"{wording.whoever(self.who)} {verb} use {what} {wording.purpose(self.why)}"


class HouseRules(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Her rules. See the module.

    otherwise: the answer to what the register does not speak of. retention: the longest time; sharing: whether others
    may get it, `named` if the request names them; recipients: if there are any, only these; storage: countries, none
    for anywhere. channels to paused: what may be sent to her, as it is stated to organisations (section 5.1).
    """

    version: int = 0
    register: tuple[Entry, ...] = ()
    otherwise: Literal["refuse", "ask"] = "refuse"
    retention: Duration | None = None
    sharing: Literal["none", "named"] = "named"
    recipients: tuple[str, ...] = ()
    storage: tuple[Country, ...] = ()
    channels: dict[Channel, Reach] = {}
    promotion: Literal["none", "asked", "any"] = "none"
    topics_allowed: tuple[Code, ...] = ()
    topics_denied: tuple[Code, ...] = ()
    max_per_week: int | None = None
    quiet: dict[Literal["from", "to", "zone"], str] | None = None
    paused: bool = False


class Wanted(Protocol):
    """One thing that is asked for: where it is, and a purpose in DPV terms."""

    @property
    def ptr(self) -> str:
        """A JSON Pointer."""

    @property
    def purpose(self) -> str:
        """A DPV term."""


class Request(Protocol):
    """What somebody asks to be allowed, as in `consent/request`."""

    @property
    def items(self) -> Sequence[Wanted]:
        """Each is judged by itself."""

    @property
    def recipients(self) -> Sequence[str]:
        """To whom it would be passed on."""

    @property
    def retention(self) -> str:
        """How long it would be kept, a duration."""

    @property
    def storage(self) -> Sequence[str]:
        """Countries in which it would be kept."""

    @property
    def until(self) -> str:
        """Until when it would be used, a Time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a request.

    allow: grant what is not in `refused`. refuse: decline, naming `clause`. ask: the owner decides on what is not in
    `refused`. by: what the refusal rests on. refused: the clause against each pointer that is refused in any case.
    """

    answer: Answer
    clause: str = ""
    by: Literal["", "agreement", "rules"] = ""
    refused: Mapping[str, str] = field(default_factory=dict)


def standing(agent: Agent) -> HouseRules | None:
    """Her rules as they are now; None if she has made none."""
    item = agent.store.item(KIND, STANDING)
    return msgspec.json.decode(item.record, type=HouseRules) if item else None


async def keep(agent: Agent, rules: HouseRules) -> HouseRules:
    """Make these her rules, under the next version."""
    before = standing(agent)
    rules = msgspec.structs.replace(rules, version=(before.version if before else 0) + 1)
    await agent.store.apply(Change(peer="", keep=(Item(KIND, STANDING, msgspec.json.encode(rules)),)))
    return rules


# -- requests -----------------------------------------------------------------------------------------------------


def judge(agent: Agent, relationship: Relationship, request: Request) -> Verdict:
    """What is answered to a request without her, or that she must be asked."""
    now, rules = agent.now(), standing(agent)
    governing = relationship.governing(now)
    refused = dict(beyond_agreement(agent, governing, request))
    by: Literal["agreement", "rules"] = "agreement"
    if governing and len(refused) == len({each.ptr for each in request.items}):
        return Verdict("refuse", next(iter(refused.values()), ""), by, refused)
    if rules is None:
        return Verdict("ask", refused=refused)
    if clause := limit_crossed(rules, request, now):
        return Verdict("refuse", clause, "rules", refused)
    answers: set[Answer] = set()
    for each in request.items:
        if each.ptr in refused:
            continue
        answer, clause = of_the_register(rules, relationship, each, now)
        if answer == "allow" and looser(agent, rules, relationship, each):
            answer = "ask"
        if answer == "refuse":
            refused[each.ptr], by = clause, "rules"
        else:
            answers.add(answer)
    if answers:
        return Verdict("ask" if "ask" in answers else "allow", refused=refused)
    return Verdict("refuse", next(iter(refused.values()), "nothing was asked for"), by, refused)


def beyond_agreement(agent: Agent, governing: Agreement | None, request: Request) -> Iterable[tuple[str, str]]:
    """Each pointer whose purpose the agreement in force does not permit, and what speaks against it."""
    text = rosters.text_of(agent, governing.digest) if governing else None
    if governing is None:
        return
    allowed = text.policy if text else Policy()
    for each in request.items:
        clause = policy.against(allowed, policy.USE, each.purpose)
        if not clause and request.recipients:
            clause = policy.against(allowed, policy.SHARE, each.purpose)
        if clause:
            yield each.ptr, f"the agreement {governing.id}: {clause}"


def limit_crossed(rules: HouseRules, request: Request, now: int) -> str:
    """The clause of her rules that the whole request breaks; empty if none."""
    if rules.retention is not None:
        longest, asked = end_of(now, rules.retention), end_of(now, request.retention)
        if not asked or (longest and asked > longest):
            return f"nothing is kept longer than {rules.retention}; {request.retention} was asked"
        if longest and unix(request.until) > longest:
            return f"nothing is used longer than {rules.retention} from now; {request.until} was asked"
    if request.recipients and rules.sharing == "none":
        return f"nothing is passed on; it would go to {', '.join(request.recipients)}"
    strangers = [each for each in request.recipients if rules.recipients and each not in rules.recipients]
    if strangers:
        return f"it may be passed on to {', '.join(rules.recipients)} only, not to {', '.join(strangers)}"
    abroad = [each for each in request.storage if rules.storage and each not in rules.storage]
    if abroad or (rules.storage and not request.storage):
        return f"it may be stored in {', '.join(rules.storage)} only, not in {', '.join(abroad) or 'places unnamed'}"
    return ""


def of_the_register(rules: HouseRules, who: Relationship, wanted: Wanted, now: int) -> tuple[Answer, str]:
    """What her register says of one item, and the clause if it says no. A line against it wins."""
    today = timestamp(now)[:10]
    fitting = [
        each for each in rules.register if speaks_of(each, who, wanted) and (not each.until or today <= each.until)
    ]
    against = next((each for each in fitting if not each.allow), None)
    if against is not None:
        return "refuse", f"the register says: {against}"
    if any(purposes.contains(each.why, wanted.purpose) for each in fitting):
        return "allow", ""
    if rules.otherwise == "ask":
        return "ask", ""
    use = f"{wording.field(wanted.ptr)} {wording.purpose(wanted.purpose)}"
    return "refuse", f"the register has no line by which it may use {use}"


def looser(agent: Agent, rules: HouseRules, who: Relationship, wanted: Wanted) -> bool:
    """Whether it is more than the agreement she prefers permits; a line that names this organisation settles it."""
    preferred = next(iter(rosters.preferred(agent)), None)
    named = any(
        each.who != "any" and not each.who.startswith("kind:") and each.allow and speaks_of(each, who, wanted)
        for each in rules.register
    )
    return preferred is not None and not named and bool(policy.against(preferred.policy, policy.USE, wanted.purpose))


def speaks_of(entry: Entry, who: Relationship, wanted: Wanted) -> bool:
    """Whether a line is about this item asked for by this organisation."""
    touches = purposes.contains if entry.allow else purposes.meet
    below = not entry.what or wanted.ptr == entry.what or wanted.ptr.startswith(f"{entry.what}/")
    above = not entry.allow and entry.what.startswith(f"{wanted.ptr}/")  # a part of what is asked for is denied
    return is_meant(entry.who, who) and (below or above) and touches(entry.why, wanted.purpose)


def is_meant(name: str, who: Relationship) -> bool:
    """Whether a line of the register is about this relationship."""
    names = {who.name, who.domain, who.peer, fingerprint(who.peer), f"kind:{who.kind}"} - {""}
    return name == "any" or name.casefold() in {each.casefold() for each in names}


# -- agreements ---------------------------------------------------------------------------------------------------


def judge_agreement(agent: Agent, offered: Text) -> Verdict:
    """Whether she may be bound by this agreement without being asked: by the one she prefers, and by no looser one."""
    preferred = next(iter(rosters.preferred(agent)), None)
    if preferred is not None and offered.digest == preferred.digest:
        return Verdict("allow")
    rules = standing(agent)
    denied = (
        [each for each in rules.register if not each.allow and each.who == "any" and not each.what] if rules else []
    )
    broken = next((each for each in denied if granted_at_once(offered, each.why)), None)
    return Verdict("refuse", f"the register says: {broken}", "rules") if broken else Verdict("ask")


def granted_at_once(offered: Text, purpose: str) -> bool:
    """Whether whoever is bound by this agreement has permitted that purpose, with no further word of hers."""
    free = not policy.obliges(offered.policy, policy.OBTAIN_CONSENT)
    return free and not policy.against(offered.policy, policy.USE, purpose)


# -- what is stated to organisations ------------------------------------------------------------------------------


def stated(rules: HouseRules, now: int) -> Rules:
    """The part of her rules that organisations are told: how she may be reached, and with what.

    now: Unix seconds. Hours are told in UTC, as they are on that day: where she lives is not told to all of them.
    """
    lists: tuple[tuple[Literal["allow", "deny"], tuple[Code, ...]], ...] = (
        ("allow", rules.topics_allowed),
        ("deny", rules.topics_denied),
    )
    topics = {name: codes for name, codes in lists if codes}
    return Rules(
        version=rules.version,
        channels=rules.channels,
        promotion=rules.promotion,
        topics=topics or None,
        max_per_week=rules.max_per_week,
        quiet=notice_rules.in_utc(rules.quiet, now) if rules.quiet else None,
        paused=rules.paused or None,
    )
