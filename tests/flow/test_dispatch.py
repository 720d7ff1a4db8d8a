"""Letters on their way out: every answer a server can give, and every place where a connection or a worker can die."""

from __future__ import annotations

import datetime as dt
from itertools import count

import pytest
from django.db import connection

from postdesk.basics.clock import now
from postdesk.basics.errors import Refused
from postdesk.flow import dispatch, upkeep
from postdesk.mailroom import claims, outbox
from postdesk.mailroom.models import Credential, Letter, MailSettings, SmtpAccount, SpooledMail
from postdesk.mailroom.outbox import GIVE_UP_AFTER, NewLetter
from postdesk.mailroom.secrets import seal
from postdesk.people.models import Agent
from postdesk.tickets import operations
from postdesk.tickets.models import Event, Ticket
from tests.support import peers
from tests.support.desk import AT, a_desk, arrives, mail
from tests.support.sink import Sink

pytestmark = pytest.mark.django_db

UNANSWERED = "The connection broke after the message was sent and before the server confirmed it."
_number = count(1)


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


def posted(*recipients: str, kind: str = "reply", email=None, at: dt.datetime | None = None) -> Letter:
    """A letter to these, put into the outbox as of `at` (now)."""
    to = recipients or ("carol@example.com",)
    message_id = f"letter{next(_number)}@desk.test"
    raw = mail(sender="support@desk.test", to=", ".join(to), message_id=message_id)
    (pk,) = outbox.next_ids("mailroom_letter", 1)
    new = NewLetter(pk, kind, email.pk if email else None, "support@desk.test", "Printer on fire", message_id, raw, to)
    outbox.put([new], at=at or now())
    return Letter.objects.get(pk=pk)


def standing(letter: Letter) -> dict[str, str]:
    """Each recipient's state."""
    return dict(letter.recipients.values_list("address", "state"))


def is_due_again(letter: Letter) -> None:
    """Time passes, until the letter is due."""
    Letter.objects.filter(pk=letter.pk).update(next_try_at=now())


def account_has_rested(account: SmtpAccount) -> None:
    """Time passes, until the account is used again."""
    SmtpAccount.objects.filter(pk=account.pk).update(retry_at=now())
    Letter.objects.filter(account=account).update(next_try_at=now())


# --- what a server answers


def test_a_letter_that_all_accept_is_sent_and_keeps_the_servers_queue_id(desk, sink):
    letter = posted("carol@example.com", "dave@example.com")
    sink.answer_body(250, "2.0.0 Ok: queued as 4XYZ12")

    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.claim, letter.attempts) == ("sent", "", 1)
    assert letter.finished_at is not None
    assert list(letter.recipients.values_list("state", "code", "queue_id")) == [("sent", 250, "4XYZ12")] * 2
    assert [one.raw for one in sink.letters] == [bytes(letter.raw)]


def test_only_the_recipient_that_has_to_wait_is_tried_again(desk, sink, alice):
    arrives(desk.mailbox, mail())
    dispatch.deliver(desk.smtp.pk)
    sink.reset()
    ticket = Ticket.objects.get()
    operations.reply(ticket, text="Put it out.", by=alice, at=now(), cc=["greylisted@example.com", "gone@example.com"])
    letter = Letter.objects.get(kind="reply")
    sink.answer("greylisted@example.com", 451, "4.7.1 Greylisted, come back", times=1)
    sink.answer("gone@example.com", 550, "5.1.1 No such user here")

    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.reason) == ("deferred", "Greylisted, come back")
    assert letter.next_try_at > now() + dt.timedelta(seconds=30)
    first = {"carol@example.com": "sent", "greylisted@example.com": "deferred", "gone@example.com": "failed"}
    assert standing(letter) == first
    gone = letter.recipients.get(address="gone@example.com")
    assert (gone.code, gone.enhanced, gone.reply) == (550, "5.1.1", "No such user here")
    event = Event.objects.get(ticket=ticket, name__startswith="letter.")
    assert event.letter == letter
    assert "gone@example.com: No such user here" in str(event.data["why"])

    dispatch.deliver(desk.smtp.pk)
    assert len(sink.letters) == 1  # It is not due yet.

    is_due_again(letter)
    dispatch.deliver(desk.smtp.pk)

    assert [one.recipients for one in sink.letters] == [("carol@example.com",), ("greylisted@example.com",)]
    assert sink.letters[0].raw == sink.letters[1].raw
    letter.refresh_from_db()
    assert letter.state == "sent"
    assert standing(letter) == {**first, "greylisted@example.com": "sent"}


def test_a_refusal_for_good_on_a_later_try_is_told_on_the_ticket(desk, sink):
    arrives(desk.mailbox, mail())
    letter = Letter.objects.get()
    sink.answer("carol@example.com", 450, "4.2.1 Mailbox busy", times=2)
    for _ in range(2):
        dispatch.deliver(desk.smtp.pk)
        is_due_again(letter)
    sink.answer("carol@example.com", 550, "5.1.1 Gone meanwhile")

    dispatch.deliver(desk.smtp.pk)

    # The second deferral was no news; the refusal is.
    events = Event.objects.filter(name__startswith="letter.").values_list("name", "data__why")
    assert list(events) == [
        ("letter.deferred", "carol@example.com: Mailbox busy"),
        ("letter.failed", "carol@example.com: Gone meanwhile"),
    ]


@pytest.mark.parametrize(
    ("code", "text", "state"),
    [(452, "Out of disk space", "deferred"), (554, "Looks like spam", "failed")],
)
def test_a_refused_body_decides_for_every_recipient(desk, sink, code, text, state):
    letter = posted("carol@example.com", "dave@example.com")
    sink.answer_body(code, text)

    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.reason) == (state, text)
    assert set(letter.recipients.values_list("state", "code", "reply")) == {(state, code, text)}
    assert len(sink.refused) == 1
    assert (letter.finished_at is None) == (state == "deferred")


def test_a_letter_deferred_for_five_days_has_failed(desk, sink):
    young, old = posted("young@example.com"), posted("old@example.com")
    Letter.objects.filter(pk=old.pk).update(created_at=now() - GIVE_UP_AFTER - dt.timedelta(minutes=1))
    sink.answer_body(450, "4.2.0 Not today")

    dispatch.deliver(desk.smtp.pk)

    assert standing(young) == {"young@example.com": "deferred"}
    assert standing(old) == {"old@example.com": "failed"}
    old.refresh_from_db()
    assert (old.state, old.reason) == ("failed", "Not today")


def test_two_letters_use_one_connection_and_go_in_order(desk, sink):
    posted("first@example.com")
    posted("second@example.com")

    dispatch.deliver(desk.smtp.pk)

    assert [one.recipients for one in sink.letters] == [("first@example.com",), ("second@example.com",)]
    assert sink.connections == 1


# --- no answer


def test_a_letter_cut_off_after_its_body_is_uncertain_and_never_sent_again_by_itself(desk, sink):
    letter, next_one = posted("carol@example.com"), posted("dave@example.com")
    sink.cut_after_data()

    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.reason, letter.claim) == ("uncertain", UNANSWERED, "")
    assert standing(letter) == {"carol@example.com": "uncertain"}
    next_one.refresh_from_db()
    assert next_one.state == "sent"  # On a connection of its own.
    is_due_again(letter)
    upkeep.upkeep()
    dispatch.deliver(desk.smtp.pk)
    assert [one.recipients for one in sink.letters] == [("carol@example.com",), ("dave@example.com",)]


def test_a_person_sends_an_uncertain_letter_again(desk, sink, alice):
    letter = posted()
    sink.cut_after_data()
    dispatch.deliver(desk.smtp.pk)

    outbox.send_again(letter, by=alice, at=now())
    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert letter.state == "sent"
    assert len(sink.letters) == 2
    assert sink.letters[0].raw == sink.letters[1].raw
    with pytest.raises(Refused, match="accepted by the server"):
        outbox.send_again(letter, by=alice, at=now())


def test_a_person_marks_an_uncertain_letter_as_sent(desk, sink, alice):
    letter = posted()
    sink.cut_after_data()
    dispatch.deliver(desk.smtp.pk)

    outbox.mark_sent(letter, by=alice, at=now())
    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.reason) == ("sent", "Marked as sent by Alice.")
    assert standing(letter) == {"carol@example.com": "sent"}
    assert len(sink.letters) == 1


def test_a_recipient_that_an_uncertain_letter_never_reached_is_tried_once_it_is_marked_as_sent(desk, sink, alice):
    letter = posted("carol@example.com", "greylisted@example.com")
    sink.answer("greylisted@example.com", 451, "4.7.1 Greylisted", times=1)
    sink.cut_after_data()
    dispatch.deliver(desk.smtp.pk)
    assert standing(letter) == {"carol@example.com": "uncertain", "greylisted@example.com": "deferred"}

    outbox.mark_sent(letter, by=alice, at=now())
    dispatch.deliver(desk.smtp.pk)

    assert sink.letters[-1].recipients == ("greylisted@example.com",)
    assert set(standing(letter).values()) == {"sent"}
    letter.refresh_from_db()
    assert letter.state == "sent"


# --- a server that cannot be used


def assert_all_wait(desk, letters: list[Letter], words: str) -> None:
    """Nothing was tried: the letters are queued with the reason, and the account rests and says why."""
    desk.smtp.refresh_from_db()
    assert words in desk.smtp.last_error
    assert desk.smtp.failures == 1
    assert desk.smtp.retry_at > now()
    for letter in letters:
        letter.refresh_from_db()
        assert (letter.state, letter.claim, letter.attempts) == ("queued", "", 0)
        assert words in letter.reason
        assert letter.next_try_at == desk.smtp.retry_at
        assert set(standing(letter).values()) == {"queued"}


def test_letters_wait_while_nobody_listens_and_go_when_somebody_does(desk, sink):
    letters = [posted(), posted()]
    sink.stop()

    dispatch.deliver(desk.smtp.pk)

    assert_all_wait(desk, letters, "cannot be reached: Connection refused")
    assert upkeep.accounts_with_work(at=now()) == []
    sink.start()
    dispatch.deliver(desk.smtp.pk)
    assert sink.letters == []  # It rests.
    account_has_rested(desk.smtp)
    dispatch.deliver(desk.smtp.pk)
    desk.smtp.refresh_from_db()
    assert len(sink.letters) == 2
    assert (desk.smtp.failures, desk.smtp.retry_at) == (0, None)


def test_letters_wait_while_the_login_is_refused(desk):
    letters = [posted(), posted()]
    with peers.refuses_login("smtp") as peer:
        credential = Credential.objects.create(secret=seal("wrong"), updated_at=AT)
        SmtpAccount.objects.filter(pk=desk.smtp.pk).update(
            auth="basic", username="support", credential=credential, port=peer.port
        )
        dispatch.deliver(desk.smtp.pk)
        connections = peer.connections

    assert_all_wait(desk, letters, "535 5.7.8 Authentication credentials invalid")
    assert connections == 1


def test_letters_wait_while_the_server_greets_with_421(desk):
    letters = [posted(), posted()]
    with peers.greets_421("4.3.2 Closed for maintenance") as peer:
        SmtpAccount.objects.filter(pk=desk.smtp.pk).update(port=peer.port)
        dispatch.deliver(desk.smtp.pk)

    assert_all_wait(desk, letters, "4.3.2 Closed for maintenance")


def test_an_account_that_is_set_up_wrong_says_so_and_its_letters_wait(desk):
    letters = [posted()]
    SmtpAccount.objects.filter(pk=desk.smtp.pk).update(host="gopher://127.0.0.1")

    dispatch.deliver(desk.smtp.pk)

    assert_all_wait(desk, letters, "gopher")


def test_failures_in_a_row_make_the_account_rest_longer(desk, sink):
    posted()
    sink.stop()
    rests = []
    for _ in range(3):
        dispatch.deliver(desk.smtp.pk)
        desk.smtp.refresh_from_db()
        rests.append((desk.smtp.retry_at - desk.smtp.last_error_at).total_seconds())
        account_has_rested(desk.smtp)

    assert [round(rest) for rest in rests] == list(dispatch.REST[:3])


def test_a_421_in_the_middle_defers_that_letter_and_leaves_the_others_untried(desk, sink):
    done, letter, behind = posted("first@example.com"), posted("second@example.com"), posted("third@example.com")
    sink.answer("second@example.com", 421, "4.3.2 Shutting down", times=1)

    dispatch.deliver(desk.smtp.pk)

    for one in (done, letter, behind):
        one.refresh_from_db()
    assert [one.state for one in (done, letter, behind)] == ["sent", "deferred", "queued"]
    assert [one.attempts for one in (done, letter, behind)] == [1, 1, 0]
    assert "4.3.2 Shutting down" in letter.reason
    assert "4.3.2 Shutting down" in behind.reason
    account_has_rested(desk.smtp)
    dispatch.deliver(desk.smtp.pk)
    assert sorted(one.recipients[0] for one in sink.letters) == [
        "first@example.com",
        "second@example.com",
        "third@example.com",
    ]


def test_a_letter_that_breaks_every_connection_gives_way_to_the_others(desk, sink):
    poison, other = posted("poison@example.com"), posted("other@example.com")
    sink.answer("poison@example.com", 421, "4.3.2 Never again")

    dispatch.deliver(desk.smtp.pk)
    SmtpAccount.objects.update(retry_at=now())
    Letter.objects.filter(pk=other.pk).update(next_try_at=now())
    dispatch.deliver(desk.smtp.pk)

    poison.refresh_from_db()
    assert poison.state == "deferred"
    assert [one.recipients for one in sink.letters] == [("other@example.com",)]


def test_a_connection_that_breaks_before_the_body_leaves_nothing_uncertain(desk):
    letter, behind = posted(), posted()
    with peers.closes_after_mail() as peer:
        SmtpAccount.objects.filter(pk=desk.smtp.pk).update(port=peer.port)
        dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    behind.refresh_from_db()
    assert (letter.state, behind.state) == ("deferred", "queued")
    assert set(standing(letter).values()) == {"deferred"}
    assert "closed the connection" in letter.reason


# --- a worker that dies


def test_a_dead_workers_letters_are_told_apart_by_whether_they_were_being_sent(desk, sink):
    in_hand, behind = posted("first@example.com"), posted("second@example.com")
    token, claimed = claims.claim_due(desk.smtp.pk, limit=10, at=now())
    assert claims.mark_sending(claimed[0].pk, token)

    assert upkeep.accounts_with_work(at=now()) == [desk.smtp.pk]
    dispatch.deliver(desk.smtp.pk)

    in_hand.refresh_from_db()
    behind.refresh_from_db()
    assert (in_hand.state, in_hand.reason, in_hand.claim) == ("uncertain", claims.UNCERTAIN, "")
    assert standing(in_hand) == {"first@example.com": "uncertain"}
    assert behind.state == "sent"
    assert [one.recipients for one in sink.letters] == [("second@example.com",)]


def test_the_letter_after_the_one_recorded_is_the_one_in_doubt(desk):
    first, second, third = posted(), posted(), posted()
    token, claimed = claims.claim_due(desk.smtp.pk, limit=10, at=now())
    claims.mark_sending(first.pk, token)
    results = [claims.Result(pk, "sent", 250, "", "ok") for pk, _address in claimed[0].recipients]
    claims.record(claimed[0], token, results, reason="", at=now(), following=second.pk)

    assert claims.recover(desk.smtp.pk) == 2

    states = [Letter.objects.get(pk=one.pk).state for one in (first, second, third)]
    assert states == ["sent", "uncertain", "queued"]


def test_every_letter_of_a_claim_from_before_postgresql_restarted_is_uncertain(desk, sink):
    letters = [posted(), posted()]
    token, _claimed = claims.claim_due(desk.smtp.pk, limit=10, at=now())
    before = f"{token.partition('@')[0]}@{int(token.partition('@')[2]) - 1000}"
    Letter.objects.filter(claim=token).update(claim=before)

    dispatch.deliver(desk.smtp.pk)

    assert {Letter.objects.get(pk=one.pk).state for one in letters} == {"uncertain"}
    assert sink.letters == []


def test_a_claim_that_was_taken_away_marks_and_records_nothing(desk):
    letter = posted()
    token, claimed = claims.claim_due(desk.smtp.pk, limit=10, at=now())
    claims.recover(desk.smtp.pk)

    assert not claims.mark_sending(letter.pk, token)
    results = [claims.Result(pk, "failed", 550, "", "no") for pk, _address in claimed[0].recipients]
    claims.record(claimed[0], token, results, reason="no", at=now())
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
        Letter.objects.filter(pk=lost.pk).update(state="cancelled", claim="")
        return real(*arguments, **options)

    monkeypatch.setattr(dispatch, "open_smtp", slow)
    dispatch.deliver(desk.smtp.pk)

    assert [one.recipients for one in sink.letters] == [("kept@example.com",)]
    lost.refresh_from_db()
    kept.refresh_from_db()
    assert (lost.state, kept.state) == ("cancelled", "sent")


# --- people, routes and manners


def test_a_letter_that_is_being_sent_can_neither_be_cancelled_nor_hurried(desk, alice):
    letter = posted()
    token, _claimed = claims.claim_due(desk.smtp.pk, limit=10, at=now())

    # Claimed is enough: the next moment it may be on the wire.
    for _ in range(2):
        for steer in (outbox.cancel, outbox.retry_now):
            with pytest.raises(Refused, match="being sent now"):
                steer(letter, by=alice, at=now())
        assert claims.mark_sending(letter.pk, token)

    letter.refresh_from_db()
    assert (letter.state, letter.claim) == ("sending", token)


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
def test_mail_of_another_address_names_the_account_unless_it_may_spoof(desk, sink, spoofing):
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
