"""Status lists: published here, checked here, cached so that nobody learns who presents what."""

import pytest

from tests.corpus.cred_world import DIDS, KEYS, KIDS, NOW, TOKEN_LIST, V2, World, judged, sd_jwt
from wallet.canonical import canonical
from wallet.credentials import integrity, sd_jwt_verify
from wallet.credentials.model import Status, Verdict
from wallet.credentials.status import StatusPolicy
from wallet.credentials.status_bits import Order, entry, inflate, lay_out, pack_bitstring, unpack_bitstring
from wallet.credentials.status_cache import MAX_TTL, MIN_TTL, StatusCache, StatusList, bounded_ttl
from wallet.credentials.status_publish import (
    REVOKED,
    SUSPENDED,
    bitstring_status,
    publish_bitstring,
    publish_token_list,
    token_status,
)
from wallet.errors import Malformed
from wallet.keys import Keyring

URI = "https://issuer.example/list"
RING = Keyring()
RING.add(KIDS["issuer"], KEYS["issuer"])


def token_list(statuses: dict[int, int], *, bits: int = 1, now: int = NOW, ttl: int | None = 600) -> bytes:
    """A Token Status List of the issuer."""
    return publish_token_list(
        statuses, size=1024, uri=URI, keys=RING, kid=KIDS["issuer"], now=now, lifetime=86_400, ttl=ttl, bits=bits
    ).encode()


def checked(index: int, world: World, policy: StatusPolicy, *, now: int = NOW) -> Verdict:
    """The verdict on an SD-JWT VC whose status stands at `index`."""
    text = sd_jwt({"payload": {"status": token_status(URI, index), "exp": NOW + 10**7}})
    accepts = sd_jwt_verify.Policy(status=policy)
    return world.finish(sd_jwt_verify.verify(text, now=now, resolve=world.resolve, policy=accepts))


@pytest.mark.parametrize(
    ("index", "status"), [(0, Status.REVOKED), (1, Status.VALID), (2, Status.SUSPENDED), (1023, Status.REVOKED)]
)
def test_a_published_token_list_tells_each_status(index: int, status: Status) -> None:
    world = World({URI: token_list({0: REVOKED, 2: SUSPENDED, 1023: REVOKED}, bits=2)})

    verdict = checked(index, world, StatusPolicy())

    assert verdict.status is status
    assert verdict.verified == (status is Status.VALID)


@pytest.mark.parametrize(("purpose", "status"), [("revocation", Status.REVOKED), ("suspension", Status.SUSPENDED)])
def test_a_published_bitstring_tells_each_status(purpose: str, status: Status) -> None:
    listed = publish_bitstring(
        {7: 1}, uri=URI, purpose=purpose, keys=RING, kid=KIDS["issuer"], now=NOW, lifetime=86_400
    )
    verdicts = []
    for index in (6, 7):
        credential = integrity.issue(
            {
                "@context": [V2],
                "type": ["VerifiableCredential"],
                "issuer": DIDS["issuer"],
                "credentialSubject": {"id": DIDS["holder"]},
                "credentialStatus": bitstring_status(URI, index, purpose),
            },
            keys=RING,
            kid=KIDS["issuer"],
            now=NOW,
        )
        verdicts.append(judged("credential", credential, {}, World({URI: canonical(listed)})))

    assert [verdict.status for verdict in verdicts] == [Status.VALID, status]
    assert verdicts[1].failed == ("status_valid",)


def test_a_status_that_says_nothing_of_validity_is_not_taken_for_a_good_one() -> None:
    credential = integrity.issue(
        {
            "@context": [V2],
            "type": ["VerifiableCredential"],
            "issuer": DIDS["issuer"],
            "credentialSubject": {"id": DIDS["holder"]},
            "credentialStatus": bitstring_status(URI, 6, "message"),
        },
        keys=RING,
        kid=KIDS["issuer"],
        now=NOW,
    )

    verdict = judged("credential", credential, {}, World({}))

    assert (verdict.status, verdict.verified) == (Status.NONE, True)
    assert any("not looked up" in note for note in verdict.notes)


def test_a_list_so_short_that_it_points_at_a_person_is_not_published() -> None:
    with pytest.raises(Malformed):
        publish_bitstring({}, size=1000, uri=URI, keys=RING, kid=KIDS["issuer"], now=NOW, lifetime=1)


@pytest.mark.parametrize(("statuses", "bits"), [({-1: 1}, 1), ({8: 1}, 1), ({0: 2}, 1), ({0: -1}, 1), ({}, 3)])
def test_a_status_that_does_not_fit_is_not_published(statuses: dict[int, int], bits: int) -> None:
    with pytest.raises(Malformed):
        lay_out(statuses, size=8, bits=bits, order=Order.LOW_FIRST)


def test_the_two_lists_count_bits_from_opposite_ends() -> None:
    assert lay_out({0: 1}, size=8, bits=1, order=Order.LOW_FIRST) == b"\x01"
    assert lay_out({0: 1}, size=8, bits=1, order=Order.HIGH_FIRST) == b"\x80"
    assert lay_out({1: 2}, size=4, bits=2, order=Order.LOW_FIRST) == b"\x08"
    assert lay_out({1: 2}, size=4, bits=2, order=Order.HIGH_FIRST) == b"\x20"
    assert entry(b"\x20", 1, bits=2, order=Order.HIGH_FIRST) == 2
    assert entry(b"\x20", 4, bits=2, order=Order.HIGH_FIRST) is None
    assert entry(b"\x20", -1, bits=1, order=Order.HIGH_FIRST) is None


def test_the_example_of_the_bitstring_specification_is_read() -> None:
    encoded = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"

    assert unpack_bitstring(encoded) == bytes(16 * 1024)
    assert unpack_bitstring(pack_bitstring(b"\x01")) == b"\x01"


@pytest.mark.parametrize("packed", [b"", b"x", b"x\x9c\x03\x00", b"x\x9c\x03\x00\x00\x00\x00\x01more"])
def test_what_does_not_unpack_whole_is_refused(packed: bytes) -> None:
    with pytest.raises(Malformed):
        inflate(packed, wrapping=15)


def test_one_fetch_serves_every_holder_of_a_list() -> None:
    world = World({URI: token_list({})})
    policy = StatusPolicy(cache=StatusCache())

    for index in range(5):
        assert checked(index, world, policy).verified

    assert world.fetched == [URI]


def test_a_list_is_fetched_again_when_its_time_is_up() -> None:
    world = World({URI: token_list({})})
    policy = StatusPolicy(cache=StatusCache())

    for later in (0, 599, 601):
        checked(1, world, policy, now=NOW + later)

    assert len(world.fetched) == 2


@pytest.mark.parametrize(
    ("ttl", "seconds"),
    [(1, MIN_TTL), (10**9, MAX_TTL), (600, 600), (None, 3600), (-5, MIN_TTL), (float("inf"), MAX_TTL)],
)
def test_how_long_a_list_is_kept_is_bounded(ttl: float | None, seconds: int) -> None:
    assert bounded_ttl(ttl) == seconds


def test_an_older_list_does_not_replace_a_newer_one() -> None:
    policy = StatusPolicy(cache=StatusCache())
    newer = World({URI: token_list({1: REVOKED}, now=NOW - 10)})
    older = World({URI: token_list({}, now=NOW - 1000)})
    assert checked(1, newer, policy).status is Status.REVOKED

    verdict = checked(1, older, policy, now=NOW + 700)

    assert older.fetched == [URI]
    assert verdict.status is Status.REVOKED
    assert any("older" in note for note in verdict.notes)


def test_a_list_beyond_a_mebibyte_is_not_read() -> None:
    assert checked(1, World({URI: b"x" * (1024 * 1024 + 1)}), StatusPolicy()).failed == ("status_format",)


def test_a_dead_host_is_unknown_and_refused() -> None:
    verdict = checked(1, World({URI: b"down"}), StatusPolicy())

    assert verdict.failed == ("status_available",)
    assert verdict.status is Status.UNKNOWN


def test_a_list_seen_before_may_stand_in_for_a_dead_host_if_the_verifier_says_so() -> None:
    cache = StatusCache()
    checked(1, World({URI: token_list({})}), StatusPolicy(cache=cache))
    dead = World({URI: b"down"})

    forgiven = checked(1, dead, StatusPolicy(cache=cache, accept_stale=7200), now=NOW + 3600)
    closed = checked(1, dead, StatusPolicy(cache=cache), now=NOW + 3600)
    too_late = checked(1, dead, StatusPolicy(cache=cache, accept_stale=7200), now=NOW + 7201)

    assert forgiven.verified
    assert any(str(NOW) in note for note in forgiven.notes)
    assert closed.failed == too_late.failed == ("status_available",)


def test_a_holder_who_does_not_look_is_told_unknown_and_never_valid() -> None:
    verdict = checked(1, World({}), StatusPolicy(check=False))

    assert verdict.status is Status.UNKNOWN
    assert verdict.notes


def test_the_cache_is_bounded_and_drops_what_was_not_used() -> None:
    cache = StatusCache(size=2, room=10_000)

    def kept(uri: str, size: int) -> None:
        cache.keep(
            StatusList(
                uri=uri, subject=uri, issuer="i", raw=bytes(size), bits=1, order=Order.LOW_FIRST, purposes=(),
                issued=0, expires=None, ttl=600, fetched=NOW,
            )
        )  # fmt: skip

    for uri in "ab":
        kept(uri, 10)
    cache.get("a")
    kept("c", 10)
    assert [uri for uri in "abc" if cache.get(uri)] == ["a", "c"]

    kept("d", 9_999)
    assert [uri for uri in "acd" if cache.get(uri)] == ["d"]


def test_lists_are_asked_for_by_the_clock_with_jitter() -> None:
    cache = StatusCache()
    checked(1, World({URI: token_list({})}), StatusPolicy(cache=cache))

    assert cache.due(NOW + 299, [0.0]) == ()
    assert cache.due(NOW + 301, [0.0]) == (URI,)
    assert cache.due(NOW + 400, [0.8]) == ()
    assert cache.due(NOW + 601) == (URI,)


def test_another_issuers_list_counts_if_the_verifier_trusts_it() -> None:
    ring = Keyring()
    ring.add(KIDS["stranger"], KEYS["stranger"])
    text = publish_token_list({}, size=64, uri=TOKEN_LIST, keys=ring, kid=KIDS["stranger"], now=NOW, lifetime=60)
    case = sd_jwt({"payload": {"status": token_status(TOKEN_LIST, 1)}})

    verdicts = [
        judged("sd_jwt", case, {"status": {"trusted": [*trusted]}}, World({TOKEN_LIST: text.encode()}))
        for trusted in ((), (DIDS["stranger"],))
    ]

    assert verdicts[0].failed == ("status_issuer",)
    assert verdicts[1].verified
