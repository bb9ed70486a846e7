"""Ports that an agent may have for good."""

import socket
from pathlib import Path

import pytest

from agent.transports import ports
from agent.transports.ports import free_port
from tests import ports as tests_own

SYSTEM = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not SYSTEM.exists(), reason="this system does not say which ports it hands out")
def test_the_system_hands_out_none_of_these_by_itself() -> None:
    first, _ = map(int, SYSTEM.read_text().split())

    assert max(ports.PORTS) < first


def test_no_port_is_given_twice_or_while_somebody_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        has = taken.getsockname()[1]
        monkeypatch.setattr(ports, "PORTS", range(has - 4, has + 5))

        given = [free_port() for _ in range(4)]

    assert has not in given
    assert len(set(given)) == len(given)


def test_tests_and_agents_do_not_choose_the_same_ones() -> None:
    assert min(ports.PORTS) >= tests_own.FROM + tests_own.WORKERS * tests_own.EACH
