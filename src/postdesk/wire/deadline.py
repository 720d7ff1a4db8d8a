"""A time limit on an operation as a whole.

A socket's own time-out starts anew with every byte, so a server that drips one every five seconds
holds a thread for ever. Here one daemon thread a process shuts the socket down when the time is up,
which wakes the blocked call with an end of file or an error.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import socket
import threading
from collections.abc import Iterator
from weakref import WeakKeyDictionary, ref

from postdesk.basics.clock import monotonic
from postdesk.basics.errors import Disconnected


class Deadline:
    """When the operation on one socket must be over; `None` while there is none."""

    def __init__(self, sock: socket.socket) -> None:
        # Weak: the table below is keyed by the socket, and would keep it for ever.
        self._sock = ref(sock)
        self.due: float | None = None
        self.queued: float | None = None
        self.passed = False

    def extend(self, seconds: float) -> None:
        """Grant more time; the watchdog looks again when the old time is up."""
        if self.due is not None:
            self.due += seconds

    def shut(self) -> None:
        """Wake whoever is blocked on the socket.

        Not SSLSocket.shutdown: it takes the TLS layer away first, and a write in that instant would
        leave in clear text.
        """
        sock = self._sock()
        if sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class Watchdog:
    """A heap of the earliest moment to look at each socket. A socket has one live entry at most, so
    thousands of short operations a second on a connection do not grow it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Deadline]] = []
        self._order = itertools.count()
        self._known: WeakKeyDictionary[socket.socket, Deadline] = WeakKeyDictionary()
        self._running = False

    def arm(self, sock: socket.socket, due: float) -> Deadline:
        """Watch `sock` until `due`."""
        with self._changed:
            deadline = self._known.get(sock)
            if deadline is None:
                deadline = self._known[sock] = Deadline(sock)
            deadline.due = due
            if deadline.queued is None or due < deadline.queued:
                self._queue(deadline, due)
            return deadline

    def forget(self, deadline: Deadline, back_to: float | None) -> None:
        """The operation is over; `back_to` is the moment of the operation around it."""
        with self._changed:
            deadline.due = back_to

    def due_of(self, sock: socket.socket) -> float | None:
        """The moment by which the operation now running on `sock` must be over."""
        with self._changed:
            deadline = self._known.get(sock)
            return deadline.due if deadline else None

    def _queue(self, deadline: Deadline, when: float) -> None:
        deadline.queued = when
        heapq.heappush(self._heap, (when, next(self._order), deadline))
        if not self._running:
            self._running = True
            threading.Thread(target=self._watch, name="wire-deadlines", daemon=True).start()
        elif self._heap[0][2] is deadline:
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while True:
                while not self._heap:
                    self._changed.wait()
                when, _, deadline = self._heap[0]
                wait = when - monotonic()
                if wait > 0:
                    self._changed.wait(wait)
                    continue
                heapq.heappop(self._heap)
                if deadline.queued == when:
                    deadline.queued = None
                    self._look(deadline)

    def _look(self, deadline: Deadline) -> None:
        if deadline.due is None:
            return
        if deadline.due > monotonic():
            self._queue(deadline, deadline.due)
            return
        deadline.passed = True
        deadline.shut()


_watchdog = Watchdog()


def _anew() -> None:
    global _watchdog
    _watchdog = Watchdog()


os.register_at_fork(after_in_child=_anew)


@contextlib.contextmanager
def within(seconds: float, sock: socket.socket) -> Iterator[Deadline]:
    """Run the body on `sock` for at most `seconds`; nested limits keep the earlier one.

    Raises Disconnected from whatever error the blocked call ends with; the socket is dead then.
    """
    outer = _watchdog.due_of(sock)
    due = monotonic() + seconds
    deadline = _watchdog.arm(sock, due if outer is None else min(due, outer))
    try:
        yield deadline
    except Exception as exc:
        if deadline.passed:
            raise Disconnected(f"no answer from the server within {seconds:g} s") from exc
        raise
    finally:
        _watchdog.forget(deadline, outer)
