"""What every test may ask for, and what a skip means.

A skip is for a machine that lacks something. Continuous integration lacks nothing, so there (CI=true) a skipped test
fails, unless its reason begins with "part of a later release": that is a plan, not a gap.

No test reaches beyond this machine: the interpreter itself refuses such connections here.
"""

import gc
import os
import socket
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.longest import dealt
from tests.postgresql import ABSENT, Server, programs, servers
from tests.promises import Promise, Results
from tests.tally import Conformance, Record, Tally

settings.register_profile("unhurried", deadline=None)  # nothing timed is a test
settings.load_profile("unhurried")

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("FREERANGE_SHARED", ROOT.parent / "shared"))
INTEROP = Path(os.environ.get("FREERANGE_INTEROP", ROOT / ".interop"))
PLANNED = "part of a later release"
READABLE = 24  # characters
NEW_OBJECTS = 20_000  # after which Python looks for garbage among them
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def stay_here(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse to look up or connect to anything but this machine."""
    if event == "socket.connect":
        connection, address = arguments
        host = address[0] if isinstance(address, tuple) else ""
        if isinstance(connection, socket.socket) and connection.family == socket.AF_UNIX:
            return
    elif event == "socket.getaddrinfo":
        host = arguments[0] or ""
    else:
        return
    if str(host) and not str(host).startswith(LOOPBACK):
        raise RuntimeError(f"a test wanted to reach {host}; tests stay on this machine")


sys.addaudithook(stay_here)


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of published test vectors, kept outside the repository; FREERANGE_SHARED names another place."""
    folder = SHARED / "vectors"
    if not folder.is_dir():
        pytest.skip(f"no published vectors at {folder}; set FREERANGE_SHARED")
    return folder


@pytest.fixture(scope="session")
def interop() -> Path:
    """The folder of implementations by others that `scripts/check --all` installs; FREERANGE_INTEROP names another."""
    if not (INTEROP / "peers.json").is_file():
        pytest.skip(f"no interop peers at {INTEROP}; run scripts/check --all, or set FREERANGE_INTEROP")
    return INTEROP


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL that all tests of this process share: leave it running. See tests/postgresql.py."""
    if programs() is None:
        pytest.skip(ABSENT)
    yield from servers()


@pytest.fixture
def own_postgresql() -> Iterator[Server]:
    """A PostgreSQL for one test, which may do to it what it likes."""
    if programs() is None:
        pytest.skip(ABSENT)
    yield from servers()


@pytest.fixture
def database(postgresql: Server) -> Iterator[str]:
    """The URL of a new, empty database."""
    url = postgresql.database()
    yield url
    postgresql.drop(url)


@pytest.fixture
def conformance(record_property: Record) -> Conformance:
    """Records how cases of a published suite came out, for docs/conformance.md."""
    return Conformance(record_property)


@pytest.fixture
def promise(record_property: Record, request: pytest.FixtureRequest) -> Promise:
    """Records how a promise came out, for docs/reliability.md: see tests/promises.py."""
    return Promise(record_property, request.node.nodeid.partition("[")[0])


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--conformance FILE`: leave the counts of published cases in FILE. With `-m conformance`, run nothing else.
    `--reliability FILE`: add how promises came out to FILE; likewise with `-m promise`."""
    parser.addoption("--conformance", type=Path, default=None, metavar="FILE", help="count published cases into FILE")
    parser.addoption("--reliability", type=Path, default=None, metavar="FILE", help="add promises kept to FILE")


def pytest_configure(config: pytest.Config) -> None:
    """What is gathered lives where reports arrive, not in the workers."""
    if hasattr(config, "workerinput"):
        return
    if path := config.getoption("--conformance"):
        config.pluginmanager.register(Tally(path))
    if path := config.getoption("--reliability"):
        config.pluginmanager.register(Results(path))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Keys, DIDs and tokens name no test: they cannot be read, and a random one names it anew in every process."""
    if isinstance(val, str | bytes) and len(val) > READABLE and (isinstance(val, bytes) or " " not in val):
        return argname
    return None


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Mark tests before some are chosen by their marks; of those chosen, the longest are dealt out first."""
    mark(items)
    yield
    if given := getattr(config, "workerinput", None):
        items[:] = dealt(items, given["workercount"])


def pytest_collection_finish() -> None:
    """Tests and what they import stay to the end: Python need not look through them for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def mark(items: list[pytest.Item]) -> None:
    """Mark the tests that count. They run every time, so that every run can tell whether the page is current."""
    for item in items:
        if "promise" in getattr(item, "fixturenames", ()):
            item.add_marker("promise")
        if "conformance" in getattr(item, "fixturenames", ()):
            item.add_marker("conformance")
            if item.get_closest_marker("full") or item.get_closest_marker("interop"):
                raise pytest.UsageError(f"{item.nodeid} counts published cases; it cannot be left for --all")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """On continuous integration a skip that is not planned is a failure."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        reason = (
            call.excinfo.value.msg if call.excinfo and isinstance(call.excinfo.value, pytest.skip.Exception) else ""
        )
        if not str(reason).startswith(PLANNED):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped, and nothing is skipped here: {reason}"
    return report
