"""One message of every kind, as it might be said. Where a table tells apart by content, there are several."""

import re
from collections.abc import Iterator

from protocols.machine import Attachment, Content, Message, Misuse, Problem, Protocol, Row, Thread, Turn, step
from protocols.messages import label
from protocols.standard import (
    basic_message,
    discover_features,
    empty,
    issue_credential,
    out_of_band,
    present_proof,
    report_problem,
    routing,
    trust_ping,
)
from protocols.vrm import relationship, sign_in, terms
from protocols.vrm.base import VRM, AgreementRef

LETTER = Attachment(data=Content(json={"a": 1}), id="1", media_type="application/json", format="test@v1")
DIGEST = "uEiAxhGqvBEYXZ8ybrDBhE6Yj6GHL6TL0ZtTxRht_1F8nfw"
PREFERRED = AgreementRef(id="TEST-NO-TRACK", version="1", digest="uEiDN0L3fGQTox6z6VxszAR2rFotcPgb2ScODdas0jgShIQ")
OTHER = AgreementRef(id="TEST-BASE", version="1", digest="uEiAPE7bSKEWSPSLRnE-cJW7oxh2pGao9G3LXiREVa_qOIQ")
ORG = relationship.Org(name="Shop", url="https://shop.example", kind="vendor")
RIGHTS = relationship.RightsContact(email="rights@shop.example")
SIGN_IN = ("https://shop.example", "uEiB0PAvc5BXPM7sz04yx6dlA-hMQz5QWnThQKqLIJhYLXQ", "q83vEjRWeJCrze8SNFZ4kA")

MESSAGES: tuple[Message, ...] = (
    out_of_band.Invitation(goal_code="relate", goal="To meet", accept=("didcomm/v2",)),
    trust_ping.Ping(),
    trust_ping.Ping(response_requested=False),
    trust_ping.PingResponse(),
    discover_features.Queries((discover_features.Query(feature_type="protocol", match="*"),)),
    discover_features.Disclose((discover_features.Disclosure(feature_type="protocol", id=VRM + "/terms/1.0"),)),
    basic_message.BasicMessage("Good morning"),
    report_problem.ProblemReport("e.p.me", "Not today, {1}.", ("sorry",)),
    empty.Empty(),
    routing.Forward("did:example:next", (LETTER,)),
    issue_credential.ProposeCredential(comment="A library card, please"),
    issue_credential.OfferCredential(attachments=(LETTER,)),
    issue_credential.RequestCredential(attachments=(LETTER,)),
    issue_credential.IssueCredential(attachments=(LETTER,)),
    issue_credential.Ack(),
    present_proof.ProposePresentation(comment="I could show a library card"),
    present_proof.RequestPresentation(goal="To lend you a book", will_confirm=True, attachments=(LETTER,)),
    present_proof.Presentation(attachments=(LETTER,)),
    present_proof.Ack(),
    relationship.Hello((VRM + "/terms/1.0",), languages=("pt", "en"), called="Ana"),
    relationship.Welcome(
        org=ORG,
        domain="shop.example",
        linkage={},
        agreements=(PREFERRED,),
        protocols=(),
        rights_contact=relationship.RightsContact(),
    ),
    relationship.Decline("not-now"),
    sign_in.Decline("unknown-origin"),
    relationship.SignedDecline("cannot-keep", "Not yet"),
    relationship.Rules(3, channels={"agent": "any", "phone": "never"}, promotion="none", quiet={"from": "22:00"}),
    relationship.RulesReceipt("done"),
    sign_in.Challenge(*SIGN_IN),
    sign_in.Response(*SIGN_IN),
    sign_in.Admit("https://shop.example/enter?code=1"),
    relationship.Notice("recall", "Stop using the charger."),
    relationship.NoticeReceipt("done"),
    relationship.End("erase", "2026-12-02", "moving-on"),
    relationship.EndReceipt("done", kept=(relationship.Kept("invoices", "legal-duty", "2033-12-31"),)),
    terms.Proffer(PREFERRED, "relationship", lasts="P1Y"),
    terms.Accept(PREFERRED),
    terms.Alternative(OTHER, ends="2027-11-02T00:00:00Z"),
    terms.Decline("unacceptable"),
    terms.Confirm(PREFERRED.digest),
    terms.Confirm(OTHER.digest),
    terms.Withdraw("2026-12-15T00:00:00Z", "moving-on"),
    terms.WithdrawReceipt("done", ended="2026-12-15T00:00:00Z", survives=(), data="erase"),
)


def samples(kind: type[Message]) -> Iterator[Message]:
    """Every sample of one kind."""
    yield from (message for message in MESSAGES if type(message) is kind)


def sample(protocol: Protocol, thread: Thread, row: Row) -> Message | None:
    """A message by which `row` may be said in `thread`, if its rule accepts any of the samples here."""
    for message in samples(row.says):
        turn = Turn(row.by, message, "sample", 0, "digest")
        first = next(each for each in protocol.rows if each.fits(thread.state, row.by, message) and not each.crossed)
        if first is row:
            try:
                step(protocol, thread, turn)
            except (Problem, Misuse):
                continue
            return message
    return None


def plain(kind: type[Message]) -> str:
    """The kind's name as an identifier."""
    return re.sub(r"\W", "_", label(kind))
