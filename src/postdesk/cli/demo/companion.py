"""The sandbox as its parent sees it: started, asked where it listens, and ended."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from postdesk.basics.errors import BrokenSetup

#: Seconds in which the sandbox ends by itself once its standard input is closed; then it is killed.
GRACE = 10


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where the sandbox listens (ports on 127.0.0.1), who may sign in there, and the address of the customers' page."""

    imap: int
    smtp: int
    users: tuple[str, ...]
    password: str
    page: str


@contextlib.contextmanager
def started(root: Path, *, page_port: int = 0, pace: float = 17.0) -> Iterator[subprocess.Popen[str]]:
    """Start the sandbox with its letter boxes in `root`; it is ended at the end of the `with`.

    It gets ready while the caller does other things: `wait_until_ready` says when. Raises BrokenSetup when the
    packages of the demo are not installed.
    """
    for name in ("pymap", "aiosmtpd"):
        if find_spec(name) is None:
            raise BrokenSetup(f"The demo needs the package {name}: install postdesk[demo].")
    root.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "postdesk.cli.demo.sandbox"]
    options = ["--root", str(root), "--page-port", str(page_port), "--pace", str(pace)]
    with (root / "log").open("w") as log:
        # A session of its own: Ctrl-C at the terminal is for this process, which then ends the sandbox.
        process = subprocess.Popen(
            [*command, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    with process:
        try:
            yield process
        finally:
            _end(process)


def wait_until_ready(process: subprocess.Popen[str], root: Path) -> Sandbox:
    """Where the sandbox listens, as soon as it does. Raises BrokenSetup with its own words when it ended instead."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        words = (root / "log").read_text(errors="replace").strip()[-800:]
        raise BrokenSetup(f"The sandbox mail server did not start: {words}")
    ready = json.loads(line)
    return Sandbox(ready["imap"], ready["smtp"], tuple(ready["users"]), ready["password"], ready["page"])


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
