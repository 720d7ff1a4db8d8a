"""Raw bytes in, rows and letters out, on real PostgreSQL."""

from __future__ import annotations

import datetime as dt
import sys

import psycopg
import pytest
from django.db import OperationalError, connection

from postdesk.flow import hands, intake, react
from postdesk.mail.parse import parse
from postdesk.mailroom import in_hand, spool
from postdesk.mailroom.bans import BanSetup, save_ban
from postdesk.mailroom.models import Blob, Letter, MailSettings, SpooledMail
from postdesk.mailroom.models.spool import InHand
from postdesk.people.models import Agent, User
from postdesk.tickets import operations
from postdesk.tickets.models import Collaborator, Entry, Event, Ticket
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


def test_s15_a_mail_becomes_a_ticket_in_the_right_department_with_an_auto_response(desk):
    (row,) = arrives(desk.billing_mailbox, mail(to="billing@desk.test", message_id="a1@example.com"))

    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.department, ticket.user.address) == (
        "Printer on fire",
        desk.accounts,
        "carol@example.com",
    )
    assert row.outcome == "ticket"
    letter = Letter.objects.get()
    answer = parse(bytes(letter.raw))
    assert answer.from_.address == "billing@desk.test"
    assert [to.address for to in answer.to] == ["carol@example.com"]
    assert answer.in_reply_to == ("a1@example.com",)
    assert f"[#{ticket.number}]" in answer.subject
    assert answer.header("Auto-Submitted") == "auto-replied"
    assert letter.account == desk.smtp


def test_the_answer_to_our_auto_response_lands_in_the_same_ticket(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    ours = Letter.objects.get().message_id

    arrives(desk.mailbox, mail(text="More.", message_id="a2@example.com", headers=f"In-Reply-To: <{ours}>\r\n"))

    ticket = Ticket.objects.get()
    assert [entry.text.strip() for entry in ticket.entries.all()] == ["It burns.", "More."]
    assert Letter.objects.count() == 1


def test_a_reply_in_the_same_chunk_finds_the_ticket_of_the_message_before(desk):
    arrives(
        desk.mailbox,
        mail(message_id="a1@example.com"),
        mail(text="More.", message_id="a2@example.com", headers="References: <a1@example.com>\r\n"),
    )

    assert Ticket.objects.get().entry_count == 2


def test_the_same_mail_to_two_addresses_is_one_ticket_that_knows_both(desk):
    raw = mail(to="support@desk.test, billing@desk.test", message_id="both@example.com")
    arrives(desk.mailbox, b"Delivered-To: support@desk.test\r\n" + raw)
    (second,) = arrives(desk.billing_mailbox, b"Delivered-To: billing@desk.test\r\n" + raw)

    ticket = Ticket.objects.get()
    assert second.outcome == "duplicate"
    assert {known.email.address for known in ticket.known_emails.all()} == {"support@desk.test", "billing@desk.test"}
    assert Letter.objects.count() == 1


def test_a_bcc_copy_is_known_by_the_mailbox_it_lay_in(desk):
    arrives(desk.mailbox, mail(message_id="one@example.com"))
    arrives(desk.billing_mailbox, mail(message_id="one@example.com"))

    assert {known.email.address for known in Ticket.objects.get().known_emails.all()} == {
        "support@desk.test",
        "billing@desk.test",
    }


def test_two_mails_that_share_a_message_id_by_mistake_are_both_kept(desk):
    arrives(desk.mailbox, mail(message_id="1@broken.example", text="First."))
    arrives(desk.mailbox, mail(message_id="1@broken.example", text="Second, quite different."))

    assert sorted(entry.text.strip() for entry in Entry.objects.all()) == ["First.", "Second, quite different."]


def test_g1_a_number_in_the_subject_joins_only_for_somebody_who_takes_part(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    ticket = Ticket.objects.get()

    arrives(desk.mailbox, mail(sender="mallory@evil.example", subject=f"Re: [#{ticket.number}]", message_id="m1@evil"))
    arrives(desk.mailbox, mail(subject=f"Re: Printer [#{ticket.number}]", message_id="a2@example.com"))

    assert ticket.entries.count() == 2
    assert Ticket.objects.exclude(pk=ticket.pk).get().user.address == "mallory@evil.example"


def test_a_stranger_who_names_a_known_message_is_held_for_a_person(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))

    (row,) = arrives(
        desk.mailbox,
        mail(sender="mallory@evil.example", message_id="m@evil", headers="In-Reply-To: <a1@example.com>\r\n"),
    )

    assert row.outcome == "held"
    assert "mallory@evil.example takes no part" in row.reason
    assert Entry.objects.count() == 1


def test_our_token_joins_but_never_makes_the_sender_somebody_else(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    ours = Letter.objects.get().message_id

    arrives(
        desk.mailbox, mail(sender="friend@example.org", text="Forwarded to me.", headers=f"References: <{ours}>\r\n")
    )

    entry = Entry.objects.last()
    assert (entry.author_address, entry.user.address) == ("friend@example.org", "friend@example.org")
    assert Event.objects.get(entry=entry).data["stranger"] is True
    assert not Collaborator.objects.exists()


def test_g3_a_message_id_over_other_keys_signature_proves_nothing(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    ours = Letter.objects.get().message_id
    forged = ours.replace(ours[10], "a" if ours[10] != "a" else "b", 1)

    arrives(desk.mailbox, mail(sender="mallory@evil.example", headers=f"References: <{forged}>\r\n"))

    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied\r\n",
        "Precedence: bulk\r\n",
        "List-Id: <news.example.org>\r\n",
        "X-Auto-Response-Suppress: All\r\n",
    ],
)
def test_f4_automatic_mail_is_kept_and_never_answered(desk, headers):
    arrives(desk.mailbox, mail(headers=headers))

    assert Ticket.objects.count() == 1
    assert not Letter.objects.exists()
    assert "answered automatically" in Event.objects.get().data["autoresponse"]


def test_mail_from_our_own_address_is_never_answered(desk):
    arrives(desk.mailbox, mail(sender="billing@desk.test"))

    assert Ticket.objects.count() == 1
    assert not Letter.objects.exists()


def test_f5_our_own_letter_coming_back_is_a_loop_and_no_ticket(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))

    (row,) = arrives(desk.mailbox, bytes(Letter.objects.get().raw))

    assert row.outcome == "suppressed"
    assert Ticket.objects.count() == 1


def test_the_banlist_turns_away_addresses_and_whole_domains_and_says_so(desk):
    save_ban(None, BanSetup("*@evil.example"), by="test", at=AT)

    (row,) = arrives(desk.mailbox, mail(sender="Mallory <mallory@evil.example>"))

    assert (row.outcome, row.reason) == ("suppressed", "The banlist has @evil.example.")
    assert row.blob_id is not None


def test_f6_nobody_gets_more_automatic_answers_in_an_hour_than_the_budget_allows(desk):
    for number in range(12):
        arrives(desk.mailbox, mail(subject=f"Loop {number}", message_id=f"loop{number}@example.com"))

    assert Ticket.objects.count() == 12
    assert Letter.objects.count() == 10


def test_a_bounce_marks_the_recipient_and_the_ticket_and_is_no_customer_message(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    letter = Letter.objects.get()
    report = (
        "From: MAILER-DAEMON@mx.example.com\r\nTo: support@desk.test\r\nSubject: Undelivered Mail\r\n"
        "Message-ID: <dsn1@mx.example.com>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type="delivery-status"; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nCould not deliver.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        "Final-Recipient: rfc822; carol@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{letter.message_id}>\r\n\r\n--b--\r\n"
    ).encode()

    (row,) = arrives(desk.mailbox, report)

    recipient = letter.recipients.get()
    assert row.outcome == "bounce"
    assert (recipient.state, recipient.enhanced) == ("bounced", "5.1.1")
    assert "User unknown" in recipient.reply
    assert Event.objects.filter(name="letter.bounced", ticket=Ticket.objects.get()).exists()
    assert Entry.objects.count() == 1


def test_f4_g7_a_message_on_a_closed_ticket_reopens_it_unless_a_machine_wrote_it(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    ticket = Ticket.objects.get()
    alice = Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT)
    operations.close(ticket, by=alice, at=AT)

    auto = "In-Reply-To: <a1@example.com>\r\nAuto-Submitted: auto-replied\r\n"
    arrives(desk.mailbox, mail(text="Away.", message_id="ooo@example.com", headers=auto))
    ticket.refresh_from_db()
    assert ticket.status == "closed"

    arrives(desk.mailbox, mail(text="Again.", message_id="a2@example.com", headers="In-Reply-To: <a1@example.com>\r\n"))
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_h5_a_reply_goes_out_as_one_conversation(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com", to="support@desk.test, dave@example.org"))
    ticket = Ticket.objects.get()
    alice = Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT)
    entry = operations.reply(ticket, text="Put it out.", by=alice, at=AT)

    sent = parse(bytes(entry.letter.raw))
    assert [cc.address for cc in sent.cc] == ["dave@example.org"]
    assert sent.in_reply_to == ("a1@example.com",)
    assert sent.references[-1] == "a1@example.com"
    ticket.refresh_from_db()
    assert ticket.queue == "answered"

    arrives(desk.mailbox, mail(text="Thanks.", headers=f"In-Reply-To: <{entry.letter.message_id}>\r\n"))
    ticket.refresh_from_db()
    assert (ticket.queue, ticket.entry_count) == ("open", 3)


def test_a_chunk_with_one_poisonous_mail_lands_all_others_and_shunts_it_with_its_bytes(desk, monkeypatch):
    def explode(raw: bytes):
        if b"POISON" in raw:
            raise ValueError("a bug nobody knew of")
        return parse(raw)

    monkeypatch.setattr(hands, "parse", explode)
    rows = arrives(
        desk.mailbox, *(mail(subject=f"Good {n}") for n in range(3)), mail(subject="POISON"), mail(subject="Last")
    )

    assert [row.outcome for row in rows] == ["ticket", "ticket", "ticket", "shunted", "ticket"]
    poison = rows[3]
    assert poison.attempts == 3
    assert poison.stage == "parse"
    assert "a bug nobody knew of" in poison.traceback
    assert b"POISON" in bytes(Blob.objects.get(pk=poison.blob_id).content)


def test_a_mail_that_exceeds_a_limit_of_postgresql_stops_nobody_and_is_shunted(desk, monkeypatch):
    def too_much(*arguments):
        if arguments[2].mail.subject == "POISON":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT to_tsvector('simple', string_agg(n::text, ' ')) FROM generate_series(1, 200000) n"
                )
        return open_ticket(*arguments)

    open_ticket = react.open_ticket
    monkeypatch.setattr(react, "open_ticket", too_much)

    rows = arrives(desk.mailbox, mail(subject="First"), mail(subject="POISON"), mail(subject="Last"))

    assert [row.outcome for row in rows] == ["ticket", "shunted", "ticket"]
    assert "too long for tsvector" in rows[1].reason
    assert not InHand.objects.exists()


def test_a_chunk_that_needs_too_much_memory_is_taken_in_one_message_at_a_time(desk, monkeypatch):
    def locks(arrivals):
        if len(arrivals) > 1:
            raise OperationalError("out of shared memory") from psycopg.errors.OutOfMemory("out of shared memory")

    monkeypatch.setattr(intake, "_one_at_a_time", locks)

    rows = arrives(desk.mailbox, *(mail(subject=f"Good {n}") for n in range(3)))

    assert [row.outcome for row in rows] == ["ticket"] * 3


def test_a_database_that_is_away_is_no_messages_fault(desk, monkeypatch):
    def away(arrivals):
        raise OperationalError("the server closed the connection unexpectedly")

    monkeypatch.setattr(intake, "_one_at_a_time", away)
    # The test's own transaction must outlive it.
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)

    with pytest.raises(OperationalError):
        arrives(desk.mailbox, mail(), mail())

    assert list(SpooledMail.objects.values_list("outcome", "attempts")) == [("waiting", 0)] * 2
    assert not InHand.objects.exists()


def _dies_with_it_in_hand(desk, raw: bytes, deaths: int) -> SpooledMail:
    spool.accept(spool.Place(desk.mailbox, "INBOX", 7), [spool.Arrival(999_001, raw, AT)], at=AT)
    for _death in range(deaths):
        in_hand.recover(desk.mailbox.pk)
        in_hand.claim(desk.mailbox.pk, limit=100, max_bytes=1_000_000)
    intake.take_in(desk.mailbox.pk)
    return SpooledMail.objects.get()


def test_a_mail_that_was_only_near_when_the_worker_died_three_times_is_a_ticket(desk):
    assert _dies_with_it_in_hand(desk, mail(), deaths=3).outcome == "ticket"


def test_a_mail_that_kills_a_process_of_its_own_as_well_is_shunted_with_its_bytes(desk, monkeypatch):
    # A stand-in for the interpreter that dies of whatever it is given.
    monkeypatch.setattr(sys, "executable", "/bin/false")

    row = _dies_with_it_in_hand(desk, mail(), deaths=3)

    assert (row.outcome, row.stage) == ("shunted", "killed")
    assert row.blob is not None
    assert not Ticket.objects.exists()


def test_the_ninth_death_shunts_whatever_the_trial_says(desk):
    assert _dies_with_it_in_hand(desk, mail(), deaths=9).outcome == "shunted"


def test_accepting_the_same_keys_again_changes_nothing(desk):
    place = spool.Place(desk.mailbox, "INBOX", 7)
    arrivals = [spool.Arrival(uid, mail(subject=str(uid)), AT) for uid in (5, 6)]

    assert spool.accept(place, arrivals, at=AT) == 2
    assert spool.accept(place, arrivals, at=AT) == 0
    assert SpooledMail.objects.count() == 2


def test_when_uidvalidity_changes_the_bytes_tell_that_a_mail_is_known(desk):
    raws = [mail(subject="Old", message_id="old@example.com"), mail(subject="No id")]
    spool.accept(
        spool.Place(desk.mailbox, "INBOX", 7), [spool.Arrival(n, raw, AT) for n, raw in enumerate(raws)], at=AT
    )
    intake.take_in(desk.mailbox.pk)

    again = spool.Place(desk.mailbox, "INBOX", 8)
    spool.accept(again, [spool.Arrival(n + 50, raw, AT) for n, raw in enumerate([*raws, mail(subject="New")])], at=AT)
    intake.take_in(desk.mailbox.pk)

    assert sorted(Ticket.objects.values_list("subject", flat=True)) == ["New", "No id", "Old"]
    assert SpooledMail.objects.filter(outcome="duplicate").count() == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"\x00\x00\x00",
        b"Subject: no sender\r\n\r\nhello",
        b"From: a@b.example\r\nMessage-ID: <" + b"x" * 3000 + b"@example.com>\r\n\r\nlong id",
        b"From: a@b.example\r\n\r\n" + b"x" * 8_000_000,
        b"From: a@b.example\r\nContent-Type: text/plain; charset=x-none\r\n\r\n\xff\xfe\x00 hi",
        b"From: =?utf-8?q?=00?= <a@b.example>\r\nSubject: \x00nul\r\n\r\n\x00",
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 10_000,
    ],
    ids=["empty", "headerless", "nul", "no-from", "long-id", "long-line", "charset", "nul-words", "parts"],
)
def test_every_strange_message_has_an_outcome_and_keeps_its_bytes(desk, raw):
    (row,) = arrives(desk.mailbox, raw)

    assert row.outcome in {"ticket", "held"}
    assert row.outcome == "held" or Ticket.objects.exists()
    assert bytes(Blob.objects.get(pk=row.blob_id).content) == raw


def test_g11_people_in_cc_take_part_and_agents_and_our_addresses_do_not(desk):
    Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT)
    arrives(desk.mailbox, mail(headers="Cc: Dave <dave@example.org>, alice@example.net, billing@desk.test\r\n"))

    assert [str(one.user.address) for one in Collaborator.objects.all()] == ["dave@example.org"]
    assert not User.objects.filter(address="billing@desk.test").exists()


def test_what_stands_below_our_separator_is_folded_and_kept(desk):
    text = "New words.\r\n-- reply above this line --\r\nWhat we wrote."
    arrives(desk.mailbox, mail(text=text))

    entry = Entry.objects.get()
    assert entry.new_text.strip() == "New words."
    assert "What we wrote." in entry.text


def test_h6_files_stay_on_the_ticket_when_they_are_not_to_be_mailed(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    alice = Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT)
    upload = operations.Upload("plan.pdf", "application/pdf", b"%PDF")

    MailSettings.objects.update(email_attachments=False)
    kept = operations.reply(Ticket.objects.get(), text="See there.", by=alice, at=AT, files=[upload])
    MailSettings.objects.update(email_attachments=True)
    sent = operations.reply(Ticket.objects.get(), text="See here.", by=alice, at=AT, files=[upload])

    assert [entry.attachments.get().filename for entry in (kept, sent)] == ["plan.pdf", "plan.pdf"]
    assert not parse(bytes(kept.letter.raw)).attachments
    assert parse(bytes(sent.letter.raw)).attachments[0].content == b"%PDF"


def test_an_address_too_long_for_any_server_is_a_ticket_that_nobody_can_answer(desk):
    (row,) = arrives(desk.mailbox, mail(sender=f"{'a' * 400}@example.com", message_id="long@example.com"))

    assert row.outcome in {"ticket", "held"}
    assert not Letter.objects.exists()


def test_the_same_text_with_another_file_of_equal_size_is_another_mail(desk):
    def scan(content: str) -> bytes:
        return (
            "From: carol@example.com\r\nTo: support@desk.test\r\nSubject: Scan\r\nMessage-ID: <scan@example.com>\r\n"
            "Date: Mon, 02 Mar 2026 08:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            "--b\r\nContent-Type: text/plain\r\n\r\nSee scan.\r\n"
            f"--b\r\nContent-Type: application/pdf; name=scan.pdf\r\n\r\n{content}\r\n--b--\r\n"
        ).encode()

    arrives(desk.mailbox, scan("AAAA"))
    arrives(desk.mailbox, scan("BBBB"))

    assert Entry.objects.count() == 2


def test_a_forged_from_brings_no_friends_into_the_ticket(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    number = Ticket.objects.get().number

    arrives(desk.mailbox, mail(subject=f"Re: [#{number}]", message_id="f@evil", headers="Cc: mallory@evil.example\r\n"))

    assert Ticket.objects.count() == 1
    assert not Collaborator.objects.exists()


def test_a_person_who_attaches_a_bounce_is_heard_and_not_marked_as_bounced(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    letter = Letter.objects.get()
    raw = (
        "From: carol@example.com\r\nTo: support@desk.test\r\nSubject: Re: Printer\r\nMessage-ID: <p@example.com>\r\n"
        f"In-Reply-To: <{letter.message_id}>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nYour mail to Bob came back, see below.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; bob@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    ).encode()

    (row,) = arrives(desk.mailbox, raw)

    assert row.outcome == "reply"
    assert "came back" in Entry.objects.last().text
    assert letter.recipients.get().state != "bounced"


def test_g2_an_old_mail_answered_with_a_new_matter_is_joined_and_flagged(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    ours = Letter.objects.get().message_id
    arrives(desk.mailbox, mail(subject="Our invoices", text="Soon.", headers=f"In-Reply-To: <{ours}>\r\n"))
    assert Event.objects.filter(name="message.received").last().data["new_matter"] == ""

    long_ago = AT - dt.timedelta(days=90)
    Ticket.objects.update(opened_at=long_ago, last_message_at=long_ago, last_reply_at=None)
    headers = f"In-Reply-To: <{ours}>\r\n"
    arrives(desk.mailbox, mail(subject="AW: [#1] printer  on fire", text="Still.", message_id="a2@x", headers=headers))
    assert Event.objects.filter(name="message.received").last().data["new_matter"] == ""

    Ticket.objects.update(last_message_at=long_ago)
    arrives(desk.mailbox, mail(subject="Our invoices", text="By the way.", message_id="a3@x", headers=headers))
    assert "nobody had written for" in Event.objects.filter(name="message.received").last().data["new_matter"]
    assert Ticket.objects.count() == 1
