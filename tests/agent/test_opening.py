"""An org changes the keys in its DID document: what it says by the new ones is understood, and nobody is asked often.

DID-21. The org is at did:web; her agent remembers its document for five minutes.
"""

from urllib.parse import urlsplit

import pytest

from agent import identity
from agent.agent import Agent
from agent.didcomm import envelopes
from agent.errors import Dropped
from agent.needs import Needs
from agent.opening import open_envelope
from tests.agent.world import World, public_did, state, the_only, towards
from wallet import keys
from wallet.keys import Curve, Keyring, PrivateKey
from wallet.needs import Fetch

CURVES = {"#key-1": Curve.ED25519, "#key-2": Curve.X25519}


class Remembering(Needs):
    """A fetcher with the memory of the real one, of the one document an org publishes. asked: how often it was."""

    def __init__(self, org: Agent) -> None:
        super().__init__(development=True, now=lambda: self.time)
        self.time = 1000.0
        self.asked = 0
        place = f"{urlsplit(org.config.url).geturl()}/.well-known/did.json"
        self.documents = {place: identity.documents(org)["/.well-known/did.json"][1]}

    async def _fetch(self, need: Fetch) -> bytes | None:
        self.asked += 1
        return self.documents.get(need.url)

    def change(self, old: PrivateKey, new: PrivateKey) -> None:
        """Publish another key in the place of one."""
        before, after = (keys.to_multikey(each.public).encode() for each in (old, new))
        [(place, document)] = self.documents.items()
        assert before in document
        self.documents[place] = document.replace(before, after)


class Stage:
    """A person who knows an org, and remembers its document since a moment ago."""

    def __init__(self, her: Agent, library: Agent, needs: Remembering) -> None:
        self.her, self.library, self.needs = her, library, needs

    def rekey(self, fragment: str) -> None:
        """Let the org use a new key, and publish it."""
        kid, new = public_did(self.library) + fragment, keys.create(CURVES[fragment])
        old = self.library.store.key(kid)
        assert old is not None
        self.needs.change(old, new)
        self.library.keys.add(kid, new)
        envelopes.forget()

    def packed(self, ring: Keyring | None = None) -> bytes:
        """A message of the org to her, sealed."""
        known, did = towards(self.her, public_did(self.library)), public_did(self.library)
        kid, public = next(iter(self._her_key(known.our_did)))
        text = b'{"id":"1","type":"https://example.com/x/1.0/y","body":{},"from":"%b","to":["%b"]}'
        raw = text % (did.encode(), kid.partition("#")[0].encode())
        return envelopes.seal(
            raw, keys=ring or self.library.keys, sender_kid=f"{did}#key-2", recipients=[(kid, public)]
        )

    def _her_key(self, did: str) -> list[tuple[str, keys.PublicKey]]:
        return [(f"{did}#key-2", self.her.keys.public(f"{did}#key-2"))]


@pytest.fixture
async def stage(world: World) -> Stage:
    """See Stage."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    needs = Remembering(library)
    her.needs = needs
    made = Stage(her, library, needs)
    await open_envelope(her, made.packed(), "")
    needs.asked = 0
    return made


async def test_a_message_by_a_new_key_is_opened_once_the_document_is_a_minute_old(stage: Stage) -> None:
    stage.rekey("#key-2")
    packed, outcomes = stage.packed(), []

    for stage.needs.time in (1030.0, 1061.0, 1062.0):
        try:
            outcomes.append((await open_envelope(stage.her, packed, "")).sender)
        except Dropped:
            outcomes.append(None)

    did = public_did(stage.library)
    assert outcomes == [None, did, did]
    assert stage.needs.asked == 1


async def test_what_does_not_open_by_any_document_asks_for_it_once_a_minute(stage: Stage) -> None:
    """Anybody can send it: it must not make us knock at the org's door each time."""
    stranger = Keyring()
    stranger.add(f"{public_did(stage.library)}#key-2", keys.create(Curve.X25519))
    forged = stage.packed(stranger)

    for stage.needs.time in range(1000, 1300):
        with pytest.raises(Dropped):
            await open_envelope(stage.her, forged, "")

    assert stage.needs.asked == 4


async def test_a_signature_by_a_new_key_is_checked_by_the_document_as_it_is_now(world: World, stage: Stage) -> None:
    stage.rekey("#key-1")
    stage.needs.time += 61

    begun = await world.do(stage.her, "/v1/terms", peer="Town Library")
    await world.settle()

    assert state(stage.her, str(begun["thread"])) == "in-force"
    assert stage.needs.asked == 1
    assert the_only(stage.her).theirs.seq > 0
