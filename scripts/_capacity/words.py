"""What docs/capacity.md says around its tables."""

from typing import Final

HEAD: Final = """\
# Capacity

Written by `scripts/capacity --page` from `docs/capacity.json`, where every measured figure stands with the machine it
was taken on; do not edit. `scripts/check` compares it. To reckon with your own numbers: `scripts/capacity --help`.

## How much is needed

For customers who send one message a day, of which half are answered by a message; the busiest hour is four times as
busy as the mean, a tenth of them is online with an open WebSocket, messages are kept for a year, and a core is half
used at the peak. All of these are arguments of `scripts/capacity`.
"""

FORMULA: Final = """\

Cores are of workers. They are reckoned from what one process with a file was measured to spend, times the messages:
what several processes spend on being several is not in it, nor what a database of its own spends
(`scripts/bench --only scaling` measures both). Storage is one copy: no replica, no back-up, and no free space.

## The formula
"""

FIGURES: Final = """\

## The figures in it

Y is one PyNaCl Ed25519 verification of 256 bytes. A figure in Y hardly depends on the machine, but on what else runs
there at the time: read the load. A run of your own takes its place by `scripts/bench --json > run.json` and
`scripts/capacity --take run.json`.
"""

SIMULATION: Final = """\

## What the simulation showed

Two real agents meet, agree on terms and write to each other, by the product's own code. The rows that this leaves in
the org's wallet are written anew under other names, as often as it takes, by the store's own functions, each sealed
by itself. Then relationships drawn at random are looked up through the store: whose DID it is, where the two stand,
and a thread. Warm is with the pages in memory, cold with the file dropped from memory before each single look-up. CPU
is what the look-up itself spends, of each relationship the median of seven; on the clock is what it took on a machine
that others used as well. In this run each relationship has what a look-up finds: its record, its DID and one thread.
"""

SERVED: Final = """\

The same in a PostgreSQL database, one tenant's, with the store's own way to it: every look-up is three questions, one
after the other, none answered from memory of the agent. CPU is what this thread and the server's process spend. Nothing
is dropped from memory before. Rows of `peer` leave nearly a third of their page free, to be altered in place.
"""

BYTES: Final = """\

How much room one takes, with everything that a handshake leaves: the record of the relationship, the DID, the
agreement, both chains of signed objects, the log of what was said, threads, marks of what was heard, and events for
the org's own systems. The bound is on what says who somebody is and what was agreed; the rest is what was said and
proved.
"""

SHARDS: Final = """\

## How it can be spread

By the blind name of the peer: 16 bytes of an HMAC, so even by themselves. Whatever belongs to one relationship has it
first in its key, and a message changes one relationship. A shard is a database of its own. Which one a name lies in
would be said by a map: the first two bytes are one of 65,536 slots, which are assigned to shards and moved one by one.
"""

CROSSING: Final = """\

Which look-ups cross shards, and what it means:

- **From a DID to its peer** comes first for every message. The name of a relationship is the first DID of its other
  side (of one for a single exchange, our own), so the shard can be reckoned from the envelope, and is the right one
  for everybody who has not moved to another DID. For the others the row of `did` would have to lie in the shard of
  the DID it is found by, and say which shard the peer is in: one more look-up, in one shard. That is to be built.
- **What is due**, in `timer_by_time` and `outgoing_by_time`: each shard is asked for its own. Nothing has to be
  merged.
- **A thread by its id alone** (`thread_by_thid`), **a question by its id** (`question_by_id`), which the owner's
  pages and the API use: every shard is asked. Fine for a person at a page, not for a program that does it a thousand
  times a second; such a program names the peer.
- **Everything said to anybody** (`log_by_side`, `signed_by_side`), for audits: every shard is asked, and the answers
  merged.
- **Items by kind**: of a relationship they are found by the peer (`item_by_peer`). Those of no relationship, like the
  org's own key and the texts of agreements, lie in one shard that every worker reads from memory.
- **Campaigns and events** of an org are read in their order. They stay in one shard, whose size is that of the
  campaign.

What is there is one store for one agent, a file or a database, and keys that begin with the peer. A map of slots in
whoever calls the store was tried with two PostgreSQL servers (`tests/wallet/store/test_two_clusters.py`). To be built
are that map in the agent, moving a slot while it is in use, and the way of a DID that has moved.
"""

NOT_SHOWN: Final = """\

## What this does not show

- **More than was simulated.** Everything for more relationships than the table above has is a multiple of what one
  store of that size does; that so many stores side by side behave alike is the plan, not a measurement.
- **All rows of a million handshakes in one file.** The million have what a look-up finds; what the other tables take
  was measured with fewer, and does not grow with their number but for the depth of indexes.
- **PostgreSQL**, but for the look-ups. Bytes, log and CPU are SQLite's. PostgreSQL writes whole pages after each
  checkpoint, and its rows have other heads.
- **How long a look-up takes on a quiet machine.** Times on the clock were taken beside other work on two cores: in two
  runs an hour apart, the same p99 at 1,000,000 was 0.2 ms and 3 ms warm, 5 ms and 15 ms cold. CPU and bytes read say
  what a look-up does itself: they grew by 1.1 to 1.3 in both.
- **New customers.** A connection costs far more than a message; it is made once, and is not in the cores.
- **The network**, TLS in front of the workers, replicas, back-ups, and people who watch over it.
- **Real traffic.** Customers who all write in the same minute make another peak than the one assumed here.
"""
