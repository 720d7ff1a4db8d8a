"""Several worker processes side by side. The parent only minds them: it opens no database and imports no Django."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import threading
from typing import Final

import structlog

from postdesk.basics.clock import monotonic

log = structlog.get_logger(__name__)

#: What the n-th of several processes is (jobs.Staffing says what each does), and so on in turns.
TURNS: Final = ("carriers", "clerks", "post")
#: Seconds before a process that died is started again: the first time, and at most; and after which life it counts as
#: the first time again.
FIRST_WAIT, LAST_WAIT, LONG_LIFE = 0.1, 10.0, 5.0


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
    children = [Child(command) for command in commands]
    code = 0
    while not stopping.wait(0.1):
        if until_idle and children[0].process.poll() is not None:
            code = abs(int(children[0].process.returncode))
            break
        for child in children:
            child.mind(monotonic())
    for child in children:
        child.process.terminate()
    for child in children:
        child.process.wait(timeout=30)
    return code


class Child:
    """One process, and the next one in its place when it dies.

    One that dies young again and again (the database is away) is started ever more rarely: its start would keep a core
    busy and fill the log.
    """

    def __init__(self, command: list[str]) -> None:
        self._command = command
        #: Seconds that the last death was waited after.
        self.wait = FIRST_WAIT
        self._due: float | None = None
        self._begin(monotonic())

    def _begin(self, at: float) -> None:
        # A group of its own: Ctrl-C in a terminal goes to the parent alone. Called while there is no other thread.
        ending = _die_with_parent if sys.platform == "linux" else None
        self.process = subprocess.Popen(self._command, process_group=0, preexec_fn=ending)  # noqa: PLW1509
        self._began, self._due = at, None

    def mind(self, at: float) -> None:
        """Look whether it lives (`at`: monotonic seconds); if not, start another when that is due."""
        code = self.process.poll()
        if code is None:
            return
        if self._due is None:
            self.wait = FIRST_WAIT if at - self._began > LONG_LIFE else min(LAST_WAIT, 2 * self.wait)
            self._due = at + self.wait
            log.error("worker.died", code=code, again_in=self.wait)
        if at >= self._due:
            self._begin(at)


def _die_with_parent() -> None:
    """PR_SET_PDEATHSIG: a parent killed with -9 leaves no worker behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
