"""Several worker processes side by side. The parent only minds them: it opens no database and imports no Django."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import threading
from typing import Final

import structlog

log = structlog.get_logger(__name__)

#: What the n-th of several processes is (jobs.Staffing says what each does), and so on in turns.
TURNS: Final = ("carriers", "clerks", "post")


def work_in_processes(count: int, *, until_idle: bool) -> int:
    """Run `count` worker processes (three at least), by turns, and replace each that dies, until told to stop.

    With `until_idle` the first of them says when all work is done, and its exit code is returned: if each
    decided for itself, one could leave just before another finds it a last job.
    """
    crews = [TURNS[place % len(TURNS)] for place in range(count)]
    commands = [[sys.executable, "-m", "postdesk", "worker", "--crew", crew] for crew in crews]
    if until_idle:
        commands[0].append("--until-idle")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    children = [_child(command) for command in commands]
    code = 0
    while not stopping.wait(0.1):
        if until_idle and children[0].poll() is not None:
            code = abs(int(children[0].returncode))
            break
        for place, child in enumerate(children):
            if child.poll() is not None:
                log.error("worker.died", code=child.returncode)
                children[place] = _child(commands[place])
    for child in children:
        child.terminate()
    for child in children:
        child.wait(timeout=30)
    return code


def _child(command: list[str]) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C in a terminal goes to the parent alone. Called while there is no other thread.
    ending = _die_with_parent if sys.platform == "linux" else None
    return subprocess.Popen(command, process_group=0, preexec_fn=ending)  # noqa: PLW1509


def _die_with_parent() -> None:
    """PR_SET_PDEATHSIG: a parent killed with -9 leaves no worker behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
