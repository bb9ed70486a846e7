"""An agent that runs in uvloop keeps what it promises: P1, P2, P3 and P19."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from agent import config as configs
from tests.faults.judging import Verdict
from tests.faults.lives import Place
from tests.faults.load import Load
from tests.faults.test_kill import GATHER, live, live_and_die, look
from tests.promises import FILE, SERVER

LONGEST = 0.5  # seconds of a life, from when it has answered


@pytest.mark.parametrize(
    ("base", "kills"), [(FILE, 3), pytest.param(SERVER, 3, marks=pytest.mark.full)], indirect=["base"]
)
async def test_killed_and_stopped_under_load_it_loses_nothing(tmp_path: Path, base: str, kills: int) -> None:
    made, source, found = await Place.make(tmp_path, database=base), random.Random(kills), Verdict()
    place = replace(made, config=structs.replace(made.config, loop="uvloop"))
    configs.write(place.folder, place.config)
    load = Load(await place.org(), tmp_path / "ledger", kills)
    await load.open()
    try:
        for _ in range(kills):
            assert not await live_and_die(place, load, source.random() * LONGEST, warm=True)
            found.add(look(place, load))
        life = await live(place, load, GATHER, warm=True)
        loaded = uses_uvloop(life.process.pid)
        await load.finish()
        assert await life.stop() == 0, life.said
        found.add(look(place, load, everywhere=True))
    finally:
        await load.close()

    assert loaded
    assert found == Verdict()
    assert len(load.sent) > kills


def uses_uvloop(pid: int) -> bool:
    """Whether a process has it in its memory."""
    return "/uvloop/" in Path(f"/proc/{pid}/maps").read_text()
