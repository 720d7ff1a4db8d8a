"""`postdesk run`, `web` and `worker`: the processes of an installation."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from rich.console import Console

from postdesk.basics.clock import monotonic
from postdesk.basics.errors import BrokenSetup
from postdesk.cli.start import django_ready, load
from postdesk.engine.processes import work_in_processes

console = Console(stderr=True)


def run(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Everything on one machine: database, migrations, web and worker. Ctrl-C stops all of it."""
    django_ready()
    made = load("postdesk.cli.first_agent", "first_agent")()

    def say(address: str) -> None:
        console.print(f"postdesk runs at [bold]{address}[/]. Ctrl-C stops it.")
        if made:
            console.print(f"Sign in as [bold]{made[0]}[/] with the password [bold]{made[1]}[/] (shown only now).")

    serve(host, port, on_ready=say)


def serve(host: str, port: int, *, on_ready: Callable[[str], None]) -> None:
    """Run web and worker as child processes until Ctrl-C or SIGTERM; a child that dies is started again.

    `on_ready` is called with the address once the pages answer. Raises BrokenSetup when the port is taken.
    """
    free_port(host, port)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    commands = (
        [sys.executable, "-m", "postdesk", "web", "--host", host, "--port", str(port)],
        [sys.executable, "-m", "postdesk", "worker"],
    )
    children = [_child(command) for command in commands]
    try:
        if _answers(host, port, stopping):
            on_ready(f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}/")
        while not stopping.wait(0.5):
            for place, child in enumerate(children):
                if child.poll() is not None:
                    console.print(f"A process ended unexpectedly (code {child.returncode}); starting it again.")
                    children[place] = _child(commands[place])
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(timeout=25)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def free_port(host: str, port: int) -> None:
    """Raises BrokenSetup when nothing can listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BrokenSetup(f"Nothing can listen on {host} port {port}: {error.strerror}.") from error


def web(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the pages."""
    django_ready()
    server = Granian(
        "postdesk.project.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        backlog=512,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    )
    server.serve()


def worker(processes: int | None = None, until_idle: bool = False, crew: str | None = None) -> int:
    """Fetch, take in, deliver: in one process on one core, else in three or more. Returns the exit code."""
    count = processes or (1 if os.cpu_count() == 1 else 3)
    if crew is None and count > 1:
        return work_in_processes(max(3, count), until_idle=until_idle)
    django_ready()
    load("postdesk.engine.supervisor", "work_until_idle" if until_idle else "work")(crew or "everything")
    return 0


def _child(command: list[str]) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C in a terminal goes to the parent alone, which ends its children in order.
    # The function is called before any thread is started, and only makes one system call.
    ending = _die_with_parent if sys.platform == "linux" else None
    return subprocess.Popen(command, process_group=0, preexec_fn=ending)  # noqa: PLW1509


def _die_with_parent() -> None:
    """PR_SET_PDEATHSIG: a parent killed with -9 leaves no web or worker behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _answers(host: str, port: int, stopping: threading.Event, seconds: float = 60.0) -> bool:
    """Wait until the pages can be had."""
    until = monotonic() + seconds
    where = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    while monotonic() < until and not stopping.is_set():
        try:
            with socket.create_connection((where, port), timeout=1):
                return True
        except OSError:
            stopping.wait(0.05)
    return False
