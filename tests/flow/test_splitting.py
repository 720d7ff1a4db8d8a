"""A join undone, a conversation split: what goes along, what stays, and where later mail goes."""

from __future__ import annotations

import pytest
from django.urls import reverse

from postdesk.basics.errors import Refused
from postdesk.mailroom.models import Letter
from postdesk.people.models import Agent
from postdesk.tickets import operations
from postdesk.tickets.models import Entry, KnownMessageId, Ticket
from tests.support import builders
from tests.support.desk import AT, a_desk, arrives, mail
from tests.web.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


@pytest.fixture
def alice(desk) -> Agent:
    return Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT)


@pytest.fixture
def joined(desk) -> Entry:
    """Carol's second matter, written as an answer to our letter about the first."""
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    ours = Letter.objects.get(kind="autoresponse").message_id
    headers = f"References: <{ours}>\r\n"
    arrives(desk.mailbox, mail(message_id="a2@example.com", subject="Invoices", text="By the way.", headers=headers))
    arrives(desk.mailbox, mail(message_id="a3@example.com", text="It still burns.", headers=headers))
    return Entry.objects.get(subject="Invoices")


def test_g7_an_undone_join_is_a_ticket_of_its_own_and_nobody_hears_of_it(alice, joined):
    old, letters = joined.ticket, Letter.objects.count()

    new = operations.split(joined, following=False, by=alice, at=AT)

    assert [entry.text.strip() for entry in new.entries.all()] == ["By the way."]
    assert [entry.text.strip() for entry in old.entries.all()] == ["It burns.", "It still burns."]
    assert (new.subject, new.user.address, new.entry_count, new.status) == ("Invoices", "carol@example.com", 1, "open")
    assert new.waiting_since == joined.created_at
    old.refresh_from_db()
    assert (old.entry_count, old.snippet) == (2, "It still burns.")
    assert new.events.get(name="ticket.opened").data["follows"] == f"#{old.number}"
    assert old.events.get(name="ticket.split").data["to"] == f"#{new.number}"
    assert new.events.filter(name="message.received", entry=joined).exists()
    assert Letter.objects.count() == letters


def test_g7_later_mail_that_answers_the_moved_message_follows_it_and_other_mail_stays(desk, alice, joined):
    old = joined.ticket
    new = operations.split(joined, following=False, by=alice, at=AT)
    ours = Letter.objects.filter(kind="autoresponse").earliest("id").message_id

    headers = f"In-Reply-To: <a2@example.com>\r\nReferences: <{ours}> <a2@example.com>\r\n"
    arrives(desk.mailbox, mail(message_id="a4@example.com", text="About the invoices.", headers=headers))
    arrives(desk.mailbox, mail(message_id="a5@example.com", text="Fire.", headers=f"In-Reply-To: <{ours}>\r\n"))
    entry = operations.reply(new, text="Here they are.", by=alice, at=AT)
    letter = Letter.objects.get(pk=entry.letter_id)
    arrives(
        desk.mailbox,
        mail(message_id="a6@example.com", text="Thanks.", headers=f"References: <{letter.message_id}>\r\n"),
    )

    assert [one.text.strip() for one in new.entries.filter(kind="message")][1:] == ["About the invoices.", "Thanks."]
    assert old.entries.last().text.strip() == "Fire."
    assert Ticket.objects.count() == 2


def test_g7_a_letter_of_ours_that_was_moved_takes_its_answers_along_whatever_its_signature_names(desk, alice, joined):
    old = joined.ticket
    reply = operations.reply(old, text="We look into it.", by=alice, at=AT)
    new = operations.split(joined, following=True, by=alice, at=AT)

    known = KnownMessageId.objects.get(letter=reply.letter_id)
    assert known.ticket == new
    arrives(
        desk.mailbox, mail(message_id="a7@example.com", text="Well?", headers=f"In-Reply-To: <{known.message_id}>\r\n")
    )

    assert new.entries.last().text.strip() == "Well?"
    assert [entry.text.strip() for entry in old.entries.all()] == ["It burns."]


def test_g7_a_stranger_gains_nothing_by_a_message_that_was_moved(desk, alice, joined):
    new = operations.split(joined, following=False, by=alice, at=AT)

    (row,) = arrives(
        desk.mailbox,
        mail(sender="mallory@evil.example", message_id="m@evil", headers="In-Reply-To: <a2@example.com>\r\n"),
    )
    assert row.outcome == "held"
    assert new.entries.count() == 1


def test_g7_a_ticket_that_only_the_moved_message_opened_again_is_closed_again(desk, alice):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    old = Ticket.objects.get()
    operations.close(old, by=alice, at=AT)
    arrives(desk.mailbox, mail(message_id="a2@example.com", headers="In-Reply-To: <a1@example.com>\r\n"))
    old.refresh_from_db()
    assert old.status == "open"

    new = operations.split(old.entries.last(), following=False, by=alice, at=AT)

    old.refresh_from_db()
    assert (old.status, old.waiting_since, new.status) == ("closed", None, "open")


def test_g7_the_first_entry_and_our_own_words_cannot_be_split_off(desk, alice, joined):
    first = joined.ticket.entries.first()
    reply = operations.reply(joined.ticket, text="Water.", by=alice, at=AT)
    for entry in (first, reply):
        with pytest.raises(Refused):
            operations.split(entry, following=False, by=alice, at=AT)
    assert Ticket.objects.count() == 1


def test_g7_the_page_offers_to_undo_a_join_to_those_who_may_and_leads_to_the_new_ticket(joined):
    admin = builders.alice()
    client = signed_in(admin)
    page = client.get(reverse("ticket", args=[joined.ticket.number])).content.decode()
    address = reverse("entry-splitting", args=[joined.ticket.number, joined.pk])
    assert address in page
    assert reverse("entry-splitting", args=[joined.ticket.number, joined.ticket.entries.first().pk]) not in page

    answer = client.post(address, {"following": "1"}, follow=True)

    new = Ticket.objects.latest("id")
    assert f"#{joined.ticket.number}" in answer.content.decode()
    assert [entry.text.strip() for entry in new.entries.all()] == ["By the way.", "It still burns."]
    assert client.post(address).status_code == 404
