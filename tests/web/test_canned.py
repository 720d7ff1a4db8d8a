"""Canned responses in the composer: found by typing, filled in, with their files, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from postdesk.basics.errors import Problems
from postdesk.mailroom.models import Letter
from postdesk.tickets.canned import CannedSetup, save_canned
from postdesk.tickets.models import CannedResponse, Entry, Ticket
from postdesk.tickets.operations import Upload
from tests.support import builders
from tests.web.conftest import accessible, sign_in

Open = Callable[..., Page]
TEXT = "Dear %{ticket.name.first},\n\n#%{ticket.number} is being looked into.\n\n%{staff.name}"


def a_response(title: str = "Looking into it", **setup: str) -> CannedResponse:
    add = [Upload("plan.txt", "text/plain", b"exit left")] if title == "Looking into it" else []
    return save_canned(None, CannedSetup(title, **{"text": TEXT, **setup}), by="x", at=builders.NOON, add=add)[0]


@pytest.fixture
def ticket(db: None) -> Ticket:
    builders.a_desk_that_can_send()
    return builders.a_ticket()


def test_a_response_is_filled_in_below_what_is_written_and_its_files_go_along(bob: Client, ticket: Ticket) -> None:
    row = a_response()
    url = reverse("ticket-canned", args=[ticket.number])

    page = bob.post(url, {"text": "Hello!", "canned": str(row.pk), "copies_shown": "1"}).content.decode()

    words = f"Hello!\n\nDear Carol,\n\n#{ticket.number} is being looked into.\n\nBob Stone"
    assert words in page
    box = row.files.get().pk
    assert f'name="canned_file" value="{box}" checked' in page
    bob.post(reverse("ticket-replies", args=[ticket.number]), {"text": words, "canned_file": [str(box)]})
    entry = Entry.objects.get(kind="reply")
    assert entry.attachments.get().filename == "plan.txt"
    assert b"plan.txt" in bytes(Letter.objects.get().raw)


def test_responses_are_found_by_the_words_of_title_and_text(bob: Client, ticket: Ticket) -> None:
    a_response()
    a_response("Refunds", text="We have sent the money.")
    url = reverse("ticket-canned", args=[ticket.number])

    def titles(words: str) -> str:
        return bob.get(url, {"q": words}).content.decode()

    assert "Refunds" in titles("money sent")
    assert "Looking" not in titles("money sent")
    assert "No canned response matches" in titles("money looked")
    assert "Refunds" in titles("")


def test_the_responses_of_another_department_are_not_to_be_had(bob: Client, ticket: Ticket) -> None:
    builders.a_department("Billing")
    row = a_response("Invoices", department="Billing", text="Here it is.")
    own = a_response()
    CannedResponse.objects.filter(pk=own.pk).update(is_active=False)

    assert (
        "Canned response" not in bob.get(reverse("ticket", args=[ticket.number])).content.decode().split("composer")[1]
    )
    for pk in (row.pk, own.pk):
        assert bob.get(reverse("ticket-canned-response", args=[ticket.number, pk])).status_code == 404
    for wrong in ("", "x", "9" * 40):
        assert bob.post(reverse("ticket-canned", args=[ticket.number]), {"canned": wrong}).status_code == 404


def test_files_of_a_response_one_may_not_use_are_not_sent(bob: Client, ticket: Ticket) -> None:
    row = a_response()
    CannedResponse.objects.update(is_active=False)

    bob.post(reverse("ticket-replies", args=[ticket.number]), {"text": "Hi.", "canned_file": [str(row.files.get().pk)]})

    assert not Entry.objects.get(kind="reply").attachments.exists()


@pytest.mark.django_db
def test_a_variable_that_is_not_known_is_refused_when_it_is_saved() -> None:
    with pytest.raises(Problems) as refusal:
        save_canned(None, CannedSetup("Hello", text="Dear %{ticket.nmae.first},"), by="x", at=builders.NOON)

    assert "%{ticket.nmae.first} is not known" in str(refusal.value)


def test_typing_and_enter_put_the_response_where_one_writes(open_page: Open, transactional_db: None) -> None:
    builders.a_desk_that_can_send()
    ticket = builders.a_ticket()
    a_response()
    a_response("Refunds", text="We have sent the money to %{ticket.name}.")
    page = open_page()
    sign_in(page, builders.alice())
    page.goto(reverse("ticket", args=[ticket.number]))
    page.get_by_label("Your words").fill("Hello!")
    page.get_by_text("Canned response", exact=True).first.click()
    accessible(page)
    page.get_by_label("Find a canned response").fill("refu")
    expect(page.locator("#canned-list button")).to_have_count(1)
    page.get_by_label("Find a canned response").press("Enter")
    expect(page.get_by_label("Your words")).to_have_value("Hello!\n\nWe have sent the money to Carol Lind.")
    page.get_by_text("Canned response", exact=True).first.click()
    page.get_by_label("Find a canned response").fill("")
    page.get_by_role("button", name="Looking into it").click()
    expect(page.get_by_label("plan.txt")).to_be_checked()
