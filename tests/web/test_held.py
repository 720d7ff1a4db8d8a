"""Held mail: what a person reads, and what they make of it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from postdesk.mailroom.models import SpooledMail
from postdesk.tickets.models import AllowedSender, Entry, Ticket
from tests.support import builders
from tests.support.desk import mail

pytestmark = pytest.mark.django_db


def held(uid: int, **options: str) -> SpooledMail:
    return builders.a_spooled_mail(mail(message_id=f"h{uid}@example.com", text=f"Words {uid}.", **options), uid=uid,
                                   reason="A message in a ticket takes proof of the sender here.")  # fmt: skip


def test_several_are_decided_about_at_once_and_none_that_was_decided(alice: Client) -> None:
    first, second, third = held(1), held(2), held(3)
    SpooledMail.objects.filter(pk=third.pk).update(outcome="discarded")
    chosen = {"row": [first.pk, second.pk, third.pk], "act": "discarding"}
    page = alice.post(reverse("held-acts"), chosen, follow=True).content.decode()
    assert "2 messages discarded." in page
    assert "choose messages first" in alice.post(reverse("held-acts"), {"act": "x"}, follow=True).content.decode()


def test_a_message_is_attached_to_the_ticket_that_was_typed(alice: Client) -> None:
    ticket = builders.a_ticket()
    row = held(1)
    wrong = alice.post(reverse("held-joins", args=[row.pk]), {"number": "999999"}).content.decode()
    assert "There is no ticket #999999 that you may see." in wrong
    assert 'value="999999"' in wrong
    done = alice.post(reverse("held-joins", args=[row.pk]), {"number": f"#{ticket.number}"})
    assert done.headers["Location"] == reverse("ticket", args=[ticket.number])
    assert Entry.objects.filter(ticket=ticket, spooled=row).exists()


def test_a_ticket_the_agent_may_not_see_is_as_if_it_were_not(bob: Client) -> None:
    row = held(1)
    secret = Ticket.objects.get(pk=builders.a_ticket(department=builders.a_department("Board")).pk)
    answer = bob.post(reverse("held-joins", args=[row.pk]), {"number": secret.number})
    assert answer.status_code in {200, 403}
    assert not Entry.objects.filter(ticket=secret).exists()


def test_who_is_always_let_in_is_listed_and_removed(alice: Client) -> None:
    row = held(1)
    alice.post(reverse("held-allowances", args=[row.pk]), {"where": "everywhere"})
    allowed = AllowedSender.objects.get()
    assert "carol@example.com" in alice.get(reverse("held-allowed")).content.decode()
    alice.post(reverse("held-allowed-removal", args=[allowed.pk]))
    assert not AllowedSender.objects.exists()


def test_the_page_warns_of_a_sender_that_looks_like_another(alice: Client) -> None:
    row = held(1, sender='"ceo@desk.test" <mallory@evil.example>')
    page = alice.get(reverse("held-mail", args=[row.pk])).content.decode()
    assert "The name shows ceo@desk.test, but the mail is from mallory@evil.example." in page


def test_the_ticket_shows_who_proved_the_sender_and_why(alice: Client) -> None:
    ticket = builders.a_ticket()
    entry = Entry.objects.filter(ticket=ticket).first() or builders.an_entry(ticket)
    data = {"trust_level": "failed", "trust_server": "mx.desk.test", "trust": ["mx.desk.test: DMARC fails <for> x."]}
    builders.an_event(ticket, "message.received", entry=entry, data=data)
    page = alice.get(reverse("ticket", args=[ticket.number])).content.decode()
    assert "Sender check failed" in page
    assert "DMARC fails &lt;for&gt; x." in page
