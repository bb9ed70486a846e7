"""What follows from a turn, carried out in the same change as the turn itself."""

from agent import binding, cards, events, mandate_copies, meeting, sending
from agent.draft import Draft
from agent.vrm import endings, side_of
from agent.vrm.audit import cease
from protocols.machine import Ask, Bind, Effect, Keep, Message, Publish, Reply, Wake
from protocols.standard.issue_credential import IssueCredential
from protocols.vrm.relationship import End, EndReceipt, Welcome
from protocols.vrm.terms import Withdraw, WithdrawReceipt


def say(draft: Draft, message: Message) -> None:
    """Say this, and do what follows. Raises Misuse if it may not be said now."""
    follows = sending.utter(draft, message)
    binding.keep_texts(draft, message)
    follow(draft, message, follows)


def follow(draft: Draft, message: Message, effects: tuple[Effect, ...]) -> None:
    """Carry out what a turn brings about; a reply comes last, for it is the next turn."""
    end(draft, message)
    side_of(draft.protocol).follow(draft, message)
    for effect in sorted(effects, key=lambda effect: isinstance(effect, Reply)):
        match effect:
            case Reply(answer):
                say(draft, answer)
            case Ask():
                draft.undecided += (message,)
            case Keep(kind, value):
                keep(draft, kind, value)
            case Wake(at):
                draft.wake(at)
            case Bind(record):
                binding.bind(draft, record)
            case Publish(event):
                events.publish(draft, event, message, side_of(draft.protocol).event(draft, event, message))


def end(draft: Draft, message: Message) -> None:
    """What an ending ends beyond its thread, for whoever says it and for whoever hears it."""
    match message:
        case Withdraw():
            binding.retire(draft, message)
            endings.follow(draft, message)
        case End():
            draft.learn(ended=True)
            cease(draft)
        case EndReceipt() | WithdrawReceipt():
            endings.follow(draft, message)
        case IssueCredential():
            mandate_copies.issued(draft, message)


def keep(draft: Draft, kind: str, value: Message) -> None:
    """Keep something beyond the thread, in the form it is used in."""
    match kind, value:
        case "credential", IssueCredential() as issued if mandate_copies.is_copy(draft):
            mandate_copies.keep(draft, issued)
        case "credential", IssueCredential() as issued:
            cards.keep(draft, issued)
        case "welcome", Welcome() as welcome:
            meeting.keep_welcome(draft, welcome)
        case _:
            binding.keep(draft, kind, value)
