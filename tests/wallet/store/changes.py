"""A change that touches everything."""

from typing import Any

from wallet.store.change import Change, Entry, Event, Heard, Item, Outgoing, Peer, Question, SignedRow, Thread, Timer

ANN = "did:peer:4zAnn"


def full(**fields: Any) -> Change:
    """A change that writes to every table, but for what `fields` say."""
    everything: dict[str, Any] = {
        "heard": Heard("m1", b"digest", 99),
        "relationship": Peer(ANN, 0, (ANN,), b"peer"),
        "threads": (Thread("t1", 0, True, b"thread"),),
        "log": (Entry("t1", "m1", False, 1, b"theirs"),),
        "keep": (Item("key", "k1", b"key"), Item("note", "n1", b"note")),
        "ask": (Question("q1", "t1", 1, b"question"),),
        "timers": (Timer("t1", "lapse", 5),),
        "send": (Outgoing("m2", "t1", 1, 9, b"message"),),
        "signed": (SignedRow("d1", "o1", True, 1, "t1", 1, b"signed"),),
        "publish": (Event("e1", "rel_1", 1, b"event"),),
    }
    return Change(ANN, **(everything | fields))
