"""A locked wallet: no key can be used, nothing secret is shown, and what comes meanwhile is not lost. Promise P24."""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agent import inbox
from agent.errors import Unavailable
from agent.web import api
from tests.agent.rich import CLAIMS, rich, say
from tests.agent.world import PASSPHRASE, World, the_only
from tests.promises import Promise
from wallet.errors import Locked
from wallet.keys import Curve, create
from wallet.store.change import Change, Item
from wallet.store.keys import key_item

T = TypeVar("T")
BODY = json.dumps(
    {"peer": "Town Library", "goal": "x", "url": "x", "type": "x", "purpose": "x", "message": "x", "answer": "yes"}
    | {"recipient": "age1", "slot": "AAAA", "file": "/x"}
).encode()
CANARIES = (*map(str, CLAIMS.values()), "Town Library", "reading room", "did:peer", "did:web", "Library card")


class Locking(RuleBasedStateMachine):
    """A wallet that is locked and unlocked, while its owner and others go on asking it for things."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.locked = False
        self.waiting: list[bytes] = []
        self.heard = self.sent = 0

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something asynchronous."""

        async def done() -> T:
            return await work()

        return self.runner.run(done())

    @initialize()
    def begin(self) -> None:
        """She and a library know each other well."""
        self.world = World(Path(self.folder.name))
        self.her, self.library = self.run(lambda: rich(self.world))
        self.kid = f"{the_only(self.her).our_did}#key-1"
        self.called = the_only(self.library).called
        self.run(lambda: self.world.pass_time(100))

    @rule()
    def lock(self) -> None:
        """She goes away."""
        self.run(lambda: self.her.outbox.quiet())
        self.her.store.lock()
        self.her.keys.forget()
        self.locked = True

    @rule()
    def unlock(self) -> None:
        """She comes back, and what was kept for her is sent again."""
        self.run(lambda: self.her.store.unlock(PASSPHRASE))
        self.locked = False
        for packed in self.waiting:
            self.run(partial(inbox.receive, self.her, packed))
            self.heard += 1
        self.waiting.clear()

    @rule()
    def try_another_passphrase(self) -> None:
        """Somebody else tries."""
        with pytest.raises(Locked):
            self.run(lambda: self.her.store.unlock("not the passphrase at all"))

    @rule()
    def hear(self) -> None:
        """The library writes to her."""
        self.sent += 1
        self.run(lambda: say(self.world, self.library, self.called, f"message {self.sent}"))
        self.run(lambda: self.library.outbox.quiet())
        flying, self.world.network.flying = self.world.network.flying, []
        for url, packed, _ in flying:
            if url != self.her.config.url:
                continue
            if self.locked:
                with pytest.raises(Unavailable):
                    self.run(partial(inbox.receive, self.her, packed))
                self.waiting.append(packed)
            else:
                self.run(partial(inbox.receive, self.her, packed))
                self.heard += 1

    @precondition(lambda self: self.locked)
    @rule()
    def use_everything(self) -> None:
        """Nothing of the wallet can be used."""
        store, keys = self.her.store, self.her.keys
        for use in (
            lambda: keys.sign(self.kid, b"x"),
            lambda: keys.public(self.kid),
            lambda: store.key(self.kid),
            lambda: [*store.items("credential")],
            lambda: [*store.peers()],
            lambda: store.vault.blind("store", "peer", "x"),
            lambda: self.run(lambda: store.apply(Change("", keep=(Item("note", "1", b""),)))),
        ):
            with pytest.raises(Locked):
                use()

    @invariant()
    def shows_nothing_secret(self) -> None:
        """Whatever the owner's API is asked, it says nothing but that the wallet is locked."""
        if not self.locked:
            return
        for route in api.ROUTES:
            path = route.path.replace("{name}", self.called).replace("{", "").replace("}", "")
            status, said = self.run(partial(api.answer, self.her, route.method, path, BODY))
            told = json.dumps(said, default=str)
            assert status == 423, (route.path, told)
            assert not [canary for canary in CANARIES if canary in told], (route.path, told)

    @invariant()
    def lost_nothing(self) -> None:
        """What came was heard, or is still with the library."""
        if not self.locked and hasattr(self, "her"):
            logged = {
                entry.id for peer, row in self.her.store.threads() for entry in self.her.store.log(peer, row.thid)
            }
            assert len(logged) >= self.heard

    def teardown(self) -> None:
        """Close everything."""
        if hasattr(self, "world"):
            self.her.store.close()
            self.library.store.close()
        self.runner.close()
        self.folder.cleanup()


@pytest.mark.parametrize("programs", [8, pytest.param(100, marks=pytest.mark.full)])
def test_a_locked_wallet_keeps_its_secrets_and_loses_nothing(programs: int, promise: Promise) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    how = settings(max_examples=programs, stateful_step_count=12, deadline=None, suppress_health_check=checks)

    run_state_machine_as_test(Locking, settings=how)

    promise(
        "P24",
        what="programs of locking, unlocking, asking and being written to",
        size=programs,
        result="no key used, nothing shown, nothing lost",
        control="a lock that does not lock",
    )


def test_a_lock_that_does_not_lock_would_be_found_out() -> None:
    machine = Locking()
    machine.begin()
    machine.locked = True

    with pytest.raises(AssertionError):
        machine.shows_nothing_secret()
    with pytest.raises(pytest.fail.Exception):
        machine.use_everything()
    machine.teardown()


async def test_keys_are_gone_from_memory_we_control_once_it_is_locked(world: World) -> None:
    her = await world.add("her")
    kid = "did:example:1#key-1"
    await her.store.apply(Change("", keep=(key_item(kid, create(Curve.ED25519)),)))
    assert her.keys.holds(kid)
    held = her.store.vault._keys
    assert held is not None

    her.store.lock()
    her.keys.forget()

    assert held.wallet_key == bytes(32)
    assert repr(her.keys) == "Keyring(0 loaded)"
    with pytest.raises(Locked):
        her.keys.holds(kid)
    await her.store.unlock(PASSPHRASE)
    assert her.keys.holds(kid)
