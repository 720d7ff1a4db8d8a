"""One exchange after another on an IMAP connection: time kept, errors translated, a broken connection closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from postdesk.basics.errors import Busy, Disconnected, LoginRefused, Rejected, WireError
from postdesk.wire.deadline import within
from postdesk.wire.errors import LIBRARY_ERRORS, border
from postdesk.wire.imap_link import SMALL_ANSWER, Client, hang_up
from postdesk.wire.source import SLOWEST, Key

_FAREWELL = 5.0  # seconds that LOGOUT may take
_PER_COMMAND = 500  # messages named in one command


class Talk:
    """A signed-in connection. `client` speaks; every use of it stands in a `with talk("what"):`."""

    def __init__(self, client: Client, host: str, timeout: float) -> None:
        self.client, self.link, self.host = client, client.link, host
        self.timeout = timeout
        self._closed = False

    @contextmanager
    def __call__(self, stage: str, *, lines: int = 0, literals: int = SMALL_ANSWER) -> Iterator[None]:
        """Do one thing within the time-out.

        `lines` is how many bytes of lines are expected, and buys time; `literals` is how many bytes of messages may
        come. A refusal leaves the connection as it is; whatever else goes wrong closes it.
        """
        if self._closed:
            raise Disconnected("the connection is closed")
        link = self.link
        link.allowance = literals
        try:
            with (
                border(self.host, stage),
                within(self.timeout + lines / SLOWEST, link.sock) as link.deadline,
            ):
                yield
        except (Rejected, Busy, LoginRefused):
            raise
        except BaseException:
            self.drop()
            raise
        finally:
            link.deadline = None

    def leave(self, *, politely: bool) -> None:
        """Log out if the server will, and close. Never raises; a second call does nothing."""
        if self._closed:
            return
        if politely:
            with suppress(*LIBRARY_ERRORS, WireError), within(min(self.timeout, _FAREWELL), self.link.sock):
                self.link._simple_command("LOGOUT")
        self.drop()

    def drop(self) -> None:
        """Close without a word."""
        self._closed = True
        hang_up(self.link)


def as_uids(keys: Sequence[Key]) -> list[int]:
    """Keys of an IMAP folder are UIDs."""
    return [int(key) for key in keys]


def named(uids: Sequence[int]) -> Iterator[str]:
    """UIDs as sequence sets (RFC 3501 section 9), "3:7,9", so many in one command."""
    for start in range(0, len(uids), _PER_COMMAND):
        runs: list[list[int]] = []
        for uid in sorted(set(uids[start : start + _PER_COMMAND])):
            if runs and uid == runs[-1][1] + 1:
                runs[-1][1] = uid
            else:
                runs.append([uid, uid])
        yield ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)


def uids_in(uid_set: str) -> set[int]:
    """The UIDs of a sequence set as `named` writes it."""
    runs = (run.partition(":") for run in uid_set.split(","))
    return {uid for first, _, last in runs for uid in range(int(first), int(last or first) + 1)}
