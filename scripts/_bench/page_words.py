"""What docs/performance.md says around the numbers."""

from typing import Final

BUSY: Final = 0.5  # runnable processes besides, from which on a machine was not idle

HEAD: Final = """\
# Performance

What freerange costs, and how that changes with load and with the years. Written by `scripts/performance` from one
stored run, [performance/run.json](performance/run.json); do not edit. `scripts/check` compares this page with that run.

A figure is a median over repetitions; behind it, in brackets, stand the first and the third quartile. CPU is the time a
processor worked, of all threads of a process, however long that took by the clock. **Y** is one PyNaCl Ed25519
verification of 256 bytes, measured in turns with the thing itself: a ratio to it says much the same on any machine.
"""

MACHINE: Final = "## The machine"

NAMES: Final = {
    "cpu": "processor, as it calls itself",
    "load": "load average of the last minute, before the run",
    "load after": "load average of the last minute, at the end of it; the bench itself is part of that",
    "Y": "Y, in microseconds of CPU",
}

WHILE_BUSY: Final = """\
**Measured while other work ran**: the load average was {load} before the bench began, on {cores} cores. CPU per
operation says what it would on an idle machine, or a little more, for others use the same caches; latency and
throughput are disturbed, and are what was left.\
"""

AGAINST: Final = """\
## Beside ACA-Py

The figures of ACA-Py were told to this project, as of the same kind of machine. They were not measured again here, and
how each was counted is not known beyond what is said: a connection is the CPU of both sides. Ours are the CPU of both
sides for every operation, two processes of `freerange serve`, one operation at a time, with the requests of both owners
that begin it and say yes to it. The ratio is how many times ours goes into theirs.
"""

THEIRS: Final = (
    (
        "connection",
        129,
        156,
        "ms CPU",
        "connection, 1 in flight: CPU of both sides",
        "invitation made and taken up, greeting, welcome, the domain proved",
    ),
    (
        "message of 1 KiB",
        8.6,
        10.6,
        "ms CPU",
        "message, 1 in flight: CPU of both sides",
        "said over the API, sealed, sent, opened, stored on disk on both sides",
    ),
    (
        "credential issued and stored",
        151,
        154,
        "ms CPU",
        "issuance, 1 in flight: CPU of both sides",
        "offered, looked at by her, taken up, issued, checked, kept, acknowledged: SD-JWT VC",
    ),
    (
        "presentation",
        121,
        128,
        "ms CPU",
        "presentation, 1 in flight: CPU of both sides",
        "asked for, looked at by her, shown, verified, acknowledged: SD-JWT VC",
    ),
    (
        "memory when idle",
        132,
        132,
        "MiB",
        "freerange serve, resident memory when idle",
        "resident memory of the process, a second after its start",
    ),
    (
        "start",
        1.6,
        3.8,
        "s",
        "freerange serve, from start to listening",
        "by the clock, from the start of the process until it listens",
    ),
)
"""What, from, to, unit, the name of our figure, and what that counts."""

LOAD: Final = """\
A message is said to cost ACA-Py 2.5 to 3.6 times as much with 3,000 connections as with few; ours are under
[growth](#as-relationships-grow).

## By load

A vendor and 32 people, each a process of `freerange serve` with a wallet on disk, over HTTP on loopback. As many people
are at work as operations are in flight, and each begins the next when the last is over. Every repetition has a new
vendor, which was warmed up by somebody else. CPU is that of one operation, for each side; what is acknowledged later is
waited for and counted. The load generator is one more process: what it spends is apart. It and all people are on the
same machine as the vendor, and share its cores.

An agent that has too much to do turns new work away, and says so (503): how often, in all repetitions, is in the last
column. A fan-out is one notice of the vendor to as many people as are in flight; each of them
counts as one operation. Latency is by the clock, from the owner's request until the last step is on disk on the other
side.
"""

LOAD_COLUMNS: Final = (
    "vendor, CPU ms",
    "person, CPU ms",
    "both, Y",
    "load generator, CPU ms",
    "a second",
    "p50, ms",
    "p99, ms",
    "turned away",
)
LOAD_MEASURES: Final = ("vendor", "person", "yards", "driver", "throughput", "p50", "p99", "refused")

LOAD_PLOTS: Final = """\
![Operations a second, by how many are in flight](performance/throughput.png)

![Latency, median and 99th percentile, by how many are in flight](performance/latency.png)
"""

GROWTH: Final = """\
## As relationships grow

The same with eight in flight, and a vendor that has so many relationships already: each with a thread, two lines of its
log, and the mark of a message. They are written into its wallet in bulk; nobody shook hands with so many. The last
column is the vendor's CPU in Y, against that with none: 1 is flat.
"""

GROWTH_COLUMNS: Final = (
    "vendor, CPU ms",
    "person, CPU ms",
    "a second",
    "p50, ms",
    "p99, ms",
    "turned away",
    "vendor, against none",
)
GROWTH_MEASURES: Final = ("vendor", "person", "throughput", "p50", "p99", "refused", "growth")

GROWTH_PLOT: Final = """\
![CPU of the vendor for each operation, by how many relationships are stored](performance/growth.png)
"""

OTHERS: Final = """\
## Everything else

`scripts/bench --list` says what each part is. A bound is what the project holds itself to; **over** means that this run
did not keep it. How long it takes to find one relationship among a million is in [capacity](capacity.md).
"""

REPEAT: Final = """\
## How to repeat it

```
scripts/check                                     # once: makes .venv
scripts/bench                                     # everything, as a table; how long that took here stands above
scripts/bench --only whole                        # one part; --list shows them
scripts/bench --deep                              # also 100,000 relationships stored, and four workers: much longer
scripts/bench --json > run.json                   # the same as one JSON object, with the machine it was made on
scripts/bench --compare docs/performance/run.json # what is different from the run of this page
scripts/bench --compare run.json --fail-worse 20  # exit 1 if a figure is worse by more, and beyond both spreads
scripts/performance --store run.json              # make this page of that run; plots need the extra `bench`
```

Run it when the machine does nothing else. A change is beyond the spread if the quartiles of the two runs do not
overlap; of what was measured fewer than three times nobody can tell, and the comparison says so.
"""

LIMITS: Final = """\
## What this does not show

- **A network.** Everything goes over loopback: no latency of lines, no TLS, no lost packets.
- **A machine for the vendor alone.** Vendor, people and load generator share the cores, so operations a second are of
  all of them together. What one core could do for a vendor alone is one second divided by the vendor's CPU of one
  operation, if nothing else is in its way; that is arithmetic, and was not measured.
- **PostgreSQL**, and a vendor of several processes, but for the parts `database` and `scaling`: every other agent here
  is one process with one file. More workers than cores show what it costs to be so many, not how much more they do.
  There, each person has a connection of her own, as agents have, and with it one worker; "by any worker" says that
  they share their connections, so that what one says goes now here, now there.
- **Days.** Every repetition takes seconds. Whether memory or files grow over hours is what `scripts/soak` looks at.
- **Many people at once.** At most 32 are at work. What a process does with hundreds that wait was not measured.
- **Rare latencies.** p99 is of some dozens to some hundreds of operations: it is about the slowest of them. That it is
  over is seen by looking into the wallet file now and then, which adds up to 0.8 ms for each that is in flight.
- **Grown relationships.** Those that are stored in bulk have said little. A wallet with years of talk in each is what
  the part `pages` measures, for the owner's pages only.
- **Other disks.** A message is answered for when it is on disk; a slow disk makes latency, not CPU.
- **A fair race.** ACA-Py's figures are of other runs, other credentials and other protocols.
"""
