"""What each check of a proof asks, and what it means if it fails, for people who check and not for programs."""

from typing import Final

WORDS: Final = {
    "format": ("It can be read.", "It cannot be read as a card that is shown."),
    "type": ("It is a card.", "It is something else, and no card."),
    "critical_headers": ("It demands nothing we do not know.", "It demands something that we do not know."),
    "hash_algorithm": ("Its fields are fixed in a way we know.", "Its fields are fixed in a way we do not know."),
    "limits": ("It is of a reasonable size.", "It is larger than any card should be."),
    "disclosures": ("Every field shown is one that its issuer signed.", "A field was shown that nobody signed."),
    "missing_required": ("Nothing that is needed is missing.", "Something that is needed is missing."),
    "credential_type": ("It is the kind of card you asked for.", "It is another kind of card than you asked for."),
    "trusted_issuer": ("You trust its issuer for this.", "You do not accept its issuer's cards here."),
    "issuer_key": ("Its issuer's key is known.", "Its issuer's key could not be had."),
    "issuer_binding": ("The key is its issuer's own.", "It was signed with a key that is not its issuer's."),
    "algorithm": ("It is signed in a way that is safe.", "It is signed in a way that we do not accept."),
    "signature": ("Its issuer's signature holds.", "The signature does not hold: it was altered, or made up."),
    "proof_required": ("It is signed.", "Nobody signed it."),
    "cryptosuite": ("It is signed in a way that is safe.", "It is signed in a way that we do not accept."),
    "purpose": ("It was signed for this.", "It was signed for something else."),
    "proof_context": ("What was signed is what is shown.", "What was signed is not what is shown."),
    "proof_period": ("It was signed in time.", "It was signed at a time that cannot be."),
    "data_model": ("It has the shape of a card.", "It does not have the shape of a card."),
    "context_unknown": ("Its words have known meanings.", "It uses words whose meaning is not known here."),
    "context_order": ("Its words mean what they should.", "Its words could mean something else."),
    "credentials": ("Every card in it holds.", "A card in it does not hold."),
    "subject_binding": ("It is about whoever shows it.", "It is about somebody else than whoever shows it."),
    "challenge": ("It answers your question.", "It answers another question, so it may be a copy."),
    "domain": ("It is meant for you.", "It was meant for somebody else."),
    "kb_required": ("Whoever holds the card answered.", "Whoever holds the card did not answer."),
    "kb_format": ("The answer can be read.", "The answer cannot be read."),
    "kb_typ": ("It is an answer.", "It is something else, and no answer."),
    "kb_key": ("The card says whose it is.", "The card does not say whose it is."),
    "kb_algorithm": ("The answer is signed safely.", "The answer is signed in no way that we accept."),
    "kb_signature": ("The card's own holder answered.", "Whoever answered is not whose card it is."),
    "kb_nonce": ("It answers your question.", "It answers another question, so it may be a copy."),
    "nonce_used": ("Your question was still open.", "Your question had been answered before."),
    "kb_audience": ("It is meant for you.", "It was meant for somebody else."),
    "kb_sd_hash": ("The answer is about just what was shown.", "The answer is about something else."),
    "kb_issued_at": ("The answer is fresh.", "The answer is too old, or from a time to come."),
    "validity_period": ("The card is valid now.", "The card is not valid any more, or not yet."),
    "status_reference": ("It says where its issuer takes it back.", "It says in no clear way where it is taken back."),
    "status_available": ("Its issuer's list could be read.", "The list of what was taken back could not be had."),
    "status_format": ("The list can be read.", "The list of what was taken back cannot be read."),
    "status_signature": ("The list is signed.", "The signature of the list does not hold."),
    "status_subject": ("It is the right list.", "It is another list than was asked for."),
    "status_issuer": ("The list is the issuer's own.", "The list is not the issuer's own."),
    "status_stale": ("The list is up to date.", "The list is too old."),
    "status_purpose": ("The list is about this.", "The list is about something else."),
    "status_index": ("The card has a place in it.", "The card has no place in it."),
    "status_valid": ("Its issuer has not taken it back.", "Its issuer has taken it back."),
    "query_answered": ("All that you asked for was shown.", "Not all that you asked for was shown."),
}  # fmt: skip
"""check: in words if it holds, and if it does not."""


def in_words(name: str, ok: bool) -> str:
    """One check. A name nobody has words for stands as it is."""
    held, failed = WORDS.get(name, (f"{name} holds.", f"{name} does not hold."))
    return held if ok else failed
