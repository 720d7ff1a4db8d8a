"""What nobody expects ends no thread, leaves nobody deaf, and is told on the mailbox's page."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from postdesk.engine import fetch, supervisor, watch
from postdesk.engine.supervisor import Ticker
from postdesk.engine.watch import Watcher
from postdesk.engine.watched import Watched
from postdesk.mailroom.bulk import insert, native_cursor
from postdesk.mailroom.models import RemoteMailbox, SpooledMail
from postdesk.wire.imap import ImapSource
from tests.support.desk import AT, a_desk

SURPRISES = (RuntimeError("nonsense"), OperationalError("the database is away"), KeyError(7))


def surprised(calls: list[int], survived: threading.Event) -> Callable[..., None]:
    """Raises each of the SURPRISES in turn, and then lets know that it was called once more."""

    def step(*_: object) -> None:
        calls.append(len(calls))
        if len(calls) <= len(SURPRISES):
            raise SURPRISES[len(calls) - 1]
        survived.set()

    return step


@pytest.mark.django_db(transaction=True)
def test_the_clock_goes_on_after_every_surprise(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    survived = threading.Event()
    monkeypatch.setattr(supervisor, "TICK", 0.01)
    monkeypatch.setattr(supervisor, "tick", surprised(calls, survived))
    ticker = Ticker()

    ticker.start()
    went_on = survived.wait(10)
    ticker.stop()

    assert went_on
    assert not ticker.thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_the_watcher_goes_on_after_every_surprise(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    survived = threading.Event()
    monkeypatch.setattr(watch, "LOOK", 0.01)
    monkeypatch.setattr(Watcher, "_look", surprised(calls, survived))
    watcher = Watcher()

    watcher.start()
    went_on = survived.wait(20)
    watcher.stop()
    _close(watcher)

    assert went_on
    assert not watcher.thread.is_alive()


# --- the watcher's descriptors


class Line(ImapSource):
    """A connection whose other end is in the test's hand."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.idling = False
        self.idled = threading.Event()

    @property
    def is_idle(self) -> bool:
        return self.idling

    def fileno(self) -> int:
        return self.ours.fileno()

    def idle_begin(self) -> None:
        self.idling = True
        self.idled.set()

    def idle_end(self) -> None:
        self.idling = False

    def idle_pending(self) -> bool:
        return False

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    made = Watcher()
    yield made
    made.pool.shutdown(wait=True)
    _close(made)


def _close(watcher: Watcher) -> None:
    watcher.selector.close()
    watcher.wake_read.close()
    watcher.wake_write.close()


def returns(watcher: Watcher, watched: Watched) -> None:
    watcher.watched[watched.mailbox] = watched
    watched.busy = True
    watcher.returned.append(watched)
    watcher._welcome_back()


def test_a_descriptor_that_was_closed_behind_its_back_makes_room_for_the_next_connection(watcher: Watcher) -> None:
    first = Line()
    first.idling = True
    watched = Watched(1, source=first)
    returns(watcher, watched)
    number = first.fileno()
    assert number in watcher.selector.get_map()

    first.close()
    watcher._drop(watched)
    second = Line()
    second.idling = True
    # The system gives the number away again.
    assert second.fileno() == number
    returns(watcher, Watched(2, source=second))

    assert watcher.selector.get_map()[number].data.mailbox == 2
    second.close()


@pytest.mark.django_db
def test_a_mailbox_that_stops_being_eager_while_it_is_asked_is_not_deaf(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test's own connection must outlive the pool's work.
    monkeypatch.setattr(watch, "close_old_connections", lambda: None)
    line = Line()
    watched = Watched(1, source=line, eager=False)

    returns(watcher, watched)

    assert line.idled.wait(5), "nobody asks it, and it was not told to tell"
    line.close()


# --- the database's errors, past Django's cursors


@pytest.mark.django_db
def test_the_drivers_errors_come_out_as_djangos() -> None:
    with pytest.raises(DataError), transaction.atomic(), native_cursor() as cursor:
        cursor.execute("SELECT 1 / %s", [0])
    mailbox = a_desk().mailbox
    row = {"mailbox": mailbox, "folder": "INBOX", "epoch": 7, "uid": 1, "seen_at": AT}
    insert([SpooledMail(**row)])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([SpooledMail(**row)])

    assert SpooledMail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_cut_is_an_operational_error_for_whoever_retries() -> None:
    with pytest.raises(OperationalError), native_cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()

    assert SpooledMail.objects.count() == 0


# --- the mailbox's health


@pytest.mark.django_db
def test_an_error_nobody_expected_is_told_on_the_mailboxes_page_without_its_words_and_goes_when_it_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mailbox = a_desk().mailbox

    def breaks(row: RemoteMailbox) -> None:
        raise RuntimeError("password hunter2")

    monkeypatch.setattr(fetch, "open_source", breaks)
    for _ in range(2):
        fetch.take_turn(mailbox)
    row = RemoteMailbox.objects.get(pk=mailbox.pk)
    assert (row.failures, row.last_error) == (2, "The fetch failed inside postdesk: RuntimeError.")
    assert row.next_fetch_at is not None

    fetch._well(fetch.Turn(mailbox, 0.0))

    row.refresh_from_db()
    assert (row.failures, row.last_error) == (0, "")
