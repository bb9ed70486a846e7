"""Command: open. The owner's page in her browser; the agent is started first, if it is not running."""

import os
import subprocess
import sys
import webbrowser
from argparse import Namespace
from pathlib import Path
from typing import Final

import msgspec

import agent
from agent.cli import running
from agent.cli.exits import DONE, FAILED, Stopped
from agent.cli.words import tell
from wallet.store.snapshot import sealed
from wallet.words import sign_of

LOG: Final = "agent.log"


async def open_page(options: Namespace) -> int:
    """Open the page, or say where it is."""
    home = Path(options.home)
    at = running.at_the_door(home) or started(home)
    status, said = await running.ask(at, "POST", "/v1/codes", b"{}")
    if status != 200:
        raise Stopped("the agent opens no page now", "Start it again: freerange stop, then freerange open", FAILED)
    place = f"{at.url}/#k={msgspec.json.decode(said, type=dict[str, str])['code']}"
    if options.print or not webbrowser.open(place):
        tell(["Open this in your browser within a minute. It is good once:", f"  {place}"])
    else:
        tell([f"Your page opens in the browser, at {at.url}. Nobody else can open it."])
    if (home / running.WALLET).exists():
        tell([f"It shows the sign of your wallet: {sign_of(sealed(home / running.WALLET).sign)}"])
    return DONE


def started(home: Path) -> running.Address:
    """An agent that waits to be opened on its page. Raises Stopped."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    source, known = str(Path(agent.__file__).parents[1]), os.environ.get("PYTHONPATH")
    with open(os.open(home / LOG, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as log:
        child = subprocess.Popen(
            (sys.executable, "-P", "-m", "agent", "--home", str(home.absolute()), "serve", "--locked"),
            env={**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{known}" if known else source},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert child.stdout
    child.stdout.readline()
    at = running.at_the_door(home)
    if at is None:
        what, *next = (home / LOG).read_text().splitlines()[-2:] or ["the agent did not start"]
        raise Stopped(what.removeprefix("freerange: "), " ".join(next), child.wait())
    return at
