"""Command: doctor. What is wrong with a set-up, and how to mend it: from outside first, then as the agent sees it."""

import os
import socket
import stat
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from agent import config as configs
from agent.cli import running
from agent.cli.exits import DONE, FAILED, FAULTS, Stopped, stopped
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.views import Finding
from agent.cli.words import GREEN, RED, coloured, count, pairs, show
from agent.config import Config, is_loopback
from agent.watch import is_plausible

WALLET: Final = "wallet.db"
PASSWORD: Final = "database.pass"  # agent/places.py makes it


async def doctor(options: Namespace) -> int:
    """Look everything over. The exit status is the worst that was found."""
    path = Path(options.home)
    found: list[Finding] = []
    code = DONE
    try:
        config = configs.read(path)
        found += (Finding("settings", True, f"{path / configs.FILE} can be read"), *outside(path, config))
        async with reach(options) as talk:
            found.append(Finding("wallet", True, "the wallet opens"))
            if options.forget:
                await talk.post("dead-letters", "forget")
            found += msgspec.json.decode(await talk.get("health"), type=list[Finding])
    except (Stopped, *FAULTS) as fault:
        end = stopped(fault)
        found.append(Finding("wallet" if found else "settings", False, end.what, end.next))
        code = end.code
    show(options, msgspec.json.encode(found), list[Finding], report)
    return code or (DONE if all(each.ok for each in found) else FAILED)


def outside(path: Path, config: Config) -> Iterator[Finding]:
    """What can be seen without opening the wallet."""
    yield from permissions(path)
    at = running.address(path)
    if at is not None:
        yield Finding("agent", True, f"an agent is running (process {at.pid})")
    else:
        yield Finding("agent", True, "no agent is running; this command opens the wallet by itself")
        yield from (port(name, place) for name, place in (("listen", config.listen), ("api", config.api)) if place)
    if config.development:
        yield Finding("mode", True, "development mode: plain http, for this computer only")
    yield from proxy(config)
    yield clock(path)


def proxy(config: Config) -> Iterator[Finding]:
    """Whether the web server in front, without which nobody could reach an agent on loopback, is known as one."""
    behind = (
        bool(config.listen)
        and is_loopback(config.listen.rpartition(":")[0])
        and not config.development
        and not config.tls_certificate
    )
    if not behind:
        return
    if config.trusted_proxies:
        yield Finding("proxy", True, f"where messages come from is believed of {', '.join(config.trusted_proxies)}")
        return
    detail = "messages come through a web server that is not named, so all senders share one address and its limits"
    mend = "name it: freerange config set trusted_proxies 127.0.0.1,::1"
    yield Finding("proxy", False, detail, mend)


def permissions(path: Path) -> Iterator[Finding]:
    """Whether others on this computer may read the wallet, or put another in its place."""
    wrong: list[tuple[str, str]] = []
    if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        wrong.append((f"others may write to {path}", f"run: chmod go-w '{path}'"))
    for name in (WALLET, configs.FILE, running.ADDRESS, PASSWORD):
        file = path / name
        if file.exists() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~(
            stat.S_IRGRP | stat.S_IROTH if name == configs.FILE else 0
        ):
            wrong.append((f"others may read or alter {file}", f"run: chmod 600 '{file}'"))
    if (path / WALLET).exists() and (path / WALLET).stat().st_uid != os.geteuid():
        wrong.append((f"{path / WALLET} belongs to another user", "run this as its owner"))
    yield from (Finding("permissions", False, detail, mend) for detail, mend in wrong)
    if not wrong:
        yield Finding("permissions", True, "nobody else may read or alter the wallet")


def port(name: str, place: str) -> Finding:
    """Whether a port that the agent will need is free."""
    host, _, number = place.rpartition(":")
    try:
        family, kind, *_, address = socket.getaddrinfo(host.strip("[]"), int(number), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as fault:
        mend = f"stop the program that has it, or choose another: freerange config set {name} HOST:PORT"
        return Finding("port", False, f"{place} cannot be used: {fault.strerror}; another program may have it", mend)
    return Finding("port", True, f"{place} is free")


def clock(path: Path) -> Finding:
    """Whether this computer's clock can be right: after this program was written, and after the wallet was."""
    now = time.time()
    wallet = path / WALLET
    written = wallet.stat().st_mtime if wallet.exists() else 0
    if not is_plausible(int(now)) or now < written - 60:
        detail = f"this computer says it is {time.strftime('%Y-%m-%d %H:%M', time.localtime(now))}, which cannot be"
        return Finding("clock", False, detail, "set the clock, by network time if you can")
    return Finding("clock", True, "this computer's clock can be right")


def report(found: list[Finding]) -> Iterator[str]:
    """Every check; what is wrong comes with what to do."""
    for each in found:
        mark = "ok  " if each.ok else coloured("FAIL", RED)
        yield f"{mark}  {each.check:<12}  {plain(each.detail, 400)}"
        if not each.ok and each.mend:
            yield from pairs([("mend", each.mend)], indent=" " * 6, size=4)
    wrong = sum(not each.ok for each in found)
    yield coloured("All is well.", GREEN) if not wrong else coloured(f"{count(wrong, 'thing')} to mend.", RED)
