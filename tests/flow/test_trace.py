"""The message trace: every step of a message, by Message-ID and by address (D7, and product.md, row 6)."""

from __future__ import annotations

import pytest

from postdesk.flow.trace import trace
from postdesk.judge.filters.values import Rule
from postdesk.mailroom.bans import BanSetup, save_ban
from postdesk.mailroom.models import Letter, LetterRecipient
from postdesk.tickets import filters
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup
from postdesk.tickets.models import Ticket
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


def test_a_message_is_traced_from_the_mailbox_to_the_delivery_of_its_answer(desk):
    setup = FilterSetup(
        "Fires", rules=(Rule("subject", "contains", "fire"),), actions=(ActionSetup("priority", "high"),)
    )
    filters.save_filter(None, setup, by="test", at=AT)
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    LetterRecipient.objects.update(state="sent", reply="250 2.0.0 Ok", queue_id="4bXyz")

    (trail,) = trace("<a1@example.com>")

    assert (trail.title, trail.ticket, trail.state) == ("Printer on fire", Ticket.objects.get().number, "ticket")
    titles = [step.title for step in trail.steps]
    assert titles[:3] == ["The server got it", "Stored from support@desk.test, folder INBOX", "Opened a ticket"]
    assert "Ticket Filter: Fires" in titles
    opened = next(step for step in trail.steps if step.title == "Opened a ticket")
    assert ("Routing", "To names support@desk.test.") in opened.words
    filtered = next(step for step in trail.steps if step.title == "Ticket Filter: Fires")
    assert filtered.words == (("Why", "Subject contains “fire”"), ("Changed", "set priority to high"))
    sent = next(step for step in trail.steps if step.title.startswith("carol@example.com"))
    assert (sent.state, sent.words) == ("sent", (("Server", "250 2.0.0 Ok"), ("Queue id", "4bXyz")))


def test_an_address_shows_all_its_mail_the_turned_away_too_and_the_letters_to_it(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"), mail(message_id="a2@example.com", subject="Second"))
    save_ban(None, BanSetup("carol@example.com"), by="test", at=AT)
    arrives(desk.mailbox, mail(message_id="a3@example.com", subject="Third"))
    arrives(desk.mailbox, mail(message_id="b1@example.org", sender="dan@example.org"))

    trails = trace("Carol@Example.com")

    assert {trail.message_id for trail in trails} == {"a1@example.com", "a2@example.com", "a3@example.com"}
    banned = next(trail for trail in trails if trail.message_id == "a3@example.com")
    assert (banned.state, banned.ticket, banned.title) == ("suppressed", 0, "Third")
    assert any(("Why", "The banlist has carol@example.com.") in step.words for step in banned.steps)


def test_a_letter_of_ours_is_found_by_its_id_with_what_the_server_said(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    letter = Letter.objects.get()
    LetterRecipient.objects.update(state="failed", reply="550 5.1.1 No such user")

    (trail,) = trace(letter.message_id)

    assert (trail.is_ours, trail.ticket) == (True, Ticket.objects.get().number)
    assert trail.steps[-1].title == "carol@example.com: refused for good"
    assert trail.steps[-1].words == (("Server", "550 5.1.1 No such user"),)


def test_what_waits_for_a_person_leads_to_its_decision(desk):
    (row,) = arrives(desk.mailbox, mail(sender="", message_id="h1@example.com"))
    (trail,) = trace("h1@example.com")
    assert (trail.state, trail.held) == ("held", row.pk)


@pytest.mark.parametrize("asked", ["nobody@example.com", "<x@y>", "", "   ", "no address", "a@" + "b" * 600])
def test_nothing_is_known_of_what_never_came(desk, asked):
    assert trace(asked) == []
