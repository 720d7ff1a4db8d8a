"""Errands: asked by a screen, done by a worker, watched by the one who asked, and by nobody else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from postdesk import jobs
from postdesk.engine import errands as worker
from postdesk.flow import upkeep
from postdesk.mailroom import connection_checks, errands, proposals
from postdesk.mailroom.connect import MailboxSetup, SmtpSetup, mailbox_setup, smtp_setup
from postdesk.mailroom.models import Errand, MailSettings, RemoteMailbox
from postdesk.people.models import Agent
from tests.support import builders
from tests.support.desk import AT, a_desk
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.sink import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Agent:
    return builders.alice()


def stored_secrets() -> list[object]:
    return [*Errand.objects.values_list("secrets", flat=True)]


def test_unsaved_settings_are_checked_and_nothing_is_saved(dovecot: Dovecot, alice: Agent) -> None:
    dovecot.drop("unsaved", b"Subject: one\r\n\r\n1\r\n")
    mailbox = MailboxSetup(
        host="ssl://127.0.0.1", port=dovecot.imaps, username="unsaved", password=PASSWORD, verify_tls=False
    )
    with Sink() as sink:
        smtp = SmtpSetup(host="plain://127.0.0.1", port=sink.port, auth="mailbox")
        errand = connection_checks.ask("new@desk.test", mailbox=mailbox, smtp=smtp, by=alice, at=AT)
        before = connection_checks.progress(errand.pk, by=alice, at=AT)
        assert PASSWORD not in str(errand.wanted)

        worker.carry_out(errand.pk)

        assert sink.logins == [("unsaved", PASSWORD)]
    how = connection_checks.progress(errand.pk, by=alice, at=AT)
    assert (before.state, before.ended, how.state, how.all_well) == ("waiting", False, "done", True)
    keys = [stage.key for stage in how.stages]
    assert keys.index("mailbox.count") < keys.index("smtp.name")
    assert next(stage for stage in how.stages if stage.key == "mailbox.count").note == "It holds 1 message."
    assert not RemoteMailbox.objects.exists()
    assert stored_secrets() == [None]


def test_a_saved_password_is_used_when_none_is_given(dovecot: Dovecot, alice: Agent) -> None:
    desk = a_desk(host="plain://127.0.0.1", port=dovecot.imap)
    with Sink(login=("support", PASSWORD)) as sink:
        smtp = SmtpSetup(host="plain://127.0.0.1", port=sink.port, auth="mailbox")
        errand = connection_checks.ask(
            "support@desk.test",
            mailbox=mailbox_setup(desk.mailbox),
            smtp=smtp,
            email=desk.support,
            by=alice,
            at=AT,
        )
        worker.carry_out(errand.pk)

    how = connection_checks.progress(errand.pk, by=alice, at=AT)
    assert [stage.key for stage in how.stages if stage.state == "failed"] == []
    assert errand.secrets is None


def test_a9_what_fails_in_the_mailbox_does_not_keep_smtp_from_being_checked(alice: Agent) -> None:
    desk = a_desk(ca_file="/no/such/ca.pem")
    with Sink() as sink:
        smtp = SmtpSetup(**{**_values(smtp_setup(desk.smtp)), "port": sink.port})
        errand = connection_checks.ask(
            "support@desk.test", mailbox=mailbox_setup(desk.mailbox), smtp=smtp, email=desk.support, by=alice, at=AT
        )
        worker.carry_out(errand.pk)

    how = connection_checks.progress(errand.pk, by=alice, at=AT)
    found = {stage.key: stage for stage in how.stages}
    assert found["mailbox.settings"].state == "failed"
    assert "/no/such/ca.pem" in found["mailbox.settings"].note
    assert found["smtp.sender"].state == "ok"
    assert (how.state, how.all_well) == ("done", False)


def test_a12_the_ehlo_name_that_is_set_is_what_servers_hear(alice: Agent) -> None:
    desk = a_desk()
    MailSettings.objects.update(ehlo_name="desk.example.org")
    with Sink() as sink:
        smtp = SmtpSetup(host="plain://127.0.0.1", port=sink.port, auth="none")
        errand = connection_checks.ask("support@desk.test", smtp=smtp, email=desk.support, by=alice, at=AT)
        worker.carry_out(errand.pk)

    how = connection_checks.progress(errand.pk, by=alice, at=AT)
    assert "desk.example.org" in next(stage for stage in how.stages if stage.key == "hello").note


def test_servers_are_proposed_from_the_address_alone(alice: Agent) -> None:
    errand = proposals.ask("shop@gmail.com", by=alice, at=AT)
    assert proposals.found(errands.progress(errand.pk, by=alice, at=AT)) == []

    worker.carry_out(errand.pk)

    how = errands.progress(errand.pk, by=alice, at=AT)
    assert [(one.protocol, one.host, one.origin) for one in proposals.found(how)] == [
        ("imap", "imap.gmail.com", "known provider"),
        ("smtp", "smtp.gmail.com", "known provider"),
    ]


def test_only_the_one_who_asked_may_look(alice: Agent) -> None:
    errand = errands.ask("check", {}, by=alice, at=AT)

    with pytest.raises(Errand.DoesNotExist):
        errands.progress(errand.pk, by=builders.bob(), at=AT)


def test_an_errand_is_done_once_and_its_secrets_are_gone_when_it_begins(alice: Agent) -> None:
    errand = errands.ask("check", {"n": 1}, secrets={"mailbox": "hunter2"}, by=alice, at=AT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM mailroom_errand")
        assert b"hunter2" not in bytes(cursor.fetchone()[0])

    order = errands.begin(errand.pk, at=AT)

    assert order is not None
    assert order.secrets == {"mailbox": "hunter2"}
    assert "hunter2" not in repr(order)
    assert errands.begin(errand.pk, at=AT) is None
    assert stored_secrets() == [None]


def test_whatever_breaks_is_told_and_a_worker_that_died_is_noticed(alice: Agent) -> None:
    broken = errands.ask("polish", {}, by=alice, at=AT)
    worker.carry_out(broken.pk)
    abandoned = errands.ask("check", {}, by=alice, at=AT)
    errands.begin(abandoned.pk, at=AT)
    lonely = errands.ask("check", {}, by=alice, at=AT)

    later = AT + dt.timedelta(minutes=6)
    assert errands.progress(broken.pk, by=alice, at=AT).state == "failed"
    assert errands.progress(abandoned.pk, by=alice, at=AT).state == "running"
    assert errands.progress(abandoned.pk, by=alice, at=later).state == "failed"
    waits = errands.progress(lonely.pk, by=alice, at=later)
    assert (waits.state, "postdesk worker" in waits.sentence) == ("waiting", True)


def test_upkeep_wakes_errands_nobody_took_and_forgets_secrets_and_old_rows(alice: Agent) -> None:
    now = dt.datetime.now(dt.UTC)
    fresh = errands.ask("check", {}, secrets={"a": "b"}, by=alice, at=now)
    stale = errands.ask("check", {}, secrets={"a": "b"}, by=alice, at=now - dt.timedelta(minutes=11))
    old = errands.ask("check", {}, by=alice, at=now - dt.timedelta(days=2))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")

    upkeep.upkeep()

    assert errands.not_begun() == [fresh.pk]
    assert not Errand.objects.filter(pk=old.pk).exists()
    assert Errand.objects.get(pk=stale.pk).secrets is None
    assert jobs.defer("errand", errand=fresh.pk) is False, "it waits in the queue already"


def _values(setup: SmtpSetup) -> dict[str, object]:
    return {name: getattr(setup, name) for name in setup.__slots__}
