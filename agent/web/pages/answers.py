"""What may be answered to each kind of question, in words, and what follows from it.

By family and message, as the owner's API names them (`about`). A kind that stands here nowhere is answered yes or no.
"""

from typing import Final, NamedTuple


class Words(NamedTuple):
    """yes, no: what stands on the buttons. then: what a yes leads to; else_: what a no does. done: said after a yes."""

    yes: str = "Yes"
    no: str = "No"
    then: str = ""
    else_: str = "They learn that you said no, and nothing else."
    done: str = ""


PLAIN: Final = Words()

WORDS: Final = {
    # -- cards
    "present-proof/request-presentation": Words(
        "Show what is not kept back",
        "Show nothing",
        "They get a copy of what is listed, signed for them alone, so that nobody else can use it. What you keep back"
        " stays hidden. They may say that it is not enough.",
        "They see nothing. They learn that you said no, and not which cards you have.",
        "Shown. Your history has exactly what they saw.",
    ),
    "issue-credential/offer-credential": Words(
        "Take the card",
        "No, thank you",
        "The card is kept in this wallet. Nobody sees it unless you show it, and who gave it to you does not learn"
        " where you do.",
        "They learn that you do not want it.",
        "Asked for. The card is among yours as soon as it comes.",
    ),
    "issue-credential/propose-credential": Words("Give it", "Do not give it"),
    "issue-credential/request-credential": Words(no="Do not give it"),
    "present-proof/propose-presentation": Words(no="Do not look at it"),
    # -- data
    "consent/request": Words(
        "Allow what is not kept back",
        "Allow nothing",
        "You both sign the same record of what you allow, what for and until when. What your contact card says of it is"
        " sent then. You can take it back at any time, and they must delete it.",
        "Nothing is sent. They learn that you said no.",
        "Allowed. Both of you hold the record, and you can take it back at any time.",
    ),
    "consent/volunteer": Words(
        "Take it",
        "Do not take it",
        "You are bound by the record: what it may be used for, and until when. The data comes once you have signed.",
        "Nothing is sent to you.",
        "Taken. It comes with the record it stands under.",
    ),
    "profile/ask": Words(
        "Tell it how it is now",
        "Do not say",
        "Only what it knows already is brought up to date; nothing new is told.",
        "It learns that you do not say.",
        "Told. Your history has what was sent.",
    ),
    "data-rights/exercise": PLAIN,
    # -- terms
    "terms/proffer": Words(
        "Accept her terms",
        "Decline",
        "You are bound as soon as she confirms. Both of you hold the same signed record.",
        "There is no agreement. Both of you keep the refusal.",
        "Accepted. It is in force once she confirms.",
    ),
    "terms/accept": Words(
        "Agree to this",
        "Do not agree",
        "Both of you are bound from now on, and hold the same signed record.",
        "There is no agreement between you. You can offer your terms again at any time.",
        "Agreed. Both of you hold the record.",
    ),
    "terms/alternative": Words(
        "Agree to these instead",
        "Do not agree",
        "Both of you are bound by the terms above, not by those you offered.",
        "There is no agreement between you. You can offer your terms again at any time.",
        "Agreed. Both of you hold the record.",
    ),
    "terms/withdraw": Words(
        "Confirm that it ends",
        "No",
        "What was told under it is deleted, and you sign that it is.",
        done="Confirmed. What has to be deleted is being deleted.",
    ),
    # -- relationships
    "relationship/hello": Words(
        "Say who we are", "Do not answer", "They get your name, your domain and the terms you accept.", done="Said."
    ),
    "relationship/welcome": Words(
        "Meet them",
        "Not now",
        "They get a way to write to you that nobody else has, and nothing of you.",
        "They learn that you do not want to now.",
        "You have met.",
    ),
    "relationship/end": Words(
        "Confirm, and delete",
        "No",
        "What you hold of this person is deleted, and you sign that it is.",
        done="Confirmed. What has to be deleted is being deleted.",
    ),
    "relationship/over": Words(
        "Yes, it is over",
        "No, leave it as it is",
        "Nothing is said to them any more. All that was signed and kept stays in your wallet.",
        "Everything stays as it is.",
        "It is over. What was signed stays in your wallet.",
    ),
    "relationship/challenge": Words(
        "Yes, that is me",
        "No, that is not me",
        "This wallet proves to them that it is you. You then get a link for the browser that asked.",
        "They learn that it is not you. Whoever asked does not get in.",
    ),
    # -- helpers
    "delegation/appoint": Words(
        "Act for her", "Do not", "You may act for her within these limits, once she confirms.", done="Accepted."
    ),
    "delegation/accept": Words(
        "Let it act for me",
        "Not after all",
        "It may do what is listed, within the limits, and nothing else. You can end it at any time.",
        "It may do nothing for you.",
        "It may act for you from now on. Helpers shows what it does.",
    ),
    # -- wants
    "intent/question": Words(no="Do not answer"),
    "intent/select-ack": Words(no="Let it go"),
    "intent/cast": Words(no="Make no offer"),
    "intent/select": Words(
        "Yes, it stands", "It is sold", "You hold it for them until the order, or until the time you named is over."
    ),
    "intent/confirm": Words("Take the order", "No", "The order gets a number, and they get a receipt."),
    # -- things
    "things/offer": Words(
        "Take it over",
        "Do not take it",
        "Whoever offers it is asked once more, and then its papers come to you. Neither learns who the other is.",
        done="Said. It is yours once they hand it over.",
    ),
    "things/accept": Words(
        "Hand it over for good",
        "Not after all",
        "Its proof of ownership, its warranty and its history go along. This cannot be undone.",
        done="Handed over.",
    ),
    "things/resolve": Words(
        "Yes, it is solved", "No", "The case is closed.", done="Closed.", else_="The case stays open."
    ),
    "things/register": Words("Register it", "Do not register it", "They are warned if something is wrong with it."),
    "things/report": Words("Take the case", "Decline", "It gets a number, and stands among your cases."),
    "things/claim": Words("Recognise the new holder", "Do not"),
    # -- the rest
    "experience/resolve": Words(
        "Take this", "This does not settle it", "It is settled by this.", "They learn that it goes on.", "Settled."
    ),
    "experience/share": Words("Take it in", "Do not take it", "It stands among your cases, where you can answer it."),
    "loyalty/invite": Words(
        "Join",
        "No, thank you",
        "You are a member by the rules above. You can leave in one step.",
        "They learn that you do not want to.",
        "Asked to join. Loyalties shows the membership as soon as they confirm.",
    ),
    "loyalty/join": Words("Take her in", "Decline"),
    "loyalty/redeem": Words("Give the reward", "Decline", "Her balance goes down by that."),
    "audit/challenge": Words(no="I have no answer", else_="They learn that you have no answer, and keep that."),
    "audit/dispute": Words(no="I have no answer"),
    "assistant/proposal": Words(
        "Say it", "Do not say it", "Exactly what stands above is said, in your name.", "Nothing is said.", "Said."
    ),
}

LASTS: Final = {
    "terms/withdraw": "It ends on",
    "relationship/end": "It has to be done by",
    "intent/select-ack": "It is held for you until",
    "things/resolve": "It is done by",
    "experience/resolve": "It is done by",
}
"""What stands before the day that a question names; before any other: it would hold until."""

WRITTEN: Final = {
    "intent/question": "Your answer",
    "audit/challenge": "Your answer",
    "audit/dispute": "Your position",
}
"""Questions that are answered in one's own words: what stands above the field."""

ELSEWHERE: Final = {
    "data-rights/exercise": ("/cases", "Answer it among the cases"),
    "experience/share": ("/cases", "See it among the cases"),
    "experience/retract": ("/cases", "See it among the cases"),
    "things/report": ("/cases", "See it among the cases"),
    "intent/cast": ("/demand", "Make an offer"),
    "intent/confirm": ("/demand", "Give it a number of your own"),
    "intent/join": ("/demand", "See your pools"),
    "intent/leave": ("/demand", "See your pools"),
    "intent/question": ("/wants", "See what you asked for"),
    "intent/select-ack": ("/wants", "Order it"),
    "things/resolve": ("/things", "It is not solved"),
    "issue-credential/propose-credential": ("/card-types", "See the cards we issue"),
    "issue-credential/request-credential": ("/card-types", "See the cards we issue"),
}
"""Questions that another page does more about: where, and what a link there says."""
