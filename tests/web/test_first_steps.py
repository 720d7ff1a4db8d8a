"""What the queue of a desk says that never had a ticket."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from postdesk.mailroom.models import MailSettings
from tests.support import builders
from tests.web.conftest import accessible, sign_in


def test_an_administrator_is_led_from_step_to_step_and_then_left_alone(alice: Client) -> None:
    assert f'href="{reverse("email-new")}"' in alice.get("/").content.decode()

    builders.an_email()
    assert "No mailbox is fetched" in alice.get("/").content.decode()

    builders.a_mailbox()
    MailSettings.objects.update_or_create(pk=1, defaults={"fetching": False})
    assert f'href="{reverse("email-settings")}"' in alice.get("/").content.decode()

    MailSettings.objects.update(fetching=True)
    assert "Nobody is waiting" in alice.get("/").content.decode()


def test_a_desk_that_had_tickets_is_told_nothing_of_the_kind(alice: Client) -> None:
    builders.a_ticket(status="closed")

    page = alice.get("/").content.decode()

    assert "Nobody is waiting" in page
    assert reverse("email-new") not in page


def test_an_agent_is_told_who_has_to_do_it(bob: Client) -> None:
    page = bob.get("/").content.decode()

    assert "An administrator has to connect" in page
    assert reverse("email-new") not in page


def test_the_first_page_of_a_new_desk_is_accessible_and_leads_on(open_page: Callable[..., Page]) -> None:
    page = open_page()
    sign_in(page, builders.alice())
    accessible(page)

    page.get_by_role("link", name="Add New Email").click()

    page.wait_for_url(f"**{reverse('email-new')}")
