"""Small disks that can be filled: file systems in memory or, where none may be mounted, a failpoint that says so."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
CHUNKS = (bytes(64 * 1024), bytes(4096), bytes(1))


@dataclass(frozen=True)
class Volume:
    """A disk. folder: a directory on it that only we may enter; mounted: it is a file system of its own."""

    place: Path
    folder: Path
    mounted: bool

    @property
    def filler(self) -> Path:
        """What takes the space, or says that there is none."""
        return self.place / "filler"

    @property
    def failpoints(self) -> str:
        """What an agent on this disk is to be started with."""
        return "" if self.mounted else f"writer.begun=enospc?{self.filler}"

    def fill(self) -> None:
        """Leave no space at all."""
        with self.filler.open("ab", buffering=0) as file:
            for piece in CHUNKS if self.mounted else ():
                try:
                    while file.write(piece) == len(piece):
                        continue
                except OSError:
                    continue

    def free(self) -> None:
        """Give the space back."""
        self.filler.unlink(missing_ok=True)

    def seal(self) -> None:
        """Let nobody write to it any more."""
        mount("-o", "remount,ro", str(self.place))


def mount(*options: str) -> bool:
    """Mount something. Returns whether that was allowed."""
    return subprocess.run(("mount", *options), capture_output=True, check=False).returncode == 0


@contextmanager
def volume(place: Path, mib: int) -> Iterator[Volume]:
    """A disk of so many MiB."""
    place.mkdir()
    mounted = mount("-t", "tmpfs", "-o", f"size={mib}m,mode=700", "none", str(place))
    try:
        (place / "agent").mkdir(mode=0o700)
        yield Volume(place, place / "agent", mounted)
    finally:
        if mounted:
            subprocess.run(("umount", "--lazy", str(place)), check=True)
