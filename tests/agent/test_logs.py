"""What is logged never tells a secret, a claim or a DID. UI-17; vrm-protocols, section 7, line 14."""

import logging
from collections.abc import Iterator

import pytest

from tests.agent.customer import Customer
from tests.agent.world import PASSPHRASE, World, public_did, the_only

CANARY = "canary-in-the-coal-mine"
SECOND = 4711_0815


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Everything that anybody logs, at the lowest level."""
    found: list[str] = []

    class Everything(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(f"{record.getMessage()} {record.__dict__}")

    keep = Everything(level=0)
    loggers = [logging.getLogger(), logging.getLogger("freerange")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(1)
        logger.addHandler(keep)
    yield found
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(keep)
        logger.setLevel(level)


async def test_the_main_job_and_its_failures_are_logged_without_a_secret(world: World, lines: list[str]) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    await world.agree(her, library)
    await world.do(
        library,
        "/v1/offers",
        peer=called,
        type="urn:card",
        name="Card",
        claims={"given_name": CANARY, "number": SECOND},
    )
    await world.settle()
    await world.answer(her)
    await world.do(library, "/v1/requests", peer=called, type="urn:card", claims=["given_name"], purpose=CANARY)
    await world.settle()
    await world.answer(her)
    customer = await Customer.met(world, library)
    await customer.proffer(library)
    await customer.repeat(library, customer.signed(library, "confirm", {"digest": CANARY}, 2))
    world.network.down.add(library.config.url)
    note = {"type": "https://didcomm.org/basicmessage/2.0/message", "body": {"content": CANARY}}
    await world.do(her, "/v1/threads", peer="Town Library", **note)
    await world.pass_time(86400)
    await world.restart(her)

    said = "\n".join(lines)

    assert "not delivered yet" in said
    secrets = [
        PASSPHRASE,
        CANARY,
        str(SECOND),
        public_did(library),
        the_only(world.agents["her"]).our_did,
        customer.did,
    ]
    assert [secret for secret in secrets if secret in said] == []
