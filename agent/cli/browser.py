"""Command: open. The owner's page in her browser; the agent is started first, if it is not running."""

import webbrowser
from argparse import Namespace
from pathlib import Path

import msgspec

from agent import config as configs
from agent import places
from agent.cli import background, running
from agent.cli.exits import DONE, FAILED, Stopped
from agent.cli.words import tell
from wallet.words import sign_of


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
    if running.has_wallet(home):
        tell([f"It shows the sign of your wallet: {sign_of(places.sealed(home, configs.read(home)).sign)}"])
    return DONE


def started(home: Path) -> running.Address:
    """An agent that waits to be opened on its page. Raises Stopped."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    background.spawned(home, ("--locked",))
    at = running.at_the_door(home)
    if at is None:
        raise Stopped("the agent went away as soon as it was there", f"Look into {home / background.LOG}", FAILED)
    return at
