"""Keys that are unlocked stay in the process: no core dump, no child that has them, no program that looks. SR-20."""

import ast
import subprocess
import sys

import pytest

from tests.agent.cli.conftest import ROOT

PR_GET_DUMPABLE = 3
COPIES = {"fork", "forkpty", "multiprocessing", "ProcessPoolExecutor"}


@pytest.mark.skipif(sys.platform != "linux", reason="part of a later release: systems other than Linux")
def test_an_agent_that_serves_leaves_no_core_and_lets_nobody_look() -> None:
    program = (
        "import ctypes, resource\n"
        "from agent.cli import memory\n"
        "memory.no_core_dumps()\n"
        "memory.unseen()\n"
        f"print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl({PR_GET_DUMPABLE}, 0, 0, 0, 0))"
    )

    run = subprocess.run((sys.executable, "-c", program), cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stdout == "(0, 0) 0\n"


def test_serving_does_both_before_the_wallet_is_opened() -> None:
    source = (ROOT / "agent" / "cli" / "home.py").read_text()
    serve = source[source.index("async def serve") : source.index("def listening")]

    assert serve.index("no_core_dumps()") < serve.index("unseen()") < serve.index("unlocking.opened(")


def test_each_of_several_processes_does_both_before_it_is_told_the_secret() -> None:
    for file, opens in (("worker.py", "work(read,"), ("home.py", "workers.serve(")):
        source = (ROOT / "agent" / "cli" / file).read_text()
        begins = source[source.index("async def main" if file == "worker.py" else "async def by_workers") :]

        assert begins.index("no_core_dumps()") < begins.index("unseen()") < begins.index(opens)


def test_no_process_is_copied_with_what_it_knows() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("agent", "wallet", "protocols")
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in COPIES)
        or (isinstance(node, ast.Import) and any(each.name.partition(".")[0] in COPIES for each in node.names))
        or (isinstance(node, ast.ImportFrom) and ({each.name for each in node.names} | {node.module or ""}) & COPIES)
    ]

    assert found == []
