"""The two web servers of docs/how-to/behind-nginx-or-caddy.md, run by the very configurations that the page shows.

What a test has to be different is replaced word for word, and has to be there: port, paths of the certificate, the
agent's address, and how long a header may take.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.agent.certificates import Issued

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
NAME = "library.example"
PATIENCE = 60.0  # seconds to start in
HEADER_SECONDS = 1


@dataclass(frozen=True)
class Setting:
    """What is particular to one run. folder: its own, empty."""

    folder: Path
    port: int
    agent_port: int
    issued: Issued


def replaced(text: str, words: dict[str, str]) -> str:
    """A configuration with some words replaced, all of which it has."""
    for old, new in words.items():
        assert old in text, f"the configuration does not say {old!r} any more"
        text = text.replace(old, new)
    return text


def nginx(setting: Setting) -> tuple[str, ...]:
    """Write nginx's configuration; returns the command."""
    server = replaced(
        (HOW_TO / "nginx.conf").read_text(),
        {
            "listen 443 ": f"listen 127.0.0.1:{setting.port} ",
            "server 127.0.0.1:8080;": f"server 127.0.0.1:{setting.agent_port};",
            "/etc/letsencrypt/live/library.example/fullchain.pem": setting.issued.certificate,
            "/etc/letsencrypt/live/library.example/privkey.pem": setting.issued.key,
            "client_header_timeout 10s;": f"client_header_timeout {HEADER_SECONDS}s;",
        },
    )
    (setting.folder / "freerange.conf").write_text(server)
    temporary = "".join(
        f"{kind}_temp_path {setting.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""  # else its workers could not enter a test's own folder
    (setting.folder / "nginx.conf").write_text(
        f"daemon off;\n{user}worker_processes 1;\npid {setting.folder}/pid;\nerror_log stderr;\n"
        f"events {{ worker_connections 512; }}\n"
        f"http {{\naccess_log off;\n{temporary}include {setting.folder}/freerange.conf;\n}}\n"
    )
    return ("nginx", "-e", "stderr", "-p", str(setting.folder), "-c", str(setting.folder / "nginx.conf"))


def caddy(setting: Setting) -> tuple[str, ...]:
    """Write Caddy's configuration; returns the command."""
    text = replaced(
        (HOW_TO / "Caddyfile").read_text(),
        {
            "{\n\tservers {": "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {",
            "library.example {\n": (
                f"https://{NAME}:{setting.port} {{\n\tbind 127.0.0.1\n"
                f"\ttls {setting.issued.certificate} {setting.issued.key}\n"
            ),
            "127.0.0.1:8080": f"127.0.0.1:{setting.agent_port}",
            "read_header 10s": f"read_header {HEADER_SECONDS}s",
        },
    )
    (setting.folder / "Caddyfile").write_text(text)
    return ("caddy", "run", "--adapter", "caddyfile", "--config", str(setting.folder / "Caddyfile"))


PROXIES: dict[str, Callable[[Setting], tuple[str, ...]]] = {"nginx": nginx, "caddy": caddy}


@asynccontextmanager
async def running(name: str, setting: Setting) -> AsyncIterator[None]:
    """A web server while it runs. Skips the test where it is not installed."""
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name} here; scripts/check --all installs it")
    setting.folder.mkdir()
    home = {"HOME": str(setting.folder), "XDG_DATA_HOME": str(setting.folder), "XDG_CONFIG_HOME": str(setting.folder)}
    with (setting.folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *PROXIES[name](setting), env={**os.environ, **home}, stdout=log, stderr=log
        )
        try:
            await listening(setting, process)
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def listening(setting: Setting, process: asyncio.subprocess.Process) -> None:
    """Return once it accepts connections."""
    async with asyncio.timeout(PATIENCE):
        while True:
            assert process.returncode is None, (setting.folder / "log").read_text()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", setting.port)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
