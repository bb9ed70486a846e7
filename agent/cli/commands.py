"""All commands with what they do and examples, by subject. The subject is the module that carries them out."""

from agent.cli import grammar
from agent.cli.audit_grammar import AUDIT
from agent.cli.bridges_grammar import SYSTEMS
from agent.cli.consent_grammar import DATA, RIGHT
from agent.cli.experience_grammar import EXPERIENCE
from agent.cli.grammar import Command
from agent.cli.integrations_grammar import INTEGRATE
from agent.cli.looking_grammar import LOOK
from agent.cli.loyalty_grammar import LOYAL
from agent.cli.mandates_grammar import ACT_FOR
from agent.cli.many_grammar import DETAILS, MANY
from agent.cli.sign_in_grammar import SIGN_IN
from agent.cli.standing_grammar import STANDING
from agent.cli.store_grammar import STORE
from agent.cli.things_grammar import OWN, SOLVE
from agent.cli.top_grammar import WATCH
from agent.cli.wants_grammar import SUPPLY, WANT

SET_UP = (
    Command(
        "init",
        "make a wallet, for a person or an organisation",
        """
        freerange init --development
        freerange init --mediator 'https://post.example?_oob=eyJ0eXA...'
        freerange init --kind org --name "Town Library" --development --listen 127.0.0.1:8090 --key-file library.key
        freerange init --kind org --name "Town Library" --url https://library.example --key-file /etc/freerange/key
        freerange init --kind org --name "Town Library" --url https://library.example --key-file /etc/freerange/key \\
          --store postgresql://freerange@db.example/freerange
        """,
        grammar.init,
        reads=False,
    ),
    Command(
        "open",
        "open your page in the browser; makes or unlocks the wallet there, and starts the agent",
        """
        freerange open
        freerange open --print
        """,
        grammar.open_,
        reads=False,
        unlocks=False,
    ),
    Command(
        "serve",
        "run the agent until it is stopped (Ctrl-C, or SIGTERM)",
        """
        freerange serve
        freerange serve --background
        freerange serve --home library --key-file library.key
        freerange serve --workers 4 --key-file library.key
        """,
        grammar.serve,
        reads=False,
    ),
    Command(
        "stop",
        "stop the agent that runs in this folder, with all of its processes",
        """
        freerange stop
        """,
        reads=False,
        unlocks=False,
    ),
    Command(
        "config",
        "show the settings, or change one",
        """
        freerange config
        freerange config set name "Town Library"
        freerange config set accepts freerange-service-only
        """,
        grammar.config,
        unlocks=False,
    ),
    Command(
        "doctor",
        "say what is wrong with this set-up, and how to mend it",
        """
        freerange doctor
        freerange doctor --json
        """,
        grammar.doctor,
    ),
)

MEET = (
    Command(
        "invite",
        "make an invitation: a link, and a QR code to show",
        """
        freerange invite
        freerange invite --goal "Join the library" --once --lasts 2d
        freerange invite --qr invitation.svg
        """,
        grammar.invite,
    ),
    Command(
        "accept",
        "take up an invitation, and meet whoever made it",
        """
        freerange accept 'http://127.0.0.1:8090?_oob=eyJ0eXA...'
        freerange accept --no-wait 'http://127.0.0.1:8090?_oob=eyJ0eXA...'
        """,
        grammar.accept,
    ),
    Command(
        "peers",
        "whom you know, and what they proved",
        """
        freerange peers
        freerange peers "Town Library"
        """,
        grammar.peers,
    ),
    Command(
        "ping",
        "knock, and see how long the answer takes",
        """
        freerange ping "Town Library"
        """,
        grammar.ping,
    ),
    Command(
        "discover",
        "ask what somebody's agent can talk about",
        """
        freerange discover "Town Library"
        freerange discover "Town Library" --match 'https://didcomm.org/*'
        """,
        grammar.discover,
    ),
)

TALK = (
    Command(
        "threads",
        "what is going on, and what you can say next",
        """
        freerange threads
        freerange threads --all
        """,
        grammar.threads,
    ),
    Command(
        "say",
        "write to somebody, or say the next thing in a thread",
        """
        freerange say "Town Library" "Is the reading room open on Sunday?"
        freerange say 5fad2513 --message withdraw --field reason=other
        freerange say "Town Library" --message https://didcomm.org/trust-ping/2.0/ping
        """,
        grammar.say,
    ),
    Command(
        "log",
        "what was said in a thread, line by line",
        """
        freerange log 5fad2513
        freerange log 5fad2513 --whole
        """,
        grammar.log,
    ),
)

DECIDE = (
    Command(
        "questions",
        "what waits for you: who asks what, why, and under which terms",
        """
        freerange questions
        """,
    ),
    Command(
        "answer",
        "answer a question",
        """
        freerange answer df6023 yes
        freerange answer df6023 yes --refuse birth_date
        freerange answer df6023 no
        """,
        grammar.answer,
    ),
)

CARDS = (
    Command(
        "credentials",
        "the cards in this wallet",
        """
        freerange credentials
        freerange credentials 39b9766
        """,
        grammar.credentials,
    ),
    Command(
        "issue",
        "offer somebody a card; it is issued when they take it",
        """
        freerange issue 1870-39b0 --type https://library.example/member --name "Library card" \\
            --claim member=true --claim card_number=7731 --claim over_18=true
        """,
        grammar.issue,
    ),
    Command(
        "request",
        "ask somebody for proof, and see every check of it",
        """
        freerange request 1870-39b0 --type https://library.example/member --claim over_18=true \\
            --issuer library.example --purpose "Films for adults are for adults"
        """,
        grammar.request,
    ),
    Command(
        "verdict",
        "what was found of a proof you asked for earlier",
        """
        freerange verdict 007e581b
        """,
        grammar.verdict,
    ),
)

AGREE = (
    Command(
        "terms",
        "the agreements in force; read, proffer and prove them",
        """
        freerange terms
        freerange terms show freerange-service-only
        freerange terms proffer "Town Library"
        freerange terms evidence uEiBx4v7A > record.json
        """,
        grammar.terms,
    ),
    Command(
        "ledger",
        "everything you and a peer have signed, in order",
        """
        freerange ledger "Town Library"
        """,
        grammar.peer,
    ),
    Command(
        "verify",
        "check a file of evidence: no network, no wallet, no passphrase",
        """
        freerange verify record.json
        freerange verify - < record.json
        """,
        grammar.verify,
        unlocks=False,
    ),
)

KEEP = (
    Command(
        "backup",
        "make a back-up, prove that it is good, restore a lost wallet",
        """
        freerange backup create /media/stick/wallet-2027-01-15.age
        freerange backup verify /media/stick/wallet-2027-01-15.age
        freerange backup restore /media/stick/wallet-2027-01-15.age
        freerange backup identity > identity.txt
        """,
        grammar.backup,
        reads=False,
    ),
    Command(
        "export",
        "write everything in this wallet down, for another program",
        """
        freerange export everything.jsonl
        freerange export everything.age --to age1...
        """,
        grammar.export,
        reads=False,
    ),
    Command(
        "import",
        "add what a back-up or an export holds to this wallet",
        """
        freerange import everything.jsonl
        """,
        grammar.import_,
        reads=False,
    ),
    Command(
        "passphrase",
        "change what opens the wallet",
        """
        freerange passphrase
        freerange passphrase --words
        freerange passphrase --key-file old.key --new-key-file new.key
        """,
        grammar.passphrase,
        reads=False,
    ),
)

OPERATE = (
    Command(
        "queue",
        "what waits to be sent or taken, and what keeps it",
        """
        freerange queue
        freerange queue inspect 5fad2513
        freerange queue retry 5fad2513
        freerange queue retry --all
        freerange queue discard 5fad2513
        """,
        grammar.queue,
    ),
)

REACH = (
    Command(
        "mediator",
        "through whom others reach you while you have no address, or are away",
        """
        freerange mediator
        freerange mediator add 'https://post.example?_oob=eyJ0eXA...'
        freerange mediator move did:web:other-post.example
        freerange mediator remove
        """,
        grammar.mediator,
    ),
)

SERVE_OTHERS = (
    Command(
        "clients",
        "if you are a mediator: what you hold, and for whom",
        """
        freerange clients
        freerange clients --json
        freerange clients close 3f2a-91bc
        """,
        grammar.clients,
    ),
)

MOVE = (
    Command(
        "rotate",
        "change the DID by which others know you, and see who has heard",
        """
        freerange rotate
        freerange rotate "Town Library"
        freerange rotate --all --at-once
        """,
        grammar.rotate,
    ),
    Command(
        "leave",
        "end relationships, and say what must happen to your data",
        """
        freerange leave
        freerange leave "Town Library" --data return-then-erase --by 2030-12-31
        freerange leave --all --preview
        """,
        grammar.leave,
    ),
)

SUBJECTS: tuple[tuple[str, str, tuple[Command, ...]], ...] = (
    ("home", "set up", SET_UP),
    ("meeting", "meet", MEET),
    ("talking", "talk", TALK),
    ("deciding", "decide", DECIDE),
    ("cards", "cards", CARDS),
    ("terms", "agree", AGREE),
    ("standing", "decide once for all", STANDING),
    ("wants", "go to market", WANT),
    ("consent", "decide what is used", DATA),
    ("rights", "your rights over data", RIGHT),
    ("sign_in", "sign in", SIGN_IN),
    ("experience", "say what it was like", EXPERIENCE),
    ("mandates", "act for somebody", ACT_FOR),
    ("contact", "your details, everywhere at once", DETAILS),
    ("many", "act on many at once", MANY),
    ("audit", "hold them to it", AUDIT),
    ("things", "own things", OWN),
    ("cases", "solve problems with them", SOLVE),
    ("loyalty", "be loyal, and be thanked", LOYAL),
    ("looking", "find", LOOK),
    ("keeping", "keep it safe", KEEP),
    ("mediator", "be reached", REACH),
    ("moving", "move on", MOVE),
    ("queue", "operate", OPERATE),
    ("top", "watch", WATCH),
    ("store", "grow", STORE),
    ("clients", "mediate", SERVE_OTHERS),
    ("demand", "meet demand", SUPPLY),
    ("integrations", "connect your own systems", INTEGRATE),
    ("bridges", "serve customers", SYSTEMS),
)
