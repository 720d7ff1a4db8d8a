"""Mailboxes, held mail and outbox as pages."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from postdesk.basics import clock
from postdesk.mailroom.models import Letter, RemoteMailbox, SpooledMail
from postdesk.people.models import AuditEntry
from postdesk.tickets.models import Entry, NewTicketSettings, Ticket
from tests.support import builders


def test_a14_a_failing_mailbox_stands_first_and_is_explained_in_the_servers_words(alice: Client) -> None:
    builders.a_mailbox("a@desk.example", last_success_at=clock.now())
    builders.a_mailbox("b@desk.example", failures=4, last_error="-ERR <nobody> here", last_error_at=clock.now())
    page = alice.get("/panel/mailboxes").content.decode()
    assert page.index("b@desk.example") < page.index("a@desk.example")
    assert "-ERR &lt;nobody&gt; here" in page
    assert "4 failures in a row" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"watched_since": builders.NOON}, "watched (push)"),
        ({"frequency": 7}, "polled every 7 min"),
        ({"backlog": 321}, "321"),
        ({"paused_at": builders.NOON}, "Resume"),
        ({"status": False}, "switched off"),
        ({}, "Not fetched yet."),
    ],
)
def test_a14_the_health_page_says(fields: dict[str, object], words: str, alice: Client) -> None:
    builders.a_mailbox(**fields)
    assert words in alice.get("/panel/mailboxes").content.decode()


def test_mail_that_is_stored_and_not_taken_in_is_counted(alice: Client) -> None:
    mailbox = builders.a_mailbox()
    for uid in (1, 2, 3):
        builders.a_spooled_mail(mailbox=mailbox, uid=uid, outcome="waiting")
    assert '<dd class="strong">3</dd>' in alice.get("/panel/mailboxes").content.decode()


def test_a14_a_mailbox_is_paused_and_resumed(alice: Client) -> None:
    mailbox = builders.a_mailbox()
    alice.post(f"/panel/mailboxes/{mailbox.pk}/pause")
    assert RemoteMailbox.objects.get().paused_at
    alice.post(f"/panel/mailboxes/{mailbox.pk}/resumption")
    assert RemoteMailbox.objects.get().paused_at is None
    assert set(AuditEntry.objects.values_list("actor", "label")) == {("Alice Moreau", "support@desk.example")}
    assert AuditEntry.objects.count() == 2


def test_a14_fetch_now_makes_the_mailbox_due(alice: Client) -> None:
    mailbox = builders.a_mailbox(next_fetch_at=clock.now() + dt.timedelta(hours=1))
    response = alice.post(f"/panel/mailboxes/{mailbox.pk}/fetches", follow=True)
    assert RemoteMailbox.objects.get().next_fetch_at is None
    assert "Fetching support@desk.example now." in response.content.decode()


def test_htmx_gets_the_list_alone(alice: Client) -> None:
    for path in ("/panel/mailboxes", "/panel/outbox"):
        assert "<html" not in alice.get(path, headers={"HX-Request": "true"}).content.decode()


def test_the_pages_of_the_panel_ask_no_more_for_more_rows(
    alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = builders.a_ticket()
    for number in range(12):
        mailbox = builders.a_mailbox(f"box{number}@desk.example")
        builders.a_spooled_mail(mailbox=mailbox, uid=number)
        builders.a_letter(ticket=ticket)
    for path in ("/panel/mailboxes", "/panel/held", "/panel/outbox"):
        with django_assert_max_num_queries(12):
            assert alice.get(path).status_code == 200


def test_held_mail_shows_its_reason_words_and_source(alice: Client) -> None:
    held = builders.a_spooled_mail(builders.a_mail("Odd <b>", "Let me in."), reason="DMARC fails.")
    listed = alice.get("/panel/held").content.decode()
    for words in ("DMARC fails.", "Odd &lt;b&gt;", "carol@customer.example"):
        assert words in listed
    page = alice.get(f"/panel/held/{held.pk}").content.decode()
    for words in ("DMARC fails.", "Odd &lt;b&gt;", "Let me in.", "Subject: Odd &lt;b&gt;", "carol@customer.example"):
        assert words in page


def test_shunted_mail_shows_its_stage_and_traceback(alice: Client) -> None:
    shunted = builders.a_spooled_mail(outcome="shunted", stage="react", traceback="ValueError: <x>")
    page = alice.get(f"/panel/held/{shunted.pk}").content.decode()
    assert "ValueError: &lt;x&gt;" in page
    assert "react" in page


@pytest.mark.parametrize("raw", [b"", b"\x00\xff\xfe", b"Subject: =?x?y?z?=\r\n\r\n\xff"])
def test_bytes_that_make_no_sense_can_still_be_looked_at(raw: bytes, alice: Client) -> None:
    held = builders.a_spooled_mail(raw, outcome="shunted")
    assert alice.get(f"/panel/held/{held.pk}").status_code == 200


def test_mail_whose_bytes_are_not_here_can_still_be_looked_at(alice: Client) -> None:
    held = builders.a_spooled_mail()
    SpooledMail.objects.update(blob=None)
    assert "not here yet" in alice.get(f"/panel/held/{held.pk}").content.decode()
    assert alice.get(f"/panel/held/{held.pk}/source").status_code == 404


def test_a_ticket_is_made_of_held_mail(alice: Client) -> None:
    builders.a_department("Support", is_default=True)
    held = builders.a_spooled_mail(builders.a_mail("Let me in", "Please."))
    response = alice.post(f"/panel/held/{held.pk}/tickets")
    ticket = Ticket.objects.get()
    assert response.headers["Location"] == f"/tickets/{ticket.number}"
    assert (ticket.subject, Entry.objects.get().text.strip()) == ("Let me in", "Please.")
    assert not Letter.objects.exists()


def test_held_mail_is_discarded_once(alice: Client) -> None:
    held = builders.a_spooled_mail()
    url = f"/panel/held/{held.pk}/discarding"
    assert alice.post(url).status_code == 302
    assert SpooledMail.objects.get().outcome == "discarded"
    assert alice.post(url).status_code == 404


def test_held_mail_is_judged_anew(alice: Client) -> None:
    held = builders.a_spooled_mail()
    alice.post(f"/panel/held/{held.pk}/retries")
    assert SpooledMail.objects.get().outcome == "waiting"


def test_agents_see_the_held_mail_of_their_departments(bob: Client, charlie: Client) -> None:
    mailbox = builders.a_mailbox("billing@desk.example")
    NewTicketSettings.objects.create(email=mailbox.email, department=builders.a_department("Billing"))
    builders.a_spooled_mail(mailbox=mailbox, uid=1, reason="For Billing.")
    assert "For Billing." in charlie.get("/panel/held").content.decode()
    assert "For Billing." not in bob.get("/panel/held").content.decode()


def test_agents_see_the_letters_of_their_departments(bob: Client, charlie: Client) -> None:
    builders.a_letter(ticket=builders.a_ticket(), subject="For Support's customer")
    builders.a_letter(subject="About no ticket")
    assert "For Support&#x27;s customer" in bob.get("/panel/outbox").content.decode()
    page = charlie.get("/panel/outbox").content.decode()
    assert "Support&#x27;s customer" not in page
    assert "About no ticket" not in page


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        ("waiting", {"queued", "deferred", "sending"}),
        ("uncertain", {"uncertain"}),
        ("failed", {"failed", "bounced"}),
        ("sent", {"sent"}),
        ("all", {"queued", "deferred", "sending", "uncertain", "failed", "bounced", "sent", "cancelled"}),
    ],
)
def test_letters_are_shown_by_what_became_of_them(view: str, shown: set[str], alice: Client) -> None:
    states = ("queued", "deferred", "sending", "uncertain", "failed", "bounced", "sent", "cancelled")
    for state in states:
        builders.a_letter(state=state, subject=f"subject of a {state} letter")
    page = alice.get("/panel/outbox", {"view": view}).content.decode()
    assert {state for state in states if f"subject of a {state} letter" in page} == shown


def test_a_letter_that_one_of_many_refused_stands_among_the_failed(alice: Client) -> None:
    letter = builders.a_letter(["a@x.example", "b@x.example"], state="sent", subject="To both")
    letter.recipients.filter(address="b@x.example").update(state="bounced", reply="550 No such user")
    page = alice.get("/panel/outbox", {"view": "failed"}).content.decode()
    assert "To both" in page
    assert "550 No such user" in page


@pytest.mark.parametrize(
    ("state", "resource", "becomes"),
    [
        ("queued", "cancellation", "cancelled"),
        ("deferred", "retries", "queued"),
        ("uncertain", "delivery", "sent"),
        ("uncertain", "sendings", "queued"),
    ],
)
def test_a_letter_is_steered(state: str, resource: str, becomes: str, alice: Client) -> None:
    builders.a_desk_that_can_send()
    letter = builders.a_letter(state=state)
    assert alice.post(f"/panel/outbox/{letter.pk}/{resource}").status_code == 302
    assert Letter.objects.get().state == becomes


def test_a_letter_that_was_sent_cannot_be_cancelled(alice: Client) -> None:
    letter = builders.a_letter(state="sent")
    response = alice.post(f"/panel/outbox/{letter.pk}/cancellation")
    assert response.status_code == 409
    assert "cannot be done now" in response.content.decode()
