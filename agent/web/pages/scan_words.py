"""What each kind of scanned code is, in words: a line, and what can be done about it."""

from typing import Final, NamedTuple


class Words(NamedTuple):
    """title: what it is; says: what that means, and what to do. act: on the button, if something can be done."""

    title: str
    says: str
    act: str = ""


LOOK: Final = "See who is there"

WORDS: Final = {
    "invitation": Words(
        "An invitation",
        "Somebody would like to meet you. If you say hello, they get a way to write to you that nobody else has, and"
        " nothing else. Then they say who they are, and this wallet checks it.",
        "Say hello",
    ),
    "more": Words(
        "An invitation, with something behind it",
        "If you say hello, they get a way to write to you that nobody else has, and nothing else. Then a question"
        " appears here: a card for you, or something that you are asked to show. You decide about that by itself.",
        "Say hello",
    ),
    "more-known": Words(
        "Something from somebody you know",
        "You have met whoever made this. If you go on, they learn that you took up this code, and a question appears"
        " here: a card for you, or something that you are asked to show. You decide about that by itself.",
        "Go on",
    ),
    "mediator": Words(
        "An invitation of a mediator",
        "A mediator takes your messages while this computer is off. It cannot read them. If you take it, everybody you"
        " know is told the new way to reach you.",
        "Use this mediator",
    ),
    "thing-on-offer": Words(
        "A thing is offered to you",
        "If you knock, you are shown what it is, with its papers, before you take it. Neither of you learns who the"
        " other is.",
        "See what is offered",
    ),
    "knock": Words(
        "An invitation of another kind of agent",
        "You can knock and see whether somebody answers. It may not say who it is, and may know no terms.",
        "Knock",
    ),
    "own": Words(
        "Your own invitation",
        "You made this. Give it to somebody else: with it they can meet you. Nothing was done.",
    ),
    "own-over": Words(
        "An invitation of yours that is over",
        "You made this, and it was used or has ended. Nobody can answer it any more.",
    ),
    "known": Words(
        "You know them already", "You have met whoever made this code. There is nothing more to do with it."
    ),
    "waiting": Words(
        "You have answered this already",
        "They have not answered yet. They may be away; or somebody else has used this code before you, for some work"
        " only once. Ask for a new one if nothing comes.",
    ),
    "ended": Words(
        "You knew them, and it is over",
        "You have met whoever made this code, and the relationship has ended. Ask them for a new code to begin anew.",
    ),
    "expired": Words(
        "An invitation that has ended",
        "It was good for a time that is over. Nothing was done; ask whoever made it for a new one.",
    ),
    "broken": Words(
        "A part of an invitation",
        "This begins like an invitation, but a part is missing or has changed on the way. Copy the whole of it, or scan"
        " the code itself.",
    ),
    "no-invitation": Words(
        "A message, and not an invitation",
        "It is written for agents like this one, but nobody can take it up by a code. Nothing was done.",
    ),
    "another-agent": Words(
        "A code for another kind of agent",
        "It is an invitation, but of an older or another kind that this wallet does not speak. Ask whether there is a"
        " newer one.",
    ),
    "short": Words(
        "A short address of an invitation",
        "What it leads to has to be fetched first, and this wallet fetches nothing unseen. Open it in a browser, and"
        " paste the long address that you get.",
    ),
    "sign-in": Words(
        "A link that lets somebody in",
        "It opens a page for the browser that asked for it, once, and nowhere else. Open it there. If you did not ask"
        " for it, do nothing.",
    ),
    "organisation": Words(
        "The address of an organisation",
        "It can be looked up, which tells it nothing. Then you decide whether to say hello.",
        LOOK,
    ),
    "did": Words(
        "The address of one agent",
        "By this alone nobody can be met. Ask them for an invitation: a code or a link.",
    ),
    "domain": Words(
        "The name of a place on the web",
        "You can look whether an organisation with an agent is there. It does not learn who looks.",
        LOOK,
    ),
    "web": Words(
        "An ordinary web address",
        "It is not for wallets. But you can look whether the organisation there has an agent; it does not learn who"
        " looks.",
        LOOK,
    ),
    "pool": Words(
        "A pool: others want the same",
        "You can be counted in with one of your wants, without saying who you are. Choose the want, then Pools, and"
        " name the two things below.",
    ),
    "thing": Words(
        "The code of a thing",
        "You can add it to your things. It is marked as your own word, and nobody is told.",
        "Add it to my things",
    ),
    "another-wallet": Words(
        "A code for another kind of wallet",
        "It is made for wallets that speak another language, like those of states. This wallet cannot answer it, and"
        " nothing was sent. Ask whether they also have a code to meet them by.",
    ),
    "payment": Words("A code for a payment", "It is for the app of your bank or purse. Nothing was paid."),
    "secret": Words(
        "Keep this to yourself",
        "It looks like recovery words, or like the secret behind log-in codes. It is not shown here, not kept and not"
        " sent. To bring a wallet back with recovery words, begin where the wallet is set up; nobody else ever needs"
        " them.",
    ),
    "contact": Words("A visiting card or an appointment", "It is for your address book or calendar, not for a wallet."),
    "network": Words("The way into a wireless network", "It is for the settings of your phone or computer."),
    "address": Words("An address to write to or to call", "It is for your mail or your telephone."),
    "record": Words(
        "Something signed",
        "This is a signed record. It can be checked as a file: under Audit, or under Experiences if it tells what"
        " something was like.",
    ),
    "long": Words("Too long to be a code", "No code is as long as this. Copy the code or the link alone."),
    "text": Words(
        "Nothing that a wallet can use",
        "It was read well, but it is no invitation, no card, no address and no code of a thing. This is what it says:",
    ),
}
