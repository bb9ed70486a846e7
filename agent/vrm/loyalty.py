"""Loyalty at both sides: statements as she made them, and memberships with their balances.

An org without other systems answers by the settings of its programme; what those leave open is a question.
"""

from collections.abc import Collection

import msgspec

from agent import cards, deletions, programmes, rosters, wording
from agent.draft import Draft
from agent.programmes import Balance, Membership, Programme
from agent.vrm.side import WAIT, Side, Wait
from protocols.machine import Message, can_say
from protocols.messages import label
from protocols.problems import Misuse, TermsRequired
from protocols.standard import issue_credential as issuing
from protocols.vrm import loyalty_words as words
from protocols.vrm.loyalty import Role, membership, statement
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.store.change import Item
from wallet.strict_json import Json, JsonObject, parse_object

STATEMENT = "statement"
RETIRING, CARD = "retire-a-statement", "membership-card"
CARD_TYPE = "ProgramMembership"
change = msgspec.structs.replace


# -- what must hold -----------------------------------------------------------------------------------------------


def check(draft: Draft, message: Message) -> Lookup[None]:
    """Rules are the text that was signed; joining needs terms in force."""
    yield from ()
    match message:
        case words.Invite():
            programmes.rules_in(message)
        case words.Join() if draft.relationship.governing(draft.now) is None:
            raise TermsRequired("loyalty/join")


# -- what follows -------------------------------------------------------------------------------------------------


def follow(draft: Draft, message: Message) -> None:
    """Keep rules, balances and ends, as they were signed."""
    match message:
        case words.Invite():
            programmes.keep_rules(draft, message)
        case words.Confirm():
            admitted(draft, message)
        case words.Credit():
            balanced(draft, Balance(message.number, message.change, message.balance, message.reason, draft.now))
        case words.RedeemReceipt():
            asked = draft.thread.latest(words.Redeem)
            entry = Balance(
                message.number, -asked.amount, message.balance, asked.reward, draft.now, message.voucher or ""
            )
            balanced(draft, entry)
        case words.LeaveReceipt() | words.Close():
            ended(draft, message)
        case words.DeclareReceipt() | words.Retire():
            stated(draft, message)


def admitted(draft: Draft, message: words.Confirm) -> None:
    """A new member; the org's next word is the card."""
    shown = draft.thread.latest(words.Invite)
    first = Balance(0, message.balance, message.balance, "welcome", draft.now)
    name = str(shown.program.get("name") or "")
    made = Membership(draft.thid, draft.peer, name, shown.rules, message.member, shown.exit, draft.now, (first,))
    programmes.put(draft, made)
    if draft.thread.role == Role.ORG:
        thid = new_id()
        draft.add_item(CARD, thid, draft.thid.encode())
        draft.remind(CARD, draft.now, thid)


def balanced(draft: Draft, entry: Balance) -> None:
    """One more signed balance."""
    held = programmes.of(draft)
    if held is not None:
        programmes.put(draft, held.credited(entry))


def ended(draft: Draft, message: words.LeaveReceipt | words.Close) -> None:
    """It is over, with this balance; what there was stays."""
    held = programmes.of(draft)
    if held is not None:
        last = Balance(held.next_number, message.balance - held.balance, message.balance, "end", draft.now)
        balances = held.balances if message.balance == held.balance else (*held.balances, last)
        over = change(held, balances=balances, payout=message.payout, state=programmes.LEFT, ended=draft.now)
        programmes.put(draft, over)


def stated(draft: Draft, message: Message) -> None:
    """A statement she wanted to take back is taken back once it has arrived; the org then relies on it no more."""
    id = f"{draft.peer} {draft.thid}"
    if isinstance(message, words.Retire):
        if draft.thread.role == Role.ORG and draft.agent.store.item(STATEMENT, id) is not None:
            draft.claim += ((STATEMENT, id),)
    elif draft.thread.role == Role.PERSON and draft.agent.store.item(RETIRING, id) is not None:
        draft.remind(RETIRING, draft.now)


def wait_to_retire(draft: Draft, message: words.Retire) -> None:
    """Taken back before it was receipted: that waits here, and is said when it may be."""
    draft.keep += (Item(RETIRING, f"{draft.peer} {draft.thid}", msgspec.json.encode(message), draft.peer),)


def taken_back(draft: Draft) -> Message | None:
    """What waited to be said."""
    row = draft.agent.store.item(RETIRING, f"{draft.peer} {draft.thid}")
    if row is None or draft.conversation is None or draft.thread.state != "acknowledged":
        return None
    draft.claim += ((RETIRING, row.id),)
    return msgspec.json.decode(row.record, type=words.Retire)


def card(draft: Draft) -> Message | None:
    """The offer of a membership as a card, which begins its thread under that of the membership."""
    row = draft.agent.store.item(CARD, draft.thid)
    joined = row.record.decode() if row else ""
    held = next(
        (each for each in programmes.every(draft.agent) if (each.peer, each.thid) == (draft.peer, joined)), None
    )
    if held is None or draft.conversation is not None:
        return None
    draft.begin(issuing.issue_credential, issuing.Role.ISSUER, joined)
    claims: JsonObject = {"programName": held.programme, "membershipNumber": held.member}
    return cards.offer(draft, format=issuing.SD_JWT, type=CARD_TYPE, name=f"Member of {held.programme}", claims=claims)


def promised(draft: Draft, offer: issuing.CredentialOffer) -> bool:
    """Whether a card that is offered is that of a membership of hers."""
    joined, _ = draft.agent.conversation(draft.peer, draft.thread.pthid or "")
    if joined is None or joined.thread.table != membership.id or joined.thread.role != Role.PERSON:
        return False
    return joined.thread.state in ("joining", "member", "redeeming") and cards.type_of(offer) == CARD_TYPE


# -- what is answered ---------------------------------------------------------------------------------------------


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """Statements are receipted; a programme answers by its settings; who leaves is let go at once."""
    yield from ()
    offered = programmes.programme(draft.agent)
    match message:
        case words.Declare():
            return words.DeclareReceipt("done")
        case words.Request():
            if offered is None or message.program not in (None, offered.name):
                return words.Decline("not-offered")
            return programmes.invitation(draft, offered)
        case words.Join() if offered is not None and offered.admit == "all" and offered.digest == message.rules:
            return welcome(offered)
        case words.Redeem() if offered is not None and offered.redeem == "auto":
            return rewarded(draft, message, offered)
        case words.Leave():
            return let_go(draft, offered) or WAIT
    return None


def welcome(offered: Programme) -> words.Confirm:
    """A new member, with a number that is nobody else's and says nothing."""
    return words.Confirm(f"M-{new_id()[:10].upper()}", offered.welcome)


def rewarded(draft: Draft, message: words.Redeem, offered: Programme) -> Message | None:
    """A reward for what it costs, if the balance has it; one that is not listed is for a human."""
    held = programmes.of(draft)
    if held is None or offered.rewards.get(message.reward) != message.amount:
        return None
    if held.balance < message.amount:
        return words.SignedDecline("balance")
    return redeemed(held, message)


def redeemed(held: Membership, message: words.Redeem) -> words.RedeemReceipt:
    """Done, with the new balance."""
    balance = held.balance - message.amount
    return words.RedeemReceipt("done", number=held.next_number, balance=balance, voucher=programmes.voucher())


def let_go(draft: Draft, offered: Programme | None) -> Message | None:
    """The final balance and what is paid out, once all that was held for the membership is deleted."""
    held = programmes.of(draft)
    balance = held.balance if held else 0
    paid = programmes.payout(held, offered.point if offered else None) if held else None
    body: dict[str, Json] = {"balance": balance} | ({"payout": plain(paid)} if paid else {})
    return deletions.begin(draft, "left", draft.thread.record or "", ("",), owes=label(words.LeaveReceipt), body=body)


# -- questions ----------------------------------------------------------------------------------------------------


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """Joined, admitted, or redeemed."""
    match message:
        case words.Invite():
            if draft.relationship.governing(draft.now) is None:
                raise Misuse(
                    "joining needs terms in force between the two of you; nothing was said."
                    f' First: freerange terms proffer "{draft.relationship.called}"'
                )
            return words.Join(message.rules)
        case words.Join():
            offered = programmes.programme(draft.agent)
            return welcome(offered) if offered else words.Confirm(f"M-{new_id()[:10].upper()}", 0)
        case words.Redeem():
            held = programmes.of(draft)
            if held is not None and held.balance < message.amount:
                raise Misuse(f"the balance is {held.balance}, which is less; answer no. Nothing was said.")
            return redeemed(held, message) if held else None
    return None


def no(draft: Draft) -> Message | None:
    """No, in the form this row has."""
    kinds = {row.says for row in can_say(draft.protocol, draft.thread)}
    if words.SignedDecline in kinds:
        return words.SignedDecline("other")
    return (
        words.Decline("changed-mind" if draft.thread.role == Role.PERSON else "other")
        if words.Decline in kinds
        else None
    )


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """What she would join, or what a member wants."""
    match message:
        case words.Invite():
            names = {"paid-out": "is paid out", "forfeited": "is lost", "transferable": "can be passed on"}
            lines: list[Json] = [{"line": f"Programme: {message.program.get('name')}"}]
            lines += [{"line": each} for each in programmes.rules_in(message).splitlines() if each.strip()]
            lines.append({"line": f"If you leave, your balance {names[message.exit.balance]}."})
            lines += [{"line": f"It will ask you for: {wording.field(each)}"} for each in message.data_needed]
            text = rosters.text_of(draft.agent, message.terms.digest)
            named = f"“{text.title}”" if text else f"{message.terms.id}, version {message.terms.version}"
            return [*lines, {"line": f"Under the terms {named}"}], None
        case words.Join():
            return [{"line": f"Programme: {draft.thread.latest(words.Invite).program.get('name')}"}], None
        case words.Redeem():
            held = programmes.of(draft)
            balance: list[Json] = [{"line": f"Balance: {held.balance}"}] if held else []
            return [{"line": f"Reward: {message.reward}"}, {"line": f"For: {message.amount}"}, *balance], None
    return None


def event(draft: Draft, event: str, message: Message) -> JsonObject | None:
    """What an org's systems hear."""
    held = programmes.of(draft)
    match event:
        case "declared":
            return plain(draft.thread.latest(words.Declare))
        case "redeemed":
            asked = draft.thread.latest(words.Redeem)
            return {"member": held.member if held else None, "reward": asked.reward, "amount": asked.amount}
        case "joined" | "left":
            return {"member": held.member, "programme": held.programme, "balance": held.balance} if held else None
    return None


def plain(part: msgspec.Struct) -> JsonObject:
    """A part of a message as JSON."""
    return parse_object(msgspec.json.encode(part))


ASKS: dict[type[Message], str] = {
    words.Invite: "{} invites you to its programme.",
    words.Join: "{} would like to join your programme.",
    words.Redeem: "{} would like to spend from her balance.",
}

SIDE = Side(
    tables=(statement, membership),
    check=check,
    follow=follow,
    answer=answer,
    asks=ASKS,
    content=content,
    yes=yes,
    takes_yes=(words.Invite, words.Join, words.Redeem),
    no=no,
    due={RETIRING: taken_back, CARD: card},
    event=event,
)
