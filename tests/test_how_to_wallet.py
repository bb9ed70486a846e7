"""docs/how-to/use-the-wallet-from-python.md, run as it stands."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "how-to" / "use-the-wallet-from-python.md").read_text()


def blocks(kind: str) -> str:
    """All blocks of a kind, one after another."""
    return "".join(re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))


def run(code: str) -> "subprocess.CompletedProcess[str]":
    """Run code in a Python of its own."""
    return subprocess.run((sys.executable, "-c", code), cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_page_prints_what_it_shows() -> None:
    done = run(blocks("python"))

    assert done.returncode == 0, done.stderr
    assert done.stdout == blocks("text")


def test_the_wallet_alone_brings_no_network_no_loop_and_no_agent() -> None:
    done = run(blocks("python") + "\nimport sys; print(*sys.modules, file=sys.stderr)")

    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & {"aiohttp", "asyncio", "sqlite3", "agent", "protocols"}
