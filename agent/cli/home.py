"""Commands: init, serve, config, doctor. `stop` is in background.py."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import Final

import msgspec

from agent import config as configs
from agent.cli import background, memory, running, secrets
from agent.cli.exits import DAMAGED_HEADER, DONE, MISUSED, OPEN_TO_OTHERS, TOO_NEW, Command, Stopped, ending
from agent.cli.plain import plain
from agent.cli.views import Mediators
from agent.cli.words import pairs, show, tell
from agent.config import Config
from wallet.errors import Corrupt, Malformed, NotFound, Unsupported, Untrusted
from wallet.slots import Secret

MAKING: Final[dict[type[Exception], int]] = {
    Untrusted: OPEN_TO_OTHERS,
    Unsupported: TOO_NEW,
    NotFound: MISUSED,
    Malformed: MISUSED,
    Corrupt: DAMAGED_HEADER,
}
"""What a wallet cannot be made for, and the exit status of it."""

# -- init ---------------------------------------------------------------------------------------------------------


async def init(options: Namespace) -> int:
    """Make a wallet."""
    path, config = Path(options.home), settings(options)
    free(path, config)
    from agent import home, places  # what opens wallets, once it is clear that there is one to make

    secret = secrets.chosen(options)
    with ending(MAKING), places.password_kept(path, options.store):
        await home.make(path, config, secret)
    through = await taken_on(path, secret, options.mediator) if options.mediator else ""
    tell(made(path, config, options.key_file, through))
    return DONE


def free(path: Path, config: Config) -> None:
    """Raise Stopped if there is a wallet in a folder. One whose making was interrupted is none."""
    begun = config.store and configs.store_of(path) == config.store and not (path / running.WALLET).exists()
    if running.has_wallet(path) and not begun:
        raise Stopped(f"there is a wallet in {path} already; nothing was changed", "Name another: --home DIR", MISUSED)


async def taken_on(path: Path, secret: Secret, link: str) -> str:
    """Have a mediator for a wallet that was just made. Returns its name. Raises Stopped."""
    from agent import home, serving
    from agent.web import api

    agent = await home.open_agent(path, secret)
    try:
        status, said = await api.answer(agent, "POST", "/v1/mediator", msgspec.json.encode({"link": link}))
    finally:
        await serving.close(agent)
    if status != 200:
        why = said.get("error", "") if isinstance(said, dict) else ""
        next = f"Try again, or another: freerange mediator add LINK{folder(path)}"
        raise Stopped(f"the wallet was made in {path}, and it has no mediator yet: {why}", next)
    found = msgspec.convert(said, Mediators).mediator
    return found.name if found else ""


def settings(options: Namespace) -> Config:
    """The settings the options ask for. Raises Misconfigured, Stopped."""
    listen = options.listen or "127.0.0.1:8080"
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise Stopped(
            f"--listen is {options.listen!r}; nothing was made", "Write HOST:PORT, like 127.0.0.1:8080", MISUSED
        )
    listens = bool(options.url or options.listen or (options.development and not options.mediator))
    if not options.url and not options.development and (options.kind == "org" or listens):
        raise Stopped(
            "how will others reach this agent? Nothing was made",
            "Give --url https://..., or --development to try it out on this computer",
            MISUSED,
        )
    if options.kind == "org" and options.mediator:
        raise Stopped(
            "an organisation is reached at its own address; nothing was made", "Leave out --mediator.", MISUSED
        )
    if options.kind == "org" and options.name == "me":
        raise Stopped("an organisation is known by its name; nothing was made", "Give --name NAME", MISUSED)
    config = Config(
        kind=options.kind,
        name=options.name,
        listen=listen if listens else "",
        url=(options.url or f"http://{listen}") if listens else "",
        api=options.api or f"127.0.0.1:{int(port) + 1}",
        development=options.development,
    )
    config = configs.stored(config, options.store, options.tenant)
    configs.check(config)
    return config


def made(path: Path, config: Config, key_file: str | None, through: str = "") -> Iterator[str]:
    """What was made, and what to do now. through: the name of a mediator."""
    whose = "a person" if config.kind == "person" else f"an organisation, {plain(config.name)}"
    yield f"Made a wallet for {whose}, in {path}"
    opens = f"the key file {key_file}" if key_file else "the passphrase"
    if through:
        yield from pairs([("reached", f"through {plain(through)}, which can read nothing of what comes")])
    elif config.listen:
        yield from pairs([("listens", config.listen)])
    yield from pairs([("opens with", f"{opens}; without it nobody can open this wallet")])
    if config.development:
        yield "  DEVELOPMENT MODE: plain http, on this computer only. Nothing here is safe against others on it."
    home = folder(path)
    if not config.listen and not through:
        yield "Nobody can write to you first yet, for you have no address. Have a mediator take your messages:"
        yield f"  freerange mediator add LINK{home}"
    key = f" --key-file {quote(key_file)}" if key_file else ""
    yield f"Now start the agent: freerange serve{home}{key}"


def folder(path: Path) -> str:
    """The option that names a folder, unless it is the usual one."""
    return "" if path == configs.default_home() else f" --home {quote(str(path))}"


# -- serve --------------------------------------------------------------------------------------------------------


async def serve(options: Namespace) -> int:
    """Run the agent until SIGTERM or Ctrl-C."""
    if options.workers is not None:
        return await by_workers(options)
    if options.background:
        if not options.locked:
            configs.read(Path(options.home))
        return background.start(options)
    from agent import logs, serving, telemetry
    from agent.cli import unlocking
    from agent.porch import Porch

    memory.no_core_dumps()
    memory.unseen()
    path = Path(options.home)
    agent = None if options.locked else await unlocking.opened(options)
    if not options.quiet:
        logs.start()
    porch = Porch(path)
    try:
        url = await porch.start(agent)
    except BaseException:
        if agent is not None:
            await serving.close(agent)
        raise
    line = f"The door is at {url}. Open it: freerange open" if options.locked else listening(configs.read(path))
    with telemetry.exported(os.environ):
        await serving.until_stopped(lambda: tell([line]))
        await porch.stop()
    return DONE


async def by_workers(options: Namespace) -> int:
    """Run several processes that do the work of one agent. Raises Stopped."""
    if options.background or options.locked:
        raise Stopped(
            "--workers goes with neither --background nor --locked; nothing was started",
            "Have the system start it, and give --key-file FILE: freerange serve --workers N --key-file FILE",
            MISUSED,
        )
    from agent import logs
    from agent.cli import workers

    workers.suitable(Path(options.home), options.workers)
    memory.no_core_dumps()
    memory.unseen()
    if not options.quiet:
        logs.start()
    return await workers.serve(options)


def listening(config: Config) -> str:
    """The one line that says the agent is there."""
    name = f" of {plain(config.name)}" if config.kind == "org" else ""
    mode = " DEVELOPMENT MODE, this computer only." if config.development else ""
    messages = f"{config.listen} for messages, on " if config.listen else ""
    return f"The agent{name} listens on {messages}{config.api} for you.{mode} Stop it with Ctrl-C."


# -- config -------------------------------------------------------------------------------------------------------


async def config(options: Namespace) -> int:
    """Show the settings, or change one."""
    path = Path(options.home)
    now = configs.read(path)
    if options.action == "set":
        now = placed(path, now, options.key, options.value)
        if running.held(path):
            print("The running agent keeps its old settings until it is started again.", file=sys.stderr)
    return show(options, msgspec.json.encode(now), Config, shown)


def placed(path: Path, before: Config, key: str, value: str) -> Config:
    """The settings with one of them changed, which they are from now on. Raises Stopped, Misconfigured."""
    from agent import places

    url = value if key == "store" else ""
    now = changed(before, key, configs.without_password(url) or value)
    with places.password_kept(path, url):
        configs.write(path, now)
    return now


def changed(before: Config, key: str, value: str) -> Config:
    """The settings with one of them changed. Raises Stopped, Misconfigured."""
    now = msgspec.to_builtins(before)
    if key not in now:
        raise Stopped(
            f"there is no setting {plain(key)!r}; nothing was changed", f"There are: {', '.join(now)}", MISUSED
        )
    if key == "kind":
        raise Stopped(
            "a wallet stays what it was made for; nothing was changed", "Make another: freerange init", MISUSED
        )
    typed: object = value
    if isinstance(now[key], bool):
        typed = {"true": True, "false": False}.get(value.lower(), value)
    elif isinstance(now[key], int) and value.isdecimal():
        typed = int(value)
    elif isinstance(now[key], tuple | list):
        typed = [each.strip() for each in value.split(",") if each.strip()]
    try:
        return msgspec.convert({**now, key: typed}, Config)
    except msgspec.ValidationError as fault:
        raise Stopped(f"{key} cannot be {plain(value)!r}: {fault}; nothing was changed", "", MISUSED) from fault


def shown(config: Config) -> Iterator[str]:
    """All settings, a line each."""
    listed: dict[str, object] = msgspec.to_builtins(config)
    yield from pairs(listed.items(), "", max(map(len, listed)))


# -- doctor -------------------------------------------------------------------------------------------------------


async def doctor(options: Namespace) -> int:
    """Say what is wrong with this set-up."""
    from agent.cli import doctor as examination

    return await examination.doctor(options)


async def open_page(options: Namespace) -> int:
    """Open the owner's page."""
    from agent.cli import browser

    return await browser.open_page(options)


COMMANDS: dict[str, Command] = {
    "init": init,
    "open": open_page,
    "serve": serve,
    "stop": background.stop,
    "config": config,
    "doctor": doctor,
}
