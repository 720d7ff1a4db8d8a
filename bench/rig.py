"""What every measurement stands on: Dovecot, a sink in its own process, a fresh installation, and process figures."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from tests.support.desk_file import desk_file
from tests.support.dovecot import Dovecot

from postdesk.project import database


@dataclass
class Rig:
    dovecot: Dovecot
    sink_port: int
    sink_status: int
    sink_pid: int
    data: Path
    url: str
    env: dict[str, str]
    link: psycopg.Connection[Any] | None = None

    def postdesk(self, *arguments: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            [sys.executable, "-m", "postdesk", *arguments], env=self.env, input=stdin, capture_output=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"postdesk {arguments}: {done.stderr.decode()[-3000:]}")
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "postdesk", *arguments], env=self.env)

    def apply(self, *, more: str = "", **options: Any) -> None:
        """The tests' desk file with these options, and `more` at its end."""
        path = self.data / "desk.toml"
        path.write_text(desk_file(port=self.dovecot.imap, smtp_port=self.sink_port, **options) + more)
        self.postdesk("apply", str(path))

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """On one connection that stays open: opening one costs the server more than most questions do."""
        if self.link is None:
            self.link = psycopg.connect(self.url, autocommit=True)
        cursor = self.link.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []

    def cpu(self, worker: int) -> dict[str, float]:
        """CPU seconds so far of the program, the database, Dovecot and the sink."""
        postmaster = int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])
        return {
            "program": tree_seconds(worker),
            "database": tree_seconds(postmaster),
            "dovecot": tree_seconds(self.dovecot.pid or 0),
            "sink": tree_seconds(self.sink_pid),
        }

    def sink(self, verb: str) -> list[dict[str, Any]]:
        with socket.create_connection(("127.0.0.1", self.sink_status)) as link:
            link.sendall(verb.encode() + b"\r\n")
            if verb != "LOG":
                link.shutdown(socket.SHUT_WR)
            text = b"".join(iter(lambda: link.recv(1 << 20), b""))
        return [json.loads(line) for line in text.splitlines() if line.strip()]


@contextmanager
def rig() -> Iterator[Rig]:
    """Start everything; end it afterwards. The installation has an embedded PostgreSQL of its own."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="postdesk-bench-", ignore_cleanup_errors=True))
        )
        folder.chmod(0o755)
        dovecot = stack.enter_context(Dovecot())
        sink = subprocess.Popen(
            [sys.executable, "-m", "tests.support.sink"], stdout=subprocess.PIPE, text=True
        )  # fmt: skip
        stack.callback(sink.wait)
        stack.callback(sink.terminate)
        assert sink.stdout is not None
        said = json.loads(sink.stdout.readline())
        embedded = database.open_embedded(folder)
        stack.callback(database.close_embedded, embedded)
        env = {
            **os.environ,
            "POSTDESK_DATA": str(folder),
            "POSTDESK_LOG_LEVEL": "warning",
            "POSTDESK_SECRET_KEYS": "b" * 40,
        }
        env.pop("DATABASE_URL", None)
        built = Rig(dovecot, said["port"], said["status_port"], sink.pid, folder, embedded.uri, env)
        built.postdesk("tickets", "--json")
        yield built
        if built.link is not None:
            built.link.close()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its ended children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process, its children and theirs, as they live now."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def tree_seconds(pid: int) -> float:
    """CPU seconds of a process, its children and theirs, ended ones included."""
    return sum(cpu_seconds(one) for one in tree(pid))


def megabytes(pids: list[int]) -> dict[int, float]:
    """Memory of each process now: its own pages, and its share of those it has in common (PSS)."""
    found = {}
    for one in pids:
        with suppress(OSError):
            rolled = Path(f"/proc/{one}/smaps_rollup").read_text()
            found[one] = next(int(line.split()[1]) for line in rolled.splitlines() if line.startswith("Pss:")) / 1024
    return found


class Watermark:
    """Samples the memory of a worker's processes; `together`: the most of all at one instant, `single`: of one."""

    def __init__(self, pid: int) -> None:
        self.pids = tree(pid)
        now = megabytes(self.pids)
        self.together, self.single = sum(now.values()), max(now.values())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Watermark:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            now = megabytes(self.pids).values()
            self.together, self.single = max(self.together, sum(now)), max(self.single, *now)


def stop(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGTERM)
    child.wait(timeout=40)


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def wait_for(condition: Any, seconds: float, pause: float = 0.02) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise SystemExit("the measurement took too long")
        time.sleep(pause)
