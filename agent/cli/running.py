"""Speaking with an agent that is running: its loopback API, by the address and token it left in its folder."""

import fcntl
import http.client
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent.cli.exits import Stopped

Ask = Callable[[str, str, bytes], Awaitable[tuple[int, bytes]]]

ADDRESS: Final = "api.json"  # agent/web/server.py writes it
WALLET: Final = "wallet.db"  # agent/home.py makes it
LOCK: Final = "wallet.db.lock"  # wallet/store/file.py holds it
DOOR: Final = "door.lock"  # agent/porch.py holds it, also while the wallet is locked
ANSWER_SECONDS: Final = 60
BACKUPS: Final = "/v1/backups"  # answered once the whole wallet is written
BACKUP_SECONDS: Final = 3600


@dataclass(frozen=True)
class Address:
    """Where a running agent listens for its owner. pid: its process."""

    url: str
    token: str
    pid: int


def has_wallet(home: Path) -> bool:
    """Whether there is a wallet, or settings that say where one is (agent/places.py)."""
    from agent.config import store_of

    return (home / WALLET).exists() or bool(store_of(home))


def address(home: Path) -> Address | None:
    """The agent running in `home`, or None. An address left by an agent that was killed is nobody's: whoever listens
    there now is not trusted with anything."""
    return left(home) if held(home) else None


def at_the_door(home: Path) -> Address | None:
    """Whoever listens for the owner of `home`, her wallet open or not; None if nobody does."""
    return left(home) if held(home, DOOR) or held(home) else None


def left(home: Path) -> Address | None:
    """The address that was left in `home`."""
    try:
        found = json.loads((home / ADDRESS).read_bytes())
        return Address(str(found["url"]), str(found["token"]), int(found["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def held(home: Path, lock: str = LOCK) -> bool:
    """Whether some process holds the wallet in `home`, or its door."""
    try:
        with (home / lock).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


async def ask(at: Address, method: str, path: str, body: bytes, patience: float = ANSWER_SECONDS) -> tuple[int, bytes]:
    """One request. patience: seconds. Raises Stopped if nobody answers."""
    patience = BACKUP_SECONDS if path == BACKUPS else patience
    connection = http.client.HTTPConnection(urlsplit(at.url).netloc, timeout=patience)
    headers = {"Authorization": f"Bearer {at.token}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, body=body or None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as fault:
        what = f"the agent (process {at.pid}) does not answer at {at.url}: {fault or type(fault).__name__}"
        raise Stopped(what, "It may be stopping or starting; try again, or look with: freerange doctor") from fault
    finally:
        connection.close()
