"""Workers by the dozen, to be killed: one process imports everything once and forks a worker whenever asked.

`python -m tests.support.nursery`: each line "spawn" on standard input forks a `worker --until-idle` and prints its
process id; "reap ID" waits for it and prints how it ended. Only the forked workers open connections.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import traceback


class Nursery:
    """The parent's handle on a nursery process."""

    def __init__(self, env: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.support.nursery"]
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _ask(self, line: str) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def spawn(self) -> int:
        """Fork a worker; its process id."""
        return self._ask("spawn")

    def reap(self, pid: int) -> int:
        """Wait for it; minus the signal's number when it was killed."""
        return self._ask(f"reap {pid}")

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


def _child() -> None:
    from postdesk.engine import supervisor

    code = 1
    try:
        os.setsid()
        supervisor.work_until_idle()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postdesk.project.settings")
    django.setup()
    from postdesk.engine import supervisor  # noqa: F401 - imported once, for all the workers to come

    for line in sys.stdin:
        verb, _, argument = line.strip().partition(" ")
        if verb == "spawn":
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                _child()
            print(pid, flush=True)
        elif verb == "reap":
            _pid, status = os.waitpid(int(argument), 0)
            print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
