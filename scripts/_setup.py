"""Sets up the virtual environment that the scripts share. Needs python3 >= 3.11 and nothing else."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEVELOPMENT = "[dev]"  # freerange with the tools of scripts/check; they include all that running it takes


class Stop(Exception):
    """The script cannot go on. The text says why, and what to do."""


def environment(
    venv: Path, extras: str, done: Callable[[float], None], begin: Callable[[], None] = lambda: None
) -> Path:
    """The Python of an environment that has freerange, editable, and what `extras` names; made or renewed if need be.

    begin: called before, done: with the seconds it took after, there was something to do. Raises Stop.
    """
    python = venv / "bin" / "python"
    stamp = venv / "freerange-stamp"
    wanted = {each: fingerprint(each) for each in {extras, DEVELOPMENT}}
    if stamp.is_file() and stamp.read_text() in wanted.values():
        return python
    # Somebody may start this script with an older Python than the project is checked for.
    if sys.version_info < (3, 11):  # noqa: UP036
        raise Stop(f"Python {sys.version.split()[0]} is too old. Install Python 3.11 or newer, and run it with that.")
    began = time.monotonic()
    begin()
    if not has_venv():
        install_with_apt("python3-venv", "Python's venv module")
    prepare("make the virtual environment", (sys.executable, "-m", "venv", str(venv)))
    pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    prepare("install freerange", (*pip, "--editable", f"{ROOT}{extras}"))
    stamp.write_text(wanted[extras])
    done(time.monotonic() - began)
    return python


def fingerprint(extras: str) -> str:
    """What an environment was made from."""
    made_from = (ROOT / "pyproject.toml").read_bytes() + f"{ROOT} {sys.version} {extras}".encode()
    return hashlib.sha256(made_from).hexdigest()


def has_venv() -> bool:
    """Whether `python -m venv` will work; Debian ships the two modules it needs apart."""
    probe = (sys.executable, "-c", "import venv, ensurepip")
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def install_with_apt(packages: str, purpose: str) -> None:
    """Install Debian packages if we may; else say what the person is to do."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Stop(f"{purpose} is missing. Install it (on Debian, as root: apt-get install {packages}), and run again.")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    prepare("read the list of Debian packages", ("apt-get", "-qq", "update"), env=quiet)
    install = ("apt-get", "-qq", "install", "--yes", "--no-install-recommends", *packages.split())
    prepare(f"install {packages}", install, env=quiet)


def prepare(what: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
    """Run one command of the set-up. Raises Stop with its output if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=env)
    if done.returncode:
        output = (done.stdout + done.stderr).strip()
        raise Stop(f"could not {what}. It said:\n{output}\nThe command was: {' '.join(command)}")
