"""Credentials as an agent handles them: offered, asked for, issued, kept.

An offer carries a nonce; the holder answers with a proof of a key made for this one credential, so that two orgs who
compare notes find no key in common. What is issued must be what was offered, to that key, or it is not kept.
"""

import msgspec

from agent import identity, tally
from agent.binding import said
from agent.draft import Draft
from agent.json_values import as_json
from protocols.machine import Attachment, Content
from protocols.problems import BadProof, InvalidMessage, Misuse
from protocols.standard.issue_credential import (
    DATA_INTEGRITY,
    KEY_PROOF,
    OFFER,
    SD_JWT,
    CredentialOffer,
    IssueCredential,
    OfferCredential,
    RequestCredential,
)
from wallet import dids, keys
from wallet.credentials import integrity, jose, sd_jwt, sd_jwt_verify
from wallet.credentials.model import Verdict
from wallet.credentials.offer import Offer, same_offer
from wallet.credentials.vcdm import BASE_CONTEXT, timestamp
from wallet.dids import key as did_key
from wallet.encoding import b64u, unb64u
from wallet.errors import NotFound, WalletError
from wallet.keys import Curve, PrivateKey, PublicKey
from wallet.needs import Lookup
from wallet.store.change import Item
from wallet.store.keys import key_item
from wallet.strict_json import JsonObject

KEPT = "credential"
THING = "thing"
FROM_BASE64 = str.maketrans("+/", "-_", "=")  # the specification shows padded base64 and says base64url: both are read
FRESH = 600  # seconds a key proof stays good
NEVER_HIDDEN = frozenset({"iss", "vct", "iat", "nbf", "exp", "cnf", "status", "sub"})
UNDEFINED_TERMS = "https://www.w3.org/ns/credentials/undefined-terms/v2"


class Card(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A credential we hold. credential: an SD-JWT, or a VCDM credential as JSON text. kid: the key it is bound to."""

    id: str
    format: str
    name: str
    issuer: str
    issued_by: str
    type: str
    credential: str
    kid: str
    since: int


_decoder = msgspec.json.Decoder(Card)


def read(item: Item) -> Card:
    """The card in an item of the store."""
    return _decoder.decode(item.record)


# -- the issuer ---------------------------------------------------------------------------------------------------


def offer(draft: Draft, *, format: str, type: str, name: str, claims: JsonObject) -> OfferCredential:
    """What an issuer says it would issue. type: the `vct` of an SD-JWT VC, the second type of a VCDM credential.

    A card is shown to others, so an org issues it by its public DID, whatever it is called in this relationship.
    """
    public = identity.own(draft.agent)
    me = public.did if public else draft.relationship.our_did
    details: JsonObject = {"format": format, "issuer": me, "name": name, "claims": claims}
    details |= {"vct": type} if format == SD_JWT else {"type": ["VerifiableCredential", type]}
    details |= {"nonce": b64u(keys.random_bytes(16)), "audience": me}
    content = Content(json=details)
    attachment = Attachment(id="offer", format=OFFER, media_type="application/json", data=content)
    return OfferCredential(goal_code="issue", comment=name, attachments=(attachment,))


def offered(message: OfferCredential) -> CredentialOffer:
    """The offer in a message. Raises InvalidMessage."""
    found = [each.data.json for each in message.attachments if each.format == OFFER]
    if not found:
        raise InvalidMessage("offer-credential", f"no attachment of format {OFFER} - at `$.attachments`")
    try:
        return msgspec.convert(found[0], CredentialOffer)
    except msgspec.ValidationError as fault:
        raise InvalidMessage("offer-credential", str(fault)) from fault


def issue(draft: Draft, request: RequestCredential) -> IssueCredential:
    """The credential that was offered, bound to the key the holder proved. Raises a Problem for a bad proof."""
    wanted = offered(draft.thread.latest(OfferCredential))
    holder = proved_key(request, wanted, draft.now)
    make = issue_sd_jwt if wanted.format == SD_JWT else issue_vcdm
    made = IssueCredential(comment=wanted.name, attachments=(make(draft, wanted, holder),))
    tally.mark(draft, "issued")
    return made


def issue_sd_jwt(draft: Draft, wanted: CredentialOffer, holder: PublicKey) -> Attachment:
    """An SD-JWT VC in which every claim of the offer can be shown or kept back by itself."""
    claims: JsonObject = {**as_json(wanted.claims), "vct": wanted.vct, "iat": draft.rounded()}
    hidden = [[name] for name in wanted.claims if name not in NEVER_HIDDEN]
    kid = f"{wanted.issuer}#key-1"  # as it was offered, though we may have moved since
    text = sd_jwt.issue(claims, disclosable=hidden, keys=draft.agent.keys, kid=kid, holder=holder, decoys=2)
    return carried(SD_JWT, "application/dc+sd-jwt", text)


def issue_vcdm(draft: Draft, wanted: CredentialOffer, holder: PublicKey) -> Attachment:
    """A VCDM 2.0 credential with a Data Integrity proof; it is shown whole or not at all."""
    me = wanted.issuer
    credential: JsonObject = {
        "@context": [BASE_CONTEXT, UNDEFINED_TERMS],
        "type": [*wanted.type],
        "issuer": me,
        "validFrom": timestamp(draft.rounded()),
        "credentialSubject": {"id": did_key.create(holder), **as_json(wanted.claims)},
    }
    signed = integrity.issue(credential, keys=draft.agent.keys, kid=f"{me}#key-1", now=draft.rounded())
    return Attachment(id="credential", format=DATA_INTEGRITY, media_type="application/vc", data=Content(json=signed))


def proved_key(request: RequestCredential, wanted: CredentialOffer, now: int) -> PublicKey:
    """The key of the holder, proved over the offer's nonce. Raises BadProof."""
    text = next((text_of(each) for each in request.attachments if each.format == KEY_PROOF), "")
    try:
        proof = jose.read_compact(text, typ=KEY_PROOF)
        jwk = proof.header.get("jwk")
        key = jose.signing_key(jwk if isinstance(jwk, dict) else {})
        claims = proof.claims()
    except WalletError as fault:
        raise BadProof(f"the key proof cannot be read ({fault})") from fault
    if not jose.holds(proof, key):
        raise BadProof("the key proof is not signed by the key it names")
    issued_at = claims.get("iat")
    fresh = isinstance(issued_at, int) and now - FRESH <= issued_at <= now + FRESH
    if (claims.get("aud"), claims.get("nonce")) != (wanted.audience, wanted.nonce) or not fresh:
        raise BadProof("the key proof answers another offer")
    return key


# -- the holder ---------------------------------------------------------------------------------------------------


def request(draft: Draft) -> RequestCredential:
    """Take up the offer of this thread, with a fresh key that is kept for the credential."""
    wanted = offered(draft.thread.latest(OfferCredential))
    if not can_be_proved_to(wanted):
        raise Misuse("the offer has no nonce, so no key can be proved to it; decline it, or ask for another")
    key = key_of_thing(draft) or keys.create(Curve.ED25519)
    kid = kid_of(key.public)
    draft.agent.keys.add(kid, key)
    draft.keep += (key_item(kid, key, peer=draft.peer, tag=draft.thid),)
    header: JsonObject = {"typ": KEY_PROOF, "jwk": {**keys.to_jwk(key.public)}}
    claims: JsonObject = {"aud": wanted.audience, "nonce": wanted.nonce, "iat": draft.rounded()}
    proof = jose.jws_compact(header, claims, draft.agent.keys, kid)
    return RequestCredential(attachments=(carried(KEY_PROOF, "application/jwt", proof),))


def key_of_thing(draft: Draft) -> PrivateKey | None:
    """The key of the DID we use here, if that was made for one thing: its papers belong to whoever has that key."""
    ours, store = draft.relationship.our_did, draft.agent.store
    made = next(store.items(THING, tag=dids.canonical(ours)), None)
    return store.key(f"{ours}#key-1") if made is not None else None


def can_be_proved_to(wanted: CredentialOffer) -> bool:
    """Whether an offer says what the proof of a key must contain."""
    return wanted.nonce is not None and wanted.audience is not None


def check_issued(draft: Draft, message: IssueCredential) -> Lookup[None]:
    """What was issued holds, is what was offered, and is bound to our key for it. Raises BadProof."""
    if not said(draft.thread, "offer-credential"):
        raise BadProof("nothing was offered that it could be compared with")
    wanted = offered(draft.thread.latest(OfferCredential))
    attachment = next(iter(message.attachments), None)
    if attachment is None or attachment.format != wanted.format:
        raise BadProof("it is of another format than was offered")
    verdict = yield from examine(draft, attachment)
    if not verdict.verified:
        raise BadProof(verdict.why())
    try:
        holder = draft.agent.keys.public(holder_kid(draft))
    except NotFound as fault:
        raise BadProof("it was asked for with a key that is not ours") from fault
    promised = Offer(
        issuer=wanted.issuer,
        type=type_of(wanted),
        claims=as_json(wanted.claims),
        holder=holder,
        subject=did_key.create(holder),
    )
    if differences := same_offer(promised, text_of(attachment)):
        raise BadProof(f"it differs from what was offered in: {', '.join(differences)}")


def keep(draft: Draft, message: IssueCredential) -> None:
    """Keep a credential that was checked."""
    wanted = offered(draft.thread.latest(OfferCredential))
    card = Card(
        id=keys.new_id(),  # the thread's id is the issuer's choice, and could name another card
        format=wanted.format,
        name=wanted.name or type_of(wanted),
        issuer=wanted.issuer,
        issued_by=draft.relationship.called,
        type=type_of(wanted),
        credential=text_of(message.attachments[0]),
        kid=holder_kid(draft),
        since=draft.now,
    )
    draft.keep += (Item(KEPT, card.id, msgspec.json.encode(card), draft.peer, card.type),)


def holder_kid(draft: Draft) -> str:
    """The id of the key we made for the credential of this thread. Raises NotFound."""
    made = tuple(draft.agent.store.items("key", peer=draft.peer, tag=draft.thid))
    if not made:
        raise NotFound(f"no key was made for the credential of thread {draft.thid}")
    return made[-1].id  # of several requests, the last one's


# -- both ---------------------------------------------------------------------------------------------------------


def examine(draft: Draft, attachment: Attachment) -> Lookup[Verdict]:
    """A verdict on an issued credential. Never raises."""
    resolve, text = draft.agent.resolve, text_of(attachment)
    if attachment.format == SD_JWT:
        return (yield from sd_jwt_verify.verify(text, now=draft.now, resolve=resolve))
    return (yield from integrity.verify_credential(text, now=draft.now, resolve=resolve))


def carried(format: str, media_type: str, text: str) -> Attachment:
    """A text as an attachment."""
    return Attachment(id="1", format=format, media_type=media_type, data=Content(base64=b64u(text.encode())))


def text_of(attachment: Attachment) -> str:
    """The text of an attachment; empty if there is none that can be read."""
    content = attachment.data
    if content.json is not None:
        return msgspec.json.encode(content.json).decode()
    try:
        return unb64u((content.base64 or "").translate(FROM_BASE64)).decode()
    except (WalletError, UnicodeDecodeError):
        return ""


def type_of(wanted: CredentialOffer) -> str:
    """The one type that tells what the credential is."""
    return wanted.vct or next((each for each in wanted.type if each != "VerifiableCredential"), "VerifiableCredential")


def kid_of(holder: PublicKey) -> str:
    """The key id under which a holder's key is kept."""
    did = did_key.create(holder)
    return f"{did}#{did.removeprefix('did:key:')}"
