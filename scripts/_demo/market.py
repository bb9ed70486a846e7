"""The whole story: what she says once, many vendors keep, and she can take it back. Nothing of it stands here."""

from functools import partial

from agent.cli.audit import About
from agent.cli.bar import Campaign
from agent.cli.consent import Consent, Held, Kept
from agent.cli.demand import Cast, Counters
from agent.cli.views import Invited, Ledger, Peer, Terms, Verdict
from agent.cli.wants import Bids
from scripts._demo.actors import Actor, typed, until
from scripts._demo.story import Story
from scripts._demo.telling import Teller

HOME, DELIVERY = "/addresses/home", "dpv:DeliveryOfGoods"
OLD, NEW = "1 Old Street, 1100 Lisboa, PT", "2 New Street, 1200 Lisboa, PT"
WANT = ("--what", "tandem", "--where", "PT-11", "--most", "900 EUR", "--must", "lights")
PRICES = ("780.00", "845.00")


class Market(Story):
    """See the module. known: what each vendor calls her, by the vendor's name."""

    def __init__(self, tell: Teller, she: Actor, library: Actor, bookshop: Actor, *others: Actor) -> None:
        super().__init__(tell, she, library, bookshop)
        self.vendors = (library, bookshop, *others)
        self.grocer, self.bicycles = others
        self.known: dict[str, str] = {}

    def play(self) -> None:
        """All acts but the last, which needs no agents."""
        self.start()
        self.meet_everybody()
        self.issue()
        self.prove()
        self.decide_once()
        self.move_house()
        self.buy()
        self.take_back()
        self.audit()

    def everybody(self) -> tuple[Actor, ...]:
        """All five."""
        return (self.she, *self.vendors)

    def make(self, each: Actor) -> None:
        """A vendor gets a small CRM with its agent."""
        if each is self.she:
            super().make(each)
        else:
            each.run("vendor", "init", "--name", each.name, *each.places, *each.opens)

    def as_seen_by(self, vendor: Actor) -> Peer:
        """She, as a vendor knows her; under another DID it may know somebody who might be she."""
        name = self.known.get(vendor.name)
        return next(each for each in vendor.peers() if name in (None, each.fingerprint))

    # -- the acts ---------------------------------------------------------------------------------------------------

    def meet_everybody(self) -> None:
        """She meets four vendors and proffers her own terms to each; both sides keep the same record."""
        self.tell.open_act("She meets four vendors, on her own terms")
        for vendor in self.vendors:
            invited = vendor.ask(Invited, "invite", "--goal", "Be a customer")
            met = self.she.ask(Peer, "accept", invited.url)
            self.known[vendor.name] = self.as_seen_by(vendor).fingerprint
            self.overhear(self.library)
            self.she.run("terms", "proffer", vendor.name)
            self.overhear(self.library)
            hers = next(each.record for each in self.she.ask(Terms, "terms").in_force if each.with_ == vendor.name)
            self.records[vendor.name] = hers
            theirs = until("the vendor keeps the record", partial(self.record_of, vendor))
            self.tell.sure(
                f"{met.name} proved its domain, accepted her terms, and keeps the same record", hers == theirs
            )
        dids = {each.our_did for each in self.she.peers()}
        self.tell.sure("each knows her by another DID: they have nothing to compare", len(dids) == len(self.vendors))

    def judge(self, verdict: Verdict) -> None:
        """What the bookshop found, in a line."""
        checks = [check for part in verdict.verdicts for check in part.checks]
        self.tell.sure(f"all {len(checks)} checks of the proof hold", verdict.verified and all(c.ok for c in checks))

    def decide_once(self) -> None:
        """Her house rules answer whoever asks for her address, without her."""
        self.tell.open_act("She decides once who may use her address, and what for")
        self.she.run("contact", "set", "name", "Her Name", "address", OLD, "--yes", "--no-wait")
        self.see(self.she, "rules", "allow", "--who", "kind:vendor", "--what", HOME, "--why", DELIVERY)
        for vendor in self.vendors:
            wanted = ("--field", HOME, "--purpose", DELIVERY, "--until", "2027-11-30")
            vendor.run("consent", "ask", self.known[vendor.name], *wanted, "--effect", "No delivery to your door.")
        until("each vendor has it", lambda: all(self.holds(vendor) for vendor in self.vendors) or None)
        self.overhear(self.grocer)
        self.tell.sure("she was not asked: her rules answered", not self.she.questions())
        self.see(self.grocer, "held", self.known[self.grocer.name])
        labels = {(each.label.purpose, each.label.expires[:10]) for v in self.vendors for each in self.held(v)}
        self.tell.sure("each may use it for delivery, until one day, and for nothing else", len(labels) == 1, labels)

    def move_house(self) -> None:
        """One edit, one preview, one confirmation; each vendor gets what it holds, and its CRM has it."""
        self.tell.open_act("She moves house, and says so once")
        change = ("address", "change", NEW, "--reason", "moved", "--spread", "0")
        self.see(self.she, *change, "--preview")
        self.see(self.she, *change, "--yes")
        [tally] = self.she.ask(list[Campaign], "campaign")
        self.tell.sure("all four applied it, and each signed that it did", tally.counts == {"applied": 4}, tally.counts)
        self.overhear(self.grocer)
        find = ("crm", "find", "New Street", "--for", DELIVERY, "--json")
        until("it is in each CRM", lambda: all("New Street" in v.run(*find) for v in self.vendors) or None)
        self.tell.sure("the new address is in each vendor's CRM", True)

    def buy(self) -> None:
        """She asks all of them at once without saying who she is, and buys of one."""
        self.tell.open_act("She wants something, and lets them bid")
        self.she.run("want", "add", "Bicycle for two", *WANT)
        cast = ("want", "cast", "Bicycle", "--to", *(each.name for each in self.vendors), "--spread", "0")
        self.see(self.she, *cast, "--preview")
        self.see(self.she, *cast, "--yes")
        for vendor, price in zip((self.bicycles, self.grocer), PRICES):
            asked = until("it is asked", partial(self.asked, vendor))
            offered = (price, "EUR", "--delivery", "P3D", "--hold", "1d")
            self.see(vendor, "bid", asked.thread[:8], *offered)
        until("there are two offers", lambda: len(self.bids().bids) == len(PRICES) or None)
        self.see(self.she, "bids", "Bicycle")
        self.overhear(self.bicycles)
        askers = [each.peer for v in self.vendors for each in v.peers() if each.fingerprint != self.known[v.name]]
        self.tell.sure("each was asked by a stranger, and by another one than the others", len({*askers}) == 4, askers)
        cheapest = self.bids().bids[0]
        self.see(self.she, "select", "Bicycle", str(cheapest.number))
        until("it is held for her", lambda: self.bids().bids[0].state == "reserved" or None)
        self.see(self.she, "order", "Bicycle", "--tell", "/name=Her Name", f"{HOME}={NEW}", "--yes")
        won = until("it is ordered", lambda: self.counted(self.bicycles).won or None)
        self.tell.sure("only now, and only the one she chose, knows who she is", won == 1)
        lost = until("the other was told", lambda: self.counted(self.grocer).lost or None)
        self.tell.sure("the others deleted what she asked for, and know why they lost, not to whom", lost == 1)
        self.overhear(self.grocer)

    def take_back(self) -> None:
        """She takes her address back; it goes from the agent and from the CRM, and the vendor signs that it did."""
        self.tell.open_act("She takes her address back from the grocer")
        given = next(each for each in self.she.ask(list[Consent], "consent") if each.with_ == self.grocer.name)
        self.see(self.she, "consent", "withdraw", given.thread[:8])

        def gone() -> bool | None:
            states = {each.thread: each.state for each in self.she.ask(list[Consent], "consent")}
            return states[given.thread] == "withdrawn" or None

        until("the grocer signed that it is deleted", gone)
        self.overhear(self.grocer)
        left = self.grocer.run("crm", "find", "New Street", "--for", DELIVERY, "--json")
        self.tell.sure("it is gone from the grocer's agent", not self.holds(self.grocer))
        self.tell.sure("it is gone from the grocer's CRM", "New Street" not in left, left)

    def audit(self) -> None:
        """What the grocer knows of her, from her own store; and both ledgers are the same."""
        self.tell.open_act("She looks at what the grocer knows of her")
        self.see(self.she, "audit", self.grocer.name)
        knows = self.she.ask(About, "audit", self.grocer.name).knows
        self.tell.sure("nothing is in force any more", all(each.standing != "in force" for each in knows), knows)
        for vendor in self.vendors:
            hers = self.she.ask(Ledger, "ledger", vendor.name).objects
            theirs = vendor.ask(Ledger, "ledger", self.known[vendor.name]).objects
            equal = [each.digest for each in hers] == [each.digest for each in theirs]
            self.tell.sure(f"she and {vendor.name} hold the same {len(hers)} signed objects", equal)

    def prove_to_others(self, vendor: str) -> str:
        """All that the two signed, in one file; without personal data."""
        return self.she.run("evidence", "bundle", "-", "--peer", vendor)

    # -- what acts are made of ----------------------------------------------------------------------------------------

    def see(self, who: Actor, *words: str) -> str:
        """Somebody types a command, and sees what it prints."""
        printed = who.run(*words)
        self.tell.screen(who.name, typed(words), printed.splitlines())
        return printed

    def record_of(self, vendor: Actor) -> str | None:
        """The record of what she and a vendor agreed, as the vendor holds it."""
        return self.as_seen_by(vendor).record

    def asked(self, vendor: Actor) -> Cast | None:
        """What a vendor is asked for."""
        return next(iter(vendor.ask(list[Cast], "demand")), None)

    def held(self, vendor: Actor) -> tuple[Kept, ...]:
        """What a vendor holds of her."""
        return vendor.ask(Held, "held", self.known[vendor.name]).held

    def holds(self, vendor: Actor) -> bool:
        """Whether a vendor holds anything of her."""
        return bool(self.held(vendor))

    def bids(self) -> Bids:
        """The offers she has."""
        return self.she.ask(Bids, "bids", "Bicycle")

    def counted(self, vendor: Actor) -> Counters:
        """What a vendor may count of demand."""
        return vendor.ask(Counters, "demand", "counters")
