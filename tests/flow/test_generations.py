"""Keys mean something only together with the store that gave them: repointed mailboxes, and keys given away anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from email.utils import format_datetime

import pytest

from postdesk.basics.clock import now
from postdesk.basics.errors import Conflict, Disconnected
from postdesk.engine import fetch
from postdesk.engine.watch import Watcher
from postdesk.engine.watched import Watched
from postdesk.flow import intake
from postdesk.mailroom import spool
from postdesk.mailroom.connect import mailbox_setup, save_mailbox
from postdesk.mailroom.models import Email, Letter, RemoteMailbox, SpooledMail
from postdesk.tickets.models import Ticket
from postdesk.wire.imap import ImapSource
from postdesk.wire.pop3 import Pop3Source
from postdesk.wire.source import Fetched, Key, Listed
from tests.support.desk import AT, a_desk, mail

pytestmark = pytest.mark.django_db


class Server(ImapSource):
    """A store of mail in memory, with the calls of the real source. `busy` is called before mail is handed over."""

    epoch = 7  # type: ignore[assignment]

    def __init__(self, mails: dict[Key, bytes], busy: Callable[[], None] = lambda: None) -> None:
        self.mails, self.busy = dict(mails), busy
        self.fetched: list[Key] = []

    def listing(self, above: int | None = None) -> list[Listed]:
        found = [Listed(key, len(raw)) for key, raw in self.mails.items()]
        return [one for one in found if not isinstance(one.key, int) or one.key > (above or 0)]

    def fetch(self, keys: Sequence[Key]) -> Iterator[Fetched]:
        self.busy()
        for key in keys:
            if key in self.mails:
                self.fetched.append(key)
                yield Fetched(key, self.mails[key], None)

    def received(self, keys: Sequence[Key]) -> dict[Key, dt.datetime | None]:
        return dict.fromkeys(keys, AT)

    def settle(self, keys: Sequence[Key], how: str, archive_folder: str | None = None) -> None:
        if how != "nothing":
            for key in keys:
                self.mails.pop(key, None)

    def idle_end(self) -> None:
        pass

    def close(self) -> None:
        pass


class Drop(Server, Pop3Source):  # type: ignore[misc]
    """The same as a POP3 mailbox."""


@pytest.fixture
def mailbox() -> RemoteMailbox:
    return _read(a_desk(fetched="delete", host="ssl://one.example").mailbox)


def _read(mailbox: RemoteMailbox) -> RemoteMailbox:
    return RemoteMailbox.objects.select_related("email", "credential").get(pk=mailbox.pk)


def repoint(mailbox: RemoteMailbox, **changes: str) -> None:
    email = Email.objects.select_related("mailbox").get(pk=mailbox.email_id)
    save_mailbox(email, replace(mailbox_setup(email.mailbox), **changes), by="test", at=now())


def one(subject: str, **more: str) -> bytes:
    return mail(subject=subject, message_id=more.pop("message_id", f"{subject}@one.example"), **more)


def subjects() -> list[str]:
    for pk in RemoteMailbox.objects.values_list("id", flat=True):
        intake.take_in(pk)
    return sorted(Ticket.objects.values_list("subject", flat=True))


# --- the mailbox is pointed elsewhere while a turn is under way


@pytest.mark.parametrize("change", [{"host": "ssl://two.example"}, {"username": "other"}, {"folder": "Support"}])
def test_a_turn_that_began_before_takes_nothing_and_touches_nothing(
    mailbox: RemoteMailbox, change: dict[str, str]
) -> None:
    old = Server({5: one("old")}, busy=lambda: repoint(mailbox, **change))

    with pytest.raises(Conflict):
        fetch.take_turn(mailbox, old)

    assert 5 in old.mails
    assert not SpooledMail.objects.exists()
    fetch.take_turn(_read(mailbox), Server({5: one("new")}))
    assert subjects() == ["new"]


def test_equal_keys_of_two_servers_are_two_messages_and_neither_is_lost(mailbox: RemoteMailbox) -> None:
    first, second = Server({5: one("old")}), Server({5: one("new")})

    fetch.take_turn(mailbox, first)
    repoint(mailbox, host="ssl://two.example")
    fetch.take_turn(_read(mailbox), second)

    assert (first.mails, second.mails) == ({}, {})
    assert subjects() == ["new", "old"]


def test_a_job_whose_mailbox_moved_is_no_failure_and_goes_where_it_is_now(
    mailbox: RemoteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Server({5: one("old")}, busy=lambda: repoint(mailbox, host="ssl://two.example"))
    monkeypatch.setattr(fetch, "open_source", lambda row: old)
    monkeypatch.setattr(Server, "__exit__", lambda *_: None)

    turn = fetch.take_turn(mailbox)

    row = _read(mailbox)
    assert (turn.more, row.failures, row.last_error, row.last_success_at) == (True, 0, "", None)


def test_what_the_old_server_complains_of_is_not_told_of_the_new_one(
    mailbox: RemoteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> None:
        repoint(mailbox, host="ssl://two.example")
        raise RuntimeError("nonsense")

    monkeypatch.setattr(fetch, "open_source", lambda row: Server({5: one("old")}, busy=breaks))
    monkeypatch.setattr(Server, "__exit__", lambda *_: None)

    fetch.take_turn(mailbox)

    assert (_read(mailbox).failures, _read(mailbox).next_fetch_at) == (0, None)


def test_a_watched_connection_to_where_the_mailbox_was_is_given_up(mailbox: RemoteMailbox) -> None:
    old = Server({5: one("old")})
    watched = Watched(mailbox.pk, source=old, generation=mailbox.generation)
    repoint(mailbox, host="ssl://two.example")

    watcher = Watcher()
    with closing(watcher.wake_read), closing(watcher.wake_write), closing(watcher.selector), pytest.raises(Conflict):
        watcher._fetch(watched)

    assert 5 in old.mails
    assert not SpooledMail.objects.exists()


def test_nothing_is_accepted_for_a_place_that_is_no_more(mailbox: RemoteMailbox) -> None:
    place = spool.Place(mailbox, "INBOX", 7)
    repoint(mailbox, host="ssl://two.example")

    with pytest.raises(Conflict):
        spool.accept(place, [spool.Arrival(5, one("old"), None)], at=AT)


def test_a_key_that_the_old_server_broke_on_hides_no_mail_of_the_new_one() -> None:
    mailbox = _read(a_desk(fetched="nothing", host="ssl://one.example").mailbox)

    def breaks() -> None:
        repoint(mailbox, host="ssl://two.example")
        raise Disconnected("gone")

    with pytest.raises(Conflict):
        fetch.take_turn(mailbox, Server({5000: one("old")}, busy=breaks))
    new = Server({6: one("new")})
    fetch.take_turn(_read(mailbox), new)
    new.mails[7] = one("newer")
    fetch.take_turn(_read(mailbox), new)

    assert subjects() == ["new", "newer"]
    assert not SpooledMail.objects.filter(outcome="unfetched").exists()


@pytest.mark.parametrize("change", [{"host": "ssl://two.example"}, {"username": "other"}, {"folder": "Support"}])
def test_the_mail_of_years_that_lies_where_a_mailbox_is_pointed_now_is_not_answered(change: dict[str, str]) -> None:
    mailbox = _read(a_desk(fetched="nothing", host="ssl://one.example").mailbox)
    RemoteMailbox.objects.filter(pk=mailbox.pk).update(connected_at=now() - dt.timedelta(days=1000))
    repoint(mailbox, **change)
    received = f"Received: from a by b; {format_datetime(now() - dt.timedelta(days=90))}\r\n".encode()

    fetch.take_turn(_read(mailbox), Server({1: received + one("old"), 2: one("new")}))

    assert subjects() == ["new", "old"]
    assert ["new" in letter.subject for letter in Letter.objects.all()] == [True]


# --- the server gives a key to other mail


@pytest.mark.parametrize("fetched", ["delete", "nothing"])
def test_a_uidl_that_is_given_to_other_mail_is_other_mail(fetched: str) -> None:
    mailbox = _read(a_desk(fetched=fetched, protocol="pop3").mailbox)
    server = Drop({"1": one("first")})
    fetch.take_turn(mailbox, server)

    server.mails = {"1": one("second, and longer")}
    fetch.take_turn(_read(mailbox), server)

    assert subjects() == ["first", "second, and longer"]
    assert ("1" in server.mails) == (fetched == "nothing")


def test_even_one_of_the_same_size_is_not_deleted_unread() -> None:
    mailbox = _read(a_desk(fetched="delete", protocol="pop3").mailbox)
    server = Drop({"1": one("first", message_id="1@one.example")})
    fetch.take_turn(mailbox, server)

    server.mails = {"1": one("other", message_id="2@one.example")}
    assert len(server.mails["1"]) == len(one("first", message_id="1@one.example"))
    fetch.take_turn(_read(mailbox), server)

    assert subjects() == ["first", "other"]
    assert server.mails == {}


def test_a_uid_that_is_given_to_other_mail_is_other_mail(mailbox: RemoteMailbox) -> None:
    server = Server({5: one("first")})
    fetch.take_turn(mailbox, server)

    server.mails = {5: one("second, and longer")}
    fetch.take_turn(_read(mailbox), server)

    assert subjects() == ["first", "second, and longer"]


def test_a_message_that_lies_there_still_is_settled_and_not_taken_twice(mailbox: RemoteMailbox) -> None:
    server = Server({5: one("only")})
    fetch.take_turn(mailbox, server)

    server.mails = {5: one("only")}
    fetch.take_turn(_read(mailbox), server)

    assert server.mails == {}
    assert subjects() == ["only"]
    assert SpooledMail.objects.count() == 1


def test_a_server_that_adds_a_header_between_two_fetches_gave_the_same_mail(mailbox: RemoteMailbox) -> None:
    server = Drop({"1": one("only")})
    row = _read(a_desk_with_pop3(mailbox))
    fetch.take_turn(row, server)

    server.mails = {"1": b"Status: RO\r\n" + one("only")}
    fetch.take_turn(_read(row), server)

    assert subjects() == ["only"]


def a_desk_with_pop3(mailbox: RemoteMailbox) -> RemoteMailbox:
    RemoteMailbox.objects.filter(pk=mailbox.pk).update(protocol="pop3", fetched="nothing")
    return mailbox


def test_s9_known_mail_that_is_left_alone_is_not_downloaded_again() -> None:
    mailbox = _read(a_desk(fetched="nothing", protocol="pop3").mailbox)
    server = Drop({"1": one("first"), "2": one("second")})
    for _ in range(3):
        fetch.take_turn(_read(mailbox), server)

    assert server.fetched == ["1", "2"]
