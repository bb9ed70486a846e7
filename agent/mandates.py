"""Acting for somebody, and being dealt with by somebody who does: copies of a mandate, and what each of them allows.

A copy is a credential (SD-JWT VC) that the person issues to her agent for one org, from the DID by which that org knows
her, for a week at most. Every message under it names it in the header `mandate`. The agent's own side says nothing that
it does not allow, and the org believes none of that and looks again, at every message. Source: vrm-protocols 3.3, 5.10.
"""

from collections.abc import Iterator

import msgspec

from agent.didcomm.attachments import Attachment, Content, content_of
from agent.didcomm.plaintext import Plaintext
from agent.draft import Draft
from agent.json_values import as_json
from protocols.machine import Message, Protocol
from protocols.messages import encode, values_of
from protocols.problems import DelegationRevoked, DelegationScope, Misuse
from protocols.vrm.base import VRM, Money
from protocols.vrm.delegation import State
from protocols.vrm.delegation_words import Act, Action, Limits
from protocols.vrm.relationship import Notice, notice
from wallet import dids
from wallet.canonical import canonical
from wallet.credentials import sd_jwt_verify
from wallet.credentials.vcdm import timestamp
from wallet.encoding import b64u, digest
from wallet.errors import WalletError
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.store.change import Item

TYPE = f"{VRM}/MandateCredential"
FORMAT = "dc+sd-jwt"
ATTACHED = "mandate"  # the id of the attachment by which a copy travels
LONGEST = 7 * 86400  # seconds for which a copy is good
SLACK = 600
COPY, SHOWN, STRUCK = "mandate-copy", "mandate-shown", "mandate-struck"
ACT, USED, TOLD = "mandate-act", "mandate-used", "mandate-told"
ENDINGS = frozenset({
    "ask-release", "cancel", "close", "decline", "depart", "leave", "receipt", "release", "resign", "retire",
    "retract", "revoke", "stop", "withdraw",
})  # fmt: skip
"""What an agent may always say while its mandate lasts: it gives up, or says that something came."""
AFTERWARDS = frozenset({"close", "decline", "receipt", "release"})
"""What it may still say once that is over, in threads it had begun: it lets the org off, which would wait for ever."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy says. agent, org: DIDs; until: of the mandate; exp: of the copy, Unix seconds. first: the Digest of
    the first copy for this org, in a renewed one."""

    agent: str
    org: str
    kind: str
    actions: tuple[Action, ...]
    limits: Limits
    until: str
    sub_delegate: bool
    exp: int
    first: str = ""


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A copy in the agent's hand. thid: the mandate's thread with `peer`, the person; shown: the org has it."""

    digest: str
    first: str
    thid: str
    peer: str
    claims: Claims
    credential: str
    shown: bool = False


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that an org was shown. issuer: the person's DID; peer: the agent that acts for her."""

    digest: str
    first: str
    issuer: str
    peer: str
    claims: Claims


class Used(msgspec.Struct, frozen=True):
    """What was done under a mandate at one org. spent: amounts as texts, by currency."""

    casts: int = 0
    spent: dict[str, str] = {}


def action(protocol: Protocol, message: Message | type[Message]) -> str:
    """A message as mandates name it: `intent/1.0/cast`."""
    return "/".join(protocol.type_of(message).rsplit("/", 3)[1:])


# -- the agent's side ---------------------------------------------------------------------------------------------


def copies(draft: Draft, first: str) -> Iterator[Copy]:
    """The copies of one mandate for one org, oldest first."""
    return (msgspec.json.decode(row.record, type=Copy) for row in draft.agent.store.items(COPY, tag=first))


def current(draft: Draft, first: str) -> Copy:
    """The copy to act by. Raises Misuse if there is none that is good now."""
    good = [each for each in copies(draft, first) if draft.now < each.claims.exp]
    if not good:
        raise Misuse("the mandate has run out or was not renewed; nothing was said. Ask for a new copy of it.")
    return good[-1]


def copy_item(copy: Copy) -> Item:
    """A copy as it is kept."""
    return Item(COPY, copy.digest, msgspec.json.encode(copy), copy.peer, copy.first)


def in_force(draft: Draft, copy: Copy) -> bool:
    """Whether the mandate behind a copy is active, as far as we know."""
    conversation, _ = draft.agent.conversation(copy.peer, copy.thid)
    return conversation is not None and conversation.thread.state == State.ACTIVE


def permit(draft: Draft, message: Message) -> Copy:
    """The copy under which we may say this. Raises Misuse if it is not within the mandate, or that is over."""
    if message.name in AFTERWARDS:
        return list(copies(draft, draft.begun.mandate))[-1]
    copy = current(draft, draft.begun.mandate)
    if not in_force(draft, copy):
        raise Misuse("the mandate is over; nothing was said for her any more")
    so_far = Used(used(draft, copy.first).casts, used(draft, copy.thid).spent)
    fault = beyond(draft, copy.claims, message, so_far)
    if fault:
        raise Misuse(f"your mandate does not go so far: {fault}. Nothing was said. Ask her for a wider one.")
    return copy


def attachment(copy: Copy) -> Attachment:
    """A copy as it travels: exactly the text that was issued."""
    content = Content(base64=b64u(copy.credential.encode()))
    return Attachment(id=ATTACHED, format=FORMAT, media_type="application/dc+sd-jwt", data=content)


def acted(draft: Draft, copy: Copy, message: Message, id: str, signed: str | None) -> None:
    """Remember what we said for her, for the next report, and that the org has the copy by now."""
    if not copy.shown:
        draft.keep += (copy_item(msgspec.structs.replace(copy, shown=True)),)
    named = signed or digest(canonical(as_json(encode(message)[0])))
    act = Act(timestamp(draft.rounded()), draft.protocol.type_of(message), named, copy.claims.org)
    draft.keep += (Item(ACT, id, msgspec.json.encode(act), copy.peer, copy.thid),)
    count(draft, message, casts=copy.first, spending=copy.thid)


# -- the org's side -----------------------------------------------------------------------------------------------


def judge(draft: Draft, plain: Plaintext, message: Message) -> Lookup[None]:
    """Check what somebody says under a mandate: that it was shown, is not over, and allows this. At every message.

    Raises DelegationScope, DelegationRevoked.
    """
    if plain.mandate is None:
        if draft.begun.mandate and not draft.relationship.acting:
            raise DelegationScope("this thread was begun under a mandate, and the message names none")
        return
    shown = known(draft, plain.mandate) or (yield from renewed(draft, plain))
    if shown is None:
        raise DelegationScope("a mandate that was not shown here")
    if draft.thread_was is None or message.name not in AFTERWARDS:
        require_in_force(draft, shown)
    fault = beyond(draft, shown.claims, message, used(draft, shown.first))
    if fault:
        raise DelegationScope(fault)
    draft.update(mandate=shown.first)
    count(draft, message, casts=shown.first, spending=shown.first)


def tell_her(draft: Draft, named: str | None) -> None:
    """Her agent went beyond its mandate and was refused: tell her who gave it, if we know her, once a day at most."""
    shown = known(draft, named) if named else None
    peer = draft.agent.peer_of(dids.canonical(shown.issuer)) if shown else None
    if shown is None or peer is None:
        return
    row = draft.agent.store.item(TOLD, shown.first)
    if row is not None and draft.now < int(row.record) + 86400:
        return
    draft.keep += (Item(TOLD, shown.first, str(draft.now).encode(), draft.peer),)
    words = (
        f"{draft.relationship.called}, who acts for you here, tried something that you did not allow. We refused it."
    )
    draft.hand_on(peer, new_id(), notice, Notice("service", words))


def require_in_force(draft: Draft, shown: Shown) -> None:
    """Raise DelegationRevoked if a copy has run out, or its mandate is over or struck."""
    if is_struck(draft, shown.first, shown.issuer):
        raise DelegationRevoked("it was struck by whoever gave it")
    if not draft.now < shown.claims.exp or timestamp(draft.now) >= shown.claims.until:
        raise DelegationRevoked("it has run out")


def is_struck(draft: Draft, first: str, issuer: str) -> bool:
    """Whether the person who gave a mandate has said here that it is over, be it before it was shown."""
    row = draft.agent.store.item(STRUCK, first)
    return row is not None and any(dids.same(issuer, each) for each in msgspec.json.decode(row.record, type=list[str]))


def known(draft: Draft, named: str) -> Shown | None:
    """A copy that this peer has shown, by its Digest."""
    row = draft.agent.store.item(SHOWN, named)
    shown = msgspec.json.decode(row.record, type=Shown) if row else None
    return shown if shown and shown.peer == draft.peer else None


def shown_item(shown: Shown) -> Item:
    """A shown copy as it is kept."""
    return Item(SHOWN, shown.digest, msgspec.json.encode(shown), shown.peer, shown.first)


def renewed(draft: Draft, plain: Plaintext) -> Lookup[Shown | None]:
    """A copy that is attached to the first message that uses it: as good as the one it renews, and no wider."""
    found = next((each for each in plain.attachments if each.id == ATTACHED), None)
    shown = (yield from examined(draft, text_in(found))) if found else None
    if shown is None or shown.digest != plain.mandate or not shown.claims.first:
        return None
    first = known(draft, shown.claims.first)
    if first is None or not dids.same(first.issuer, shown.issuer) or not same_scope(first.claims, shown.claims):
        return None
    draft.keep += (shown_item(shown),)
    return shown


def examined(draft: Draft, text: str) -> Lookup[Shown | None]:
    """What a copy says, if it holds: issued by whom it names, for this agent and for us. None if not."""
    policy = sd_jwt_verify.Policy(vct=frozenset({TYPE}))
    verdict = yield from sd_jwt_verify.verify(text, now=draft.now, resolve=draft.agent.resolve, policy=policy)
    if not verdict.verified or verdict.issuer is None:
        return None
    try:
        claims = msgspec.convert(verdict.claims, Claims)
    except msgspec.ValidationError:
        return None
    who = draft.relationship
    for_us = any(dids.same(claims.org, did) for did in who.our_dids)
    by_them = any(dids.same(claims.agent, did) for did in who.their_dids)
    brief = claims.exp <= draft.now + LONGEST + SLACK
    named = digest(text.encode())
    shown = Shown(digest=named, first=claims.first or named, issuer=verdict.issuer, peer=draft.peer, claims=claims)
    return shown if for_us and by_them and brief else None


def text_in(attachment: Attachment) -> str:
    """The text of an attachment; empty if there is none that can be read."""
    try:
        return content_of(attachment).decode()
    except (WalletError, UnicodeDecodeError):
        return ""


def same_scope(one: Claims, other: Claims) -> bool:
    """Whether a renewed copy allows exactly what the first one did."""
    return msgspec.structs.replace(one, exp=0, first="") == msgspec.structs.replace(other, exp=0, first="")


# -- both ---------------------------------------------------------------------------------------------------------


def used(draft: Draft, first: str) -> Used:
    """What was done so far under a mandate towards one org."""
    row = draft.agent.store.item(USED, first)
    return msgspec.json.decode(row.record, type=Used) if row else Used()


def count(draft: Draft, message: Message, *, casts: str, spending: str) -> None:
    """Count what limits are about. casts, spending: under which names."""
    if message.name == "cast":
        put_used(draft, casts, msgspec.structs.replace(before := used(draft, casts), casts=before.casts + 1))
    price = price_of(draft, message) if message.name == "confirm" else None
    if price is not None:
        spent = used(draft, spending).spent
        total = added(spent.get(price.currency, "0"), price)
        put_used(
            draft, spending, msgspec.structs.replace(used(draft, spending), spent={**spent, price.currency: total})
        )


def put_used(draft: Draft, name: str, after: Used) -> None:
    """Keep a count."""
    draft.keep += (Item(USED, name, msgspec.json.encode(after), draft.peer),)


def beyond(draft: Draft, claims: Claims, message: Message, so_far: Used) -> str:
    """In what a message goes beyond a mandate, in words; empty if in nothing."""
    named = action(draft.protocol, message)
    if named not in claims.actions and message.name not in ENDINGS:
        return f"it does not allow {named}"
    if message.name == "appoint" and not claims.sub_delegate:
        return "it may not be passed on"
    limits = claims.limits
    level: object = getattr(message, "level", None)
    if isinstance(level, int) and level > limits.level:
        return f"it allows level {limits.level}, not {level}"
    if limits.casts is not None and message.name == "cast" and so_far.casts >= limits.casts:
        return f"it allows {limits.casts} casts, and so many were made"
    told = set(values_of(message) or {})
    if limits.fields is not None and not told <= set(limits.fields):
        return "it does not allow all the fields that are told"
    spent = price_of(draft, message)
    if limits.spend is not None and spent is not None:
        total = added(so_far.spent.get(spent.currency, "0"), spent)
        if spent.currency != limits.spend.currency or millionths(total) > millionths(limits.spend.amount):
            return f"it allows {limits.spend.amount} {limits.spend.currency} to be spent"
    return ""


def price_of(draft: Draft, message: Message) -> Money | None:
    """What a message spends, or is about to: an order for a bid, or the choice of it, its price."""
    if not action(draft.protocol, message).startswith("intent/") or message.name not in ("select", "confirm"):
        return None
    bids = [each for each in draft.thread.said if each.name == "bid"]
    offer = msgspec.json.decode(bids[-1].body).get("offer", {}) if bids else {}
    try:
        return msgspec.convert({"amount": offer["price"], "currency": offer["priceCurrency"]}, Money)
    except (KeyError, TypeError, msgspec.ValidationError):
        return Money("999999999999999", "ZZZ")  # a price nobody can read is beyond any limit


def added(amount: str, more: Money) -> str:
    """The sum of two amounts, exact to a millionth."""
    whole, part = divmod(millionths(amount) + millionths(more.amount), 10**6)
    return f"{whole}.{part:06}"


def millionths(amount: str) -> int:
    """An amount in millionths."""
    whole, _, part = amount.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 10**6 + int(part.ljust(6, "0") or 0))
