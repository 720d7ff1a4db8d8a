"""The Dashboard as an administrator sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from postdesk.flow.dashboard import Hour
from postdesk.mailroom.models import Alert
from postdesk.web.panel.dashboard import HEIGHT, drawn
from tests.support import builders
from tests.web.conftest import accessible, sign_in


def a_busy_day() -> None:
    now = dt.datetime.now(dt.UTC)
    builders.a_desk_that_can_send()
    builders.a_mailbox(failures=2, last_error="NO way")
    for hour in range(24):
        for _ in range((hour * 7) % 11):
            builders.a_spooled_mail(at=now - dt.timedelta(hours=23 - hour))
    builders.a_ticket("The printer is on fire", waiting_since=now - dt.timedelta(days=30))
    builders.a_letter(ticket=builders.a_ticket("Another"))
    Alert.objects.create(kind="mailbox.failing", about="mailbox:1", text="support@ fails: NO way", raised_at=now)


@pytest.mark.django_db
def test_the_dashboard_is_the_panels_first_page_and_has_every_tile(alice: Client) -> None:
    a_busy_day()

    page = alice.get("/panel", follow=True)

    assert page.redirect_chain[0][0] == "/panel/dashboard"
    text = page.content.decode()
    for words in ("failing", "The printer is on fire", "Held mail", "queued", "support@ fails", "every 10s", "<svg"):
        assert words in text


@pytest.mark.django_db
def test_htmx_gets_what_changes_alone(alice: Client) -> None:
    part = alice.get("/panel/dashboard", headers={"HX-Request": "true"}).content.decode()

    assert part.lstrip().startswith('<div id="dashboard"')
    assert "<html" not in part


def test_the_highest_bar_fills_the_drawing_and_one_mail_can_be_seen() -> None:
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    bars = drawn((Hour(at, 0, 0), Hour(at, 1, 5000), Hour(at, 2500, 0)))

    assert [one.received_height for one in bars] == [0.0, 2.0, (HEIGHT - 4) / 2]
    assert bars[1].sent_height == HEIGHT - 4
    assert all(one.sent_top + one.sent_height == HEIGHT for one in bars)
    assert len({one.left for one in bars}) == 3


def test_everybody_can_read_it_and_it_stays_up_to_date(open_page: Callable[..., Page]) -> None:
    a_busy_day()
    page = open_page()
    sign_in(page, builders.alice())
    page.goto("/panel/dashboard")
    page.get_by_text("The numbers").click()
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("img", name="Mail in and out")).to_be_visible()
    accessible(page)
