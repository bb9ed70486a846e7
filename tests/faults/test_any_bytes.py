"""P23: whatever bytes come, verification says what it thinks of them, soon, in little memory, and never raises.

Each target starts from good samples, which are cut, flipped, spliced into each other and bloated, so that most of what
is tried gets past the first gate. The clock decides how many: a second a target, or five minutes at full size.
"""

import json
import random
import resource
from collections.abc import Callable
from functools import partial
from itertools import count
from time import monotonic

import pytest

from agent.didcomm import envelopes
from agent.errors import AgentError
from tests.corpus import cred_world, env_world
from tests.cost import cost
from tests.promises import Promise
from tests.wallet.signed_world import BASE, published
from wallet import keys
from wallet.canonical import canonical
from wallet.credentials.model import Verdict
from wallet.dids import document, webvh_log, webvh_write
from wallet.errors import WalletError
from wallet.evidence import verify_bundle
from wallet.keys import Curve, Keyring
from wallet.needs import Lookup, offline
from wallet.strict_json import parse_object

Judge = Callable[[bytes], object]

MOST_SECONDS = 0.2
MOST_MEMORY = 64 * 1024  # KiB
PIECES = (
    b"{", b"}", b"[", b"]", b'"', b",", b":", b"null", b"-1", b"1e999", b"\\u0000", b"\\ud800", b"~", b".", b"=",
    b"\xff", b'"kid":', b'"alg":"none"', b'"crit":["b64"]', b'"zip":"DEF"', b"did:web:a.example", b"9" * 20,
)  # fmt: skip


def mangled(source: random.Random, samples: list[bytes]) -> bytes:
    """One or more of the samples, with a few things wrong."""
    raw = bytearray(source.choice(samples))
    for _ in range(source.choice((1, 1, 1, 2, 4, 16))):
        at = source.randrange(len(raw) + 1)
        match source.randrange(6):
            case 0:
                raw[at:] = b""
            case 1:
                raw[at : at + 1] = bytes([source.randrange(256)])
            case 2:
                raw[at:at] = source.choice(PIECES) * source.choice((1, 1, 1, 3, 1000))
            case 3:
                other = source.choice(samples)
                begin = source.randrange(len(other))
                raw[at:at] = other[begin : begin + source.randrange(1, 200)]
            case 4:
                del raw[at : at + source.randrange(1, 60)]
            case _:
                raw[at:at] = raw[at : at + source.randrange(1, 60)] * source.choice((1, 2, 500))
    return bytes(raw[: 1024 * 1024])


def envelope(raw: bytes) -> object:
    """A packed message, as it is opened by its recipient; then the same bytes inside a good envelope."""
    for packed in (raw, env_world.built({"text": raw.decode("latin-1")})):
        world = env_world.World()
        try:
            next(envelopes.open(packed, keys=world.ring, resolve=world.resolve))
        except (AgentError, WalletError, StopIteration):
            continue
    return None


def credential(raw: bytes) -> object:
    """A credential or presentation, in every format."""
    return [cred_world.judged(kind, raw, {}, Silent()) for kind in cred_world.BUILDERS]


class Silent(cred_world.World):
    """A world in which nothing can be had."""

    def finish(self, lookup: Lookup[Verdict]) -> Verdict:
        """The verdict without the network."""
        return offline(lookup)


def history(raw: bytes) -> object:
    """A DID document, and the log of a did:webvh."""
    webvh_log.read_history(raw, "QmV2V5CSzH5w9UF4rHHAdktXL93ounugmgV2LXVCx9s2i9")
    try:
        return document.read(parse_object(raw), env_world.ALICE)
    except WalletError:
        return None


def evidence(raw: bytes) -> object:
    """A bundle of evidence."""
    return verify_bundle(raw, base=BASE)


def history_log() -> bytes:
    """A did:webvh that was changed once."""
    key = keys.create(Curve.ED25519)
    ring, kid = Keyring(), webvh_write.signing_kid(key.public)
    ring.add(kid, key)
    draft = document.write(f"{webvh_write.DRAFT}shop.example", [("#key-1", key.public, ("authentication",))])
    own = webvh_write.parameters(update=key.public)
    _, log = webvh_write.first_entry(draft, own, keys=ring, kid=kid, now=1_700_000_000)
    return log + webvh_write.next_entry(log, None, {}, keys=ring, kid=kid, now=1_700_000_100)


def credentials() -> list[bytes]:
    """One of each kind."""
    built = (make({}) for make in cred_world.BUILDERS.values())
    return [canonical(each) if isinstance(each, dict) else str(each).encode() for each in built]


TARGETS: dict[str, tuple[Judge, Callable[[], list[bytes]]]] = {
    "envelope": (envelope, lambda: [env_world.built({}), env_world.compact(env_world.MESSAGE)]),
    "credential": (credential, credentials),
    "history": (history, lambda: [canonical(env_world.raw_document(env_world.ALICE)), history_log()]),
    "evidence": (evidence, lambda: [json.dumps({"objects": published(), "documents": {}, "texts": []}).encode()]),
}


def tried(judge: Judge, samples: list[bytes], seconds: float) -> int:
    """How many inputs were judged in this time. Fails on the first that raises, or takes too long or too much."""
    source, until, before = random.Random(23), monotonic() + seconds, memory()
    for sample in samples:
        judge(sample)
    for number in count(1):
        raw = mangled(source, samples)
        spent = cost(partial(judge, raw))
        assert spent < MOST_SECONDS, f"input {number} took {spent:.2f} s: {raw[:200]!r}"
        if monotonic() > until:
            break
    assert memory() - before < MOST_MEMORY
    return number


def memory() -> int:
    """The most memory this process ever had, KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("seconds", [1, pytest.param(300, marks=pytest.mark.full)])
@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_get_an_answer(target: str, seconds: int, promise: Promise) -> None:
    judge, samples = TARGETS[target]
    assert tried(judge, samples(), seconds) > 20 * seconds
    promise(
        "P23",
        what=f"mangled samples of each of {len(TARGETS)} kinds, seconds for each",
        size=seconds,
        result="an answer to each, in under 200 ms and 64 MiB",
        control="a judge that raises, and one that takes long",
    )


def test_a_judge_that_raises_or_takes_long_is_caught() -> None:
    def fragile(raw: bytes) -> object:
        return raw.decode()

    def slow(raw: bytes) -> object:
        return [number for number in range(20_000_000) if number < 0]

    with pytest.raises(UnicodeDecodeError):
        tried(fragile, [b"some text"], 5)
    with pytest.raises(AssertionError, match="took"):
        tried(slow, [b"some text"], 5)
