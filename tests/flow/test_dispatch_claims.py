"""Letters whose worker died, whose claim was lost, or that a person or a route decides about."""

from __future__ import annotations

import zlib
from contextlib import closing

import psycopg
import pytest
from django.db import connection

from postdesk.basics.clock import now
from postdesk.basics.errors import Refused
from postdesk.flow import dispatch, upkeep
from postdesk.mailroom import claims, lanes, outbox
from postdesk.mailroom.models import Letter, LetterClaim, MailSettings, SmtpAccount, SpooledMail
from postdesk.people.models import Agent
from tests.support.desk import AT, a_desk, arrives, mail
from tests.support.posted import posted, standing
from tests.support.sink import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink():
    with Sink() as server:
        yield server


@pytest.fixture
def desk(sink):
    return a_desk(smtp_port=sink.port)


@pytest.fixture
def alice(db):
    return Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT)


# --- a worker that dies


def test_a_dead_workers_letters_are_told_apart_by_whether_they_were_being_sent(desk, sink):
    in_hand, behind = posted("first@example.com"), posted("second@example.com")
    claim, claimed = claims.claim_due(desk.smtp.pk, limit=10, at=now())
    assert claims.mark_sending(claimed[0].pk, claim)

    assert upkeep.accounts_with_work(at=now()) == [desk.smtp.pk]
    dispatch.deliver(desk.smtp.pk)

    in_hand.refresh_from_db()
    behind.refresh_from_db()
    assert (in_hand.state, in_hand.reason, outbox.in_hand()) == ("uncertain", claims.UNCERTAIN, set())
    assert standing(in_hand) == {"first@example.com": "uncertain"}
    assert behind.state == "sent"
    assert [one.recipients for one in sink.letters] == [("second@example.com",)]


def test_the_letter_after_the_one_recorded_is_the_one_in_doubt(desk):
    first, second, third = posted(), posted(), posted()
    claim, claimed = claims.claim_due(desk.smtp.pk, limit=10, at=now())
    claims.mark_sending(first.pk, claim)
    results = [claims.Result(pk, "sent", 250, "", "ok") for pk, _address in claimed[0].recipients]
    claims.record(claimed[0], claim, results, reason="", at=now(), following=second.pk)

    assert claims.recover(desk.smtp.pk) == 2

    states = [Letter.objects.get(pk=one.pk).state for one in (first, second, third)]
    assert states == ["sent", "uncertain", "queued"]


def test_every_letter_of_a_claim_from_before_postgresql_restarted_is_uncertain(desk, sink):
    letters = [posted(), posted()]
    claims.claim_due(desk.smtp.pk, limit=10, at=now())
    # What crash recovery does to an unlogged table, after which the claim's token fits no more.
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE mailroom_boot")

    dispatch.deliver(desk.smtp.pk)

    assert {Letter.objects.get(pk=one.pk).state for one in letters} == {"uncertain"}
    assert sink.letters == []


def test_a_claim_that_was_taken_away_marks_and_records_nothing(desk):
    letter = posted()
    claim, claimed = claims.claim_due(desk.smtp.pk, limit=10, at=now())
    claims.recover(desk.smtp.pk)

    assert not claims.mark_sending(letter.pk, claim)
    results = [claims.Result(pk, "failed", 550, "", "no") for pk, _address in claimed[0].recipients]
    claims.record(claimed[0], claim, results, reason="no", at=now())
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == ("queued", 0)
    assert standing(letter) == {"carol@example.com": "queued"}


def test_nothing_is_marked_as_sending_before_there_is_a_connection(desk, sink, monkeypatch):
    letter = posted()
    states = []
    real = dispatch.open_smtp

    def watched(*arguments, **options):
        states.append(Letter.objects.get(pk=letter.pk).state)
        return real(*arguments, **options)

    monkeypatch.setattr(dispatch, "open_smtp", watched)
    dispatch.deliver(desk.smtp.pk)

    assert states == ["queued"]
    assert len(sink.letters) == 1


def test_a_letter_whose_claim_is_taken_away_while_connecting_is_skipped(desk, sink, monkeypatch):
    lost, kept = posted("lost@example.com"), posted("kept@example.com")
    real = dispatch.open_smtp

    def slow(*arguments, **options):
        # What a person or another worker may do in the seconds that a connection takes.
        Letter.objects.filter(pk=lost.pk).update(state="cancelled")
        LetterClaim.objects.update(letters=[kept.pk])
        return real(*arguments, **options)

    monkeypatch.setattr(dispatch, "open_smtp", slow)
    dispatch.deliver(desk.smtp.pk)

    assert [one.recipients for one in sink.letters] == [("kept@example.com",)]
    lost.refresh_from_db()
    kept.refresh_from_db()
    assert (lost.state, kept.state) == ("cancelled", "sent")


@pytest.mark.parametrize("end", ["deleted", "off", "paused"])
def test_what_a_dead_worker_had_in_hand_is_free_again_though_nothing_leaves_by_its_account(desk, sink, end):
    in_doubt, behind = posted("first@example.com"), posted("second@example.com")
    claim, claimed = claims.claim_due(desk.smtp.pk, limit=10, at=now())
    assert claims.mark_sending(claimed[0].pk, claim)
    account = SmtpAccount.objects.filter(pk=desk.smtp.pk)
    if end == "deleted":
        account.delete()
    else:
        account.update(**({"status": False} if end == "off" else {"paused_at": now()}))
    other = SmtpAccount.objects.create(email=desk.billing, host="plain://127.0.0.1", port=sink.port, auth="none")
    MailSettings.objects.update(default_mta=desk.billing)

    upkeep.upkeep()

    in_doubt.refresh_from_db()
    behind.refresh_from_db()
    assert (in_doubt.state, behind.state, outbox.in_hand()) == ("uncertain", "queued", set())
    assert behind.account_id == (desk.smtp.pk if end == "paused" else other.pk)
    dispatch.deliver(other.pk)
    assert [one.recipients for one in sink.letters] == ([] if end == "paused" else [("second@example.com",)])


def test_a_claim_that_is_worked_on_is_not_freed_because_its_account_was_switched_off(desk):
    letter = posted()
    claims.claim_due(desk.smtp.pk, limit=10, at=now())
    SmtpAccount.objects.filter(pk=desk.smtp.pk).update(status=False)

    with closing(psycopg.connect(**_same_database())) as worker:
        key = zlib.crc32(dispatch.lane_of(desk.smtp.pk).encode()) - 2**31
        worker.execute("SELECT pg_advisory_lock(%s, %s)", [lanes.NAMESPACE, key])
        assert upkeep.free_claims() == 0

    assert outbox.in_hand() == {letter.pk}


def _same_database() -> dict[str, object]:
    given = connection.get_connection_params()
    return {name: given[name] for name in ("host", "port", "dbname", "user", "password") if name in given}


# --- people, routes and manners


def test_a_letter_that_is_being_sent_can_neither_be_cancelled_nor_hurried(desk, alice):
    letter = posted()
    claim, _claimed = claims.claim_due(desk.smtp.pk, limit=10, at=now())

    # Claimed is enough: the next moment it may be on the wire.
    for _ in range(2):
        for steer in (outbox.cancel, outbox.retry_now):
            with pytest.raises(Refused, match="being sent now"):
                steer(letter, by=alice, at=now())
        assert claims.mark_sending(letter.pk, claim)

    letter.refresh_from_db()
    assert (letter.state, outbox.being_sent()) == ("queued", {letter.pk})


def test_a_cancelled_letter_never_leaves_and_a_failed_one_can_be_tried_again(desk, sink, alice):
    cancelled, failed = posted("cancelled@example.com"), posted("failed@example.com")
    outbox.cancel(cancelled, by=alice, at=now())
    sink.answer("failed@example.com", 550, "5.1.1 Unknown", times=1)
    dispatch.deliver(desk.smtp.pk)
    assert standing(cancelled) == {"cancelled@example.com": "cancelled"}
    assert sink.letters == []

    outbox.retry_now(failed, by=alice, at=now())
    dispatch.deliver(desk.smtp.pk)

    assert [one.recipients for one in sink.letters] == [("failed@example.com",)]
    with pytest.raises(Refused, match="cancelled"):
        outbox.retry_now(cancelled, by=alice, at=now())


@pytest.mark.parametrize("spoofing", [False, True])
def test_s12_a13_mail_of_another_address_names_the_account_unless_it_may_spoof(desk, sink, spoofing):
    SmtpAccount.objects.filter(pk=desk.smtp.pk).update(header_spoofing=spoofing)
    arrives(desk.billing_mailbox, mail(to="billing@desk.test"))

    dispatch.deliver(desk.smtp.pk)

    (letter,) = sink.letters
    assert letter.mail_from == ("billing@desk.test" if spoofing else "support@desk.test")
    header = letter.raw.partition(b"\r\n\r\n")[0]
    assert b"billing@desk.test" in next(line for line in header.split(b"\r\n") if line.startswith(b"From:"))
    senders = [line for line in header.split(b"\r\n") if line.startswith(b"Sender:")]
    assert len(senders) == (0 if spoofing else 1)
    assert all(b"support@desk.test" in line for line in senders)


@pytest.mark.parametrize("missing", ["none", "off"])
def test_a_letter_without_transport_waits_with_the_sentence_until_there_is_one(desk, sink, missing):
    SmtpAccount.objects.all().delete()
    letter = posted(email=desk.support)
    assert (letter.account, letter.state) == (None, "queued")
    assert letter.reason.startswith("No outgoing server: ")
    assert outbox.route_again() == 0
    if missing == "off":
        # It was routed once, and the account was switched off before it could go.
        off = SmtpAccount.objects.create(email=desk.billing, host="plain://127.0.0.1", port=1, status=False)
        Letter.objects.filter(pk=letter.pk).update(account=off)

    account = SmtpAccount.objects.create(email=desk.support, host="plain://127.0.0.1", port=sink.port, auth="none")
    upkeep.upkeep()

    letter.refresh_from_db()
    assert (letter.account, letter.reason) == (account, "")
    assert woken("deliver", account.pk)
    dispatch.deliver(account.pk)
    assert len(sink.letters) == 1


def test_a_thousand_letters_without_transport_do_not_hide_the_one_that_has_one(desk, sink):
    SmtpAccount.objects.all().delete()
    template = posted(email=desk.billing)
    Letter.objects.bulk_create(
        Letter(
            kind="reply", email=desk.billing, from_address="billing@desk.test", message_id=f"stuck{n}@desk.test",
            raw=b"", size=0, created_at=template.created_at, next_try_at=template.next_try_at,
        )
        for n in range(1000)
    )  # fmt: skip
    last = posted(email=desk.support)
    SmtpAccount.objects.create(email=desk.support, host="plain://127.0.0.1", port=sink.port, auth="none")
    MailSettings.objects.update(default_mta=None)

    assert outbox.route_again() == 1

    last.refresh_from_db()
    assert last.account is not None


def test_automatic_answers_give_way_to_a_backlog_but_a_reply_does_not(desk, sink, monkeypatch):
    monkeypatch.setattr(dispatch, "PATIENCE", 0.2)
    SpooledMail.objects.bulk_create(
        SpooledMail(mailbox=desk.mailbox, folder="INBOX", epoch=7, uid=uid, seen_at=AT)
        for uid in range(10_000, 10_000 + dispatch.BACKLOG + 1)
    )
    posted(kind="autoresponse")
    patient = dispatch.Route(SmtpAccount.objects.select_related("email").get(pk=desk.smtp.pk))
    dispatch._give_way(patient)
    assert patient.waited >= dispatch.PATIENCE

    posted(kind="reply")
    hurried = dispatch.Route(patient.account)
    dispatch._give_way(hurried)
    assert hurried.waited == 0

    dispatch.deliver(desk.smtp.pk)
    assert len(sink.letters) == 2  # Patience ends: the automatic answer is only later, not lost.


def test_without_a_backlog_nobody_waits(desk):
    posted(kind="autoresponse")
    route = dispatch.Route(desk.smtp)

    dispatch._give_way(route)

    assert route.waited == 0


def woken(hop: str, lane: int) -> bool:
    """Whether a job of the lane waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = %s", [f"{hop}:{lane}"])
        return bool(cursor.fetchone()[0])


def test_what_is_said_once_for_each_letter_is_prepared(desk, sink):
    posted("one@example.com")
    posted("two@example.com")

    dispatch.deliver(desk.smtp.pk)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%mailroom_letterclaim SET%'")
        (prepared,) = cursor.fetchone()
    assert prepared > 0
    assert len(sink.letters) == 2
