"""Rows H3, H4, H11 and I on the screens: who will receive a reply, from whom, and tickets that agents open."""

from __future__ import annotations

import pytest

from postdesk.mailroom.models import Email, Letter, SmtpAccount
from postdesk.people.models import Agent
from postdesk.tickets.models import Collaborator, Department, Entry, Ticket
from tests.support import builders
from tests.support.builders import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(alice) -> Ticket:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    builders.an_entry(ticket, "It burns.")
    Collaborator.objects.create(ticket=ticket, user=builders.a_user("dave@customer.example"), added_at=NOON)
    return ticket


def test_h3_the_composer_says_who_will_receive_a_reply_and_from_where(alice, ticket):
    other = Email.objects.create(address="other@desk.example", name="Other", created_at=NOON, updated_at=NOON)
    SmtpAccount.objects.create(email=other, host="smtp.desk.example")

    page = alice.get(f"/tickets/{ticket.number}").content.decode()

    assert 'value="dave@customer.example" checked' in page
    for words in ("carol@customer.example", "Only the user", "other@desk.example", "Write it down"):
        assert words in page


def test_h3_h4_the_choices_of_the_form_are_honoured(alice, ticket):
    other = Email.objects.create(address="other@desk.example", name="Other", created_at=NOON, updated_at=NOON)
    SmtpAccount.objects.create(email=other, host="smtp.desk.example")
    Agent.objects.update(signature="Alice, first floor")
    chosen = {"text": "Hi.", "audience": "user", "sender": str(other.pk), "signature": "mine"}

    assert alice.post(f"/tickets/{ticket.number}/replies", chosen).status_code == 302

    letter = Letter.objects.get()
    assert letter.from_address == "other@desk.example"
    assert [row.address for row in letter.recipients.all()] == ["carol@customer.example"]
    assert b"Alice, first floor" in bytes(letter.raw)


@pytest.mark.parametrize("wrong", [{"audience": "world"}, {"sender": "x"}, {"sender": "999999"}, {"signature": "his"}])
def test_what_the_page_does_not_offer_is_refused_and_the_words_are_kept(alice, ticket, wrong):
    answer = alice.post(f"/tickets/{ticket.number}/replies", {"text": "My words.", **wrong})

    assert answer.status_code == 422
    assert "My words." in answer.content.decode()
    assert not Letter.objects.exists()


def test_h11_a_reply_is_sent_again_from_its_menu(alice, ticket):
    alice.post(f"/tickets/{ticket.number}/replies", {"text": "Water."})
    entry = Entry.objects.get(kind="reply")

    answer = alice.post(f"/tickets/{ticket.number}/entries/{entry.pk}/resendings", follow=True)

    assert "Sent again to carol@customer.example, dave@customer.example." in answer.content.decode()
    assert Letter.objects.filter(kind="reply").count() == 2


def test_i_a_call_is_written_down_as_the_users_message(alice, ticket):
    alice.post(f"/tickets/{ticket.number}/messages", {"text": "She called: still burning."})

    entry = Entry.objects.order_by("id").last()
    assert (entry.kind, entry.author_address) == ("message", "carol@customer.example")
    assert [row.address for row in Letter.objects.get().recipients.all()] == ["dave@customer.example"]
    assert alice.post(f"/tickets/{ticket.number}/messages", {"text": " "}).status_code == 422


def test_h1_an_agent_opens_a_ticket_on_the_screen(alice):
    builders.a_desk_that_can_send()
    department = Department.objects.get(name="Support")
    filled = {
        "kind": "mail",
        "address": "zoe@customer.example",
        "name": "Zoe",
        "subject": "Your lamp",
        "text": "It is ready.",
        "department": str(department.pk),
        "priority": "normal",
    }

    answer = alice.post("/tickets/new", filled)

    ticket = Ticket.objects.get()
    assert answer.headers["Location"] == f"/tickets/{ticket.number}"
    assert (ticket.user.name, Letter.objects.get().kind) == ("Zoe", "notice")

    again = alice.post("/tickets/new", {**filled, "address": "not an address"})
    assert again.status_code == 422
    assert "must be one e-mail address" in again.content.decode()
    assert Ticket.objects.count() == 1
