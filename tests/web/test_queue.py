"""The queue as a page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from postdesk.tickets.models import Ticket
from tests.support import builders


def version_in(page: str) -> str:
    found = re.search(r'data-version="([\w.-]+)"', page)
    assert found
    return found[1]


def test_the_queue_shows_who_waits_for_what(alice: Client) -> None:
    builders.an_entry(builders.a_ticket("The printer is on fire"), "It burns.")
    page = alice.get("/").content.decode()
    assert "The printer is on fire" in page
    assert "Carol Lind" in page
    assert "It burns." in page


@pytest.mark.parametrize("view", ["open", "overdue", "mine", "answered", "closed", "nonsense"])
def test_an_empty_shelf_says_so_in_words(view: str, alice: Client) -> None:
    page = alice.get("/", {"view": view}).content.decode()
    assert 'class="empty"' in page


def test_markup_in_a_subject_is_shown_as_text(alice: Client) -> None:
    builders.a_ticket("<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in alice.get("/").content.decode()


def test_nothing_changed_is_answered_with_204(alice: Client) -> None:
    builders.a_ticket()
    version = version_in(alice.get("/").content.decode())
    assert alice.get("/queue/changes", {"version": version}).status_code == 204


def test_a_change_that_the_pulse_does_not_show_is_found_by_the_whole_look(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = builders.a_ticket()
    version = version_in(alice.get("/").content.decode())
    Ticket.objects.filter(pk=ticket.pk).update(assignee=builders.bob())
    monkeypatch.setattr("postdesk.web.inbox.queue.WHOLE_LOOK", 1)
    assert alice.get("/queue/changes", {"version": version}).status_code == 200


def test_an_unchanged_pulse_is_answered_with_hardly_a_query(
    alice: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    builders.a_ticket()
    version = version_in(alice.get("/").content.decode())
    monkeypatch.setattr("postdesk.web.inbox.queue.WHOLE_LOOK", 61)
    monkeypatch.setattr("postdesk.basics.clock.now", lambda: builders.NOON.replace(second=1))
    with django_assert_max_num_queries(3):
        assert alice.get("/queue/changes", {"version": version}).status_code == 204


def test_a_new_ticket_is_answered_with_the_list_and_the_counts(alice: Client) -> None:
    version = version_in(alice.get("/").content.decode())
    builders.a_ticket("Fresh")
    response = alice.get("/queue/changes", {"version": version})
    page = response.content.decode()
    assert response.status_code == 200
    assert "Fresh" in page
    assert re.search(r'id="count-open" hx-swap-oob="true">1<', page)
    assert "<html" not in page


def test_a_ticket_of_another_department_is_no_change(charlie: Client) -> None:
    version = version_in(charlie.get("/").content.decode())
    builders.a_ticket("Not for Charlie")
    assert charlie.get("/queue/changes", {"version": version}).status_code == 204


def test_the_number_of_queries_does_not_grow_with_the_queue(
    alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        builders.an_entry(builders.a_ticket(user=builders.a_user(f"u{number}@customer.example")))
    with django_assert_max_num_queries(10):
        page = alice.get("/").content.decode()
    assert page.count("data-key-item") == 50
    with django_assert_max_num_queries(8):
        alice.get("/queue/changes", {"version": version_in(page)})


def test_the_next_page_is_reached_by_a_link(alice: Client) -> None:
    for number in range(51):
        builders.a_ticket(f"Ticket {number}")
    page = alice.get("/").content.decode()
    found = re.search(r'rel="next" href="([^"]+)"', page)
    assert found
    rest = alice.get("/" + found[1].replace("&amp;", "&")).content.decode()
    assert "Ticket 0<" in rest
    assert 'rel="next"' not in rest


def test_a_number_in_the_search_goes_straight_to_its_ticket(alice: Client) -> None:
    ticket = builders.a_ticket()
    response = alice.get("/", {"q": f"#{ticket.number}"})
    assert response.headers["Location"] == f"/tickets/{ticket.number}"


def test_a_search_without_a_result_says_what_can_be_searched_for(alice: Client) -> None:
    assert "Nothing found" in alice.get("/", {"q": "zebra"}).content.decode()


def test_the_navigation_counts_what_needs_a_look(alice: Client) -> None:
    builders.a_spooled_mail()
    builders.a_letter(state="uncertain")
    builders.a_mailbox(failures=3)
    page = alice.get("/").content.decode()
    assert len(re.findall(r'class="count" data-tone="\w+" title="[^"]+">1<', page)) == 3
