"""What an agent runs in: asyncio's loop, or uvloop's if that is set and installed."""

import sys

import pytest

from tests.agent.cli.conftest import Owner


def test_a_loop_that_is_set_and_not_installed_is_said_so(her: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    her.types("config", "set", "loop", "uvloop")
    monkeypatch.setitem(sys.modules, "uvloop", None)

    refused = her.unlocks("serve")

    assert refused.status == 2
    assert "not installed; nothing was started" in refused.err
    assert "pip install 'freerange[uvloop]'" in refused.err
    assert her.unlocks("peers").status == 0  # what is not `serve` needs it not


def test_a_loop_that_there_is_not_is_no_setting(her: Owner) -> None:
    refused = her.types("config", "set", "loop", "twisted")

    assert refused.status == 2
    assert "loop" in refused.err
    assert her.types("config", "--json").said["loop"] == "asyncio"
