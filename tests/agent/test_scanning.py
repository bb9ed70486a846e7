"""What a scanned or pasted code is, before anything is done: nobody is asked and nothing is fetched."""

import json

import pytest

from agent import giving, invitations, mediation
from agent.agent import Agent
from agent.scanning import LONGEST, Scanned, is_gtin, read
from protocols.standard.out_of_band import to_url
from tests.agent.world import World, known, public_did
from wallet import words

DIGITAL_LINK = "https://id.example/01/09506000134352/21/A%2F1"
OTHERS = [
    ("openid4vp://authorize?client_id=x", "another-wallet"),
    ("openid-credential-offer://?credential_offer=%7B%7D", "another-wallet"),
    ("https://wallet.example/offer?credential_offer_uri=https%3A%2F%2Fissuer.example", "another-wallet"),
    ("mdoc:owBjMS4w", "another-wallet"),
    ("https://agent.example/?c_i=eyJAdHlwZSI6", "another-agent"),
    ("https://agent.example/?oob=eyJAdHlwZSI6", "another-agent"),
    ("https://agent.example/?_oobid=5f0e3ffb", "short"),
    ("https://shop.example/sign-in?code=abc", "sign-in"),
    ("https://broker.example/pools?pool=bicycles", "pool"),
    ("https://library.example/opening", "web"),
    ("library.example", "domain"),
    ("did:web:library.example", "organisation"),
    ("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "did"),
    (DIGITAL_LINK, "thing"),
    ("4006381333931", "thing"),
    ("(01)09506000134352(21)AB12", "thing"),
    ("4006381333932", "text"),
    ("BCD\n002\n1\nSCT\n\nSomebody", "payment"),
    ("bitcoin:1abc", "payment"),
    ("BEGIN:VCARD\nFN:Ada", "contact"),
    ("WIFI:S:net;T:WPA;P:x;;", "network"),
    ("mailto:her@mail.example", "address"),
    ("otpauth://totp/x?secret=ABC", "secret"),
    (" ".join(words.words_of(bytes(32))), "secret"),
    ('{"type": "x", "proof": {}}', "record"),
    ("x" * (LONGEST + 1), "long"),
    ("Good morning", "text"),
    ("http://[broken", "text"),
    ("https://x.example/?_oob=%%%", "broken"),
    ("https://x.example/?_oob=e30", "broken"),
    ("", "text"),
]


@pytest.mark.parametrize(("text", "kind"), OTHERS)
async def test_a_code_is_called_what_it_is(world: World, text: str, kind: str) -> None:
    her = await world.add("her")

    found = read(her, f"  {text}\n")

    assert found.kind == kind
    assert world.fetched == []


async def invitation(world: World, org: Agent, **asked: object) -> str:
    """A link with which to meet an organisation."""
    return str((await world.do(org, "/v1/invitations", goal="Join the library", **asked))["url"])


async def test_an_invitation_tells_for_what_it_is_and_where_whoever_made_it_says_to_be(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    url = await invitation(world, library, lasts=3600)

    found = read(her, url)

    assert (found.kind, found.goal) == ("invitation", "Join the library")
    assert found.who == "127.0.0.1:9000"
    assert found.until > world.time
    assert (world.fetched, known(her)) == ([], [])


async def test_whose_it_is_and_what_became_of_it_is_told_apart(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    url, theirs = await invitation(world, library, lasts=3600), await invitation(world, her, once=True)

    async def kinds() -> tuple[str, str]:
        return read(her, url).kind, read(library, url).kind

    before = await kinds()
    await world.do(her, "/v1/invitations/accept", url=url)
    greeted = read(her, url)
    await world.settle()
    met = read(her, url)
    shop = await world.add("Shop", "org")
    await world.do(shop, "/v1/invitations/accept", url=theirs)
    await world.settle()
    await world.tick(3601)

    assert before == ("invitation", "own")
    assert (greeted.kind, met.kind, met.who) == ("waiting", "known", "Town Library")
    assert read(her, theirs).kind == "own-over"
    stranger = await world.add("somebody")
    assert read(stranger, url).kind == "expired"
    assert read(her, public_did(library)).kind == "known"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (invitations.GOAL_AND_MORE, "more"),
        (mediation.GOAL, "mediator"),
        (giving.GOAL, "thing-on-offer"),
        ("issue-vc", "knock"),
    ],
)
async def test_what_waits_behind_an_invitation_is_seen_before_it_is_taken_up(
    world: World, code: str, kind: str
) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    _, url = await invitations.invite(library, goal="x", once=False, goal_code=code)

    assert read(her, url).kind == kind


async def test_what_is_written_for_agents_but_is_no_invitation_is_told_apart(world: World) -> None:
    her = await world.add("her")
    did = "did:web:library.example"
    shown = {
        "no-invitation": {"type": "https://didcomm.org/basicmessage/2.0/message", "from": did, "body": {}},
        "another-agent": {
            "type": "https://didcomm.org/out-of-band/2.0/invitation",
            "from": did,
            "body": {"accept": ["didcomm/aip2;env=rfc19"]},
        },
    }

    for kind, message in shown.items():
        text = json.dumps({"id": "1", "typ": "application/didcomm-plain+json", **message}).encode()
        assert read(her, to_url("https://library.example", text)).kind == kind


async def test_the_number_of_an_article_and_of_the_piece_are_read_from_its_code(world: World) -> None:
    her = await world.add("her")

    linked, printed = read(her, DIGITAL_LINK), read(her, "(01)09506000134352(21)AB12")

    assert linked == Scanned("thing", found={"gtin": "09506000134352", "serial": "A/1", "url": DIGITAL_LINK})
    assert printed == Scanned("thing", found={"gtin": "09506000134352", "serial": "AB12"})
    assert [is_gtin(each) for each in ("96385074", "036000291452", "96385075", "123")] == [True, True, False, False]
