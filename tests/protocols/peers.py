"""Two peers at one table, in memory, who hear each other at once."""

from protocols.machine import Bind, Effect, Keep, Message, Protocol, Reply, Signed, Thread, Turn, start, step

NOON = 1_793_620_800  # 2026-11-02T12:00:00Z


class Peers:
    """now: Unix seconds, for a test to move. heard: the effects on the hearer's side of what was said last."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.now = NOON
        self.threads: dict[str, Thread] = {role: start(protocol, role, "a-thread") for role in protocol.roles}
        self.effects: dict[str, tuple[Effect, ...]] = dict.fromkeys(protocol.roles, ())
        self.kept: list[tuple[str, Message]] = []
        self.bound: list[tuple[str, str]] = []
        self._count = 0

    def say(self, role: str, message: Message) -> str:
        """One peer says it, the other hears it, and replies if its rule says so. Returns the message's id."""
        self._count += 1
        id = f"message-{self._count}"
        turn = Turn(role, message, id, self.now, f"digest of {id}" if isinstance(message, Signed) else None)
        hearer = self.protocol.other(role)
        for each in (role, hearer):
            self.threads[each], self.effects[each] = step(self.protocol, self.threads[each], turn)
            self.kept += [(each, effect.value) for effect in self.effects[each] if isinstance(effect, Keep)]
            self.bound += [(each, effect.record) for effect in self.effects[each] if isinstance(effect, Bind)]
        for effect in self.effects[hearer]:
            if isinstance(effect, Reply):
                self.say(hearer, effect.message)
        return id

    @property
    def states(self) -> set[str]:
        """The states the two are in; one, if they agree."""
        return {thread.state for thread in self.threads.values()}
