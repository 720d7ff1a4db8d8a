"""The pages of OAuth2 in a browser: usable by everybody, and consent clicked through at the provider."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from postdesk.basics import clock
from postdesk.flow import consents
from postdesk.flow.tokens import consenting
from postdesk.mailroom.models import Authorisation, Consent, Email, RemoteMailbox
from postdesk.mailroom.models.authorisations import Standing
from tests.support import builders
from tests.support.authorised import setup_at, signs_in_with
from tests.support.provider import PASSWORD, Provider
from tests.web.conftest import accessible, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
Open = Callable[..., Page]
USER = "owner@desk.example"


@pytest.fixture
def row(provider: Provider, transactional_db: None) -> Authorisation:
    builders.a_department("Support", is_default=True)
    email = Email.objects.create(address=USER, name="Owner", created_at=builders.NOON, updated_at=builders.NOON)
    mailbox = RemoteMailbox.objects.create(email=email, host="ssl://imap.desk.example", fetched="nothing")
    provider.user(USER)
    return signs_in_with(mailbox, setup_at(provider, provider.client()))


def picture(page: Page, name: str) -> None:
    """Kept when a folder is named, for whoever looks at the pages."""
    if folder := os.environ.get("POSTDESK_SHOTS"):
        page.wait_for_timeout(200)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_k1_k2_consent_is_clicked_through_and_every_page_is_accessible(
    open_page: Open, provider: Provider, row: Authorisation, settings: object, live_server: object
) -> None:
    base = str(live_server.url)  # type: ignore[attr-defined]
    settings.BASE_URL = base  # type: ignore[attr-defined]
    client = provider.client(f"{base}/oauth2/callback")
    row = signs_in_with(row.connection, replace(setup_at(provider, client), secret_expires_on="2030-01-01"))
    page = open_page(color_scheme=os.environ.get("POSTDESK_SCHEME", "light"))
    sign_in(page, builders.alice())
    page.goto(f"/panel/emails/{row.connection.email_id}#tab-mailbox")
    expect(page.locator("#tab-mailbox").get_by_text("never authorized")).to_be_visible()
    accessible(page)
    picture(page, "tab")
    page.locator("#tab-mailbox").get_by_role("link", name="Authorize").click()
    accessible(page)
    picture(page, "authorization")
    page.get_by_role("button", name="Authorize").click()
    accessible(page)
    picture(page, "consent")
    page.get_by_role("link", name="Go on to the provider").click()
    page.locator("input[name=username]").fill(USER)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.locator("[name=allow]").click()
    expect(page.get_by_text("The desk fetches the tokens")).to_be_visible()
    consenting.authorise(Consent.objects.get(stage="answered").pk)
    expect(page.get_by_text(f"{USER} consented.")).to_be_visible()
    accessible(page)
    picture(page, "consented")
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("button", name="Test refresh now")).to_be_visible()
    picture(page, "authorized")
    page.goto("/panel/credentials")
    accessible(page)
    picture(page, "credentials")
    row.refresh_from_db()
    assert row.standing == Standing.OK


def test_k2_the_owners_page_and_the_code_are_read_on_a_phone(
    open_page: Open, provider: Provider, row: Authorisation
) -> None:
    word = consents.invite(row, by=builders.alice(), at=clock.now())
    page = open_page(f"/consents/links/{word}", viewport={"width": 390, "height": 844})
    accessible(page)
    picture(page, "owner-phone")
    client = provider.client(grant="urn:ietf:params:oauth:grant-type:device_code", public=True)
    signs_in_with(row.connection, setup_at(provider, client, grant="device-code"))
    sign_in(page, builders.alice())
    page.goto(f"/panel/emails/{row.connection.email_id}/authorization/mailbox")
    picture(page, "authorization-phone")
    accessible(page)
    page.get_by_role("button", name="Authorize").click()
    consenting.authorise(Consent.objects.exclude(stage="ended").get().pk)
    expect(page.locator(".device-code")).to_be_visible()
    accessible(page)
    picture(page, "device-phone")
    page.goto("/panel/credentials")
    picture(page, "credentials-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
