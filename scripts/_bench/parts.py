"""The parts of the bench: what each measures, in the order in which they are taken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scripts._bench import (
    canonical,
    database,
    envelopes,
    fanout,
    mediated,
    mediator,
    pages,
    process,
    proofs,
    receive,
    sd_jwt,
    sockets,
    store,
    watching,
    whole,
    workers,
)
from scripts._bench.measure import Effort, Figure


@dataclass(frozen=True, slots=True)
class Part:
    """One part, by its name."""

    name: str
    about: str
    figures: Callable[[Effort], Iterator[Figure]]


PARTS: tuple[Part, ...] = (
    Part("envelopes", "DIDComm envelopes around 1 KiB, in Y", envelopes.figures),
    Part("credentials-proofs", "Data Integrity proofs, in Y", proofs.figures),
    Part("credentials-sd-jwt", "SD-JWT VC, against the package sd-jwt", sd_jwt.figures),
    Part("canonical", "strict and canonical JSON, in Y", canonical.figures),
    Part("store", "group commit, changes and look-ups of the store", store.figures),
    Part("database", "the store in PostgreSQL: changes and look-ups, each side, and against a file", database.figures),
    Part("receive", "what one process spends to receive a message, in Y", receive.figures),
    Part("watching", "what of that goes into measures and traces, in Y", watching.figures),
    Part(
        "whole",
        "whole agents, each a process: cost a side, latency, throughput, by how many are in flight",
        whole.by_load,
    ),
    Part("growth", "the same with few and many relationships stored", whole.by_growth),
    Part("scaling", "the same work done by several workers, on PostgreSQL; with --deep also by four", workers.figures),
    Part("mediated", "a message through a mediator, against a direct one", mediated.figures),
    Part("mediator", "a mediator that holds much", mediator.figures),
    Part("fanout", "one act of a person towards thousands of vendors", fanout.figures),
    Part("pages", "the owner's pages in a wallet that has grown for years", pages.figures),
    Part("sockets", "memory of a WebSocket that is held open", sockets.figures),
    Part("start-help", "`freerange --help`", process.help_figures),
    Part("start-serve", "`freerange serve` until it listens, with a small and a large wallet", process.serve_figures),
    Part("memory", "memory of an idle agent and of a relationship; its room on disk", process.memory_figures),
)


def chosen(word: str) -> tuple[Part, ...]:
    """Those whose name has this word in it; one whose name it is, alone."""
    return tuple(each for each in PARTS if each.name == word) or tuple(each for each in PARTS if word in each.name)
