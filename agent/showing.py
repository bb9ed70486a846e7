"""Proving: what a verifier asks, what of it would be shown, and whether what came is good.

Only claims that were asked for and approved leave; a question is answered once, by its nonce. The person sees who asks,
what, why, and under which terms, before anything leaves.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

import msgspec

from agent import cards
from agent.cards import Card, carried, text_of
from agent.draft import Draft
from protocols.machine import Attachment, Content
from protocols.problems import InvalidMessage, Misuse
from protocols.standard.present_proof import DATA_INTEGRITY, QUERY, SD_JWT, Presentation, Request, RequestPresentation
from wallet import keys
from wallet.credentials import integrity, sd_jwt, sd_jwt_verify
from wallet.credentials.match import Held, Option, Pick, held_document, held_sd_jwt, match
from wallet.credentials.model import Binding, Check, Verdict
from wallet.credentials.query import CredentialQuery, Query, read_query
from wallet.credentials.vcdm import timestamp
from wallet.encoding import b64u
from wallet.errors import Malformed
from wallet.needs import Lookup
from wallet.store.change import Item
from wallet.store.store import Store
from wallet.strict_json import Json, JsonObject, parse_object

VERDICT = "verdict"
TRUSTED = "trusted-issuers"
USUAL = 2048  # bytes of a query that is remembered as it was read
ANSWER_WITHIN = 600  # seconds between making a presentation and its being checked


# -- the verifier -------------------------------------------------------------------------------------------------


def request(
    draft: Draft, *, query: JsonObject, purpose: str, issuers: Collection[str] = (), nonce: str = "", thid: str = ""
) -> RequestPresentation:
    """A question. query: DCQL; purpose: in words for the person; issuers: DIDs we trust for it, none for any.

    nonce: what the answer is bound to; empty for a fresh one. thid: of the thread it is asked in, if that is not the
    draft's own. Raises Malformed.
    """
    wanted(query)
    draft.add_item(TRUSTED, verdict_id(draft.peer, thid or draft.thid), msgspec.json.encode([*issuers]))
    governing = draft.relationship.governing(draft.now)
    details: JsonObject = {
        "dcql_query": query,
        "nonce": nonce or b64u(keys.random_bytes(16)),
        "audience": draft.relationship.our_did,
    }
    details |= {"purpose": purpose} | ({"record": governing.record} if governing else {})
    attachment = Attachment(id="query", format=QUERY, media_type="application/json", data=Content(json=details))
    return RequestPresentation(goal_code="verify", goal=purpose, will_confirm=True, attachments=(attachment,))


def asked(message: RequestPresentation) -> Request:
    """The question in a message. Raises InvalidMessage."""
    found = [each.data.json for each in message.attachments if each.format == QUERY]
    if not found:
        raise InvalidMessage("request-presentation", f"no attachment of format {QUERY} - at `$.attachments`")
    try:
        question = msgspec.convert(found[0], Request)
        wanted(question.dcql_query)
    except (msgspec.ValidationError, Malformed) as fault:
        raise InvalidMessage("request-presentation", str(fault)) from fault
    return question


def wanted(query: Mapping[str, object]) -> Query:
    """A DCQL query, read. Raises Malformed."""
    raw = msgspec.json.encode(query)
    return _usual(raw) if len(raw) <= USUAL else read_query(raw)


@lru_cache(maxsize=256)
def _usual(raw: bytes) -> Query:
    """One is read several times for each answer, and many are asked the same."""
    return read_query(raw)


def verify(draft: Draft, message: Presentation) -> Lookup[tuple[Verdict, ...]]:
    """A verdict on every credential that was presented, and one on whether they answer the question. Never raises."""
    question = asked(draft.thread.latest(RequestPresentation))
    whole = wanted(question.dcql_query)
    queries = {each.id: each for each in whole.credentials}
    binding = Binding(audience=question.audience, nonce=question.nonce, max_age=ANSWER_WITHIN)
    verdicts: list[Verdict] = []
    shown: list[Held] = []
    for attachment in message.attachments:
        query = queries.get(attachment.id or "", whole.credentials[0])
        verdict = yield from verify_one(draft, attachment, query, binding)
        verdicts.append(verdict)
        if verdict.verified:
            shown.extend(held(attachment, query))
    answers = bool(match(whole, shown))
    detail = "what was shown answers the question" if answers else "what was shown does not answer the question"
    return (*verdicts, Verdict(format="dcql", checks=(Check("query_answered", answers, detail),)))


def verify_one(draft: Draft, attachment: Attachment, query: CredentialQuery, binding: Binding) -> Lookup[Verdict]:
    """A verdict on one presented credential. Never raises."""
    types = frozenset(name for option in query.types for name in option) or None
    text, resolve, trusted = text_of(attachment), draft.agent.resolve, trusted_issuers(draft)
    if attachment.format == SD_JWT:
        policy = sd_jwt_verify.Policy(vct=types, trusted=trusted)
        return (yield from sd_jwt_verify.verify(text, now=draft.now, resolve=resolve, binding=binding, policy=policy))
    vcdm = integrity.Policy(types=types, trusted=trusted)
    return (
        yield from integrity.verify_presentation(text, now=draft.now, resolve=resolve, binding=binding, policy=vcdm)
    )


def trusted_issuers(draft: Draft) -> tuple[str, ...] | None:
    """The issuers we trust for the question of this thread; None for any."""
    item = draft.agent.store.item(TRUSTED, verdict_id(draft.peer, draft.thid))
    return (msgspec.json.decode(item.record, type=tuple[str, ...]) or None) if item else None


def held(attachment: Attachment, query: CredentialQuery) -> Sequence[Held]:
    """What was presented, as something to match the question against."""
    text = text_of(attachment)
    if attachment.format == SD_JWT:
        return (held_sd_jwt(query.id, text),)
    inside = parse_object(text).get("verifiableCredential")
    parts = inside if isinstance(inside, list) else [inside]
    return tuple(held_document(query.id, each) for each in parts if isinstance(each, dict))


def verdict_id(peer: str, thid: str) -> str:
    """Under which a verdict is kept: another peer may give its thread the same id."""
    return f"{peer} {thid}"


def verdict_tag(now: int, verified: bool) -> str:
    """By which the verdicts of one day are counted, those that hold and the others. now: Unix seconds."""
    return f"{timestamp(now)[:10]} {'holds' if verified else 'fails'}"


def describe(verdicts: Sequence[Verdict]) -> JsonObject:
    """Verdicts as JSON, for the store and for people: every check with its result."""
    listed: list[Json] = [
        {
            "format": each.format,
            "issuer": each.issuer,
            "claims": each.claims,
            "status": each.status.value,
            "checks": [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in each.checks],
        }
        for each in verdicts
    ]
    return {"verified": all(each.verified for each in verdicts), "verdicts": listed}


# -- the holder ---------------------------------------------------------------------------------------------------


def options(draft: Draft) -> tuple[Option, ...]:
    """The ways to answer the question of this thread, the one that shows least first.

    The cards she held when she was asked come first: a card that came since never takes the place of the one she was
    shown in the question. Only if those do not answer it, later ones may.
    """
    message = draft.thread.latest(RequestPresentation)
    if draft.ways is None or draft.ways[0] != message:  # a question shows them, and then says which words answer it
        draft.ways = message, worked_out(draft, wanted(asked(message).dcql_query))
    return draft.ways[1]


def worked_out(draft: Draft, query: Query) -> tuple[Option, ...]:
    """See `options`."""
    asked_at = next(entry.at for entry in reversed(draft.thread.said) if entry.name == RequestPresentation.name)
    ours = tuple((card.since, as_held(card)) for card in map(cards.read, candidates(draft.agent.store, query)))
    earlier = match(query, tuple(held for since, held in ours if since <= asked_at))
    return earlier or match(query, tuple(held for _, held in ours))


def candidates(store: Store, query: Query) -> Iterator[Item]:
    """The cards that may answer a question: where all it wants is an SD-JWT of named types, those of each of them, for
    such a card is kept by its one type; else all. Oldest first."""
    if not all(each.format == SD_JWT and each.types for each in query.credentials):
        return store.items(cards.KEPT)
    types = dict.fromkeys(name for each in query.credentials for option in each.types for name in sorted(option))
    return chain.from_iterable(store.items(cards.KEPT, tag=name) for name in types)


def as_held(card: Card) -> Held:
    """A card as something to match."""
    if card.format == SD_JWT:
        return held_sd_jwt(card.id, card.credential)
    return held_document(card.id, parse_object(card.credential))


def card_of(store: Store, pick: Pick) -> Card:
    """The card a pick is of. Raises Misuse if it is gone."""
    item = store.item(cards.KEPT, pick.held)
    if item is None:
        raise Misuse("the card that answered this question is not here any more; look at the question again")
    return cards.read(item)


def present(draft: Draft, option: Option, *, refused: Collection[str] = ()) -> Presentation:
    """The answer: what `option` shows, less the claims refused by name. The verifier may not be content with less."""
    question = asked(draft.thread.latest(RequestPresentation))
    answer = Presentation(attachments=tuple(present_one(draft, pick, question, refused) for pick in option.picks))
    if strange := set(refused) - {str(path[0]) for pick in option.picks for path in pick.shows}:
        raise Misuse(f"nothing called {', '.join(sorted(strange))} would be shown; look at the question again")
    return answer


def always_shown(pick: Pick) -> frozenset[str]:
    """The claims, by name, of which something is seen whatever is kept back: their issuer hid it nowhere."""
    bare = (path for path in pick.shows if not any(path[: len(place)] == place for place in pick.reveal))
    return frozenset(str(path[0]) for path in bare)


def present_one(draft: Draft, pick: Pick, question: Request, refused: Collection[str]) -> Attachment:
    """One credential, shown to this verifier only."""
    card, ring = card_of(draft.agent.store, pick), draft.agent.keys
    if card.format == SD_JWT:
        if bare := always_shown(pick).intersection(refused):
            raise Misuse(f'the card "{card.name}" is never shown without {", ".join(sorted(bare))}; answer no instead')
        reveal = [path for path in pick.reveal if str(path[0]) not in refused]
        text = sd_jwt.present(
            card.credential,
            reveal=reveal,
            audience=question.audience,
            nonce=question.nonce,
            now=draft.rounded(),
            keys=ring,
            holder_kid=card.kid,
        )
        return msgspec.structs.replace(carried(SD_JWT, "application/dc+sd-jwt", text), id=pick.query)
    if refused:
        raise Misuse(f'the card "{card.name}" can only be shown whole; refuse the request, or show all of it')
    shown = integrity.present(
        [parse_object(card.credential)],
        keys=ring,
        holder_kid=card.kid,
        audience=question.audience,
        nonce=question.nonce,
        now=draft.rounded(),
    )
    return Attachment(id=pick.query, format=DATA_INTEGRITY, media_type="application/vp", data=Content(json=shown))
