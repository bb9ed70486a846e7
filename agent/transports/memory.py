"""Messages inside one process: a real transport whose faults are arguments, for tests and for trying protocols out.

Nothing is delivered until `deliver` is called, so whoever holds the network decides about time and order.
"""

import random
from dataclasses import dataclass, field

from agent.errors import BadEnvelope, Dropped, TooMany, Unavailable, Unreachable
from agent.ways import Answer, Receive


@dataclass
class Network:
    """Addresses that can hear, and packets on their way.

    loss, repeat: probability from 0 to 1 that a packet vanishes, or arrives twice. shuffle: arrive in any order.
    seed: makes the faults the same every time.
    """

    loss: float = 0.0
    repeat: float = 0.0
    shuffle: bool = False
    seed: int = 0
    down: set[str] = field(default_factory=set)
    listening: dict[str, Receive] = field(default_factory=dict)
    flying: list[tuple[str, bytes, Receive | None]] = field(default_factory=list)
    carried: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def listen(self, url: str, receive: Receive) -> None:
        """Hear what is sent to `url`."""
        self.listening[url] = receive

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Put one packet on its way. Raises Unreachable if nobody listens there.

        receive: takes the message that answers it, some time later. Returns False: nothing is answered at once.
        """
        if url not in self.listening or url in self.down:
            raise Unreachable("nobody listens there")
        if self._random.random() < self.loss:
            return False
        copies = 2 if self._random.random() < self.repeat else 1
        self.flying.extend([(url, packed, receive)] * copies)
        return False

    async def deliver(self, most: int = 10_000) -> int:
        """Deliver what is on its way, and what that causes, until it is quiet. Returns how many arrived."""
        count = 0
        while self.flying and count < most:
            place = self._random.randrange(len(self.flying)) if self.shuffle else 0
            url, packed, hears = self.flying.pop(place)
            self.carried.append((url, packed))
            count += 1
            back = Answer() if url and hears else None
            try:
                if url:
                    await self.listening[url](packed, back)
                elif hears:
                    await hears(packed, None)
            except (BadEnvelope, Dropped):
                continue  # as over HTTP, the sender learns nothing
            except (Unavailable, TooMany):
                self.flying.append((url, packed, hears))
                continue
            answer = await back.message() if back else None
            if answer is not None and self._random.random() >= self.loss:
                self.flying.append(("", answer, hears))
        return count

    async def close(self) -> None:
        """Nothing to close; the same shape as every transport."""
