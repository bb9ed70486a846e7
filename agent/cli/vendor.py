"""Command: vendor init. From nothing to an agent with a CRM beside it, an invitation, and what to do next."""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import msgspec
from msgspec.structs import replace

from agent.bridges import crm_file
from agent.cli import secrets
from agent.cli.exits import Stopped, ending
from agent.cli.home import MAKING, folder, free, settings
from agent.cli.meeting import qr, save_qr
from agent.cli.plain import plain
from agent.cli.views import Invited
from agent.cli.words import pairs, tell
from agent.config import Config
from wallet.keys import random_bytes
from wallet.slots import Secret

KEY = "key"
CODE = "invitation.svg"


async def init(options: Namespace) -> None:
    """Make the wallet, the CRM and an invitation, and say what to do next. Raises Stopped."""
    path = Path(options.home)
    config = replace(settings(options), bridges=("minicrm",))
    free(path, config)
    from agent import home, places

    home.check_free(path, config)
    secret = chosen(options, path)
    with ending(MAKING), places.password_kept(path, options.store):
        await home.make(path, config, secret)
    with crm_file.opened(path / crm_file.FILE):
        pass
    invited = await invitation(path, secret, config)
    save_qr(invited.url, str(path / CODE))
    tell(made(path, config, options.key_file, invited))


def chosen(options: Namespace, path: Path) -> Secret:
    """What opens the wallet: what was named, else a key file that is made beside it, so that it starts by itself."""
    if options.passphrase_file is None and options.passphrase_fd is None and options.key_file is None:
        file = path / KEY
        file.touch(0o600)
        file.write_bytes(random_bytes(32))
        options.key_file = str(file)
    return secrets.chosen(options)


async def invitation(path: Path, secret: Secret, config: Config) -> Invited:
    """An invitation for everybody, for good."""
    from agent import home, serving
    from agent.web import api

    agent = await home.open_agent(path, secret)
    try:
        goal = msgspec.json.encode({"goal": f"Be a customer of {config.name}"})
        status, said = await api.answer(agent, "POST", "/v1/invitations", goal)
    finally:
        await serving.close(agent)
    if status != 200:
        raise Stopped(f"the wallet was made in {path}, and there is no invitation yet: {said}", "freerange invite")
    return msgspec.convert(said, Invited)


def made(path: Path, config: Config, key_file: str | None, invited: Invited) -> Iterator[str]:
    """What there is now, and what to do next, in the order in which to do it."""
    home = folder(path)
    opens = f"the key file {key_file}; keep a copy of it elsewhere" if key_file else "the passphrase"
    key = f" --key-file {quote(key_file)}" if key_file else ""
    yield f"{plain(config.name)} has an agent now, in {path}"
    yield from pairs([("opens with", opens), ("customers", f"in {path / crm_file.FILE} (freerange crm{home})")])
    if config.development:
        yield "  DEVELOPMENT MODE: plain http, on this computer only. Nothing here is safe against others on it."
    yield ""
    yield "1. Start it:"
    yield f"     freerange serve{home}{key}"
    if not config.development:
        yield f"   and let your web server pass {config.url} on to {config.listen}"
        yield "   (docs/how-to/behind-nginx-or-caddy.md)."
    yield "2. Let customers find you. Show them this code, or give them this link:"
    yield ""
    yield from (f"   {line}" for line in qr(invited.url))
    yield ""
    yield f"   {invited.url}"
    yield ""
    yield f"   The code is in {path / CODE}, too: for your counter, your bills, your web page."
    yield f"   Whoever knows your domain, {plain(config.domain)}, finds you by it."
    yield "   A customer takes the link up with her own agent:  freerange accept 'LINK'"
    yield "3. See who came, what they want, and what they told you:"
    yield f"     freerange crm{home}"
    yield "4. When you have a CRM of your own: docs/how-to/connect-a-crm.md"
