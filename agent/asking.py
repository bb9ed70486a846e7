"""Questions to the owner, in words, and what her answers say.

Every question tells who asks and how we know, what, why, until when, and under which terms. Yes and no are answers to
all of them; a few take more. What a question leads to is always a row of the thread's own table.
"""

from collections.abc import Collection

import msgspec

from agent import cards, identity, mandate_copies, meeting, rosters, showing, wording
from agent.draft import Draft
from agent.json_values import as_json
from agent.lookalikes import warned
from agent.relationship import fingerprint
from agent.vrm import Wait, endings, side_of
from agent.vrm.data_rights import due_of
from protocols.machine import Message, can_say
from protocols.messages import label
from protocols.problems import Misuse
from protocols.standard import issue_credential, present_proof
from protocols.standard.issue_credential import SD_JWT
from protocols.standard.report_problem import ProblemReport
from protocols.vrm import relationship, sign_in, terms
from protocols.vrm.base import AgreementRef
from protocols.vrm.data_rights_words import Exercise
from protocols.vrm.delegation_words import Accept, Appoint
from wallet.credentials.match import Option
from wallet.errors import NotFound
from wallet.strict_json import Json, JsonObject

DECLINED = "e.p.req.declined"
UNTOLD = cards.NEVER_HIDDEN - {"sub"}  # what every card has and says nothing of her; `sub` may well be her name


class Asked(msgspec.Struct, frozen=True):
    """What stands in a question's row: the label of the message that was heard."""

    name: str


def message_of(draft: Draft, asked: Asked) -> Message:
    """The message a question is about. Raises NotFound if the thread has moved on."""
    kinds = {label(row.says): row.says for row in draft.protocol.rows}
    if draft.conversation is None or asked.name not in kinds:
        raise NotFound("the thread has moved on; there is nothing to answer")
    return draft.thread.latest(kinds[asked.name])


# -- what is asked ------------------------------------------------------------------------------------------------


def describe(draft: Draft, message: Message) -> JsonObject:
    """The question in words. about: the family and the message; what: one line each; until: when it must be answered;
    lasts: until when a yes would hold; choices: what may be answered."""
    who = draft.relationship
    governing = who.governing(draft.now)
    what, why = content(draft, message)
    return {
        "about": f"{draft.protocol.uri.rsplit('/', 2)[-2]}/{message.name}",
        "who": who.called,
        "letters": fingerprint(who.peer),
        "proof": proof(draft, message),
        "asks": in_a_line(draft, message).format(pronoun(draft)),
        "what": what,
        "why": why,
        "until": answer_by(draft, message),
        "lasts": lasts(draft, message),
        "terms": f"{governing.id} (record {governing.record})" if governing else None,
        "agreement": text_of(draft, governing.id, governing.digest) if governing else None,
        "choices": [*choices(draft, message)],
    }


def answer_by(draft: Draft, message: Message) -> str | None:
    """When it must be answered at the latest: a moment, or a day that a law names; None if nothing names one."""
    if isinstance(message, Exercise):
        return due_of(draft.agent, draft.thread)
    named = (getattr(message, name, None) for name in ("answer_by", "bid_by"))
    return next((each for each in named if isinstance(each, str)), None)


def lasts(draft: Draft, message: Message) -> str | None:
    """Until when what is asked would hold, or from when on; a moment or a day, as the message names it."""
    if isinstance(message, Accept):
        return draft.thread.latest(Appoint).until
    named = (getattr(message, name, None) for name in ("ends", "until", "hold_until", "from_", "by"))
    items = [getattr(each, "until", None) for each in getattr(message, "items", ())]
    last = max((each for each in items if isinstance(each, str)), default=None)
    return next((each for each in named if isinstance(each, str)), last)


def in_a_line(draft: Draft, message: Message) -> str:
    """What they do by this message."""
    kind = type(message)
    return ASKS.get(kind) or side_of(draft.protocol).asks.get(kind) or f"{{}} says: {message.name}."


def pronoun(draft: Draft) -> str:
    """How the other side is spoken of: an org's counterpart is a person."""
    return "She" if draft.agent.config.kind == "org" else "It"


def proof(draft: Draft, message: Message | None = None) -> str:
    """How we know who asks. The domain in a welcome was checked when it was heard."""
    domain = message.domain if isinstance(message, relationship.Welcome) else draft.relationship.domain
    if domain:
        return f"it proved the domain {warned(domain)}"
    if draft.agent.config.kind == "org":
        return "a person whom you know by these letters and by nothing else"
    return "it has not proved a domain"


def content(draft: Draft, message: Message) -> tuple[Json, Json]:
    """What is asked for or offered, line by line, and why."""
    match message:
        case present_proof.RequestPresentation():
            question, found = showing.asked(message), showing.options(draft)
            if not found:
                return [{"line": "You have no card that answers this."}], question.purpose
            return shown(draft, found[0]), question.purpose or message.goal
        case issue_credential.ProposeCredential() if wished := mandate_copies.wish(draft, message):
            return [
                {"line": f"A copy of its mandate from you, for dealing with {wording.organisation(wished[1])}"}
            ], message.comment
        case issue_credential.OfferCredential():
            offer = cards.offered(message)
            lines: list[Json] = [{"claim": name, "value": value} for name, value in as_json(offer.claims).items()]
            return [{"line": f"A card: {offer.name or cards.type_of(offer)}"}, *lines], message.comment
        case terms.Proffer():
            return [agreement(draft, each) for each in (message.agreement, *message.also)], None
        case terms.Accept():
            ends: list[Json] = [{"line": f"It would end on {wording.day(message.ends)}."}] if message.ends else []
            return [agreement(draft, message.agreement), *ends], None
        case terms.Withdraw():
            return withdrawal(message), None
        case relationship.Hello():
            return [
                {"line": "Nothing is said but how they can be spoken with. They learn from your answer who you are."}
            ], None
        case relationship.Welcome():
            return [{"line": f"{message.org.name}, {message.org.kind}, {message.org.url}"}], None
        case relationship.End():
            return leaving(message), None
    return side_of(draft.protocol).content(draft, message) or (by_field(message), None)


def by_field(message: Message) -> list[Json]:
    """A message, a line for each of its fields."""
    fields = msgspec.to_builtins(message).items()
    return [{"line": f"{name.replace('_', ' ')}: {wording.value(value)}"} for name, value in fields]


def leaving(message: relationship.End) -> list[Json]:
    """The end of a relationship, and what is to become of the data."""
    lines = [f"{DISPOSALS[message.data]}, by {message.by}."]
    lines += [f"The reason: {REASONS[message.reason]}."] if message.reason else []
    return [{"line": each} for each in lines]


def withdrawal(message: terms.Withdraw) -> list[Json]:
    """The end of an agreement."""
    lines = [f"It ends on {wording.day(message.from_)}. What was done under it until then stands."]
    lines += [f"The reason: {REASONS[message.reason]}."]
    lines += [f'"{message.text}"'] if message.text else []
    return [{"line": each} for each in lines]


def shown(draft: Draft, option: Option) -> list[Json]:
    """Each value that would be shown with the card it is on, and what of that card stays hidden."""
    lines: list[Json] = []
    for pick in option.picks:
        card = showing.card_of(draft.agent.store, pick)
        whole = card.format != SD_JWT
        claims = about_her(showing.as_held(card).claims) if whole else showing.as_held(card).claims
        names = sorted(name for name in claims if name not in UNTOLD)
        visible = set(names) if whole else {str(path[0]) for path in pick.shows}
        fixed = visible if whole else showing.always_shown(pick)
        on_it: JsonObject = {"card": card.name, "issued_by": card.issued_by}
        seen = [name for name in names if name in visible]
        lines += [{"claim": name, "value": claims[name], **on_it, "fixed": name in fixed} for name in seen]
        lines += [{"stays_hidden": name, "card": card.name} for name in names if name not in visible]
        lines.append({"line": f"Also visible: that {card.issued_by} issued the card, and when."})
    return lines


def about_her(document: JsonObject) -> JsonObject:
    """What a credential that is shown whole says of its holder, but for the key that stands for her there."""
    subject = document.get("credentialSubject")
    return {name: each for name, each in subject.items() if name != "id"} if isinstance(subject, dict) else document


def agreement(draft: Draft, ref: AgreementRef) -> JsonObject:
    """An agreement by its title, never by a name alone."""
    return text_of(draft, ref.id, ref.digest)


def text_of(draft: Draft, id: str, digest: str) -> JsonObject:
    """An agreement that is named, with the title of its text if that is here."""
    text = rosters.text_of(draft.agent, digest)
    return {"agreement": id, "digest": digest, "title": text.title if text else None}


DISPOSALS = {
    "erase": "All that is known of her must be deleted",
    "return-then-erase": "All that is known of her must be given back to her, and then deleted",
    "keep-legal-minimum": "All but what a law says must be kept has to be deleted",
}
REASONS = {
    "not-needed": "it is not needed any more",
    "changed-mind": "a change of mind",
    "moving-on": "moving on",
    "breach": "something that was agreed was not kept",
    "expired": "its time is over",
    "other": "another one",
}


ASKS: dict[type[Message], str] = {
    present_proof.RequestPresentation: "{} asks you to prove something with your cards.",
    present_proof.ProposePresentation: "{} offers to prove something.",
    issue_credential.OfferCredential: "{} offers you a card.",
    issue_credential.ProposeCredential: "{} would like a card from you.",
    issue_credential.RequestCredential: "{} asks for a card you have not offered.",
    terms.Proffer: "{} proffers terms of her own.",
    terms.Accept: "{} accepts your terms, though not quite as you prefer.",
    terms.Alternative: "{} does not take your terms, and offers others.",
    terms.Withdraw: "{} ends an agreement.",
    relationship.Hello: "Somebody would like to meet you.",
    relationship.Welcome: "{} would like to meet you.",
    sign_in.Challenge: "A web page asks whether you are signing in there.",
    relationship.End: "{} ends the relationship, and says what must happen to her data.",
}


PLAIN_YES = (terms.Withdraw, relationship.Welcome, sign_in.Challenge, relationship.End)


# -- what is answered ---------------------------------------------------------------------------------------------


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | Wait | None:
    """What saying yes says; None if this question needs more than a yes; WAIT if it is done, and said later."""
    match message:
        case present_proof.RequestPresentation():
            found = showing.options(draft)
            if not found:
                raise Misuse("you have no card that answers this; answer no, or get the card first")
            return showing.present(draft, found[0], refused=refused)
        case issue_credential.OfferCredential():
            return cards.request(draft)
        case issue_credential.ProposeCredential() if wished := mandate_copies.wish(draft, message):
            return mandate_copies.offered(draft, *wished)
        case terms.Proffer():
            return first_known(draft, message)
        case terms.Alternative() if not rosters.on_the_roster(draft.agent, message.agreement.digest):
            return None
        case terms.Accept():
            return terms.Confirm(digest=message.agreement.digest)
        case terms.Withdraw():
            return endings.of_agreement(draft, message)
        case relationship.Hello():
            return meeting.welcome(draft)
        case relationship.Welcome():
            return meeting.hello()
        case sign_in.Challenge():
            return sign_in.Response(origin=message.origin, session=message.session, nonce=message.nonce)
        case relationship.End():
            return endings.of_relationship(draft, message)
    return side_of(draft.protocol).yes(draft, message, refused)


def first_known(draft: Draft, proffer: terms.Proffer) -> terms.Accept | None:
    """The first agreement she named whose text is on our roster: none is accepted by its name alone."""
    named = (proffer.agreement, *proffer.also)
    known = (each for each in named if rosters.on_the_roster(draft.agent, each.digest))
    return next((terms.Accept(agreement=each) for each in known), None)


def no(draft: Draft) -> Message | None:
    """What saying no says, or None if the table has no such row here."""
    may = {label(row.says): row.says for row in can_say(draft.protocol, draft.thread)}
    if "problem-report" in may:
        return ProblemReport(code=DECLINED, comment="The owner declined.")
    kind = may.get("decline")
    if kind is terms.Decline:
        return terms.Decline(reason="unacceptable")
    if kind is relationship.Decline:
        return relationship.Decline(reason="not-now")
    if kind is sign_in.Decline:
        return sign_in.Decline(reason="other")
    return side_of(draft.protocol).no(draft)


def choices(draft: Draft, message: Message) -> tuple[str, ...]:
    """What may be answered to this question by one word."""
    takes = {"yes": takes_yes(draft, message), "no": no(draft) is not None}
    return tuple(word for word, possible in takes.items() if possible)


def takes_yes(draft: Draft, message: Message) -> bool:
    """Whether `yes` would find an answer now; nothing is made or signed to find out."""
    match message:
        case present_proof.RequestPresentation():
            return bool(showing.options(draft))
        case issue_credential.OfferCredential():
            return cards.can_be_proved_to(cards.offered(message))
        case issue_credential.ProposeCredential():
            return mandate_copies.wish(draft, message) is not None
        case relationship.Hello():
            return identity.own(draft.agent) is not None
        case terms.Proffer():
            return first_known(draft, message) is not None
        case terms.Accept():
            plain = not isinstance(message, terms.Alternative)
            return plain or rosters.on_the_roster(draft.agent, message.agreement.digest) is not None
    return isinstance(message, (*PLAIN_YES, *side_of(draft.protocol).takes_yes))
