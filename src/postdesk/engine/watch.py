"""Push: one selector thread holds the idle IMAP connections of this process's shards (RFC 2177).

    open (pool) --> idle --server speaks--> fetch (pool) --> idle ...
                      '--25 minutes--> reissue (pool) --> idle

Waiting costs nothing; what talks is handed to a small thread pool, which calls the very same turn that polling
calls. When a connection is lost the mailbox is polled, and watched again after a pause that only survival resets.

Some servers hold notifications back (Dovecot 2.3: 500 ms, compiled in). On a server a few milliseconds away, the
mailboxes that had mail in the last minutes are therefore asked by NOOP some times a second instead of idling, within a
fixed budget for the whole process (docs/decisions/0003).
"""

from __future__ import annotations

import random
import selectors
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from postdesk import jobs
from postdesk.basics.clock import monotonic, now
from postdesk.basics.errors import Conflict, PostdeskError
from postdesk.engine import backoff, fetch
from postdesk.engine.connect import open_imap_of
from postdesk.engine.shards import COUNT, Shards
from postdesk.engine.watched import Watched
from postdesk.mailroom import lanes
from postdesk.mailroom.models import MailSettings, Protocol, RemoteMailbox
from postdesk.wire.imap import ImapSource

log = structlog.get_logger(__name__)

#: Seconds: a new look at which mailboxes are ours; reissue of IDLE (before the 29 minutes of RFC 2177).
LOOK, REISSUE = 5.0, 25 * 60.0
#: Eager mailboxes at most, seconds between two questions to one of them, how long after its last mail, and how near.
EAGER, EVERY, EAGER_FOR, NEAR = 4, 0.1, 300.0, 0.01
#: Threads that talk to servers on behalf of the selector.
POOL = 8


Work = Callable[[Watched], None]


class Watcher:
    """The thread. `start`, then `stop` from anywhere."""

    def __init__(self) -> None:
        self.shards = Shards()
        self.watched: dict[int, Watched] = {}
        self.selector = selectors.DefaultSelector()
        self.pool = ThreadPoolExecutor(POOL, thread_name_prefix="watch")
        self.returned: list[Watched] = []
        self.returned_lock = threading.Lock()
        self.stopping = threading.Event()
        self.wake_read, self.wake_write = socket.socketpair()
        self.thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Stop, close every connection, give the shards back."""
        self.stopping.set()
        self._wake()
        self.thread.join(timeout=10)
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        self.selector.register(self.wake_read, selectors.EVENT_READ)
        look_at = 0.0
        while not self.stopping.is_set():
            try:
                if monotonic() >= look_at:
                    look_at = monotonic() + LOOK
                    self._look()
                self._wait(look_at)
            except (OperationalError, InterfaceError):
                # The database is away; it took our shards along. Polling does not work either; try again.
                connection.close_if_unusable_or_obsolete()
                look_at = monotonic() + LOOK
                self.stopping.wait(1.0)
            except Exception as error:  # noqa: BLE001 - a watcher that ends by surprise would be a silent loss of push
                log.error("watch.broke", error=repr(error)[:300])
                self.stopping.wait(1.0)
        for watched in list(self.watched.values()):
            self._drop(watched)
        self.shards.release()
        connection.close()

    def _wait(self, look_at: float) -> None:
        """Wait for servers, returning connections, eager questions or the next look, whichever comes first."""
        eager = [watched for watched in self.watched.values() if watched.eager and not watched.busy]
        due = min([look_at, *(watched.asked_at + EVERY for watched in eager)])
        for key, _events in self.selector.select(max(0.0, due - monotonic())):
            if key.data is None:
                self.wake_read.recv(4096)
            else:
                self._spoke(key.data)
        self._welcome_back()
        for watched in eager:
            if not watched.busy and watched.source and monotonic() >= watched.asked_at + EVERY:
                self._hand_over(watched, self._ask)

    def _look(self) -> None:
        """Which mailboxes are ours now; open the new, drop the gone, reissue the old."""
        shards = self.shards.balance()
        rows = _watchable(shards)
        for mailbox in [known for known in self.watched if known not in rows]:
            if not self.watched[mailbox].busy:
                self._drop(self.watched.pop(mailbox))
        for mailbox in rows:
            watched = self.watched.setdefault(mailbox, Watched(mailbox))
            if watched.busy or watched.hopeless:
                continue
            if watched.source is None and monotonic() >= watched.not_before:
                self._hand_over(watched, self._open)
            elif watched.source is not None and monotonic() - watched.idle_since > REISSUE:
                self._hand_over(watched, self._reissue)
        lost = [mailbox for mailbox in rows if self.watched[mailbox].source is None]
        RemoteMailbox.objects.filter(pk__in=lost, watched_since__isnull=False).update(watched_since=None)
        self._choose_eager()

    def _choose_eager(self) -> None:
        """The most recently active mailboxes of near servers, within the budget."""
        fresh = [
            one for one in self.watched.values() if one.source is not None and one.round_trip < NEAR and _is_active(one)
        ]
        chosen = sorted(fresh, key=lambda one: one.last_mail_at, reverse=True)[:EAGER]
        for watched in self.watched.values():
            was, watched.eager = watched.eager, any(watched is one for one in chosen)
            if was and not watched.eager and not watched.busy and watched.source is not None:
                self._hand_over(watched, self._reissue)

    def _spoke(self, watched: Watched) -> None:
        """A server said something into an idle connection."""
        assert watched.source is not None
        try:
            mail = watched.source.idle_pending()
        except PostdeskError as error:
            self._lost(watched, error)
            return
        if mail:
            self._hand_over(watched, self._fetch)

    def _hand_over(self, watched: Watched, work: Work) -> None:
        watched.busy = True
        self._forget(watched)
        self.pool.submit(self._work, watched, work)

    def _welcome_back(self) -> None:
        with self.returned_lock:
            returned, self.returned = self.returned, []
        for watched in returned:
            watched.busy = False
        if any(watched.source is not None and not watched.eager and _is_active(watched) for watched in returned):
            # Not only at the next look: the second mail of a conversation follows the first within seconds.
            self._choose_eager()
        for watched in returned:
            if watched.mailbox not in self.watched:
                self._drop(watched)
            elif watched.source is None or watched.eager or watched.busy:
                continue
            elif not watched.source.is_idle:
                # It stopped being eager just after its last question: without IDLE nobody would hear of its mail.
                self._hand_over(watched, self._reissue)
            else:
                watched.registered = watched.source.fileno()
                self.selector.register(watched.registered, selectors.EVENT_READ, watched)

    def _forget(self, watched: Watched) -> None:
        if watched.registered is not None:
            with suppress(KeyError, ValueError, OSError):
                self.selector.unregister(watched.registered)
            watched.registered = None

    def _drop(self, watched: Watched) -> None:
        self._forget(watched)
        if watched.source is not None:
            watched.source.close()
            watched.source = None

    def _lost(self, watched: Watched, error: Exception) -> None:
        """The connection is gone. Only one that lived long resets the pause."""
        survived = monotonic() - watched.opened_at > backoff.SURVIVAL
        watched.failures = 1 if survived else watched.failures + 1
        watched.not_before = monotonic() + backoff.pause(watched.failures, dice=random.random())
        if watched.source is not None:
            # Polling takes over at once: it finishes the turn, or says on the mailbox's page what is wrong.
            with suppress(OperationalError, InterfaceError):
                RemoteMailbox.objects.filter(pk=watched.mailbox).update(next_fetch_at=None, watched_since=None)
        self._drop(watched)
        watched.opened_at = float("inf")
        log.info("watch.lost", mailbox=watched.mailbox, error=type(error).__name__, failures=watched.failures)

    def _wake(self) -> None:
        self.wake_write.send(b"x")

    def _work(self, watched: Watched, work: Work) -> None:
        close_old_connections()
        try:
            work(watched)
        except PostdeskError as error:
            self._lost(watched, error)
        except (OperationalError, InterfaceError) as error:
            self._lost(watched, error)
        except Exception as error:  # noqa: BLE001 - one mailbox never takes the watcher down
            log.error("watch.failed", mailbox=watched.mailbox, error=repr(error)[:300])
            self._lost(watched, error)
        finally:
            with self.returned_lock:
                self.returned.append(watched)
            self._wake()

    def _open(self, watched: Watched) -> None:
        """Connect, take what came meanwhile, idle."""
        row = fetch.readable(watched.mailbox)
        if row is None:
            return
        watched.source, watched.generation = open_imap_of(row), row.generation
        watched.opened_at = monotonic()
        if "IDLE" not in watched.source.capabilities:
            watched.hopeless = True
            watched.source.close()
            watched.source = None
            return
        began = monotonic()
        watched.source.probe()
        watched.round_trip = monotonic() - began
        self._fetch(watched)
        RemoteMailbox.objects.filter(pk=watched.mailbox).update(watched_since=now())

    def _fetch(self, watched: Watched) -> None:
        """Leave IDLE, take a turn on this very connection, idle again."""
        source = watched.source
        assert source is not None
        source.idle_end()
        self._turn(watched, source)
        self._rest(watched, source)

    def _turn(self, watched: Watched, source: ImapSource) -> None:
        row = fetch.readable(watched.mailbox)
        if row is None:
            return
        if row.generation != watched.generation:
            raise Conflict("The mailbox was pointed elsewhere: this connection leads to where it was.")
        with lanes.lane(f"fetch:{watched.mailbox}") as free:
            turn = fetch.take_turn(row, source) if free else None
        if turn is None or turn.more:
            jobs.defer("fetch", mailbox=watched.mailbox)
        if turn is not None and turn.taken:
            watched.last_mail_at = monotonic()

    def _ask(self, watched: Watched) -> None:
        """An eager mailbox: ask instead of waiting to be told; when it is eager no longer, idle again."""
        source = watched.source
        assert source is not None
        watched.asked_at = monotonic()
        source.idle_end()
        if source.probe():
            self._turn(watched, source)
        if not watched.eager:
            self._rest(watched, source)

    def _reissue(self, watched: Watched) -> None:
        source = watched.source
        assert source is not None
        source.idle_end()
        self._rest(watched, source)

    def _rest(self, watched: Watched, source: ImapSource) -> None:
        """Idle. What came between the last look and now is announced with the answer."""
        source.idle_begin()
        while source.idle_pending():
            source.idle_end()
            self._turn(watched, source)
            source.idle_begin()
        watched.idle_since = monotonic()


def _is_active(watched: Watched) -> bool:
    return monotonic() - watched.last_mail_at < EAGER_FOR


def _watchable(shards: set[int]) -> set[int]:
    """Ids of the mailboxes to watch among these shards; none while fetching is switched off."""
    if not shards or not MailSettings.objects.filter(pk=1, fetching=True).exists():
        return set()
    rows = RemoteMailbox.objects.filter(status=True, push=True, paused_at__isnull=True, protocol=Protocol.IMAP)
    return {pk for pk in rows.values_list("id", flat=True) if pk % COUNT in shards}
