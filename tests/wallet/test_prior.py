"""What a `from_prior` must be before anything follows from it. Source: DIDComm Messaging v2.1, "DID Rotation"."""

from collections.abc import Callable

import pytest

from wallet import keys, prior
from wallet.canonical import canonical
from wallet.credentials import jose
from wallet.dids import key as did_key
from wallet.dids import peer, resolve, short_document
from wallet.dids.document import Document
from wallet.encoding import b64u
from wallet.errors import WalletError
from wallet.keys import Curve, Keyring
from wallet.needs import Lookup, offline
from wallet.strict_json import JsonObject

NOW = 1_800_000_000
SIGNING, AGREEMENT = keys.create(Curve.ED25519), keys.create(Curve.X25519)
OLD = peer.create4(SIGNING.public, AGREEMENT.public, ())
NEW = did_key.create(keys.create(Curve.ED25519).public)
KID = f"{OLD}#key-1"


def ring() -> Keyring:
    """The keys of the old DID."""
    made = Keyring()
    made.add(KID, SIGNING)
    return made


def token(header: JsonObject | None = None, claims: JsonObject | None = None) -> str:
    """One as it should be, with changes; `None` takes a member out."""
    full_header: JsonObject = {"typ": "JWT", "crv": "ED25519", "kid": KID, **(header or {})}
    full: JsonObject = {"iss": OLD, "sub": NEW, "iat": NOW, **(claims or {})}
    held: JsonObject = {name: value for name, value in full.items() if value is not None}
    said: JsonObject = {name: value for name, value in full_header.items() if value is not None}
    return jose.jws_compact(said, held, ring(), KID)


def believed(text: str) -> prior.Prior:
    """What it says, if it holds."""
    found = prior.read(text, now=NOW)
    offline(prior.prove(found, resolve))
    return found


def test_what_is_made_is_read_and_holds() -> None:
    made = prior.make(keys=ring(), kid=KID, new=NEW, at=NOW - 5)

    found = believed(made)

    assert (found.old, found.new, found.at, found.kid) == (OLD, NEW, NOW - 5, KID)
    assert found.jws.header == {"typ": "JWT", "alg": "EdDSA", "crv": "ED25519", "kid": KID}
    assert believed(prior.make(keys=ring(), kid=KID, new=None, at=NOW)).new is None


def test_one_that_names_the_old_did_in_its_short_form_holds_for_whoever_knows_the_long_one() -> None:
    short = peer.short(OLD)
    made = prior.make(keys=ring(), kid=f"{short}#key-1", new=NEW, at=NOW)

    found = prior.read(made, now=NOW)

    assert found.old == short
    offline(prior.prove(found, whoever_knows_the_long_one))


def whoever_knows_the_long_one(did: str) -> Lookup[Document]:
    """Resolves the short form."""
    yield from ()
    return short_document(OLD)


HOSTILE: dict[str, Callable[[], str]] = {
    "no type": lambda: token({"typ": None}),
    "another type": lambda: token({"typ": "kb+jwt"}),
    "no algorithm": lambda: token({"alg": "none"}),
    "another algorithm than the key's": lambda: token({"alg": "ES256"}),
    "a shared secret": lambda: token({"alg": "HS256"}),
    "an extension": lambda: token({"crit": ["exp"]}),
    "compressed": lambda: token({"zip": "DEF"}),
    "no key": lambda: token({"kid": None}),
    "a key by its fragment alone": lambda: token({"kid": "#key-1"}),
    "a key of somebody else": lambda: token({"kid": f"{NEW}#{NEW.removeprefix('did:key:')}"}),
    "a key for agreement": lambda: token({"kid": f"{OLD}#key-2"}),
    "a key that is not there": lambda: token({"kid": f"{OLD}#key-9"}),
    "nobody moves": lambda: token(claims={"iss": None}),
    "what moves is no DID": lambda: token(claims={"iss": "https://shop.example"}),
    "it moves to no DID": lambda: token(claims={"sub": "did:example:a b"}),
    "it moves to null": lambda: jose.jws_compact(
        {"typ": "JWT", "kid": KID}, b'{"iss":"%b","sub":null,"iat":1}' % OLD.encode(), ring(), KID
    ),
    "it moves to itself": lambda: token(claims={"sub": peer.short(OLD)}),
    "no time": lambda: token(claims={"iat": None}),
    "a time as text": lambda: token(claims={"iat": str(NOW)}),
    "a time as truth": lambda: token(claims={"iat": True}),
    "a time in parts of seconds": lambda: token(claims={"iat": NOW - 0.5}),
    "a time before all time": lambda: token(claims={"iat": -1}),
    "a time to come": lambda: token(claims={"iat": NOW + prior.LEEWAY + 1}),
    "expired": lambda: token(claims={"exp": NOW - prior.LEEWAY - 1}),
    "not yet valid": lambda: token(claims={"nbf": NOW + prior.LEEWAY + 1}),
    "another signature": lambda: token()[:-4] + "AAAA",
    "no signature": lambda: token().rpartition(".")[0] + ".",
    "other claims under the signature": lambda: swapped({"iss": OLD, "sub": OLD + "x", "iat": NOW}),
    "two claims of one name": lambda: jose.jws_compact(
        {"typ": "JWT", "kid": KID}, b'{"iss":"%b","sub":"a","sub":"b","iat":1}' % OLD.encode(), ring(), KID
    ),
    "a list": lambda: jose.jws_compact({"typ": "JWT", "kid": KID}, b"[]", ring(), KID),
    "four parts": lambda: token() + ".e30",
    "in JSON": lambda: '{"payload":"e30","signatures":[]}',
    "nothing": lambda: "",
    "too long": lambda: token(claims={"more": "x" * prior.MAX_TEXT}),
}


def swapped(claims: JsonObject) -> str:
    """A good one with other claims in it."""
    header, _, signature = token().split(".")
    return f"{header}.{b64u(canonical(claims))}.{signature}"


@pytest.mark.parametrize("name", HOSTILE)
def test_what_does_not_prove_a_rotation_is_refused(name: str) -> None:
    """ST-12."""
    with pytest.raises(WalletError):
        believed(HOSTILE[name]())


def test_every_did_is_known_by_the_first_it_took_the_place_of() -> None:
    moves = prior.Moves([("did:a:2", "did:a:3"), ("did:a:1", "did:a:2"), ("did:b:1", "did:b:2")])

    assert [moves.first(f"did:a:{number}") for number in (1, 2, 3)] == ["did:a:1"] * 3
    assert (moves.first("did:b:2"), moves.first("did:c:1")) == ("did:b:1", "did:c:1")
    assert moves.lead("did:a:1", "did:a:3")
    assert moves.lead("did:c:1", "did:c:1")
    assert not moves.lead("did:a:3", "did:a:1")
    assert not moves.lead("did:a:1", "did:b:2")
    ring_of_two = prior.Moves([("did:a:1", "did:a:2"), ("did:a:2", "did:a:1")])
    assert ring_of_two.first("did:a:1") in ("did:a:1", "did:a:2")
    assert ring_of_two.lead("did:a:2", "did:a:1")
