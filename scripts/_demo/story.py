"""The short story. Whatever is told was read from the agents; nothing they should have said stands here."""

import msgspec

from agent.cli.views import Card, Evidence, Invited, Ledger, Line, Peer, Terms, Verdict
from scripts._demo.actors import Actor, typed, until
from scripts._demo.gist import disclosed, gist
from scripts._demo.telling import Teller

CARD = "https://library.example/cards/member"
CLAIMS = {"member": "true", "over_18": "true", "card_number": "7731-204", "birth_date": "1984-07-19"}
WANTED = ("member=true", "over_18=true")
PURPOSE = "Members get 10 % off, and some of our books are for adults"


class Story:
    """Three owners with their agents, and what becomes of them. records: by vendor, as she holds them."""

    def __init__(self, tell: Teller, she: Actor, library: Actor, bookshop: Actor) -> None:
        self.tell, self.she, self.library, self.bookshop = tell, she, library, bookshop
        self.records: dict[str, str] = {}

    def play(self) -> None:
        """All acts but the last, which needs no agents."""
        self.start()
        self.meet(self.library, "Join the library")
        self.agree(self.library)
        self.issue()
        self.meet(self.bookshop, "Shop with us")
        self.agree(self.bookshop)
        self.prove()
        self.compare()

    # -- the acts ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Wallets are made, agents listen."""
        count = {3: "Three", 5: "Five"}[len(self.everybody())]
        self.tell.open_act(f"{count} wallets, {count.lower()} agents")
        for each in self.everybody():
            self.make(each)
            each.start()
        for each in self.everybody():
            lock = "a passphrase" if each is self.she else "a key file"
            self.tell.did(each.name, f"has a wallet, sealed with {lock}", says=each.listening())

    def make(self, each: Actor) -> None:
        """Somebody gets a wallet."""
        kind = ("--kind", "person") if each is self.she else ("--kind", "org", "--name", each.name)
        each.run("init", *kind, *each.places, *each.opens)

    def meet(self, vendor: Actor, goal: str) -> None:
        """She takes up a vendor's invitation, and the two meet."""
        self.tell.open_act(f"She meets the {vendor.name.split()[-1].lower()}")
        invited = vendor.ask(Invited, "invite", "--goal", goal)
        self.tell.did(vendor.name, f'shows a QR code: "{invited.goal}"', link=invited.url)
        self.tell.did(self.she.name, "scans it")
        met = self.she.ask(Peer, "accept", invited.url)
        self.overhear()
        self.tell.sure(f"{met.name} proved that it speaks for {met.domain}", met.domain == vendor.listen, met.domain)
        self.tell.sure("both have met", met.state == "met" and self.as_seen_by(vendor).state == "met", met.state)
        known = [each.our_did for each in self.she.peers()]
        if len(known) > 1:
            self.tell.sure(
                "she shows each vendor another DID: they have nothing to compare", len({*known}) == len(known)
            )

    def agree(self, vendor: Actor) -> None:
        """She proffers her terms; the vendor accepts; she confirms."""
        self.tell.open_act(f"She proffers her own terms to the {vendor.name.split()[-1].lower()}")
        self.she.run("terms", "proffer", vendor.name)
        self.overhear()
        hers = next(each.record for each in self.she.ask(Terms, "terms").in_force if each.with_ == vendor.name)
        theirs = until("the vendor keeps the record", lambda: self.as_seen_by(vendor).record)
        self.records[vendor.name] = hers
        self.tell.kept(self.she.name, f"record {hers}", record=hers)
        self.tell.kept(vendor.name, f"record {theirs}", record=theirs)
        self.tell.sure("it is the same record: both are bound by the same words", hers == theirs, (hers, theirs))

    def issue(self) -> None:
        """The library issues her a member card."""
        self.tell.open_act("The library issues her a member card")
        claims = [word for name, value in CLAIMS.items() for word in ("--claim", f"{name}={value}")]
        her = self.as_seen_by(self.library).fingerprint
        self.library.run("issue", her, "--type", CARD, "--name", "Member card", *claims)
        question = until("she is asked", lambda: next(iter(self.she.questions()), None))
        self.look_at_questions()
        self.decide(question.question)
        card = until("she holds the card", lambda: next(iter(self.she.ask(list[Card], "credentials")), None))
        self.overhear()
        self.tell.kept(
            self.she.name, f'the card "{card.name}" of {card.issued_by}, {len(card.claims)} claims', card=card.card
        )
        self.tell.sure("it says what was offered", {*card.claims} == {*CLAIMS}, card.claims)

    def prove(self) -> None:
        """The bookshop asks; she sees what, by whom, why and under which terms, and approves."""
        self.tell.open_act("The bookshop asks for proof, and she decides")
        her = self.as_seen_by(self.bookshop).fingerprint
        wanted = [word for claim in WANTED for word in ("--claim", claim)]
        trusted = ("--issuer", self.library.listen)
        asking = self.bookshop.begin("request", her, "--type", CARD, *wanted, *trusted, "--purpose", PURPOSE, "--json")
        question = until("she is asked", lambda: next(iter(self.she.questions()), None))
        self.look_at_questions()
        shown = {str(each["claim"]) for each in question.what if "claim" in each}
        hidden = {str(each["stays_hidden"]) for each in question.what if "stays_hidden" in each}
        names = {claim.partition("=")[0] for claim in WANTED}
        self.tell.sure("she sees who asks, and why", (question.who, question.why) == (self.bookshop.name, PURPOSE))
        governed = self.records[self.bookshop.name] in str(question.terms)
        self.tell.sure("under the terms the two agreed", governed, question.terms)
        self.tell.sure(
            "what would be seen, and what stays hidden", (shown, hidden) == (names, {*CLAIMS} - names), question.what
        )
        self.decide(question.question)
        printed, complaint = asking.communicate(timeout=60)
        self.tell.sure("the bookshop has its answer", asking.returncode == 0, complaint)
        sent = [claims for line in self.overhear() if (claims := disclosed(line)) is not None]
        self.tell.sure("only what she approved has left", sent == [names], sent)
        self.judge(msgspec.json.decode(printed, type=Verdict))

    def judge(self, verdict: Verdict) -> None:
        """What the bookshop found."""
        checks = [check for part in verdict.verdicts for check in part.checks]
        claims = {name for part in verdict.verdicts for name in part.claims if name in CLAIMS}
        issuer = next(each.peer for each in self.she.peers() if each.name == self.library.name)
        failed = [check.name for check in checks if not check.ok]
        for check in checks[:-1]:
            self.tell.did(
                self.bookshop.name, f"checks {check.name:<17} {'ok' if check.ok else 'NOT SO'}: {check.detail}"
            )
        self.tell.sure(f"it was issued by {issuer}", verdict.verdicts[0].issuer == issuer, verdict.verdicts[0].issuer)
        self.tell.sure(f"all {len(checks)} checks hold", verdict.verified and not failed, failed)
        self.tell.sure(
            f"the bookshop knows {', '.join(sorted(claims))}, and no other claim of the card",
            len(claims) == len(WANTED),
        )

    def compare(self) -> None:
        """What each side has signed and kept, side by side."""
        self.tell.open_act("Both sides compare what they signed")
        for vendor in (self.library, self.bookshop):
            hers = self.she.ask(Ledger, "ledger", vendor.name).objects
            theirs = vendor.ask(Ledger, "ledger", self.as_seen_by(vendor).fingerprint).objects
            for mine, other in zip(hers, theirs):
                by = self.she.name if mine.ours else vendor.name
                same = "same on both sides" if mine.digest == other.digest else "DIFFERENT"
                self.tell.did(by, f"signed {mine.type:<20} {mine.digest}   {same}")
            equal = [each.digest for each in hers] == [each.digest for each in theirs]
            opposite = all(mine.ours != other.ours for mine, other in zip(hers, theirs))
            self.tell.sure(
                f"her ledger and that of {vendor.name} are equal: {len(hers)} signed objects", equal and opposite
            )

    def prove_to_others(self, vendor: str) -> str:
        """A file by which anybody can check what the two agreed."""
        return self.she.run("terms", "evidence", self.records[vendor])

    def verify(self, bundles: dict[str, str]) -> None:
        """Anybody can check the evidence. bundles: a file by vendor."""
        self.tell.open_act("Anybody can check what they signed, with no network and no wallet")
        for vendor, file in bundles.items():
            nobody = Actor("anybody", self.she.home.with_name("nobody"), "", "", ())
            found = nobody.ask(Evidence, "verify", file)
            self.tell.did("anybody", typed(("verify", file.rpartition("/")[2])))
            kinds = sorted({each.type for each in found.objects})  # which of two came first is a matter of moments
            self.tell.sure(
                f"what she and {vendor} signed holds: {', '.join(kinds)}; {len(found.checks)} checks",
                found.verified,
                found.checks,
            )

    # -- what acts are made of ----------------------------------------------------------------------------------------

    def everybody(self) -> tuple[Actor, ...]:
        """All three."""
        return (self.she, self.library, self.bookshop)

    def as_seen_by(self, vendor: Actor) -> Peer:
        """She, as a vendor knows her."""
        return vendor.peers()[0]

    def overhear(self, *only: Actor) -> list[Line]:
        """Tell what was said since the last time, as her log has it; only: with these, where others said the same."""
        names = {each.name for each in only or self.everybody()}
        said = [(log, line) for log, line in self.she.news() if log.with_ in names]
        for log, line in said:
            by, to = (self.she.name, log.with_) if line.ours else (log.with_, self.she.name)
            self.tell.said(by, to, line.says, gist(line), log.thread)
        return [line for _, line in said]

    def look_at_questions(self) -> None:
        """She looks at what waits for her."""
        self.tell.screen(self.she.name, typed(("questions",)), self.she.run("questions").splitlines())

    def decide(self, question: str) -> None:
        """She says yes."""
        words = ("answer", question[:8], "yes")
        self.tell.screen(self.she.name, typed(words), self.she.run(*words).splitlines())
