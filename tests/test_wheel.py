"""The wheel holds the whole program: installed on its own, the command works from anywhere."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree with the build tool at hand: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder))
    subprocess.run((*build, str(ROOT)), check=True, stdin=subprocess.DEVNULL)
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with nothing but the wheel; the packages it needs are lent by this one."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index")
    subprocess.run((*pip, str(wheel)), check=True, stdin=subprocess.DEVNULL)
    [site] = folder.glob("lib/python*/site-packages")
    # A plain path line: the other environment's own .pth files, an editable freerange among them, are not followed.
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def test_the_wheel_holds_every_file_of_the_three_packages_and_no_other(wheel: Path) -> None:
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in ("wallet", "protocols", "agent")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in path.parts[len(ROOT.parts) :])
    }

    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert held == wanted


def test_the_command_runs_from_another_directory(installed: Path, tmp_path: Path) -> None:
    command = (str(installed / "bin" / "freerange"), "--version")

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[0] == "freerange"


def test_the_three_packages_come_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    asked = "import wallet, protocols, agent; print(*(m.__file__ for m in (wallet, protocols, agent)), sep='\\n')"

    done = subprocess.run(
        (str(installed / "bin" / "python"), "-c", asked), cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert all(Path(line).is_relative_to(installed) for line in done.stdout.split())
