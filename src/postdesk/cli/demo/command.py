"""`postdesk demo`: everything, on a folder that is thrown away at the end, with customers who write by themselves."""

from __future__ import annotations

import atexit
import contextlib
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Protocol

from rich.console import Console
from rich.panel import Panel
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from postdesk.basics.errors import BrokenSetup
from postdesk.cli.demo.companion import Sandbox, started, wait_until_ready
from postdesk.cli.demo.customers import AGENTS
from postdesk.cli.serve import serve
from postdesk.cli.start import django_ready
from postdesk.project import environment

#: How many ports are tried, from the wished one upwards.
PORTS_TRIED = 50

#: Seconds to wait for the first ticket before the display gives up on it.
FIRST_TICKET = 60.0


class FirstTicket(Protocol):
    """Watches for the first ticket and calls `told`: whether it came, or not within `seconds`."""

    def __call__(self, told: Callable[[bool], None], *, give_up: threading.Event, seconds: float) -> object: ...


def demo(host: str = "127.0.0.1", port: int = 8000, *, pace: float = 17.0) -> None:
    """Run the demo until Ctrl-C. `pace`: seconds between the customers' mails, after the first six.

    Uses the next free port when `port` is taken. Raises BrokenSetup when a part does not start.
    """
    chosen = free_port(host, port)
    at = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{chosen}"
    folder = _throw_away_folder()
    environment.use_data_folder(folder / "desk", base_url=at)
    signal.signal(signal.SIGTERM, _interrupt)
    console = Console(stderr=True)
    with (
        contextlib.suppress(KeyboardInterrupt),
        started(folder / "mail", page_port=chosen + 1, pace=pace) as process,
        Stages(console) as stages,
    ):
        with stages.next("Database"):
            django_ready(migrate=False)
            # What knows Django can be imported only now that the environment names the data folder.
            from postdesk.cli.demo import desk
        with stages.next("Tables"):
            django_ready()
        with stages.next("Mail server with customers"):
            sandbox = wait_until_ready(process, folder / "mail")
        with stages.next("Departments, agents, addresses"):
            passwords = {address: secrets.token_urlsafe(9) for address in AGENTS}
            desk.furnish(desk.desk_file(sandbox, passwords))
        summary = _summary(at, passwords, sandbox, taken=port if port not in {0, chosen} else None)
        _serve(stages, host, chosen, desk.tell_first_ticket, summary)
    console.print("The demo is over, and its folder goes with it.")


def _serve(stages: Stages, host: str, port: int, tell: FirstTicket, summary: Panel) -> None:
    """Run web and worker until Ctrl-C; print `summary` when the first ticket is there."""
    stopping = threading.Event()
    stages.begin("Web and worker")

    def told(came: bool) -> None:
        stages.end_all(done=came)
        Console().print(summary)

    def on_ready(address: str) -> None:
        stages.begin("First ticket")
        tell(told, give_up=stopping, seconds=FIRST_TICKET)

    try:
        serve(host, port, on_ready=on_ready)
    finally:
        stopping.set()


class Stages:
    """The progress display: what has begun, what is done, how long each took."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console)
        self._current: TaskID | None = None

    def __enter__(self) -> Stages:
        self._progress.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._progress.stop()

    def begin(self, name: str) -> None:
        """The stage before is done, this one runs."""
        self._finish_current()
        self._current = self._progress.add_task(name, total=1)

    @contextlib.contextmanager
    def next(self, name: str) -> Iterator[None]:
        """One stage from its beginning to its end."""
        self.begin(name)
        yield
        self._finish_current()

    def end_all(self, *, done: bool) -> None:
        """Nothing more will happen; the last stage is `done` or was given up."""
        if done:
            self._finish_current()
        self._progress.stop()

    def _finish_current(self) -> None:
        if self._current is not None:
            self._progress.update(self._current, completed=1)
            self._current = None


def free_port(host: str, wished: int) -> int:
    """The first port from `wished` upwards that nobody listens on. Raises BrokenSetup when there is none nearby."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(wished, min(wished + PORTS_TRIED, 65536)):
        with socket.socket(family, socket.SOCK_STREAM) as door:
            # As servers do: a port whose last connections are still fading away is free.
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind((host, port))
            except OSError:
                continue
            return door.getsockname()[1] if port == 0 else port
    raise BrokenSetup(f"No free port on {host} from {wished} on.")


def _summary(at: str, passwords: dict[str, str], sandbox: Sandbox, *, taken: int | None) -> Panel:
    table = Table.grid(padding=(0, 2))
    table.add_row("The desk", f"[bold]{at}/[/]" + (f" (port {taken} is taken)" if taken is not None else ""))
    table.add_row("Admin Panel", f"[bold]{at}/panel[/]  (as alice)")
    for address, password in passwords.items():
        table.add_row("Sign in", f"{address}  password [bold]{password}[/]")
    table.add_row("The customers", f"[bold]{sandbox.page}[/]")
    table.add_row("", "Answer a ticket, and read there what arrived.")
    table.add_row("", "Ctrl-C ends it all.")
    return Panel(table, title="postdesk demo", expand=False)


def _throw_away_folder() -> Path:
    """A new folder that is removed when the process ends, after the database in it has been stopped.

    That order holds because exit functions run last to first, and the settings register theirs later.
    """
    folder = Path(tempfile.mkdtemp(prefix="postdesk-demo-"))
    # Where root starts it, the database runs as a user of its own and must get in.
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
