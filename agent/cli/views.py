"""What the owner's API answers, as far as the command line shows it. Source: agent/web."""

import msgspec

Fields = dict[str, object]
"""A JSON object that is shown and not reckoned with."""


class Invited(msgspec.Struct, frozen=True):
    """A fresh invitation."""

    id: str
    url: str
    goal: str
    once: bool
    until: str | None


class Begun(msgspec.Struct, frozen=True):
    """What came of doing something: the thread it happens in, if any."""

    thread: str | None = None
    peer: str = ""
    to: str = ""
    said: str = ""
    state: str = ""


class Peer(msgspec.Struct, frozen=True):
    """One relationship."""

    name: str
    fingerprint: str
    kind: str
    domain: str
    state: str
    since: str
    terms: str | None
    record: str | None
    peer: str
    our_did: str
    signed: dict[str, int]


class Thread(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """One thread."""

    thread: str
    with_: str
    about: str
    role: str
    state: str
    over: bool
    bound: bool
    record: str | None
    since: str | None
    last: str | None
    can_say: tuple[str, ...]


class Line(msgspec.Struct, frozen=True):
    """One line of a log."""

    at: str
    by: str
    ours: bool
    says: str
    refused: str | None
    message: Fields


class Log(Thread, frozen=True, rename={"with_": "with"}):
    """A thread with everything said in it."""

    log: tuple[Line, ...] = ()


class Question(msgspec.Struct, frozen=True):
    """What waits for the owner. what: lines, claims to show or take, claims that stay hidden, or agreements."""

    question: str
    at: str
    thread: str
    who: str
    proof: str
    asks: str
    what: tuple[Fields, ...]
    why: str | None
    until: str | None
    terms: str | None
    choices: tuple[str, ...]


class Card(msgspec.Struct, frozen=True):
    """A credential we hold."""

    card: str
    name: str
    issued_by: str
    issuer: str
    type: str
    since: str
    claims: Fields
    format: str = ""
    credential: str = ""


class Check(msgspec.Struct, frozen=True):
    """One check of a proof."""

    name: str
    ok: bool
    detail: str


class Part(msgspec.Struct, frozen=True):
    """What was found of one credential."""

    format: str
    issuer: str | None
    claims: Fields
    status: str
    checks: tuple[Check, ...]


class Verdict(msgspec.Struct, frozen=True):
    """What was found of a whole presentation."""

    verified: bool
    verdicts: tuple[Part, ...]


class Agreement(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """An agreement in force."""

    with_: str
    agreement: str
    version: str
    digest: str
    record: str
    thread: str
    since: str
    ends: str | None


class Text(msgspec.Struct, frozen=True):
    """An agreement's words."""

    id: str
    title: str
    digest: str
    version: str = ""
    text: str = ""


class Terms(msgspec.Struct, frozen=True):
    """What is agreed, and what could be."""

    in_force: tuple[Agreement, ...]
    known: tuple[Text, ...]


class SignedObject(msgspec.Struct, frozen=True):
    """One line of a ledger."""

    digest: str
    type: str
    ours: bool
    seq: int
    signed: str
    thread: str
    kept: str


class Ledger(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """What two sides signed."""

    with_: str
    objects: tuple[SignedObject, ...]


class Finding(msgspec.Struct, frozen=True):
    """One check of a set-up. mend: what to do about it, if it is not well."""

    check: str
    ok: bool
    detail: str
    mend: str = ""


class Witnessed(msgspec.Struct, frozen=True):
    """Who signed what, and when."""

    type: str
    issuer: str
    at: str


class Evidence(msgspec.Struct, frozen=True):
    """What was found of a bundle of evidence."""

    verified: bool
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    objects: tuple[Witnessed, ...]


class Moved(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """A relationship by its names."""

    with_: str
    fingerprint: str


class Chosen(msgspec.Struct, frozen=True):
    """Which relationships are meant. left_over: those that were left when all were meant before."""

    left_over: bool
    peers: tuple[Moved, ...]


class Standing(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """What the other side of one relationship knows of our new DID. why: what keeps the news back."""

    with_: str
    fingerprint: str
    state: str
    since: str
    why: str


class Parting(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """What leaving one relationship would say, and what is left there. waiting: messages."""

    with_: str
    fingerprint: str
    says: str
    terms: tuple[str, ...]
    waiting: int


class Kept(msgspec.Struct, frozen=True):
    """Something the other side keeps, and why."""

    what: str
    why: str
    until: str


class Left(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """What came of ending one relationship."""

    with_: str
    fingerprint: str
    state: str
    by: str
    data: str
    erased_at: str
    kept: tuple[Kept, ...]
    why: str
    overdue: bool


class Invitation(msgspec.Struct, frozen=True):
    """What an invitation says. mediation: whoever takes it up gets a mediator."""

    goal: str | None
    mediation: bool


class MediatorSeen(msgspec.Struct, frozen=True):
    """A mediator. left: when, if it is not the current one; waits: how many of our addresses there are in use."""

    name: str
    did: str
    since: str
    left: str | None
    reached: str
    why: str
    waits: int


class Mediated(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """How one relationship is reached. through: the name of a mediator; why: what keeps the news back."""

    with_: str
    fingerprint: str
    through: str
    state: str
    why: str


class Mediators(msgspec.Struct, frozen=True):
    """How we are reached. address: our own, if any."""

    mediator: MediatorSeen | None
    former: tuple[MediatorSeen, ...]
    address: str
    relationships: tuple[Mediated, ...]


class Client(msgspec.Struct, frozen=True):
    """A client of ours, if we are a mediator."""

    client: str
    since: str
    closed: bool
    dids: int
    messages: int
    bytes: int
    oldest: str | None


class Clients(msgspec.Struct, frozen=True):
    """What we hold, and for whom."""

    mediates: bool
    count: int
    messages: int
    bytes: int
    clients: tuple[Client, ...]
