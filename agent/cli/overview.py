"""All workers of one agent, for whoever watches over it: they are asked, and answered for together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from agent import serving
from agent.cli.hand import Hand
from agent.cli.told import Told
from agent.errors import Misconfigured
from agent.web import together
from agent.web.monitor import Window


class Overview(Window):
    """What is to be seen of all of them: /health, /ready and /metrics. hands: by number."""

    def __init__(self, hands: Mapping[int, Hand]) -> None:
        self.hands = hands
        self._turn = asyncio.Lock()
        self._last: dict[Hand, bytes] = {}  # what each said last
        self._gone = b""  # what those counted who are gone

    async def checks(self) -> dict[str, bool]:
        """What holds for all who answer; somebody does."""
        said = [told.checks for told in (await self._told(metrics=False)).values() if told is not None]
        names = dict.fromkeys(name for checks in said for name in checks)
        return {"workers": bool(said)} | {name: all(checks.get(name, True) for checks in said) for name in names}

    async def metrics(self) -> bytes:
        """What all of them count, together. No sum ever becomes smaller."""
        async with self._turn:
            for gone in self._last.keys() - set(self.hands.values()):
                self._gone = together.text({}, (self._gone, self._last.pop(gone)))
            said = await self._told(metrics=True)
            self._last |= {hand: told.metrics for hand, told in said.items() if told is not None}
            silent = [self._last[hand] for hand, told in said.items() if told is None and hand in self._last]
            shown = {hand.number: told.metrics if told else None for hand, told in said.items()}
            return together.text(shown, (self._gone, *silent))

    async def _told(self, *, metrics: bool) -> dict[Hand, Told | None]:
        """How each does; None of one that does not say so now."""
        hands = [self.hands[number] for number in sorted(self.hands)]
        return dict(zip(hands, await asyncio.gather(*(hand.ask(metrics=metrics) for hand in hands)), strict=True))


@asynccontextmanager
async def seen(hands: Mapping[int, Hand], place: str) -> AsyncIterator[None]:
    """Let whoever watches over them look, where the setting says. Raises Misconfigured."""
    overview = Overview(hands)
    try:
        if place:
            await overview.start(*serving.host_and_port(place))
    except OSError as fault:
        await overview.stop()
        raise Misconfigured(serving.taken(place, fault)) from fault
    try:
        yield
    finally:
        await overview.stop()
