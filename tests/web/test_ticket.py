"""The ticket as a page, and what agents do on it."""

from __future__ import annotations

import datetime as dt
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from postdesk.mailroom.models import Letter
from postdesk.tickets import operations
from postdesk.tickets.models import Collaborator, Entry, Ticket
from tests.support import builders
from tests.support.builders import NOON


def page_of(client: Client, ticket: Ticket) -> str:
    response = client.get(f"/tickets/{ticket.number}")
    assert response.status_code == 200
    return response.content.decode()


def news_in(page: str) -> str:
    """The address the open page asks for news."""
    found = re.search(r'hx-get="(/tickets/\d+/changes[^"]+)"', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_new_words_are_shown_first_and_the_quoted_text_is_folded(alice: Client) -> None:
    ticket = builders.a_ticket()
    builders.an_entry(ticket, "It works.\n\n> old words", new_text="It works.")
    page = page_of(alice, ticket)
    assert '<div class="prose">It works.</div>' in page
    assert re.search(r"<details class=\"fold\">.*?&gt; old words", page, re.DOTALL)


def test_an_entry_says_why_it_is_here(alice: Client) -> None:
    ticket = builders.a_ticket()
    entry = builders.an_entry(ticket)
    builders.an_event(ticket, "message.received", entry=entry, data={"why": "In-Reply-To names our reply."})
    assert "In-Reply-To names our reply." in page_of(alice, ticket)


def test_a_strangers_message_is_marked(alice: Client) -> None:
    ticket = builders.a_ticket()
    entry = builders.an_entry(ticket, user=builders.mallory())
    builders.an_event(ticket, "message.received", entry=entry, data={"why": "The number.", "stranger": True})
    assert "new in this ticket" in page_of(alice, ticket)


def test_the_fate_of_a_reply_is_shown_in_the_servers_words(alice: Client) -> None:
    ticket = builders.a_ticket()
    letter = builders.a_letter(state="deferred", ticket=ticket, reply="451 4.7.1 Greylisted")
    builders.an_entry(ticket, "Water.", kind="reply", agent=builders.alice(), letter=letter)
    page = page_of(alice, ticket)
    assert 'data-state="deferred"' in page
    assert "451 4.7.1 Greylisted" in page


def test_rich_mail_is_framed_without_scripts_and_plain_mail_is_not_framed(alice: Client) -> None:
    ticket = builders.a_ticket()
    builders.an_entry(ticket, "Plain.", html="<div>Plain.</div>")
    assert "<iframe" not in page_of(alice, ticket)
    builders.an_entry(ticket, "Rich.", html="<table><tr><td>Rich.</td></tr></table>")
    frames = re.findall(r"<iframe[^>]+>", page_of(alice, ticket))
    assert len(frames) == 1
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frames[0]


def test_the_composer_says_who_will_receive_the_reply(alice: Client) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket(email=builders.an_email())
    Collaborator.objects.create(ticket=ticket, user=builders.a_user("dan@okafor.example"), added_at=NOON)
    page = page_of(alice, ticket)
    assert "Goes to <strong>carol@customer.example</strong>" in page
    assert 'name="cc" value="dan@okafor.example" checked' in page
    assert "from support@desk.example" in page


def test_the_number_of_queries_does_not_grow_with_the_thread(
    alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = builders.a_ticket()
    agent = builders.alice()
    for number in range(12):
        entry = builders.an_entry(ticket, f"Message {number}", at=NOON + dt.timedelta(minutes=number))
        builders.an_attachment(entry, b"x", "x.txt", "text/plain")
        letter = builders.a_letter(ticket=ticket)
        builders.an_event(ticket, "reply.sent", entry=entry, letter=letter, agent=agent)
        builders.an_entry(ticket, "Reply", kind="reply", agent=agent, letter=letter)
    with django_assert_max_num_queries(30):
        page_of(alice, ticket)


def test_a_long_thread_is_shown_a_part_at_a_time(alice: Client) -> None:
    ticket = builders.a_ticket()
    entries = [builders.an_entry(ticket, f"Message {number}.") for number in range(101)]
    page = page_of(alice, ticket)
    assert "Message 0." not in page
    earlier = alice.get(f"/tickets/{ticket.number}", {"before": entries[1].pk}).content.decode()
    assert "Message 0." in earlier
    assert "Message 1." not in earlier


def test_a_reply_is_written_and_mailed(bob: Client) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    upload = SimpleUploadedFile("plan.txt", b"exit left", "text/plain")
    data = {"text": "Water is on its way.", "files": upload, "copies_shown": "1", "cc_more": "dan@okafor.example"}
    response = bob.post(f"/tickets/{ticket.number}/replies", data)
    entry = Entry.objects.get(kind="reply")
    assert response.headers["Location"] == f"/tickets/{ticket.number}#entry-{entry.pk}"
    assert (entry.text, entry.agent) == ("Water is on its way.", builders.bob())
    assert entry.attachments.get().filename == "plan.txt"
    recipients = Letter.objects.get().recipients.values_list("address", flat=True)
    assert set(recipients) == {"carol@customer.example", "dan@okafor.example"}


def test_a_collaborator_whose_tick_is_taken_away_gets_no_copy(bob: Client) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    Collaborator.objects.create(ticket=ticket, user=builders.a_user("dan@okafor.example"), added_at=NOON)
    bob.post(f"/tickets/{ticket.number}/replies", {"text": "For Carol alone.", "copies_shown": "1"})
    assert [one.address for one in Letter.objects.get().recipients.all()] == ["carol@customer.example"]


def test_send_and_close_does_both(bob: Client) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    response = bob.post(f"/tickets/{ticket.number}/replies", {"text": "Done.", "close": "1"}, follow=True)
    ticket.refresh_from_db()
    assert ticket.status == "closed"
    assert f"#{ticket.number} is closed" in response.content.decode()


def test_an_empty_reply_is_refused_in_words(bob: Client) -> None:
    ticket = builders.a_ticket()
    response = bob.post(f"/tickets/{ticket.number}/replies", {"text": "  "})
    assert response.status_code == 422
    page = response.content.decode()
    assert "The reply is empty." in page
    assert 'aria-describedby="composer-error" autofocus aria-invalid="true"' in page


def test_a_copy_to_something_that_is_no_address_is_refused_and_the_words_are_kept(bob: Client) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    data = {"text": "Precious words", "copies_shown": "1", "cc_more": "dan at okafor"}
    response = bob.post(f"/tickets/{ticket.number}/replies", data)
    page = response.content.decode()
    assert response.status_code == 422
    assert "is not an e-mail address" in page
    assert "Precious words</textarea>" in page
    assert not Letter.objects.exists()


def test_sending_stops_when_something_arrived_meanwhile_and_goes_on_when_it_was_read(bob: Client) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    seen = builders.an_entry(ticket, "First.")
    arrived = builders.an_entry(ticket, "Forget it, it is out.")
    url = f"/tickets/{ticket.number}/replies"
    stopped = bob.post(url, {"text": "Water is on its way.", "seen": seen.pk})
    page = stopped.content.decode()
    assert stopped.status_code == 409
    assert "Not sent yet" in page
    assert "Water is on its way.</textarea>" in page
    assert f'name="seen" id="seen" value="{arrived.pk}"' in page
    assert not Letter.objects.exists()
    assert bob.post(url, {"text": "Good.", "seen": arrived.pk}).status_code == 302
    assert Letter.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_twice_at_once_is_one_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    seen = builders.an_entry(ticket, "First.")
    agent = builders.bob()
    really = operations.reply

    def slowly(*arguments: Any, **more: Any) -> Entry:
        time.sleep(0.3)  # Long enough for the other to look before this one is written.
        return really(*arguments, **more)

    monkeypatch.setattr(operations, "reply", slowly)

    def send(_number: int) -> int:
        with closing(connection):
            client = Client()
            client.force_login(agent)
            form = {"text": "Water is on its way.", "seen": seen.pk}
            return client.post(f"/tickets/{ticket.number}/replies", form).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(send, range(2)))

    assert statuses == [302, 409]
    assert Letter.objects.count() == 1


def test_a_note_is_kept_and_never_mailed(bob: Client) -> None:
    ticket = builders.a_ticket()
    bob.post(f"/tickets/{ticket.number}/notes", {"text": "Known problem."})
    assert Entry.objects.get().kind == "note"
    assert not Letter.objects.exists()


def test_a_ticket_is_closed_by_post_and_opened_again_by_delete(bob: Client) -> None:
    ticket = builders.a_ticket()
    url = f"/tickets/{ticket.number}/closure"
    bob.post(url)
    assert Ticket.objects.get(pk=ticket.pk).status == "closed"
    bob.delete(url)
    assert Ticket.objects.get(pk=ticket.pk).status == "open"


def test_what_is_not_done_is_told_with_a_way_back(bob: Client) -> None:
    ticket = builders.a_ticket(status="closed")
    url = f"/tickets/{ticket.number}"
    response = bob.post(f"{url}/closure", headers={"Referer": f"http://testserver{url}"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "is closed already" in page
    assert f'href="{url}"' in page


def test_a_ticket_is_given_to_a_colleague_and_taken_back(bob: Client) -> None:
    ticket = builders.a_ticket()
    alice = builders.alice()
    bob.post(f"/tickets/{ticket.number}/assignee", {"agent": alice.pk})
    assert Ticket.objects.get(pk=ticket.pk).assignee == alice
    bob.post(f"/tickets/{ticket.number}/assignee", {"agent": ""})
    assert Ticket.objects.get(pk=ticket.pk).assignee is None


def test_a_ticket_cannot_be_given_to_another_department(bob: Client) -> None:
    ticket = builders.a_ticket()
    response = bob.post(f"/tickets/{ticket.number}/assignee", {"agent": builders.charlie().pk})
    assert response.status_code == 409
    assert Ticket.objects.get(pk=ticket.pk).assignee is None


def test_an_open_page_learns_only_what_is_new(alice: Client) -> None:
    ticket = builders.a_ticket()
    builders.an_entry(ticket, "Old words.")
    news = news_in(page_of(alice, ticket))
    assert alice.get(news).status_code == 204
    fresh = builders.an_entry(ticket, "Fresh words.", at=NOON + dt.timedelta(minutes=1))
    learned = alice.get(news).content.decode()
    assert "Fresh words." in learned
    assert "Old words." not in learned
    assert f'data-last-entry="{fresh.pk}"' in learned
    assert "<textarea" not in learned
    assert alice.get(news_in(learned)).status_code == 204


def test_an_open_page_learns_that_a_letter_was_sent(alice: Client) -> None:
    ticket = builders.a_ticket()
    letter = builders.a_letter(ticket=ticket)
    builders.an_entry(ticket, "Water.", kind="reply", agent=builders.alice(), letter=letter)
    news = news_in(page_of(alice, ticket))
    letter.recipients.update(state="sent")
    learned = alice.get(news).content.decode()
    assert re.search(rf'id="delivery-{letter.pk}"[^>]+hx-swap-oob="true"', learned)
    assert 'class="badge" data-state="sent"' in learned
